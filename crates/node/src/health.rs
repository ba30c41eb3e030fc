//! How a node is doing, in numbers and sentences.

use ledger::told::Told;

/// What a node does for its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Takes submissions.
    Writer,
    /// Follows the log, ready to take over.
    Standby,
    /// Follows the log and answers questions.
    Reader,
    /// Takes and signs nothing more; what is published stays readable.
    Halted,
}

impl Role {
    /// One word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Standby => "standby",
            Self::Reader => "reader",
            Self::Halted => "halted",
        }
    }
}

/// A moment in a node's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What it does now.
    pub role: Role,
    /// Entries that are durable.
    pub durable: u64,
    /// Entries under the public checkpoint.
    pub published: u64,
    /// Entries that reads have seen.
    pub applied_through: u64,
    /// Submissions that wait for the writer.
    pub waiting: usize,
    /// Address of the writer, where it is another node and known.
    pub writer: Option<String>,
    /// One for each configured witness.
    pub witnesses: Vec<WitnessHealth>,
    /// What a person should look at; empty when all is well.
    pub problems: Vec<String>,
    /// The same for pages, which tell it in their language, in the same order.
    pub ills: Vec<Ill>,
}

/// A problem, and the part of the node that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ill {
    /// One of [`PARTS`].
    pub part: &'static str,
    /// Often no more than what a disk, a server or a library has said.
    pub told: Told,
}

/// The parts of a node that report problems.
pub const PARTS: [&str; 23] = [
    "chains",
    "clock",
    "credit",
    "crowd",
    "desk",
    "erasure",
    "fee",
    "gateway",
    "lease",
    "note a witnessed checkpoint",
    "origin",
    "post a state root",
    "publisher",
    "snapshot",
    "stakes",
    "steward",
    "tail",
    "takeover",
    "transactions",
    "view",
    "webhooks",
    "witnesses",
    "writer",
];

/// How a witness is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessHealth {
    /// The name it signs under.
    pub name: String,
    /// Size of the newest checkpoint that it has cosigned.
    pub size: u64,
    /// When it last cosigned, in milliseconds since 1970; `None` before it ever has.
    pub last_success_ms: Option<u64>,
    /// Why the last request failed; `None` after a success.
    pub problem: Option<Told>,
}
