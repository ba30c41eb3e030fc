//! What went wrong with stored bytes, and which of three things the caller should do about it.
use std::{error, fmt, io};

/// The caller's choice after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself can't be met; asking again won't help.
    Invalid,
    /// The disk or another process stands in the way; what was asked may work later.
    Unavailable,
    /// Stored bytes are not what was written; a person must look before anything goes on.
    Corrupt,
}

/// A failed operation: its kind, what was being done, and why it failed.
#[derive(Debug)]
pub struct Error {
    /// What the caller should make of it.
    pub kind: Kind,
    /// The operation, as it follows "cannot".
    pub doing: String,
    /// The reason, with a hint where a person can act.
    pub source: Box<dyn error::Error + Send + Sync>,
}

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A request that breaks a limit or rule.
    pub fn invalid(doing: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind: Kind::Invalid,
            doing: doing.into(),
            source: why.into().into(),
        }
    }

    /// An obstacle outside the stored bytes.
    pub fn unavailable(doing: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind: Kind::Unavailable,
            doing: doing.into(),
            source: why.into().into(),
        }
    }

    /// Stored bytes that fail a check.
    pub fn corrupt(doing: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind: Kind::Corrupt,
            doing: doing.into(),
            source: why.into().into(),
        }
    }

    /// An answer of the operating system: a file that must be there and isn't is corrupt,
    /// everything else is unavailable.
    pub(crate) fn io(doing: impl Into<String>, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::NotFound => Kind::Corrupt,
            _ => Kind::Unavailable,
        };
        let hint = match source.kind() {
            io::ErrorKind::PermissionDenied => {
                "let the user that runs this read and write there, or run it as the owner"
            }
            io::ErrorKind::ReadOnlyFilesystem => "mount the file system so that it can be written",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free space on the disk",
            _ => "",
        };
        let source = match hint {
            "" => source.into(),
            hint => format!("{source}; hint: {hint}").into(),
        };
        Self {
            kind,
            doing: doing.into(),
            source,
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

impl From<proof::Fault> for Error {
    fn from(fault: proof::Fault) -> Self {
        Self {
            kind: Kind::Corrupt,
            doing: "accept stored bytes".to_owned(),
            source: fault.into(),
        }
    }
}
