//! Session keys that come and go, and the operator's own.

use super::{Context, OPERATOR, OPERATOR_SCOPE};
use crate::State;
use crate::draft::Draft;
use crate::ring::MOST_KEYS;
use crate::verify::Delegation;
use alloc::vec::Vec;
use protocol::entry::Entry;
use protocol::operation::{AddKey, Authority, RotateOperator, addition_bytes, handover_bytes};
use protocol::{AccountId, Event, Rejection, Scope, SessionKey, Signature};

/// Decides the entry by which a new key joins an account. The key has signed it itself.
pub(super) fn add(state: &State, entry: &Entry, add: &AddKey) -> Result<Vec<Event>, Rejection> {
    let submission = &entry.signed.submission;
    let account = submission.account.ok_or(Rejection::UnknownAccount)?;
    if state.account(account).is_none() {
        return Err(Rejection::UnknownAccount);
    }
    if state.key(&submission.key).is_some() {
        return Err(Rejection::KeyExists);
    }
    if add.scope.covers(Scope::OPERATE) {
        return Err(Rejection::OperatorKey);
    }
    if add.expires_ms <= entry.time_ms {
        return Err(Rejection::KeyExpired);
    }
    if !add.expires_ms.is_multiple_of(1_000) {
        return Err(Rejection::OutOfRange);
    }
    if state.live_keys(account, entry.time_ms) >= MOST_KEYS {
        return Err(Rejection::TooManyKeys);
    }
    let mut events = Vec::new();
    let by = match &add.authority {
        Authority::Wallet(signature) => {
            let wallet = state.account(account).and_then(|account| account.wallet);
            // An address that a passkey has named is where money goes, and says nothing of who
            // acts.
            let named = state.sections.payouts.of(account).is_some();
            let wallet = wallet.filter(|_| !named).ok_or(Rejection::WalletHidden)?;
            delegation(state, entry, add).signed_by(wallet, signature)?;
            None
        }
        Authority::Disclosed(disclosure, signature) => {
            super::account::disclosed(state, account, disclosure)?;
            let wallet = disclosure.wallet;
            delegation(state, entry, add).signed_by(wallet, signature)?;
            events.push(Event::WalletDisclosed { account, wallet });
            None
        }
        Authority::Passkey(assertion) => {
            let bytes = addition_bytes(state.space, account, submission.key, add);
            events.extend(super::payout::asserted(state, account, &bytes, assertion)?);
            None
        }
        Authority::Key(by, signature) => {
            within(state, entry, (account, *by), add)?;
            let bytes = addition_bytes(state.space, account, submission.key, add);
            verify(*by, &bytes, signature)?;
            Some(*by)
        }
    };
    events.push(Event::KeyAdded {
        account,
        key: submission.key,
        scope: add.scope,
        expires_ms: add.expires_ms,
        by,
    });
    Ok(events)
}

/// What the wallet signs for a key that joins.
fn delegation(state: &State, entry: &Entry, add: &AddKey) -> Delegation {
    Delegation {
        chain_id: state.genesis.as_ref().map_or(0, |genesis| genesis.chain_id),
        space: state.space,
        key: entry.signed.submission.key,
        scope: add.scope,
        expires_ms: add.expires_ms,
    }
}

/// A key hands on no more than it has itself.
fn within(
    state: &State,
    entry: &Entry,
    (account, by): (AccountId, SessionKey),
    add: &AddKey,
) -> Result<(), Rejection> {
    let own = state.key(&by).filter(|key| key.account == account);
    let own = own.ok_or(Rejection::UnknownKey)?;
    if own.revoked {
        return Err(Rejection::KeyRevoked);
    }
    if entry.time_ms >= own.expires_ms {
        return Err(Rejection::KeyExpired);
    }
    if own.scope.covers(add.scope) && add.expires_ms <= own.expires_ms {
        Ok(())
    } else {
        Err(Rejection::OutOfScope)
    }
}

fn verify(key: SessionKey, bytes: &[u8], signature: &Signature) -> Result<(), Rejection> {
    proof::signature::verify(&key.0, bytes, &signature.0).map_err(|_| Rejection::BadSignature)
}

impl Context<'_> {
    pub(super) fn revoke_key(
        &self,
        draft: &mut Draft<'_>,
        key: SessionKey,
    ) -> Result<(), Rejection> {
        let state = self.state;
        let target = state.key(&key);
        let target = target.filter(|target| target.account == self.asker);
        if target.ok_or(Rejection::UnknownKey)?.revoked {
            return Err(Rejection::KeyRevoked);
        }
        if self.is_operator_key(key) {
            return Err(Rejection::OperatorKey);
        }
        if !state.may_revoke(self.asker, self.entry.signed.submission.key, key) {
            return Err(Rejection::KeyOutranked);
        }
        self.revoke_all(draft, key);
        Ok(())
    }

    /// The one key with the operator's right hands over, and only to one that asks for it.
    pub(super) fn rotate_operator(
        &self,
        draft: &mut Draft<'_>,
        rotate: &RotateOperator,
    ) -> Result<(), Rejection> {
        let old = self.entry.signed.submission.key;
        if self.state.key(&rotate.key).is_some() {
            return Err(Rejection::KeyExists);
        }
        let bytes = handover_bytes(self.state.space, old, rotate.key);
        verify(rotate.key, &bytes, &rotate.possession)?;
        draft.note(Event::KeyAdded {
            account: OPERATOR,
            key: rotate.key,
            scope: OPERATOR_SCOPE,
            expires_ms: u64::MAX,
            by: None,
        });
        draft.note(Event::OperatorRotated { key: rotate.key });
        self.revoke_all(draft, old);
        Ok(())
    }

    fn is_operator_key(&self, key: SessionKey) -> bool {
        let operator = self.state.account(OPERATOR);
        operator.is_some_and(|operator| operator.key == key)
    }

    fn revoke_all(&self, draft: &mut Draft<'_>, key: SessionKey) {
        for key in self.state.dependants(self.asker, key) {
            if self.state.key(&key).is_some_and(|key| !key.revoked) {
                draft.note(Event::KeyRevoked { key });
            }
        }
    }
}
