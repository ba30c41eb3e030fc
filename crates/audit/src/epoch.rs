//! One posted epoch at a time against the log, for whoever watches them as they come.

use crate::files::unreadable;
use crate::source::ChainFacts;
use crate::{Audit, Fault, ReadError, chain, contracts, fork};
use proof::merkle::{self, Head};
use std::collections::BTreeMap;

pub use ledger::claims::Statement;

impl Audit<'_> {
    /// Has the leaves of every epoch computed, and not held against the public file of them: an
    /// operator that posts a false root may publish a false file too, which must not end the audit.
    #[must_use]
    pub fn computing_claims(mut self) -> Self {
        self.replay.computes_claims = true;
        self
    }

    /// What has been verified last: size and root of the log.
    pub fn head(&self) -> Head {
        self.log.head()
    }

    /// The root of the log when it had `size` entries, `None` where it has fewer. Where no epoch
    /// has closed with that many, it is proven under the root that was verified last, from stored
    /// tiles.
    pub fn root_at(&self, size: u64) -> Result<Option<[u8; 32]>, Fault> {
        let head = self.log.head();
        if size >= head.size {
            return Ok((size == head.size).then_some(head.root));
        }
        if size == 0 {
            return Ok(Some(merkle::empty_root()));
        }
        if let Some(root) = self.log.root_at(size) {
            return Ok(Some(root));
        }
        let root = [0; 32];
        let begun = fork::begins_with(self.source, &Head { size, root }, &head);
        begun.map(Some).map_err(|_| {
            let why = format!("the tiles do not show the log as it was with {size} entries");
            unreadable(&ReadError(why))
        })
    }

    /// Number of the chain and address of the Settlement that the first entry names.
    pub fn settlement(&self) -> Result<(u64, [u8; 20]), Fault> {
        let first = contracts::first(self.replay.ledger()?);
        Ok((first.chain_id, first.settlement.0))
    }

    /// The Settlement that the log names on a chain; `None` where it does not settle there.
    pub fn settlement_on(&self, chain_id: u64) -> Result<Option<[u8; 20]>, Fault> {
        let mut sites = self.replay.ledger()?.state.sites();
        let own = sites.find(|site| site.chain_id == chain_id);
        Ok(own.map(|site| site.settlement.0))
    }

    /// Holds the contracts' addresses and tokens against what the log names on their chain.
    pub fn check_contracts(&self, facts: &ChainFacts) -> Result<(), Fault> {
        contracts::site(facts, self.replay.ledger()?).map(drop)
    }

    /// Holds one posted epoch against the log. `facts` names, beside it, the epochs that stand
    /// before it; debits, deposits and claims are not looked at.
    ///
    /// # Errors
    /// The first of the faults `epoch_*` of `docs/spec/audit.md`, or `unreadable`.
    pub fn check_epoch(&self, facts: &ChainFacts, id: u64) -> Result<(), Fault> {
        let posted = facts.posted.iter().find(|posted| posted.id == id);
        let Some(posted) = posted else {
            let what = format!("epoch {id} is not posted");
            return Err(Fault::new("epoch_unknown", what));
        };
        chain::check_one(self, facts, posted)
    }

    /// Holds what was taken out of deposits against what each epoch owes, and says what is wrong
    /// by the epoch that it concerns: a fault `debit_*` of `docs/spec/audit.md` for each that has
    /// one. `facts` has all posted epochs and debits, since money that was shown to be owed with
    /// one epoch makes up for what another lacks. Epochs that the log has not closed owe nothing.
    ///
    /// # Errors
    /// `other_contracts` for contracts that the log does not name, `empty_log` without a log.
    pub fn debit_faults(&self, facts: &ChainFacts) -> Result<BTreeMap<u64, Fault>, Fault> {
        chain::debit_faults(self, facts)
    }

    /// Holds each note of a redeemed voucher against what the Escrow of this chain has redeemed,
    /// which may be more: what is newer waits for the log. Of `facts`, these are looked at alone.
    ///
    /// # Errors
    /// `redemption_differs` of the first entry that notes something else; whatever rests on that
    /// entry rests on money that is not there. `other_contracts` for contracts that the log does
    /// not name, `empty_log` without a log.
    pub fn check_redemptions(&self, facts: &ChainFacts) -> Result<(), Fault> {
        chain::check_redemptions(self, facts)
    }

    /// What the ledger owes everybody at the end of an epoch; `None` before it is closed, after
    /// [`Audit::forget_claims`], and without [`Audit::computing_claims`].
    pub fn claims(&self, epoch: u64) -> Option<&Statement> {
        self.replay.ledger().ok()?.computed.get(&epoch)
    }

    /// Lets go of the leaves of all epochs before this one.
    pub fn forget_claims(&mut self, before: u64) {
        self.replay.forget_claims(before);
    }
}
