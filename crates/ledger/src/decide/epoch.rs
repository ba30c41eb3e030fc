//! Closing an epoch: the claim tree of what is released, then revenue flows up the lineage.

use super::Context;
use crate::chain::FIRST;
use crate::draft::Draft;
use crate::{claims, royalty};
use protocol::command::CloseEpoch;
use protocol::{AllowanceId, EpochId, Event, Rejection};

impl Context<'_> {
    pub(super) fn close_epoch(
        &self,
        draft: &mut Draft<'_>,
        close: &CloseEpoch,
    ) -> Result<(), Rejection> {
        if close.epoch.index() != self.state.epochs.len() + 1 {
            return Err(Rejection::EpochOutOfOrder);
        }
        if claims::closing(self.state, close.epoch)? != *close {
            return Err(Rejection::EpochMismatch);
        }
        self.give_votes(draft);
        self.end_allowances(draft)?;
        royalty::flow(self.state, self.entry.time_ms, draft)?;
        self.move_payouts(draft)?;
        draft.note(Event::EpochClosed {
            epoch: close.epoch,
            root: close.root,
            leaves: close.leaves,
            totals: close.totals.clone(),
        });
        Ok(())
    }

    pub(super) fn note_release(&self, draft: &mut Draft<'_>, id: EpochId) -> Result<(), Rejection> {
        let first = self.state.site(FIRST);
        self.release_on(draft, &first.ok_or(Rejection::GenesisMisplaced)?, id)
    }

    fn end_allowances(&self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        for (number, allowance) in (0u32..).zip(&self.state.allowances) {
            if !allowance.ended && allowance.expires_ms <= self.entry.time_ms {
                draft.void(allowance.hold)?;
                draft.note(Event::AllowanceEnded {
                    allowance: AllowanceId(number),
                });
            }
        }
        Ok(())
    }
}
