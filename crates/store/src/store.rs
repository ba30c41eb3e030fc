//! A store with one writer: append, publish, and what a start finds.
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use proof::hash::sha256;
use proof::merkle::Head;
use proof::note::Signer;
use proof::{Checkpoint, Hash, tile};

use crate::attachment::Attachments;
use crate::claims::Claims;
use crate::error::{Error, Result};
use crate::file;
use crate::files::Files;
use crate::frame::{self, Draft, Framed};
use crate::journal::Journal;
use crate::layout::{self, Lock};
use crate::opening::Openings;
use crate::place::Place;
use crate::public::PublicLog;
use crate::publication::{Publication, Publisher};
use crate::reader::{Entries, Reader};
use crate::recovery::Replay;
use crate::scrub::Scrub;
use crate::seal::BodyKey;
use crate::snapshot::Snapshots;
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

/// The one writer of a place.
pub struct Store {
    place: Place,
    files: Arc<dyn Files>,
    key: BodyKey,
    journal: Journal,
    tree: Tree,
    publisher: Publisher,
    _lock: Lock,
}

impl Store {
    /// An error if a new store must not be laid out in a place without one, as parts of a store are
    /// there: an interrupted restore, or a node that has lost its `format`. Nothing is written.
    pub fn check_vacant(place: &Place) -> Result<()> {
        layout::check_vacant(place)
    }

    /// Lays a new store out in a place, which may exist but must not hold one already, nor parts of
    /// one. What an earlier call has left that died is completed.
    pub fn create(place: &Place) -> Result<Self> {
        let lock = layout::create(place)?;
        let key = BodyKey::create(&*place.disk, &place.dir.join("keys/body"))?;
        let journal = Journal::create(place)?;
        layout::complete(place)?;
        Ok(Self {
            files: place.files(),
            place: place.clone(),
            key,
            journal,
            tree: Tree::default(),
            publisher: Publisher::create(),
            _lock: lock,
        })
    }

    /// Opens a store after whatever end of the last process: an unfinished batch is cut off, the
    /// tree is reloaded from tiles and brought up to the journal, damage is an error that names its
    /// place.
    pub fn open(place: &Place) -> Result<(Self, Recovered)> {
        let lock = layout::open(place)?;
        // Names that the last process gave may not be durable yet, and this one builds on them.
        let synced = place.disk.sync_all(&place.dir);
        synced.map_err(|source| Error::io(file::named("sync", &place.dir), source))?;
        let key = BodyKey::open(&*place.disk, &place.dir.join("keys/body"))?;
        let mut journal = Journal::open(place)?;
        let files = place.files();
        let published = Publisher::open(&*files, place.bucket.is_none())?;
        let (mut publisher, mut tree) = (published.publisher, published.tree);
        let mut replay = Replay {
            tree: &mut tree,
            signed: published.signed,
            files: &*files,
            staged: false,
        };
        let torn_bytes = journal.replay(&mut replay)?;
        publisher.suspect(published.signed.size, tree.size());
        let mut notices: Vec<String> = published.notice.into_iter().collect();
        if torn_bytes > 0 {
            notices.push(format!(
                "an unfinished batch of {torn_bytes} bytes was cut off the journal"
            ));
        }
        let recovered = Recovered {
            head: tree.head(),
            torn_bytes,
            notices,
        };
        let store = Self {
            place: place.clone(),
            files,
            key,
            journal,
            tree,
            publisher,
            _lock: lock,
        };
        Ok((store, recovered))
    }

    /// Where the store stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Size and root of the durable log.
    pub fn head(&self) -> Head {
        self.tree.head()
    }

