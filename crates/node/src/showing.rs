//! Debits that came too late, and disputes nobody ruled on: shown to the Escrow by epochs' trees.

use crate::Error;
use crate::door::Door;
use crate::office::{Office, Role};
use crate::posting::is_whole;
use chain::escrow::Debit;
use chain::settlement::Status;
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

    /// Deposits of which an earlier epoch has still to be shown what it owes, since its window is
    /// over. Whatever a later one took first would count as that: the Escrow goes by sums.
    pub(crate) fn unshown(
        &mut self,
        chain: ChainIndex,
        id: EpochId,
        owed: &[Debit],
    ) -> Result<BTreeSet<u64>, Error> {
        let own: BTreeSet<u64> = owed.iter().map(|debit| debit.id).collect();
        let mut unshown = BTreeSet::new();
        let unfinished = self.unfinished(chain);
        for earlier in (*unfinished.start()..id.0).map(EpochId) {
            let mut owed = self.owed(chain, earlier);
            owed.retain(|debit| own.contains(&debit.id));
            let taken = self.taken(chain, earlier, &owed)?;
            owed.retain(|debit| !is_whole(&taken, debit));
            if !owed.is_empty() && self.is_over(chain, earlier)? {
                let missing = self.missing((chain, earlier), &owed)?;
                unshown.extend(missing.iter().map(|debit| debit.id));
            }
        }
        Ok(unshown)
    }

    /// Shows what a final epoch owes and no debit has taken. False where that brings nothing: its
    /// tree has no proof, or the deposits hold nothing more.
    pub(crate) fn show_debits(&mut self, chain: ChainIndex, id: EpochId) -> Result<bool, Error> {
        let mut owed = self.owed(chain, id);
        let taken = self.taken(chain, id, &owed)?;
        owed.retain(|debit| !is_whole(&taken, debit));
        let missing = self.missing((chain, id), &owed)?;
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

    /// Disputes that silence has ended are paid as far as the epoch's tree says, instead of not at
    /// all; those about which it says nothing are left to whom they concern.
    pub(crate) fn end_disputes(&mut self, chain: ChainIndex) -> Result<(), Error> {
        for (epoch, deposit) in self.on(chain)?.disputes()? {
            let own = epoch >= 1 && epoch <= self.door.state().epochs.len() as u64;
            if !own || self.on(chain)?.status(epoch)? != Some(Status::Final) {
                continue;
            }
            let lapses_at_s = self.on(chain)?.dispute_lapses_at_s(epoch, deposit)?;
            let now_s = self.chain_now_s(chain)?;
            if lapses_at_s.is_none_or(|at| now_s < at) {
                continue;
            }
            let Some(proof) = self.leaves_on(chain, epoch)?.debit_of(deposit) else {
                continue;
            };
            let relay = self.signer(chain, Role::Relay);
            let on = self.on_mut(chain)?;
            on.show_debits(&relay, epoch, &[proof])?;
            on.lapse_dispute(&relay, epoch, deposit)?;
        }
        Ok(())
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
