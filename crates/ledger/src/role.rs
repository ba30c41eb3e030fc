//! Which roles an account has: what the operator has said, within what its keys may do.

use crate::State;
use crate::decide::OPERATOR;
use alloc::collections::BTreeMap;
use protocol::{AccountId, Role, Roles, Scope};
use serde::{Deserialize, Serialize};

/// Roles that the operator has given by entries; nothing else is kept of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenRoles {
    /// Of all of whom nothing else was said; `None` while it is [`Roles::OPEN`].
    pub everybody: Option<Roles>,
    /// Of single accounts.
    pub accounts: BTreeMap<AccountId, Roles>,
}

impl GivenRoles {
    /// True before the first entry that gives roles.
    pub fn is_empty(&self) -> bool {
        self.everybody.is_none() && self.accounts.is_empty()
    }

    fn of(&self, account: AccountId) -> Roles {
        let own = self.accounts.get(&account).copied();
        own.or(self.everybody).unwrap_or(Roles::OPEN)
    }
}

impl State {
    /// The roles of an account at the log's time. The operator's account is owner, operator and
    /// auditor; nobody else contributes or requests without a key that may.
    pub fn roles(&self, account: AccountId) -> Roles {
        if self.account(account).is_none() {
            return Roles::NONE;
        }
        if account == OPERATOR {
            return Roles::of(&[Role::Owner, Role::Operator, Role::Auditor]);
        }
        let scope = self.live_scope(account);
        let needed = [
            (Role::Contributor, Scope::WORK),
            (Role::Requester, Scope::REQUEST),
        ];
        let given = self.given.of(account);
        needed.iter().fold(given, |roles, (role, right)| {
            if scope.covers(*right) {
                roles
            } else {
                roles.without(*role)
            }
        })
    }

    /// Whether the operator lets an account play a part, whatever its keys may do.
    pub(crate) fn may(&self, account: AccountId, role: Role) -> bool {
        account == OPERATOR || self.given.of(account).has(role)
    }

    /// What the keys of an account that still sign may do together.
    fn live_scope(&self, account: AccountId) -> Scope {
        let first = self.account(account).map(|account| account.key);
        let added = self.added_keys(account).iter().map(|added| added.key);
        let keys = first.into_iter().chain(added);
        let known = keys.filter_map(|key| self.key(&key));
        let live = known.filter(|key| !key.revoked && self.time_ms < key.expires_ms);
        live.fold(Scope::NONE, |scope, key| scope.and(key.scope))
    }
}
