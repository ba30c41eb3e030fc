//! What goes wrong at this edge, in three kinds that tell a caller what to do.

use std::fmt;

/// What the caller should do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request breaks a rule, of a contract or of the chain: change it.
    Invalid,
    /// Something outside failed, such as the disk: try again later.
    Unavailable,
    /// Stored bytes are not what was written: stop and find out why.
    Corrupt,
}

/// A failure at the chain's edge.
#[derive(Debug)]
pub struct Error {
    /// Which of the three kinds it is.
    pub kind: ErrorKind,
    /// What could not be done and why, for people.
    pub doing: String,
    /// The custom error by which a contract refused, such as `TotalFell`; none where no contract
    /// spoke.
    pub revert: Option<String>,
    /// Whether it is no failure: something is on its way, such as a transaction or the reading of
    /// events, and the same call later goes on.
    pub waiting: bool,
    /// The failure underneath, where there is one.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    fn of(kind: ErrorKind, doing: impl Into<String>) -> Error {
        Error {
            kind,
            doing: doing.into(),
            revert: None,
            waiting: false,
            source: None,
        }
    }

    /// What was asked for breaks a rule: asking again changes nothing.
    pub fn invalid(doing: impl Into<String>) -> Error {
        Error::of(ErrorKind::Invalid, doing)
    }

    /// Something was read that cannot be true: whoever wrote or said it has erred, or lies.
    pub fn corrupt(doing: impl Into<String>) -> Error {
        Error::of(ErrorKind::Corrupt, doing)
    }

    pub(crate) fn reverted(doing: impl Into<String>, name: String) -> Error {
        Error {
            revert: Some(name),
            ..Error::invalid(doing)
        }
    }

    /// It does not work now, and may later.
    pub fn busy(doing: impl Into<String>) -> Error {
        Error::of(ErrorKind::Unavailable, doing)
    }

    /// Something is on its way, and nothing is wrong.
    pub fn waiting(doing: impl Into<String>) -> Error {
        Error {
            waiting: true,
            ..Error::busy(doing)
        }
    }

    /// Turns a failure of the file system into "cannot do this".
    pub(crate) fn unavailable(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let doing = doing.into();
        move |source| Error {
            source: Some(source.into()),
            ..Error::busy(doing)
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.doing)?;
        match &self.revert {
            Some(name) => write!(out, ": the contract refused with `{name}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
