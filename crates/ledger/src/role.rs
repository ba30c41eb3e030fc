//! Which roles an account has: what the operator has said, within what its keys may do.

use crate::State;
use crate::decide::OPERATOR;
use protocol::{AccountId, Role, Roles, Scope};

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
        needed.iter().fold(Roles::OPEN, |roles, (role, right)| {
            if scope.covers(*right) {
                roles
            } else {
                roles.without(*role)
            }
        })
    }

    /// What the keys of an account that still sign may do together.
    fn live_scope(&self, account: AccountId) -> Scope {
        let first = self.account(account).map(|account| account.key);
        let added = self.added_keys(account).iter().map(|added| added.key);
        let keys = first.into_iter().chain(added);
        let known = keys.filter_map(|key| self.keys.get(&key));
        let live = known.filter(|key| !key.revoked && self.time_ms < key.expires_ms);
        live.fold(Scope::NONE, |scope, key| scope.and(key.scope))
    }
}
