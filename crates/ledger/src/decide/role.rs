//! Roles that the operator gives and takes.

use super::{Context, OPERATOR};
use crate::draft::Draft;
use protocol::operation::SetRoles;
use protocol::{Event, Rejection, Role};

impl Context<'_> {
    pub(super) fn set_roles(&self, draft: &mut Draft<'_>, set: &SetRoles) -> Result<(), Rejection> {
        let (account, roles) = (set.account, set.roles);
        match account {
            Some(OPERATOR) => return Err(Rejection::RoleFixed),
            Some(account) if self.state.account(account).is_none() => {
                return Err(Rejection::UnknownAccount);
            }
            None if roles.has(Role::Owner) || roles.has(Role::Operator) => {
                return Err(Rejection::RoleFixed);
            }
            _ => {}
        }
        draft.note(Event::RolesSet { account, roles });
        Ok(())
    }
}
