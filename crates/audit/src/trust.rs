//! What an auditor brings along, and the newest checkpoint that it lets him believe.

use crate::files::{self, logged, unreadable};
use crate::{Fault, Source};
use ledger::operation::beginning;
use proof::Checkpoint;
use proof::cosignature::{Policy, reached_s, verified};
use proof::note::{self, VerifierKey};
use proof::receipt::Receipt;
use protocol::{Command, Entry, codec};

/// Keys that are known from elsewhere than the log that is audited.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The log's key, or one that it had before: receipts lead from there to the newest.
    pub log_key: VerifierKey,
    /// Whose cosignatures a checkpoint needs; without it the log is believed alone.
    pub witnesses: Option<Policy>,
}

impl From<VerifierKey> for Trust {
    /// The log's word alone.
    fn from(log_key: VerifierKey) -> Self {
        let witnesses = None;
        Self { log_key, witnesses }
    }
}

/// A checkpoint that is signed as it must be.
pub(crate) struct Signed {
    pub note: Vec<u8>,
    pub checkpoint: Checkpoint,
    /// The log's key that has signed it.
    pub key: VerifierKey,
    /// Trusted witnesses that have cosigned it, by name.
    pub witnesses: Vec<String>,
}

/// Where the receipt of the `number`-th rotation of the log's key stands below `log/`, from 1.
pub(crate) fn rotation_path(number: usize) -> String {
    format!("rotations/{number}.tlog-proof")
}

/// Reads the receipt of a rotation; `None` where there is none.
pub(crate) fn rotation(source: &dyn Source, number: usize) -> Result<Option<Receipt>, Fault> {
    let path = rotation_path(number);
    let Some(bytes) = files::read(source, &path)? else {
        return Ok(None);
    };
    let receipt = String::from_utf8_lossy(&bytes);
    let receipt = Receipt::parse(&receipt);
    receipt.map(Some).map_err(|broken| {
        let what = format!("the receipt of a new log key does not read: {broken}");
        Fault::new("rotation_malformed", what).of_file(logged(&path))
    })
}

impl Trust {
    /// The newest checkpoint of a source.
    pub(crate) fn checkpoint(&self, source: &dyn Source) -> Result<Signed, Fault> {
        let path = logged("checkpoint");
        let note = source
            .file("checkpoint")
            .map_err(|error| unreadable(&error).of_file(&*path))?
            .ok_or_else(|| {
                let what =
                    "there is no signed checkpoint: this is no log, or one not yet published";
                Fault::new("checkpoint_missing", what).of_file(&*path)
            })?;
        let (checkpoint, key) = match self.open(&note, &self.log_key) {
            Ok(checkpoint) => (checkpoint, self.log_key.clone()),
            Err(fault) if fault.code == "other_log_key" && !self.is_over(&note) => {
                let key = self.newest_key(source)?;
                (self.open(&note, &key)?, key)
            }
            Err(fault) => return Err(fault),
        };
        let witnesses = self.witnesses(&note)?;
        Ok(Signed {
            note,
            checkpoint,
            key,
            witnesses,
        })
    }

    fn open(&self, note: &[u8], key: &VerifierKey) -> Result<Checkpoint, Fault> {
        let fault = |code, what: String| Fault::new(code, what).of_file(logged("checkpoint"));
        Checkpoint::open(note, key).map_err(|broken| match broken.rule {
            "no trusted key signed it" if self.is_over(note) => fault(
                "other_log_key",
                format!(
                    "the log of the key `{}` is over: its newest entries were lost, and it goes \
                     on under another name, to whose key nothing here can lead",
                    self.log_key
                ),
            ),
            "no trusted key signed it" => fault(
                "other_log_key",
                format!(
                    "the checkpoint is not signed by the log key `{}`: another log, or a \
                     replaced directory",
                    self.log_key
                ),
            ),
            "the signature of a trusted key does not match the text" => fault(
                "checkpoint_forged",
                "the checkpoint's signature by the log key does not fit its text".to_owned(),
            ),
            _ => fault(
                "checkpoint_malformed",
                format!("the checkpoint does not read: {broken}"),
            ),
        })
    }

