//! The words of the commands that keep a node: copies, checks, keys, erasure and witnesses.

use clap::{Args, Subcommand, ValueEnum};
use protocol::operation::EraseReason;
use std::path::PathBuf;

/// `headwater backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// Directory of the node, which may be running; a log in a bucket is not copied
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Empty or new directory for the copy
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Copy the secrets too: whoever has the copy then signs as the operator
    #[arg(long)]
    pub with_keys: bool,
}

/// `headwater restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// A copy that `backup` has made
    #[arg(value_name = "BACKUP")]
    pub from: PathBuf,
    /// Empty or new directory for the node
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// `headwater scrub`.
#[derive(Debug, Args)]
pub struct Scrub {
    /// Directory of the node, which must not be running
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The bucket of its log, if it has one; then the node may be running
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
}

/// Where a log stands.
#[derive(Debug, Args)]
pub struct Where {
    /// Directory of the node
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The bucket of its log, if it has one: s3://, gs:// or az://
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
}

/// A node that must not be running, since it is written to.
#[derive(Debug, Args)]
pub struct Stopped {
    /// Where its log stands
    #[command(flatten)]
    pub place: Where,
    /// Ask this witness to cosign the checkpoint; repeat for more
    #[arg(long, value_name = "VKEY=URL")]
    pub witness: Vec<String>,
    /// How many witnesses must have cosigned before the checkpoint is published
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub quorum: usize,
}

/// `headwater rotate`.
#[derive(Debug, Args)]
pub struct Rotate {
    /// Which key gives way to a fresh one
    pub duty: Duty,
    /// Which log is written to, and who cosigns the checkpoint afterwards
    #[command(flatten)]
    pub node: Stopped,
}

/// A key that can be rotated.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Duty {
    /// Signs checkpoints, promises and refusals
    Log,
    /// Signs the operator's entries
    Operator,
}

/// `headwater erase`.
#[derive(Debug, Args)]
pub struct Erase {
    /// What is deleted
    #[command(subcommand)]
    pub what: What,
}

/// Something beside the log that can be deleted without breaking its hashes.
#[derive(Debug, Subcommand)]
pub enum What {
    /// The private body of an entry
    Body {
        /// Index of the entry, from 0
        index: u64,
        /// Why and where
        #[command(flatten)]
        how: Erasing,
    },
    /// The opened answers of a round, once its campaign is settled
    Openings {
        /// Name of the file in `openings/`: 64 hex digits
        hash: String,
        /// Why and where
        #[command(flatten)]
        how: Erasing,
    },
}

/// What stands in the tombstone, and the node it goes to.
#[derive(Debug, Args)]
pub struct Erasing {
    /// Why, for whoever audits
    #[arg(long)]
    pub reason: Reason,
    /// Which log is written to, and who cosigns the checkpoint afterwards
    #[command(flatten)]
    pub node: Stopped,
}

/// The reasons that a tombstone can give.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Reason {
    /// Whom it concerns has asked for it
    Request,
    /// A court or an authority has ordered it
    Order,
    /// It was kept as long as was promised
    Retention,
    /// It should never have been taken in
    Content,
}

impl From<Reason> for EraseReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Request => Self::Request,
            Reason::Order => Self::Order,
            Reason::Retention => Self::Retention,
            Reason::Content => Self::Content,
        }
    }
}

/// `headwater witnesses`.
#[derive(Debug, Args)]
pub struct Witnesses {
    /// Key of a witness whose time bounds the log's from now on; repeat for more
    #[arg(long, value_name = "VKEY", required = true)]
    pub key: Vec<String>,
    /// How many of them must have cosigned a checkpoint before its time counts
    #[arg(long, value_name = "K")]
    pub of: u16,
    /// Which log is written to, and who cosigns the checkpoint afterwards
    #[command(flatten)]
    pub node: Stopped,
}
