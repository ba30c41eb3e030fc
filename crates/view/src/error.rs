//! What goes wrong with a database, in the three kinds that tell a caller what to do.

use std::fmt;

/// The caller's choice after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked makes no sense; asking differently helps.
    Invalid,
    /// The file is locked, or the disk is full; the same may work later.
    Unavailable,
    /// The file is damaged, or of a newer version.
    Corrupt,
}

/// A failed operation on a database.
#[derive(Debug)]
pub struct Error {
    /// What the caller should make of it.
    pub kind: Kind,
    /// The operation, as it follows "cannot".
    pub doing: String,
    /// The reason; a second line that starts with `hint: ` where a person can act.
    pub why: String,
}

impl Error {
    /// What was asked makes no sense.
    pub fn invalid(doing: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind: Kind::Invalid,
            doing: doing.into(),
            why: why.into(),
        }
    }

    /// The bytes are not what this crate has written.
    pub fn corrupt(doing: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind: Kind::Corrupt,
            ..Self::invalid(doing, why)
        }
    }

    /// What SQLite says of an operation.
    pub(crate) fn of(doing: impl Into<String>) -> impl FnOnce(rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        move |error| {
            let kind = match error.sqlite_error_code() {
                Some(Code::DatabaseCorrupt | Code::NotADatabase) => Kind::Corrupt,
                Some(
                    Code::DatabaseBusy
                    | Code::DatabaseLocked
                    | Code::DiskFull
                    | Code::SystemIoFailure
                    | Code::CannotOpen
                    | Code::ReadOnly
                    | Code::PermissionDenied,
                ) => Kind::Unavailable,
                _ => Kind::Invalid,
            };
            Self {
                kind,
                doing: doing.into(),
                why: error.to_string(),
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.doing, self.why)
    }
}

impl std::error::Error for Error {}
