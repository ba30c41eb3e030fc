//! Those who stand outside: a reader with a memory, a follower of the journal, an auditor.
use std::sync::Arc;

use audit::{ChainFacts, Named, ReadError, Source};
use proof::merkle::{self, Frontier, Head};
use proof::note::VerifierKey;
use protocol::UsageRow;
use protocol::usage::ROW_BYTES;
use store::{Files, Kind, Place, PublicLog, Tail};

use crate::random::Random;
use crate::truth::{Truth, Violation, hold};

/// Reads checkpoints and all that they cover, and never believes a smaller log again.
#[derive(Default)]
pub(crate) struct Reader {
    head: Option<Head>,
    frontier: Frontier,
}

const READERS: &str = "readers see one log that only grows";

impl Reader {
    /// Takes the newest checkpoint and reads what it adds.
    pub fn poll(
        &mut self,
        place: &Place,
        key: &VerifierKey,
        truth: &Truth,
        random: &mut Random,
    ) -> Result<u64, Violation> {
        let broken = |error: store::Error| Violation::new(READERS, error);
        let files = place.files();
        if files.read("log/checkpoint").map_err(broken)?.is_none() {
            let begun = self.head.is_some();
            hold(!begun, READERS, || "the checkpoint is gone".to_owned())?;
            return Ok(0);
        }
        let log = PublicLog::new(files);
        let new = log.checkpoint(key).map_err(broken)?.head;
        hold(truth.root(new.size) == Some(new.root), READERS, || {
            format!("the checkpoint over {} entries is of another log", new.size)
        })?;
        let old_size = self.frontier.size();
        if new.size < old_size {
            return Ok(0);
        }
        if let Some(old) = self.head {
            let proof = log.consistency(old.size, &new).map_err(broken)?;
            merkle::verify_consistency(&old, &new, &proof)
                .map_err(|fault| Violation::new(READERS, fault))?;
        }
        for read in log.entries(old_size..new.size, new.size) {
            let (seq, entry) = read.map_err(broken)?;
            let kept = &truth.kept[seq as usize].record.entry;
            hold(*kept == entry, READERS, || {
                format!("entry {seq} reads otherwise")
            })?;
            self.frontier.append(merkle::leaf_hash(&entry));
        }
        hold(self.frontier.root() == new.root, READERS, || {
            format!("the entries read do not lead to the root of {}", new.size)
        })?;
        self.head = Some(new);
        self.check_receipt(&log, key, random)?;
        Ok(new.size)
    }

    fn check_receipt(
        &self,
        log: &PublicLog,
        key: &VerifierKey,
        random: &mut Random,
    ) -> Result<(), Violation> {
        let Some(size) = self.head.map(|head| head.size).filter(|size| *size > 0) else {
            return Ok(());
        };
        let seq = random.long_below(size);
        let broken = |error: store::Error| Violation::new("receipts verify", error);
        let receipt = log.receipt(seq).map_err(broken)?;
        let entry = log.entry(seq, size).map_err(broken)?;
        receipt
            .verify(&entry, key, None)
            .map(drop)
            .map_err(|fault| Violation::new("receipts verify", fault))
    }
}

/// A standby's reading end: it follows the journal and must never have to take anything back.
pub(crate) struct Follower {
    tail: Option<Tail>,
    /// Entries and bodies in order, as they were delivered.
    seen: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    checked: usize,
}

const FOLLOWERS: &str = "followers see durable entries only";

impl Follower {
    pub fn new() -> Self {
        Self {
            tail: None,
            seen: Vec::new(),
            checked: 0,
        }
    }

    /// Delivers what has come, until there is no more.
    pub fn poll(&mut self, place: &Place) -> Result<u64, Violation> {
        let from = self.seen.len() as u64;
        let mut tail = match self.tail.take() {
            Some(tail) => tail,
            None => match Tail::open(place, from) {
                Ok(tail) => tail,
                Err(error) if error.kind == Kind::Corrupt => {
                    return Err(Violation::new(FOLLOWERS, error));
                }
                Err(_) => return Ok(0),
            },
        };
        loop {
            let stored = tail
                .poll()
                .map_err(|error| Violation::new(FOLLOWERS, error))?;
            if stored.is_empty() {
                break;
            }
            for stored in stored {
                hold(stored.seq == self.seen.len() as u64, FOLLOWERS, || {
                    format!("entry {} comes out of order", stored.seq)
                })?;
                self.seen.push((stored.entry, stored.body));
            }
        }
        self.tail = Some(tail);
        Ok(self.seen.len() as u64 - from)
    }

    /// Delivers a batch that nobody knows to be durable: a mistake to be found.
    pub fn feed(&mut self, batch: &sequencer::Batch) {
        if self.seen.len() as u64 + batch.records.len() as u64 == batch.end {
            let records = batch.records.iter();
            self.seen
                .extend(records.map(|it| (it.entry.clone(), Some(it.body.clone()))));
            self.tail = None;
        }
    }

    /// Holds what was delivered against what has been promised since.
    pub fn check(&mut self, truth: &Truth) -> Result<(), Violation> {
        let news = self.seen.iter().zip(&truth.kept).skip(self.checked);
        for (entry, kept) in news {
            let same = entry.0 == kept.record.entry;
            hold(
                same && (kept.erased || entry.1.as_ref() == Some(&kept.record.body)),
                FOLLOWERS,
                || format!("entry {} was delivered otherwise", self.checked),
            )?;
            self.checked += 1;
        }
        Ok(())
    }
}

/// The public files for an audit that is given no chain.
pub(crate) struct Public {
    files: Arc<dyn Files>,
}

impl Public {
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.files
            .read(name)
            .map_err(|error| ReadError(error.to_string()))
    }
}

impl Source for Public {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("log/{path}"))
    }

    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        let log = PublicLog::new(self.files.clone());
        match log.attachments().read(hash) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => log
                .openings()
                .read(hash)
                .map_err(|error| ReadError(error.to_string())),
        }
    }

    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("claims/{epoch}.json"))
    }

    fn usage_rows(&self, file: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        let (rows, rest) = file.as_chunks::<ROW_BYTES>();
        let rows: Option<Vec<UsageRow>> = rows
            .iter()
            .map(|bytes| UsageRow::from_bytes(bytes))
            .collect();
        match rows {
            Some(rows) if rest.is_empty() => Ok(rows),
            _ => Err(ReadError("no rows of a simulated segment".to_owned())),
        }
    }

    fn chains(&self, _: &[Named]) -> Result<Vec<ChainFacts>, ReadError> {
        Ok(Vec::new())
    }
}
