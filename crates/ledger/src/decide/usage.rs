//! Metered use: money set aside by a payer, charged segment by segment.

use super::Context;
use super::asset::ascending;
use crate::draft::Draft;
use crate::state::Asset;
use alloc::vec::Vec;
use protocol::command::{GrantAllowance, PostSegment, UsageTotal};
use protocol::event::PurseOwner;
use protocol::{AssetId, Event, Rejection};

impl Context<'_> {
    pub(super) fn grant_allowance(
        &self,
        draft: &mut Draft<'_>,
        grant: &GrantAllowance,
    ) -> Result<(), Rejection> {
        let asset = self
            .state
            .asset(grant.asset)
            .ok_or(Rejection::UnknownAsset)?;
        let terms = &asset.registered.terms;
        let now = self.entry.time_ms;
        if terms.expires_ms.is_some_and(|expires| expires <= now) {
            return Err(Rejection::TermsExpired);
        }
        if grant.cap_units.is_zero() {
            return Err(Rejection::AmountZero);
        }
        let deposit = self.own_fund(grant.fund, terms.token)?;
        let lasts = self.state.lasts(grant.fund, grant.expires_ms, 0);
        if grant.expires_ms <= now || !lasts {
            return Err(Rejection::OutOfRange);
        }
        if grant.cap_units > deposit.epoch_cap_units {
            // A segment that uses it up must fit one epoch's debits, or could never be charged.
            return Err(Rejection::EpochCapReached);
        }
        let fund = Some(grant.fund);
        let from = draft.purse(PurseOwner::Fund(grant.fund), terms.token, fund);
        let to = draft.purse(PurseOwner::Gross(grant.asset), terms.token, None);
        let hold = draft.pend(from, to, grant.cap_units)?;
        draft.note(Event::AllowanceGranted {
            asset: grant.asset,
            payer: self.asker,
            hold,
            expires_ms: grant.expires_ms,
        });
        Ok(())
    }

    pub(super) fn post_segment(
        &self,
        draft: &mut Draft<'_>,
        segment: &PostSegment,
    ) -> Result<(), Rejection> {
        let asset = self
            .state
            .asset(segment.asset)
            .ok_or(Rejection::UnknownAsset)?;
        if asset.registered.owner != self.asker {
            return Err(Rejection::NotOwner);
        }
        if segment.number != asset.segments {
            return Err(Rejection::SegmentOutOfOrder);
        }
        let order: Vec<_> = segment
            .totals
            .iter()
            .map(|total| (total.allowance, total.purpose))
            .collect();
        if order.is_empty() || !ascending(&order) {
            return Err(Rejection::BadList);
        }
        self.bytes(&segment.rows)?;
        for total in &segment.totals {
            self.charge(draft, segment.asset, asset, total)?;
        }
        draft.note(Event::SegmentPosted {
            asset: segment.asset,
            rows_root: segment.rows_root,
            totals: segment.totals.clone(),
        });
        Ok(())
    }

    fn charge(
        &self,
        draft: &mut Draft<'_>,
        id: AssetId,
        asset: &Asset,
        total: &UsageTotal,
    ) -> Result<(), Rejection> {
        let terms = &asset.registered.terms;
        if usize::from(total.purpose) >= terms.purposes.len() {
            return Err(Rejection::UnknownPurpose);
        }
        let amount = terms.price_units.checked_mul(u64::from(total.uses));
        if total.uses == 0 || amount != Some(total.amount_units) {
            return Err(Rejection::SegmentMismatch);
        }
        let allowance = self
            .state
            .allowances
            .get(total.allowance.index())
            .filter(|allowance| allowance.asset == id)
            .ok_or(Rejection::UnknownAllowance)?;
        if allowance.ended || allowance.expires_ms <= self.entry.time_ms {
            return Err(Rejection::AllowanceExhausted);
        }
        draft
            .post(allowance.hold, total.amount_units)
            .map_err(|rejection| match rejection {
                Rejection::InsufficientFunds => Rejection::AllowanceExhausted,
                other => other,
            })
    }
}
