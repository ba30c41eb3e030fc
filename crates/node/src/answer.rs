//! What a client hears: an entry's place, a refusal, or why there is no answer.

use protocol::{Hash, Rejection};
use std::fmt;

/// The answer to one submission, given once all that it rests on is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is an entry of the log.
    Accepted(Accepted),
    /// A rule said no, and the log is unchanged.
    Refused(Refused),
}

/// Where an accepted submission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// SHA-256 over the submission's signing bytes and its signature.
    pub submission: Hash,
    /// Index of the entry.
    pub index: u64,
    /// True if the same submission had come before; `index` is that of its first time.
    pub repeated: bool,
    /// When it came in, by the node's clock, in milliseconds since 1970.
    pub arrived_ms: u64,
    /// When at the latest a public checkpoint covers it.
    pub merged_by_ms: u64,
}

/// A refusal that an auditor can decide again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// SHA-256 over the submission's signing bytes and its signature.
    pub submission: Hash,
    /// The broken rule.
    pub rejection: Rejection,
    /// Entries of the log that it was decided against.
    pub size: u64,
    /// The time it was decided at, in milliseconds since 1970.
    pub time_ms: u64,
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Too much waits already; nothing was taken.
    Busy {
        /// Submissions that wait for the writer, or entries that readers lag behind.
        waiting: usize,
    },
    /// This node only reads the log.
    NotWriter {
        /// Address of the node that writes, where known.
        writer: Option<String>,
    },
    /// The node is ending or has failed; nothing was taken.
    Stopped {
        /// The reason.
        why: String,
    },
    /// The writer stopped before it could answer: what was sent may be in the log or not.
    Lost,
}

impl Unanswered {
    /// Stable snake_case code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::NotWriter { .. } => "not_the_writer",
            Self::Stopped { .. } => "stopped",
            Self::Lost => "outcome_unknown",
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { waiting } => {
                write!(
                    f,
                    "the node is busy: {waiting} submissions wait; hint: send it again later"
                )
            }
            Self::NotWriter {
                writer: Some(writer),
            } => write!(
                f,
                "this node is not the writer; hint: send it to `{writer}`"
            ),
            Self::NotWriter { writer: None } => {
                f.write_str("this node is not the writer, and none is known")
            }
            Self::Stopped { why } => write!(f, "the node takes nothing more: {why}"),
            Self::Lost => f.write_str(
                "the writer stopped before it could answer; hint: send the same submission again, \
                 under its nonce it enters once",
            ),
        }
    }
}

impl std::error::Error for Unanswered {}
