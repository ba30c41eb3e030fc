//! What a passkey says: where its account is paid, and which further key may sign.

use super::Context;
use crate::State;
use crate::commitment;
use crate::draft::Draft;
use crate::payout::{MOST_ADDRESSES, NOTICE_MS};
use alloc::vec::Vec;
use proof::passkey::{self, Asked, PublicKey};
use protocol::passkey::{Assertion, BindPayout, PasskeyBinding, PasskeyPoint, payout_challenge};
use protocol::{AccountId, Address, Event, Rejection};

/// Checks that the passkey of an account has signed these bytes; returns what this discloses.
pub(super) fn asserted(
    state: &State,
    id: AccountId,
    bytes: &[u8],
    assertion: &Assertion,
) -> Result<Option<Event>, Rejection> {
    let account = state.account(id).ok_or(Rejection::UnknownAccount)?;
    let known = state.sections.payouts.of(id);
    let (party, point, disclosed) = match (known, &assertion.opening) {
        (Some(known), None) => (known.party.as_str(), known.point, None),
        (Some(_), Some(_)) => return Err(Rejection::AlreadyDisclosed),
        (None, None) => return Err(Rejection::NoPasskey),
        (None, Some(opening)) => {
            let opens = commitment::passkey(state.space, account.key, opening);
            if account.binding != Some(opens) {
                return Err(Rejection::NoPasskey);
            }
            let event = Event::PasskeyDisclosed {
                account: id,
                party: opening.party.clone(),
                point: opening.point,
            };
            (opening.party.as_str(), opening.point, Some(event))
        }
    };
    if !passkey::is_low(&assertion.signature.0) {
        return Err(Rejection::BadAssertion);
    }
    let challenge = proof::hash::sha256(&[bytes]);
    let asked = Asked {
        party,
        challenge: &challenge,
    };
    let answered = passkey::Assertion {
        authenticator: &assertion.authenticator,
        client: &assertion.client,
        signature: &assertion.signature.0,
    };
    let belongs = |origin: &str| passkey::belongs(origin, party);
    passkey::verify(&public_key(point), asked, answered, belongs)
        .map_err(|_| Rejection::BadAssertion)?;
    Ok(disclosed)
}

/// Is it a passkey that could ever sign?
pub(crate) fn sound(binding: &PasskeyBinding) -> bool {
    let named = (1..=protocol::passkey::MOST_PARTY_BYTES).contains(&binding.party.len());
    named && public_key(binding.point).check().is_ok()
}

fn public_key(point: PasskeyPoint) -> PublicKey {
    PublicKey {
        x: point.x.0,
        y: point.y.0,
    }
}

impl Context<'_> {
    pub(super) fn bind_payout(
        &self,
        draft: &mut Draft<'_>,
        bind: &BindPayout,
    ) -> Result<(), Rejection> {
        let (state, id, wallet) = (self.state, self.asker, bind.wallet);
        let known = state.sections.payouts.of(id);
        if bind.number != known.map_or(0, |known| known.named) {
            return Err(Rejection::PayoutOutOfOrder);
        }
        if wallet == Address([0; 20]) || self.is_own_contract(wallet) {
            return Err(Rejection::OutOfRange);
        }
        let kept = known.map_or(0, |known| known.kept.len());
        if kept >= MOST_ADDRESSES {
            return Err(Rejection::OutOfRange);
        }
        let bytes = payout_challenge(state.space, id, wallet, bind.number);
        if let Some(disclosed) = asserted(state, id, &bytes, &bind.assertion)? {
            draft.note(disclosed);
        }
        let paid = state.account(id).and_then(|account| account.wallet);
        let wait = paid.map(|_| self.entry.time_ms.saturating_add(NOTICE_MS));
        draft.note(Event::PayoutBound {
            account: id,
            wallet,
            from_ms: wait.filter(|_| paid != Some(wallet)),
        });
        Ok(())
    }

    /// Any key of the account may: the worst that a thief does with it is that the address stays.
    pub(super) fn call_off_payout(
        &self,
        draft: &mut Draft<'_>,
        number: u32,
    ) -> Result<(), Rejection> {
        let known = self.state.sections.payouts.of(self.asker);
        let waiting = known.filter(|known| known.announced.is_some());
        let waiting = waiting.ok_or(Rejection::NothingAnnounced)?;
        // The one that was meant, and no later one.
        if number.checked_add(1) != Some(waiting.named) {
            return Err(Rejection::NothingAnnounced);
        }
        draft.note(Event::PayoutCalledOff {
            account: self.asker,
        });
        Ok(())
    }

    /// Money that is paid to the contracts which pay it is lost.
    fn is_own_contract(&self, wallet: Address) -> bool {
        self.state.sites().any(|site| {
            let own = [site.settlement, site.escrow];
            own.contains(&wallet) || site.tokens.contains(&wallet)
        })
    }

    /// Addresses whose notice is over take their place behind the epoch that closes.
    pub(super) fn move_payouts(&self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let waits = |payout: &crate::payout::Payout| payout.announced.is_some();
        if !self.state.sections.payouts.iter().any(|(_, it)| waits(it)) {
            return Ok(());
        }
        let due = crate::claims::due(self.state, |purse| purse.payable)?;
        let moves: Vec<_> = self.state.moves(&due, self.entry.time_ms);
        for (account, kept) in moves {
            draft.note(Event::PayoutMoved { account, kept });
        }
        Ok(())
    }
}
