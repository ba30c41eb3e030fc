//! One bundle of the log with all that can be said of it without the ledger.

use crate::document::Document;
use crate::{Fault, Source, document, files};
use proof::merkle;
use proof::tile::{self, Tile};
use protocol::operation::Erasure;
use protocol::{Command, Entry};
use std::sync::atomic::{AtomicBool, Ordering};

/// Documents beyond so many bytes of one bundle are read when their turn comes.
const DOCUMENT_BYTES: usize = 8 << 20;

/// What is read of a log, and how much of it is looked at.
pub(crate) struct Reading<'a> {
    pub source: &'a dyn Source,
    /// Entries under the checkpoint.
    pub size: u64,
    /// Entries that have been replayed before.
    pub from: u64,
    pub signatures: bool,
    /// False once only the hashes are wanted, because a fault has ended the replay.
    pub entries: AtomicBool,
}

/// A bundle's entries, as hashes and as values.
pub(crate) struct Bundle {
    pub leaves: Leaves,
    pub entries: Vec<Ready>,
    /// [`ledger::apply::digest`] of each of `entries`.
    pub digests: Vec<u64>,
    /// What is wrong with the entry behind the last one of `entries`.
    pub stop: Option<Fault>,
    /// Tombstones among the entries behind that one.
    pub later: Vec<Erasure>,
}

/// The leaf hashes of a bundle, and the stored tile that must have the same.
pub(crate) struct Leaves {
    pub tile: Tile,
    pub hashes: Vec<[u8; 32]>,
    /// Of the tree over `hashes` alone.
    pub root: [u8; 32],
    pub stored: Vec<u8>,
}

/// An entry whose bytes and signature are good.
pub(crate) struct Ready {
    pub entry: Entry,
    /// What it cannot be decided without; `None` also where that is yet to be read.
    pub document: Option<Result<Document, Fault>>,
    /// What is wrong with the content of the asset that it registers.
    pub content: Option<Box<Fault>>,
}

impl Reading<'_> {
    /// Reads, hashes, decodes and verifies bundle `index`.
    pub fn bundle(&self, index: u64) -> Result<Bundle, Fault> {
        let tile = tile::holding(0, index * tile::WIDTH, self.size)
            .expect("the caller counts bundles by the size of the log");
        let bytes = files::bundle(self.source, tile)?;
        let entries = files::entries(tile, &bytes)?;
        let hashes = merkle::leaf_hashes(&entries);
        let leaves = Leaves {
            tile,
            root: merkle::root(&hashes),
            hashes,
            stored: files::tile(self.source, tile)?,
        };
        let mut bundle = Bundle {
            leaves,
            entries: Vec::new(),
            digests: Vec::new(),
            stop: None,
            later: Vec::new(),
        };
        if self.entries.load(Ordering::Relaxed) {
            bundle.entries.reserve_exact(entries.len());
            self.ready(&mut bundle, &entries);
            let first = tile.index * tile::WIDTH;
            let submission = |Ready { entry, .. }: &_| {
                entry.submission_in(entries[(entry.seq - first) as usize])
            };
            let submissions: Vec<&[u8]> = bundle.entries.iter().map(submission).collect();
            bundle.digests = ledger::apply::submission_digests(&submissions);
        }
        Ok(bundle)
    }

    fn ready(&self, bundle: &mut Bundle, entries: &[&[u8]]) {
        let first = bundle.leaves.tile.index * tile::WIDTH;
        let tombstone = |bytes: &&[u8]| match Entry::read(bytes) {
            Ok(entry) => match entry.signed.submission.command {
                Command::Erase(erase) => Some(erase.what),
                _ => None,
            },
            Err(_) => None,
        };
        let mut room = DOCUMENT_BYTES;
        for (seq, bytes) in (first..).zip(entries).filter(|(seq, _)| *seq >= self.from) {
            if let Err(fault) = self.read(seq, bytes, &mut bundle.entries) {
                bundle.stop = Some(fault.of_entry(seq));
                let behind = entries.iter().skip((seq + 1 - first) as usize);
                bundle.later = behind.filter_map(tombstone).collect();
                return;
            }
            let ready = bundle.entries.last_mut().expect("it was pushed");
            // The content itself is let go at once, so that many may be on their way.
            ready.content = document::content_fault(self.source, &ready.entry);
            let named = document::named(&ready.entry.signed.submission.command);
            if let Some(named) = named.filter(|_| room > 0) {
                let document = named.read(self.source, seq);
                let read = document.as_ref().ok().and_then(|it| it.bytes.as_ref());
                room = room.saturating_sub(read.map_or(0, Vec::len));
                ready.document = Some(document);
            }
        }
    }

    /// Puts a good entry behind the others, in its place at once: it is large.
    fn read(&self, seq: u64, bytes: &[u8], good: &mut Vec<Ready>) -> Result<(), Fault> {
        let entry = Entry::read(bytes).map_err(|error| {
            let what = format!("entry {seq} is no entry: its {error}");
            Fault::new("malformed_entry", what)
        })?;
        if entry.seq != seq {
            let what = format!("entry {seq} calls itself entry {}", entry.seq);
            return Err(Fault::new("entry_number", what));
        }
        if self.signatures {
            let signed = entry.signing_bytes_in(bytes);
            let key = &entry.signed.submission.key.0;
            proof::signature::verify(key, &signed, &entry.signed.signature.0).map_err(|_| {
                let what = format!("entry {seq} is not signed by the session key it names");
                Fault::new("bad_signature", what)
            })?;
        }
        good.push(Ready {
            entry,
            document: None,
            content: None,
        });
        Ok(())
    }
}
