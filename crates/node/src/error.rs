//! What stops the node: a rule, or one of the edges it stands on.

use protocol::Rejection;
use std::fmt;

/// A failure of the node. A [`Error::Rejected`] leaves everything as it was; after the others the
/// caller should stop and open the directory again.
#[derive(Debug)]
pub enum Error {
    /// A rule said no to a command of the operator itself.
    Rejected {
        /// What the operator wanted.
        doing: &'static str,
        /// The rule.
        rejection: Rejection,
    },
    /// The data directory.
    Store(store::Error),
    /// The devnet's file, or a contract that refused.
    Chain(chain::Error),
    /// The view of the log, which can be filled again.
    View(view::Error),
    /// The directory holds something else than it should.
    Corrupt(String),
    /// The running node has stopped for this reason.
    Stopped(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected { doing, rejection } => write!(f, "cannot {doing}: {rejection}"),
            Self::Store(error) => fmt::Display::fmt(error, f),
            Self::Chain(error) => fmt::Display::fmt(error, f),
            Self::View(error) => fmt::Display::fmt(error, f),
            Self::Corrupt(what) | Self::Stopped(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<view::Error> for Error {
    fn from(error: view::Error) -> Self {
        Self::View(error)
    }
}

impl From<chain::Error> for Error {
    fn from(error: chain::Error) -> Self {
        Self::Chain(error)
    }
}