    /// Appends a batch and returns the new head once attachments, entries and bodies are all
    /// durable. After an error none of the batch is in the log, unless the error says that the
    /// process must stop: after a failed sync, or an unknown outcome in a bucket, every later
    /// append fails too, and the next start finds out.
    pub fn append(&mut self, batch: &[Record]) -> Result<Head> {
        if batch.is_empty() {
            return Ok(self.head());
        }
        let first_seq = self.tree.size();
        check(first_seq, batch)?;
        let hashes = self.store_attachments(batch)?;
        let salt = u32::from_le_bytes(self.place.random());
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

    /// Makes the attachments of a batch durable, each content once, and names them by record.
    fn store_attachments(&self, batch: &[Record]) -> Result<Vec<Vec<Hash>>> {
        let attachments = self.attachments();
        let mut stored = BTreeSet::new();
        let mut put = |bytes: &Vec<u8>| {
            let hash = sha256(&[bytes]);
            if stored.insert(hash) {
                attachments.put_under(&hash, bytes)?;
            }
            Ok(hash)
        };
        let records = batch.iter();
        records
            .map(|record| record.attachments.iter().map(&mut put).collect())
            .collect()
    }

    /// Everything that a checkpoint over the durable log needs beside it; cheap. What is
    /// unpublished stays in memory until [`Store::published`].
    pub fn publication(&mut self) -> Publication {
        self.publisher.publication(&self.tree)
    }

    /// Takes note that a checkpoint over a publication's head is in place.
    pub fn published(&mut self, head: Head) {
        self.publisher.published(&mut self.tree, head);
    }

    /// Head of the newest checkpoint in place; `None` before the first, and after a start that has
    /// found its tiles damaged: the next publication then holds them all.
    pub fn published_head(&self) -> Option<Head> {
        self.publisher.published
    }

    /// Publishes at once, without witnesses: writes the tiles of all durable entries and a
    /// checkpoint over them, signed by the log's key, whose name is the log's origin.
    pub fn publish(&mut self, signer: &Signer) -> Result<Checkpoint> {
        let checkpoint = Checkpoint {
            origin: signer.verifier().name().to_owned(),
            head: self.head(),
        };
        if self.publisher.published == Some(checkpoint.head) {
            return Ok(checkpoint);
        }
        let note = checkpoint.sign(signer)?;
        let publication = self.publication();
        publication.write(&*self.files)?;
        publication.put_checkpoint(&*self.files, &note)?;
        self.published(checkpoint.head);
        Ok(checkpoint)
    }

    /// Destroys the private body of a durable entry for good, in the journal; backups made before
    /// still have it. Says whether there was one. A crash leaves it whole or gone.
    pub fn erase_body(&mut self, seq: u64) -> Result<bool> {
        if seq >= self.tree.size() {
            let why = format!("the log has {} entries, numbered from 0", self.tree.size());
            return Err(Error::invalid(
                format!("erase the body of entry {seq}"),
                why,
            ));
        }
        self.journal.erase(seq)
    }

    /// What reads everything again, on any thread, and repairs tiles that have rotted.
    pub fn scrub(&self) -> Scrub {
        Scrub::new(&self.place, self.head().size)
    }

    /// Place of this writer in the succession of a bucket's writers, as its lease names it; 0 in a
    /// directory, where a lock keeps others out.
    pub fn epoch(&self) -> u64 {
        self.journal.epoch()
    }

    /// An error if another writer has taken this log over. An idle writer asks now and then, and
    /// before it signs; a busy one finds out at its next append.
    pub fn check_writer(&mut self) -> Result<()> {
        self.journal.check_writer()
    }

    /// True once nothing is appended any more before the next start: another writer has taken over,
    /// or what the disk or the bucket holds is not known.
    pub fn has_stopped(&self) -> bool {
        self.journal.has_stopped()
    }

    /// Walks over stored entries with their bodies; the end is cut to the durable size.
    pub fn entries(&self, range: Range<u64>) -> Result<Entries> {
        self.reader()
            .entries(range.start..range.end.min(self.tree.size()))
    }

    /// A reading end of the journal that other threads may keep.
    pub fn reader(&self) -> Reader {
        Reader {
            place: self.place.clone(),
            key: self.key.clone(),
        }
    }

    /// All its files but journal and secrets.
    pub fn files(&self) -> Arc<dyn Files> {
        Arc::clone(&self.files)
    }

    /// The public files that entries refer to.
    pub fn attachments(&self) -> Attachments {
        Attachments::new(self.files())
    }

    /// The public files that may be deleted.
    pub fn openings(&self) -> Openings {
        Openings::new(self.files())
    }

    /// The leaf files of the epochs.
    pub fn claims(&self) -> Claims {
        Claims::new(self.files())
    }

    /// Saved states of whoever follows the log.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.files())
    }

    /// The same files as an outsider sees them.
    pub fn public(&self) -> PublicLog {
        PublicLog::new(self.files())
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
