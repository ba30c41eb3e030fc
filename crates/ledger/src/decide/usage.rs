//! Metered use: money set aside by a payer, charged segment by segment.

use super::Context;
use super::asset::ascending;
use crate::draft::Draft;
use crate::market::Use;
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
        Use::new(self.state, grant.asset, self.asker, now).offered()?;
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
        if self.state.poster(segment.asset, self.entry.time_ms) != Some(self.asker) {
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
        self.check_amount(id, total)?;
        self.state.pays(total.allowance, id, self.entry.time_ms)?;
        let allowance = &self.state.allowances[total.allowance.index()];
        let spent = |rejection| match rejection {
            Rejection::InsufficientFunds => Rejection::AllowanceExhausted,
            other => other,
        };
        let on_credit = self.state.credit_behind(total.allowance).is_some();
        if on_credit && !total.amount_units.is_zero() {
            draft
                .raise(allowance.hold, total.amount_units)
                .map_err(spent)?;
        }
        draft
            .post(allowance.hold, total.amount_units)
            .map_err(spent)?;
        if allowance.asset == id {
            return Ok(());
        }
        // What a call has used of others is their revenue, not its own asset's.
        let called = draft.purse(PurseOwner::Gross(allowance.asset), terms.token, None);
        let used = draft.purse(PurseOwner::Gross(id), terms.token, None);
        draft.transfer(called, used, total.amount_units)
    }

    /// The sum of rows that the rules do not see: it must be possible for so many uses and tokens.
    /// Each row is held against its price where the rows are at hand.
    fn check_amount(&self, id: AssetId, total: &UsageTotal) -> Result<(), Rejection> {
        let price = self.state.price(id, self.entry.time_ms);
        let price = price.ok_or(Rejection::UnknownAsset)?;
        let counts = (total.input_tokens, total.output_tokens);
        let (input, output) = match counts {
            (Some(input), Some(output)) => (input, output),
            (None, None) if price.tokens.is_none() => (0, 0),
            _ => return Err(Rejection::SegmentMismatch),
        };
        if !self.state.knew_prices(id, total.allowance) {
            return Err(Rejection::PricesUnknown);
        }
        let amount = total.amount_units;
        let possible = price
            .bounds(total.uses, input, output)
            .is_some_and(|(least, most)| least <= amount && amount <= most);
        if total.uses == 0 || !possible {
            return Err(Rejection::SegmentMismatch);
        }
        Ok(())
    }
}
