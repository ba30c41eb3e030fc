//! Prepaid credit: an account's uses of an asset, and the vouchers that have paid for them.

use super::Context;
use crate::draft::Draft;
use crate::market::Use;
use protocol::chain::Fact;
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::event::PurseOwner;
use protocol::{Event, Rejection};

impl Context<'_> {
    pub(super) fn on_credit(&self, draft: &mut Draft<'_>, what: &Credit) -> Result<(), Rejection> {
        match what {
            Credit::Open(open) => self.open_credit(draft, open),
            Credit::Redeem(note) => self.note_redemption(draft, note),
        }
    }

    /// An allowance that holds nothing itself: segments take what they charge out of the account's
    /// credit, whatever it is for.
    fn open_credit(&self, draft: &mut Draft<'_>, open: &OpenCredit) -> Result<(), Rejection> {
        let (state, now) = (self.state, self.entry.time_ms);
        let asset = state.asset(open.asset).ok_or(Rejection::UnknownAsset)?;
        let terms = &asset.registered.terms;
        if state.account(open.account).is_none() {
            return Err(Rejection::UnknownAccount);
        }
        if terms.expires_ms.is_some_and(|expires| expires <= now) {
            return Err(Rejection::TermsExpired);
        }
        Use::new(state, open.asset, open.account, now).offered()?;
        if open.expires_ms <= now {
            return Err(Rejection::OutOfRange);
        }
        let from = draft.purse(PurseOwner::Credit(open.account), terms.token, None);
        let to = draft.purse(PurseOwner::Gross(open.asset), terms.token, None);
        let hold = draft.pend(from, to, protocol::Amount::ZERO)?;
        draft.note(Event::AllowanceGranted {
            asset: open.asset,
            payer: open.account,
            hold,
            expires_ms: open.expires_ms,
        });
        Ok(())
    }

    /// The money is in the pot already, so that no deposit is debited for what it pays.
    fn note_redemption(
        &self,
        draft: &mut Draft<'_>,
        note: &NoteRedemption,
    ) -> Result<(), Rejection> {
        let site = self.state.site(note.chain).ok_or(Rejection::UnknownChain)?;
        if note.number != self.state.sections.credits.noted(note.chain) + 1 {
            return Err(Rejection::DepositOutOfOrder);
        }
        if !site.holds(note.token) {
            return Err(Rejection::UnknownToken);
        }
        if self.state.account(note.account).is_none() {
            return Err(Rejection::UnknownAccount);
        }
        if note.amount_units.is_zero() {
            return Err(Rejection::AmountZero);
        }
        let purse = draft.purse(PurseOwner::Credit(note.account), note.token, None);
        draft.credit(purse, note.amount_units)?;
        draft.note(Event::Chain(Fact::Redeemed(note.chain, note.number)));
        Ok(())
    }
}
