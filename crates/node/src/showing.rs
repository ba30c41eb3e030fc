//! Debits that came too late, and disputes nobody ruled on: shown to the Escrow by epochs' trees.

use crate::Error;
use crate::door::Door;
use crate::office::{Office, Role};
use crate::settling::standing::Held;
use protocol::{ChainIndex, Command, EpochId};
use std::collections::BTreeSet;

impl<D: Door> Office<D> {
    /// The log says that trees hold what epochs debit, before the first one closes that debits
    /// anything. Logs from before that have never said it.
    pub(crate) fn prove_debits(&mut self) -> Result<(), Error> {
        let needed = {
            let state = self.door.state();
            !state.sections.debits.are_proven() && !state.book.debits().is_empty()
        };
        if needed {
            self.operate("put debits into trees", Command::ProveDebits)?;
        }
        Ok(())
    }

    /// Deposits of which an earlier epoch has still to get something, that somebody must show or
    /// rule on. Whatever a later one took first would count as that: the Escrow goes by sums.
    pub(crate) fn unshown(
        &mut self,
        chain: ChainIndex,
        id: EpochId,
        deposits: &BTreeSet<u64>,
    ) -> Result<BTreeSet<u64>, Error> {
        let mut unshown = BTreeSet::new();
        for earlier in (*self.unfinished(chain).start()..id.0).map(EpochId) {
            let mut lacking = self.lacking(chain, earlier)?;
            lacking.retain(|debit| deposits.contains(&debit.id));
            for debit in &lacking {
                if self.on(chain)?.is_disputed(earlier.0, debit.id)? {
                    unshown.insert(debit.id);
                }
            }
            if !lacking.is_empty() && self.is_over(chain, earlier)? {
                let missing = self.missing((chain, earlier), &lacking)?;
                unshown.extend(missing.iter().map(|debit| debit.id));
            }
        }
        Ok(unshown)
    }

    /// Shows what a final epoch owes and no debit has taken. False where that brings nothing: its
    /// tree has no proof, or the deposits hold nothing more.
    pub(crate) fn show_debits(&mut self, chain: ChainIndex, id: EpochId) -> Result<bool, Error> {
        let lacking = self.lacking(chain, id)?;
        let missing = self.missing((chain, id), &lacking)?;
        if missing.is_empty() {
            return Ok(true);
        }
        let leaves = self.leaves_on(chain, id.0)?;
        let mut shown = Vec::new();
        for debit in missing {
            let proof = leaves.debit_of(debit.id);
            if proof.is_some() && self.on(chain)?.available(debit.id)? > 0 {
                shown.extend(proof);
            }
        }
        if shown.is_empty() {
            return Ok(false);
        }
        let relay = self.signer(chain, Role::Relay);
        self.on_mut(chain)?.show_debits(&relay, id.0, &shown)?;
        Ok(true)
    }

    /// The dispute that holds something of a final epoch: of several one that nothing shows, or
    /// else the last to end. One that silence has ended is paid as far as the epoch's tree says,
    /// rather than not at all; where it says nothing, that is left to whom it concerns.
    pub(crate) fn held(&mut self, chain: ChainIndex, id: EpochId) -> Result<Option<Held>, Error> {
        let mut disputed = Vec::new();
        for debit in self.lacking(chain, id)? {
            let until_s = self.on(chain)?.dispute_lapses_at_s(id.0, debit.id)?;
            disputed.extend(until_s.map(|until_s| (debit.id, until_s)));
        }
        if disputed.is_empty() {
            return Ok(None);
        }
        let (leaves, now_s) = (self.leaves_on(chain, id.0)?, self.chain_now_s(chain)?);
        let relay = self.signer(chain, Role::Relay);
        let mut held = Vec::new();
        for (deposit, until_s) in disputed {
            let proof = leaves.debit_of(deposit);
            let is_shown = proof.is_some();
            if let Some(proof) = proof.filter(|_| now_s >= until_s) {
                let on = self.on_mut(chain)?;
                on.show_debits(&relay, id.0, &[proof])?;
                on.lapse_dispute(&relay, id.0, deposit)?;
            } else {
                held.push(Held {
                    deposit,
                    until_s,
                    is_shown,
                });
            }
        }
        Ok(held.into_iter().max_by_key(|it| (!it.is_shown, it.until_s)))
    }

    /// The time by a chain's own clock, in unix seconds.
    pub(crate) fn chain_now_s(&mut self, chain: ChainIndex) -> Result<u64, Error> {
        let on = self.on_mut(chain)?;
        match on.devnet.remote() {
            None => Ok(on.devnet.time_s()),
            Some(remote) => Ok(remote.now_s()?),
        }
    }
}