    /// Whether a note is of a later beginning of the trusted key's log, as it says itself.
    fn is_over(&self, note: &[u8]) -> bool {
        let text = note::text_unverified(note).and_then(Checkpoint::parse);
        let later = |origin: &str| beginning(self.log_key.name(), origin).is_some_and(|n| n > 0);
        text.is_ok_and(|checkpoint| later(&checkpoint.origin))
    }

    /// Follows the receipts of rotations from the trusted key. Those from before it are skipped.
    fn newest_key(&self, source: &dyn Source) -> Result<VerifierKey, Fault> {
        let mut statements = Vec::new();
        for number in 1.. {
            let Some(receipt) = rotation(source, number)? else {
                break;
            };
            if !statements.is_empty() || receipt.open(&self.log_key, None).is_ok() {
                statements.push(receipt);
            }
        }
        let policy = self.witnesses.as_ref();
        proof::rotation::newest_key(&self.log_key, &statements, policy, successor).map_err(
            |broken| {
                let what = format!("the receipts of new log keys do not lead on: {broken}");
                Fault::new("rotation_malformed", what).of_file("log/rotations")
            },
        )
    }

    /// When a quorum of the trusted witnesses had seen a note, in milliseconds since 1970; `None`
    /// where none is trusted.
    pub(crate) fn seen_ms(&self, note: &[u8]) -> Option<u64> {
        let policy = self.witnesses.as_ref()?;
        let seen = verified(note, policy.witnesses()).unwrap_or_default();
        let time_s = reached_s(&seen, policy.quorum());
        Some(time_s.unwrap_or(0).saturating_mul(1_000))
    }

    /// Names of the trusted witnesses that have cosigned a note: a quorum, or it is a fault.
    fn witnesses(&self, note: &[u8]) -> Result<Vec<String>, Fault> {
        let Some(policy) = &self.witnesses else {
            return Ok(Vec::new());
        };
        let fault = |code, what| Fault::new(code, what).of_file(logged("checkpoint"));
        let seen = verified(note, policy.witnesses());
        let seen = seen.map_err(|broken| {
            let what = format!("a cosignature of the checkpoint is wrong: {broken}");
            fault("cosignature_forged", what)
        })?;
        let mut names: Vec<String> = seen.iter().map(|it| it.witness.name().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() < policy.quorum() {
            let what = format!(
                "the checkpoint is cosigned by {} of the trusted witnesses, {} are needed",
                names.len(),
                policy.quorum()
            );
            return Err(fault("witnesses_missing", what));
        }
        Ok(names)
    }
}

impl Signed {
    /// Whose cosignatures stand on the note by their names, but for the log's own and those of
    /// trusted witnesses.
    pub(crate) fn unchecked(&self) -> Vec<String> {
        let lines = note::Note::parse(&self.note).map(|note| note.lines);
        let names = lines.into_iter().flatten().map(|line| line.name.to_owned());
        let is_other = |name: &String| {
            beginning(name, &self.checkpoint.origin).is_none() && !self.witnesses.contains(name)
        };
        let mut names: Vec<String> = names.filter(is_other).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The key that signs a checkpoint must be the one that the log itself names for its size.
pub(crate) fn check_key(signed: &Signed, state: &ledger::State) -> Result<(), Fault> {
    let named = state.log_key(signed.checkpoint.head.size).unwrap_or("none");
    // A key that is on its way out may have signed beside the one that follows it.
    if named
        .parse()
        .is_ok_and(|key| Checkpoint::open(&signed.note, &key).is_ok())
    {
        return Ok(());
    }
    let what = format!(
        "the checkpoint is signed with the key `{}`, the log names `{named}` for it",
        signed.key
    );
    Err(Fault::new("log_key_differs", what).of_file(logged("checkpoint")))
}

/// The log key that an entry names.
pub(crate) fn successor(entry: &[u8]) -> Option<VerifierKey> {
    let entry: Entry = codec::decode(entry).ok()?;
    match entry.signed.submission.command {
        Command::RotateLogKey(rotate) => rotate.key.parse().ok(),
        _ => None,
    }
}
