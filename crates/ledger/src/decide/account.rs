//! Who there is, and what they have deposited.

use super::Context;
use crate::State;
use crate::chain::{FIRST, Site};
use crate::commitment::Binding;
use crate::draft::Draft;
use crate::verify::Delegation;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use protocol::chain::NoteRefund;
use protocol::command::{CreditDeposit, DiscloseWallet, Genesis, OpenAccount};
use protocol::entry::Submission;
use protocol::event::PurseOwner;
use protocol::{AccountId, Event, Rejection};

pub(super) fn genesis(
    state: &State,
    submission: &Submission,
    genesis: &Genesis,
) -> Result<Vec<Event>, Rejection> {
    if state.size != 0 || submission.account.is_some() {
        return Err(Rejection::GenesisMisplaced);
    }
    if genesis.tokens.is_empty() || genesis.tokens.len() > proof::claim::MOST_LINES {
        return Err(Rejection::BadList);
    }
    if !super::asset::ascending(&genesis.tokens) {
        return Err(Rejection::BadList);
    }
    super::operation::log_key(&genesis.log_key)?;
    Ok(vec![Event::SpaceOpened {
        genesis: Box::new(genesis.clone()),
        key: submission.key,
    }])
}

pub(super) fn open(
    state: &State,
    submission: &Submission,
    open: &OpenAccount,
    time_ms: u64,
) -> Result<Vec<Event>, Rejection> {
    if submission.account.is_some() {
        return Err(Rejection::Malformed);
    }
    if state.key(&submission.key).is_some() {
        return Err(Rejection::KeyExists);
    }
    if open.scope.covers(protocol::Scope::OPERATE) {
        return Err(Rejection::OutOfScope);
    }
    if open.expires_ms <= time_ms {
        return Err(Rejection::KeyExpired);
    }
    if !open.expires_ms.is_multiple_of(1_000) {
        return Err(Rejection::OutOfRange);
    }
    let binding = submission.private.ok_or(Rejection::BindingMismatch)?;
    Ok(vec![Event::AccountOpened {
        key: submission.key,
        scope: open.scope,
        expires_ms: open.expires_ms,
        binding,
    }])
}

/// Does a disclosure open what the account has committed to, and did the wallet delegate it?
pub(super) fn disclosed(
    state: &State,
    id: AccountId,
    disclosure: &DiscloseWallet,
) -> Result<(), Rejection> {
    let account = state.account(id).ok_or(Rejection::UnknownAccount)?;
    if account.wallet.is_some() {
        return Err(Rejection::AlreadyDisclosed);
    }
    let opened = Binding {
        wallet: disclosure.wallet,
        delegation: disclosure.delegation,
        salt: disclosure.salt,
    };
    let commitment = crate::commitment::binding(state.space, account.key, &opened);
    if account.binding != Some(commitment) {
        return Err(Rejection::BindingMismatch);
    }
    let genesis = state.genesis.as_ref().ok_or(Rejection::GenesisMisplaced)?;
    let delegation = Delegation {
        chain_id: genesis.chain_id,
        space: state.space,
        key: account.key,
        scope: account.scope,
        expires_ms: account.expires_ms,
    };
    delegation.check(&opened)
}

impl Context<'_> {
    pub(super) fn disclose(
        &self,
        draft: &mut Draft<'_>,
        disclosure: &DiscloseWallet,
    ) -> Result<(), Rejection> {
        disclosed(self.state, self.asker, disclosure)?;
        draft.note(Event::WalletDisclosed {
            account: self.asker,
            wallet: disclosure.wallet,
        });
        Ok(())
    }

    pub(super) fn credit(
        &self,
        draft: &mut Draft<'_>,
        deposit: &CreditDeposit,
    ) -> Result<(), Rejection> {
        let first = self.state.site(FIRST).ok_or(Rejection::GenesisMisplaced)?;
        self.credit_on(draft, &first, deposit)
    }

    /// The Escrow of a chain takes its own tokens only: a deposit there is never another's money.
    pub(super) fn credit_on(
        &self,
        draft: &mut Draft<'_>,
        site: &Site<'_>,
        deposit: &CreditDeposit,
    ) -> Result<(), Rejection> {
        if deposit.fund.index() != self.state.funds.len() + 1 {
            return Err(Rejection::DepositOutOfOrder);
        }
        if !site.holds(deposit.token) {
            return Err(Rejection::UnknownToken);
        }
        if self.state.account(deposit.account).is_none() {
            return Err(Rejection::UnknownAccount);
        }
        draft.note(Event::DepositCredited(deposit.clone()));
        let owner = PurseOwner::Fund(deposit.fund);
        let purse = draft.purse(owner, deposit.token, Some(deposit.fund));
        draft.credit(purse, deposit.amount_units)
    }

    pub(super) fn note_refund(
        &self,
        draft: &mut Draft<'_>,
        refund: &NoteRefund,
    ) -> Result<(), Rejection> {
        let fund = self.state.fund(refund.fund).ok_or(Rejection::UnknownFund)?;
        let owner = PurseOwner::Fund(refund.fund);
        let purse = draft.purse(owner, fund.token, Some(refund.fund));
        draft.refund(purse, refund.amount_units)
    }
}
