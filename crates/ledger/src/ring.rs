//! The session keys of an account: which of them stands behind which, and who may revoke whom.

use crate::State;
use alloc::vec;
use alloc::vec::Vec;
use protocol::{AccountId, SessionKey};
use serde::{Deserialize, Serialize};

/// Most keys that an account may have besides its first, those that sign nothing more not counted.
pub const MOST_KEYS: usize = 16;

/// A session key that has joined an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedKey {
    /// The key; what it may do stands in [`State::keys`].
    pub key: SessionKey,
    /// The key of the account that has let it; `None` where the wallet itself has, or where the
    /// operator has handed over.
    pub by: Option<SessionKey>,
}

impl State {
    /// The keys of an account besides its first, in the order of their entries.
    pub fn added_keys(&self, account: AccountId) -> &[AddedKey] {
        self.added.get(&account).map_or(&[], Vec::as_slice)
    }

    /// A key and all that stand behind it because of it, itself first.
    pub fn dependants(&self, account: AccountId, key: SessionKey) -> Vec<SessionKey> {
        let mut found = vec![key];
        for added in self.added_keys(account) {
            if added.by.is_some_and(|by| found.contains(&by)) {
                found.push(added.key);
            }
        }
        found
    }

    /// Whether one key of an account may revoke another. Each may revoke itself and what stands
    /// behind it; one that the wallet has delegated also all that were there before it, so that
    /// the wallet has the last word over whoever has stolen a key.
    pub fn may_revoke(&self, account: AccountId, by: SessionKey, key: SessionKey) -> bool {
        let added = self.added_keys(account);
        let place = |key| added.iter().position(|added| added.key == key);
        let delegated = place(by).is_none_or(|at| added[at].by.is_none());
        self.dependants(account, by).contains(&key) || delegated && place(by) > place(key)
    }

    /// How many of an account's added keys still sign at a log time.
    pub fn live_keys(&self, account: AccountId, time_ms: u64) -> usize {
        let live = |added: &&AddedKey| {
            let key = self.key(&added.key);
            key.is_some_and(|key| !key.revoked && time_ms < key.expires_ms)
        };
        self.added_keys(account).iter().filter(live).count()
    }
}
