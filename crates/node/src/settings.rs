//! How a running node behaves: plain numbers with their usual values.

use std::path::PathBuf;

/// Settings of a [`crate::Host`]. A period of `u64::MAX` milliseconds means never by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time between checkpoints while entries come, in milliseconds.
    pub publish_every_ms: u64,
    /// Within which time after arrival a checkpoint covers an entry; promises name it.
    pub merge_delay_ms: u64,
    /// Entries between two snapshots.
    pub snapshot_every: u64,
    /// Submissions that may wait for the writer, or be decided and wait for a sync, before others
    /// are told that it is busy.
    pub queue_limit: usize,
    /// Durable entries that readers may lag behind before submissions are told so.
    pub lag_limit: u64,
    /// How many witnesses must have cosigned before a checkpoint is put in place.
    pub quorum: usize,
    /// Puts a checkpoint in place with fewer cosignatures than the quorum, and reports it.
    pub publish_without_quorum: bool,
    /// How long one witness may take, in milliseconds.
    pub witness_timeout_ms: u64,
    /// Time between two entries that note the newest witness time, in milliseconds.
    pub note_witness_every_ms: u64,
    /// Where clients reach this node, as an URL; a standby and readers name it.
    pub address: String,
    /// Time between two signs of life in a bucket, in milliseconds; well below the next one.
    pub lease_every_ms: u64,
    /// A standby takes over after so long without a sign of the writer, in milliseconds.
    pub takeover_after_ms: u64,
    /// Goes on, under a new origin, with a log that is older than what a witness has seen.
    pub accept_rollback: bool,
    /// Where `view.sqlite` is kept up to date; `None` where nobody asks questions.
    pub view: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            publish_every_ms: 1_000,
            merge_delay_ms: 60_000,
            snapshot_every: 100_000,
            queue_limit: 20_000,
            lag_limit: 1_000_000,
            quorum: 0,
            publish_without_quorum: false,
            witness_timeout_ms: 5_000,
            note_witness_every_ms: 60_000,
            address: String::new(),
            lease_every_ms: 500,
            takeover_after_ms: 3_000,
            accept_rollback: false,
            view: None,
        }
    }
}
