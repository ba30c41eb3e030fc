//! A data directory with one writer: append, publish, and what a start finds.
use std::ops::Range;
use std::path::{Path, PathBuf};

use proof::merkle::Head;
use proof::note::Signer;
use proof::{Checkpoint, Hash, tile};

use crate::attachment::Attachments;
use crate::claims::Claims;
use crate::directory::{self, Lock};
use crate::error::{Error, Result};
use crate::frame::{self, Framed};
use crate::journal::{Draft, Journal};
use crate::opening::Openings;
use crate::public::PublicLog;
use crate::reader::{Entries, Reader};
use crate::recovery;
use crate::seal::{self, BodyKey};
use crate::snapshot::Snapshots;
use crate::tiles::Publisher;
use crate::tree::Tree;

/// Longest private body, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// What is made durable together for one log entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Public bytes, at most 65,535.
    pub entry: Vec<u8>,
    /// Private bytes, at most [`MAX_BODY_BYTES`]; encrypted at rest.
    pub body: Vec<u8>,
    /// Public files that the entry refers to by their SHA-256.
    pub attachments: Vec<Vec<u8>>,
}

/// What a start has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The durable log: every acknowledged entry is in it.
    pub head: Head,
    /// Bytes of an unfinished batch that were cut off; nobody was told of it.
    pub torn_bytes: u64,
    /// Sentences about what was repaired, for the operator.
    pub notices: Vec<String>,
}

/// The one writer of a data directory.
pub struct Store {
    dir: PathBuf,
    key: BodyKey,
    journal: Journal,
    tree: Tree,
    publisher: Publisher,
    _lock: Lock,
}

impl Store {
    /// Lays a new store out in a directory, which may exist but must not hold one already.
    pub fn create(dir: &Path) -> Result<Self> {
        let lock = directory::create(dir)?;
        let key = BodyKey::create(&dir.join("keys/body"))?;
        directory::complete(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            key,
            journal: Journal::create(dir.join("journal")),
            tree: Tree::default(),
            publisher: Publisher::create(dir.join("log")),
            _lock: lock,
        })
    }

    /// Opens a store after whatever end of the last process: an unfinished batch is cut off, the
    /// tree is reloaded from tiles and brought up to the journal, damage is an error that names its
    /// place.
    pub fn open(dir: &Path) -> Result<(Self, Recovered)> {
        let lock = directory::open(dir)?;
        let key = BodyKey::open(&dir.join("keys/body"))?;
        let published = Publisher::open(dir.join("log"))?;
        let (mut publisher, mut tree) = (published.publisher, published.tree);
        let journal_dir = dir.join("journal");
        let tail = recovery::replay(&journal_dir, &published.signed, &mut tree, |tree| {
            publisher.write_full(tree)
        })?;
        let journal = Journal::open(journal_dir, &tail)?;
        let mut notices: Vec<String> = published.notice.into_iter().collect();
        if tail.torn_bytes > 0 {
            let torn = tail.torn_bytes;
            notices.push(format!(
                "an unfinished batch of {torn} bytes was cut off the journal"
            ));
        }
        let recovered = Recovered {
            head: tree.head(),
            torn_bytes: tail.torn_bytes,
            notices,
        };
        let dir = dir.to_owned();
        Ok((
            Self {
                dir,
                key,
                journal,
                tree,
                publisher,
                _lock: lock,
            },
            recovered,
        ))
    }

    /// Size and root of the durable log.
    pub fn head(&self) -> Head {
        self.tree.head()
    }

    /// Appends a batch and returns the new head once attachments, entries and bodies are all
    /// durable. After an error none of the batch is in the log. An error of a failed sync says that
    /// the process must stop, and every later append fails too.
    pub fn append(&mut self, batch: &[Record]) -> Result<Head> {
        if batch.is_empty() {
            return Ok(self.head());
        }
        let first_seq = self.tree.size();
        check(first_seq, batch)?;
        let attachments = self.attachments();
        let hashes: Result<Vec<Vec<Hash>>> = batch
            .iter()
            .map(|record| {
                record
                    .attachments
                    .iter()
                    .map(|bytes| attachments.put(bytes))
                    .collect()
            })
            .collect();
        let hashes = hashes?;
        let salt = u32::from_le_bytes(seal::random());
        let sealed: Vec<Vec<u8>> = (first_seq..)
            .zip(batch)
            .map(|(seq, record)| self.key.seal(seq, salt, &record.body))
            .collect();
        let records: Vec<Framed<'_>> = batch
            .iter()
            .zip(&sealed)
            .zip(&hashes)
            .map(|((record, sealed), attachments)| Framed {
                entry: &record.entry,
                sealed,
                attachments,
            })
            .collect();
        if records.iter().map(frame::payload_bytes).sum::<usize>() > frame::MAX_BATCH_BYTES {
            let why = format!(
                "it has more than {} bytes; split it",
                frame::MAX_BATCH_BYTES
            );
            return Err(Error::invalid("append a batch", why));
        }
        let entries = || batch.iter().map(|record| record.entry.as_slice());
        let growth = self.tree.growth(entries());
        let root = growth.root();
        self.journal.append(&Draft {
            first_seq,
            salt,
            root,
            records: &records,
        })?;
        self.tree.absorb(entries(), growth)?;
        Ok(self.head())
    }

    /// Writes the tiles of all durable entries and signs a checkpoint over them with the log's key,
    /// whose name is the log's origin. May be called as rarely as wished; what is unpublished stays
    /// in memory.
    pub fn publish(&mut self, signer: &Signer) -> Result<Checkpoint> {
        self.publisher.publish(&mut self.tree, signer)
    }

    /// Walks over stored entries with their bodies; the end is cut to the durable size.
    pub fn entries(&self, range: Range<u64>) -> Result<Entries> {
        self.reader()
            .entries(range.start..range.end.min(self.tree.size()))
    }

    /// A reading end of the journal that other threads may keep.
    pub fn reader(&self) -> Reader {
        Reader {
            journal: self.dir.join("journal"),
            key: self.key.clone(),
        }
    }

    /// The public files that entries refer to.
    pub fn attachments(&self) -> Attachments {
        Attachments::in_dir(&self.dir)
    }

    /// The public files that may be deleted.
    pub fn openings(&self) -> Openings {
        Openings::in_dir(&self.dir)
    }

    /// The leaf files of the epochs.
    pub fn claims(&self) -> Claims {
        Claims::in_dir(&self.dir)
    }

    /// Saved states of whoever follows the log.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots::in_dir(&self.dir)
    }

    /// The same directory as an outsider sees it.
    pub fn public(&self) -> PublicLog {
        PublicLog::open(&self.dir)
    }
}

fn check(first_seq: u64, batch: &[Record]) -> Result<()> {
    for (seq, record) in (first_seq..).zip(batch) {
        let (entry, body) = (record.entry.len(), record.body.len());
        let too_long = [
            ("entry", entry, tile::MAX_ENTRY_BYTES),
            ("private body", body, MAX_BODY_BYTES),
        ];
        for (what, length, limit) in too_long {
            if length > limit {
                let why = format!("its {what} has {length} bytes, at most {limit} are allowed");
                return Err(Error::invalid(format!("append entry {seq}"), why));
            }
        }
    }
    Ok(())
}
