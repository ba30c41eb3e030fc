//! Who pays for a call: whoever has a key, the call that it is made in, or a payment.

use std::sync::Arc;

use protocol::AccountId;

use crate::call::call_id;
use crate::door::{Asked, Gateway};
use crate::listed::Model;
use crate::once::{Turn, meant};
use crate::till::Standing;
use crate::{Fault, Key, Reply};

/// First letters of the secrets by which others may be used within a call.
pub const CALL_PREFIX: &str = "hw_c_";
/// What clients that must send a key send in its place where they pay call by call.
const PAYS: &str = "x402";

/// Whose money a call costs.
pub(crate) enum Payer {
    /// Whoever has issued this key.
    Key(Arc<Key>),
    /// Whoever pays for the call that this one is made in.
    Call(Standing),
    /// Whoever has signed the payment that the call brings.
    Payment,
}

impl Payer {
    /// By what a request brings.
    ///
    /// # Errors
    /// 401 for a key that opens nothing, 403 for the secret of a call that is over.
    pub fn of(gateway: &Gateway, asked: &Asked) -> Result<Self, Fault> {
        let bearer = asked.bearer.as_deref();
        Ok(match bearer {
            Some(token) if token.starts_with(CALL_PREFIX) => {
                Self::Call(gateway.till.standing(call_id(token))?)
            }
            None | Some(PAYS) if gateway.paying().is_some() => Self::Payment,
            _ => Self::Key(gateway.key(asked)?),
        })
    }

    /// The account; none where the log need not know of it yet.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Key(key) => Some(key.account),
            Self::Call(standing) => Some(standing.payer),
            Self::Payment => None,
        }
    }

    /// What alone it is for. What is used in a call is used for what the call is for.
    pub fn purpose(&self) -> Option<&str> {
        match self {
            Self::Key(key) => key.purpose.as_deref(),
            Self::Call(standing) => Some(&standing.purpose),
            Self::Payment => None,
        }
    }

    /// Whether it is for a model.
    ///
    /// # Errors
    /// 403 for a key that is for others.
    pub fn may_call(&self, model: &Model) -> Result<(), Fault> {
        match self {
            Self::Key(key)
                if !key.models.is_empty() && !key.models.contains(&model.served.asset) =>
            {
                let words = format!("the key is not for the model `{}`", model.name);
                Err(Fault::forbidden("model_not_allowed", words))
            }
            _ => Ok(()),
        }
    }

    /// The turn of a call for a purpose under an idempotency key, or what it was answered; none
    /// without one. A payment is a key of that kind itself.
    ///
    /// # Errors
    /// See [`crate::once::Memo::begin`].
    pub fn turn(
        &self,
        gateway: &Gateway,
        (asked, purpose): (&Asked, &str),
    ) -> Result<Option<Result<Turn, Reply>>, Fault> {
        let (key, scope, within) = match self {
            Self::Key(key) => (key.id, key.id.to_be_bytes().to_vec(), false),
            Self::Call(standing) => (standing.key, standing.scope.to_vec(), true),
            Self::Payment => return Ok(None),
        };
        let Some(word) = asked.once.as_deref() else {
            return Ok(None);
        };
        let once = meant((&scope, within), word, (asked, purpose))?;
        let begun = gateway.memo.begin(&gateway.till, (key, once), asked);
        begun.map(Some)
    }
}
