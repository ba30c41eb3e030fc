//! Closing an epoch: the claim tree of what is released, then revenue flows up the lineage.

use super::Context;
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
        let statement = claims::statement(self.state)?;
        let expected = (statement.root(), statement.leaf_count(), &statement.totals);
        if (close.root, close.leaves, &close.totals) != expected {
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
        let next = self
            .state
            .epochs
            .iter()
            .take_while(|epoch| epoch.released)
            .count()
            + 1;
        if id.index() != next || self.state.epoch(id).is_none() {
            return Err(Rejection::EpochOutOfOrder);
        }
        draft.note(Event::EpochReleased { epoch: id });
        Ok(())
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
