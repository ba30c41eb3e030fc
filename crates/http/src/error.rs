//! What went wrong between us and a server, and which of three things the caller should do.

use std::{error, fmt};

/// The caller's choice after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server refuses this request or has no such thing; asking again won't help.
    Invalid,
    /// The server can't be reached or is busy; what was asked may work later.
    Unavailable,
    /// The answer is not what this address should give, or larger than allowed.
    Corrupt,
}

/// A failed request: its kind, what was being done, and why it failed.
#[derive(Debug)]
pub struct Error {
    /// What the caller should make of it.
    pub kind: Kind,
    /// The request, as it follows "cannot".
    pub doing: String,
    /// The reason, with a hint where a person can act.
    pub source: Box<dyn error::Error + Send + Sync>,
}

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: Kind, doing: String, why: impl Into<String>) -> Self {
        Self {
            kind,
            doing,
            source: why.into().into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.doing, self.source)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.source()
    }
}
