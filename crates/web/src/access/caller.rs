//! Who asks, as handlers are told.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::{AccountId, Roles, SessionKey};
use view::login::PersonId;

use crate::problem::Problem;

/// Somebody whose credentials were good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Their number in the login's database; none for an account that has never logged in here.
    pub person: Option<PersonId>,
    /// Their account in the log, once it is open.
    pub account: Option<AccountId>,
    /// What they may do here; with an API key, what the key may of it.
    pub roles: Roles,
    /// By what they are known this time.
    pub how: How,
}

/// What a request has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The cookie of a browser.
    Session {
        /// Number of the session.
        id: i64,
        /// What forms and scripts must bring beside the cookie to change anything.
        csrf: String,
    },
    /// An API key.
    Key {
        /// Number of the key.
        id: i64,
        /// Whether it may change anything.
        writes: bool,
        /// Roles of its owner, of which it has some.
        all: Roles,
    },
    /// A signature by a key of the account.
    Signed {
        /// The key.
        key: SessionKey,
    },
}

impl Caller {
    /// Their number here.
    ///
    /// # Errors
    /// 403 for an account that has never logged in.
    pub fn known(&self) -> Result<PersonId, Problem> {
        self.person.ok_or_else(|| {
            let detail = "this account has not logged in here yet; log in with its wallet first";
            Problem::forbidden("never_logged_in", detail)
        })
    }
}

/// Behind the guard; 401 where nobody is logged in.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(Problem::not_logged_in)
    }
}
