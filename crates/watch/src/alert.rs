//! What the watcher tells: one thing at a time, each once, and how the whole stands.

use serde_json::{Value, json};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was done or has gone well.
    Note,
    /// Something could not be checked or done.
    Warning,
    /// The operator has posted what the log does not bear out.
    Fault,
}

impl Level {
    /// Its word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// How bad it is.
    pub level: Level,
    /// Stable snake_case word (`docs/operate/watch.md` lists them).
    pub code: String,
    /// The epoch that it concerns, where there is one.
    pub epoch: Option<u64>,
    /// One lower-case sentence without a period, for people.
    pub what: String,
}

impl Alert {
    /// A thing of this level about an epoch, or about none.
    pub fn new(level: Level, code: &str, epoch: Option<u64>, what: impl Into<String>) -> Alert {
        Alert {
            level,
            code: code.to_owned(),
            epoch,
            what: what.into(),
        }
    }

    /// As programs get it: `level`, `code`, `epoch` (or null) and `what`.
    pub fn json(&self) -> Value {
        json!({
            "level": self.level.name(),
            "code": self.code,
            "epoch": self.epoch,
            "what": self.what,
        })
    }
}

/// How all that stands on the chain compares with the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Every epoch that is not vetoed is the log's.
    #[default]
    Agree,
    /// Something could not be checked.
    Unchecked,
    /// An epoch is not the log's.
    Fault,
}

impl Outcome {
    /// The exit code that says so: 0 all agree, 1 a fault, 2 something could not be checked.
    pub fn code(self) -> u8 {
        match self {
            Self::Agree => 0,
            Self::Fault => 1,
            Self::Unchecked => 2,
        }
    }
}
