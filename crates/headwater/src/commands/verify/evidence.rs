//! What a promise is held against: a node, a directory, a receipt or a checkpoint.

use super::Trust;
use crate::commands::receipt::{MAX_RECEIPT_BYTES, directory_receipt};
use anyhow::{Context as _, Result};
use node::clock::{Clock as _, SystemClock};
use proof::cosignature::{Policy, reached_s};
use proof::promise::Promise;
use proof::receipt::Receipt;
use proof::{Checkpoint, Hash};
use protocol::{Entry, codec};
use store::PublicLog;

/// Where the log shows itself.
pub(super) enum Evidence {
    Node(http::Site),
    Directory(PublicLog),
    /// A receipt or a checkpoint note.
    File(String),
}

/// What was found, all of it verified under the log's key.
pub(super) struct Found {
    pub checkpoint: Checkpoint,
    /// When the checkpoint was the newest one.
    pub seen_ms: u64,
    /// The submission at the promised index, if the checkpoint reaches that far.
    pub submission: Option<Hash>,
}

impl Evidence {
    pub fn parse(named: &str) -> Result<Self> {
        if named.starts_with("http://") || named.starts_with("https://") {
            return Ok(Self::Node(http::Site::new(named)?));
        }
        let path = std::path::Path::new(named);
        if path.is_dir() {
            crate::commands::session::refuse_newer(path)?;
            return Ok(Self::Directory(PublicLog::open(path)));
        }
        let text = std::fs::read_to_string(path);
        Ok(Self::File(
            text.with_context(|| format!("cannot read `{named}`"))?,
        ))
    }

    /// A node and a directory are asked for their newest checkpoint now. A file is as new as the
    /// witnesses that cosigned it say; without any it is taken to be older than every promise.
    pub fn find(&self, promise: &Promise, trust: &Trust) -> Result<Found> {
        let policy = trust.policy.as_ref();
        let now_ms = SystemClock.now_ms();
        let note = match self {
            Self::Node(site) => {
                let file = site.file("log/checkpoint", 1 << 20)?;
                let note = file.context("the node shows no checkpoint")?;
                String::from_utf8(note).context("the node's checkpoint is no text")?
            }
            Self::Directory(log) => String::from_utf8_lossy(&log.checkpoint_note()?).into_owned(),
            Self::File(text) if text.starts_with("c2sp.org/tlog-proof@v1\n") => {
                let receipt = Receipt::parse(text)?;
                let seen_ms = cosigned_ms(&receipt.checkpoint, policy)?;
                return found(&receipt, promise, trust, seen_ms);
            }
            Self::File(text) => text.clone(),
        };
        let key = trust.key_of(note.as_bytes()).context("no log's key")?;
        let checkpoint = Checkpoint::open(note.as_bytes(), key)?;
        let seen_ms = match self {
            Self::File(_) => cosigned_ms(&note, policy)?,
            _ => now_ms,
        };
        if checkpoint.head.size <= promise.index {
            let submission = None;
            return Ok(Found {
                checkpoint,
                seen_ms,
                submission,
            });
        }
        let receipt = match self {
            Self::Node(site) => {
                let path = format!("api/v1/receipt/{}", promise.index);
                let body = site.get(&path, MAX_RECEIPT_BYTES)?.body;
                Receipt::parse(str::from_utf8(&body).context("the node's receipt is no text")?)?
            }
            Self::Directory(log) => directory_receipt(log, promise.index)?,
            Self::File(_) => anyhow::bail!(
                "the checkpoint reaches beyond entry {0}, which it does not show\n\
                 hint: hold the promise against a receipt of entry {0}",
                promise.index
            ),
        };
        found(&receipt, promise, trust, seen_ms)
    }
}

fn found(receipt: &Receipt, promise: &Promise, trust: &Trust, seen_ms: u64) -> Result<Found> {
    let key = trust.key_of(receipt.checkpoint.as_bytes());
    let key = key.context("no log's key")?;
    let verified = receipt.open(key, None)?;
    anyhow::ensure!(
        receipt.index == promise.index,
        "the receipt is of entry {}, the promise of entry {}",
        receipt.index,
        promise.index
    );
    let entry: Entry = codec::decode(verified.entry).context("the entry does not decode")?;
    let signed = &entry.signed;
    let signing = signed.submission.signing_bytes();
    let submission = proof::promise::submission(&signing, &signed.signature.0);
    Ok(Found {
        checkpoint: verified.checkpoint,
        seen_ms,
        submission: Some(submission),
    })
}

/// When a quorum had cosigned a note: the clock of one witness alone convicts nobody where more
/// are asked for.
fn cosigned_ms(note: &str, policy: Option<&Policy>) -> Result<u64> {
    let Some(policy) = policy else { return Ok(0) };
    let cosignatures = policy.check(note.as_bytes())?;
    let time_s = reached_s(&cosignatures, policy.quorum());
    Ok(time_s.unwrap_or(0).saturating_mul(1_000))
}
