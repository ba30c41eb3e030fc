//! The public files of a data directory, as an outsider reads them; nothing private is touched.
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use proof::merkle::{self, Frontier, Head};
use proof::note::VerifierKey;
use proof::receipt::Receipt;
use proof::tile::{self, Tile};
use proof::{Checkpoint, Hash, note};

use crate::attachment::Attachments;
use crate::claims::Claims;
use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::opening::Openings;

/// File name of the newest checkpoint.
pub(crate) const CHECKPOINT: &str = "log/checkpoint";

/// Checkpoint, tiles, bundles, attachments, openings and claim files of one store.
#[derive(Clone, Debug)]
pub struct PublicLog {
    files: Arc<dyn Files>,
}

impl PublicLog {
    /// Points at a directory of this machine; nothing is read yet.
    pub fn open(dir: &Path) -> Self {
        Self::new(Arc::new(Directory::at(dir)))
    }

    /// Points at the files of a store; nothing is read yet.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// The checkpoint note as it was published; `None` before the first.
    pub fn newest_note(&self) -> Result<Option<Vec<u8>>> {
        self.files.read(CHECKPOINT)
    }

    /// The checkpoint note, which must be there.
    pub fn checkpoint_note(&self) -> Result<Vec<u8>> {
        let missing = "it is missing; hint: name a directory or bucket that holds a published log";
        self.newest_note()?
            .ok_or_else(|| Error::corrupt(reading(CHECKPOINT), missing))
    }

    /// The checkpoint, which the log's key must have signed.
    pub fn checkpoint(&self, log_key: &VerifierKey) -> Result<Checkpoint> {
        self.read_checkpoint(|note| Checkpoint::open(note, log_key))
    }

    /// The checkpoint without asking who signed it; for displays, never for checks.
    pub fn checkpoint_unverified(&self) -> Result<Checkpoint> {
        self.read_checkpoint(|note| Checkpoint::parse(note::text_unverified(note)?))
    }

    /// The entries of a range out of a log of `size` entries, with their numbers. Each is held
    /// against the leaf hash in its tile; the tiles themselves are for the caller to hold against
    /// the root.
    pub fn entries(
        &self,
        range: Range<u64>,
        size: u64,
    ) -> impl Iterator<Item = Result<(u64, Vec<u8>)>> {
        let end = range.end.min(size);
        let log = self.clone();
        let first_bundle = range.start / tile::WIDTH;
        (first_bundle..end.div_ceil(tile::WIDTH)).flat_map(move |index| {
            let first = index * tile::WIDTH;
            let wanted = range.start.max(first)..end.min(first + tile::WIDTH);
            match log.bundle(index, size) {
                Ok(entries) => (first..)
                    .zip(entries)
                    .filter(|(seq, _)| wanted.contains(seq))
                    .map(Ok)
                    .collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        })
    }

    /// One entry of a log of `size` entries.
    pub fn entry(&self, seq: u64, size: u64) -> Result<Vec<u8>> {
        check_seq(seq, size)?;
        let mut found = self.entries(seq..seq + 1, size);
        found
            .next()
            .expect("an entry below the size is found or an error")
            .map(|(_, entry)| entry)
    }

    /// The leaf hashes of tile `index` in a log of `size` entries.
    pub fn leaves(&self, index: u64, size: u64) -> Result<Vec<Hash>> {
        let tile = holding(0, index * tile::WIDTH, size)?;
        Ok(self.tile(&tile)?.as_chunks::<32>().0.to_vec())
    }

    /// The receipt of an entry under the published checkpoint.
    pub fn receipt(&self, seq: u64) -> Result<Receipt> {
        let note = self.checkpoint_note()?;
        let size = self.checkpoint_unverified()?.head.size;
        check_seq(seq, size)?;
        let path = tile::prove_inclusion(seq, size, |tile| self.tile(tile));
        let checkpoint = String::from_utf8_lossy(&note).into_owned();
        Ok(Receipt {
            index: seq,
            extra: Some(self.entry(seq, size)?),
            path: path?,
            checkpoint,
        })
    }

    /// Proof that the published log of `new.size` entries begins with that of `old_size`.
    pub fn consistency(&self, old_size: u64, new: &Head) -> Result<Vec<Hash>> {
        tile::prove_consistency(old_size, new.size, |tile| self.tile(tile))
    }

    /// The root of the log when it had `size` entries, at most those of the published `head`:
    /// proven under its root from the stored tiles.
    pub fn root_at(&self, size: u64, head: &Head) -> Result<Hash> {
        let node = |level, index| {
            let (level, tile, hashes) = tile::locate(level, index);
            let first = tile * tile::WIDTH + hashes.start as u64;
            let tile = holding(level, first, head.size)?;
            let found = tile::node_in(&self.tile(&tile)?, hashes);
            found.ok_or_else(|| Error::corrupt(reading(&tile.path()), "it is too short"))
        };
        let root = match size == head.size {
            true => head.root,
            false => Frontier::read(size, node)?.root(),
        };
        let path = self.consistency(size, head)?;
        let proven = merkle::verify_consistency(&Head { size, root }, head, &path);
        let doing = || format!("prove the log as it was with {size} entries");
        proven.map_err(|fault| Error::corrupt(doing(), fault.to_string()))?;
        Ok(root)
    }

    /// The files that entries refer to.
    pub fn attachments(&self) -> Attachments {
        Attachments::new(Arc::clone(&self.files))
    }

    /// The files that may have been erased.
    pub fn openings(&self) -> Openings {
        Openings::new(Arc::clone(&self.files))
    }

    /// The leaf files of the epochs.
    pub fn claims(&self) -> Claims {
        Claims::new(Arc::clone(&self.files))
    }

    /// The entries of a bundle, held against their leaf hashes.
    pub(crate) fn bundle(&self, index: u64, size: u64) -> Result<Vec<Vec<u8>>> {
        let tile = holding(0, index * tile::WIDTH, size)?;
        let hashes = self.leaves(index, size)?;
        let held = self.read_widest(&tile, Tile::bundle_path)?;
        let first = index * tile::WIDTH;
        let corrupt = |why| Error::corrupt(reading(&held.name), why);
        let entries = tile::entries(&held.bytes, held.width)
            .map_err(|fault| corrupt(format!("{fault}; its first entry is {first}")))?;
        let mut checked = Vec::with_capacity(hashes.len());
        for ((seq, entry), hash) in (first..).zip(entries).zip(&hashes) {
            if merkle::leaf_hash(entry) != *hash {
                let why = format!("entry {seq} does not hash to its leaf in `{}`", tile.path());
                return Err(corrupt(why));
            }
            checked.push(entry.to_vec());
        }
        Ok(checked)
    }

    /// A tile's bytes, cut to its width.
    pub(crate) fn tile(&self, tile: &Tile) -> Result<Vec<u8>> {
        let mut held = self.read_widest(tile, Tile::path)?;
        let expected = usize::from(held.width) * 32;
        if held.bytes.len() != expected {
            let why = format!("it has {} bytes instead of {expected}", held.bytes.len());
            return Err(Error::corrupt(reading(&held.name), why));
        }
        held.bytes.truncate(usize::from(tile.width) * 32);
        Ok(held.bytes)
    }

    /// Reads a tile or bundle, or the full one that has superseded a partial one.
    fn read_widest(&self, tile: &Tile, path_of: fn(&Tile) -> String) -> Result<Held> {
        let full = Tile {
            width: tile::WIDTH as u16,
            ..*tile
        };
        for Tile { width, .. } in [*tile, full] {
            let name = format!("log/{}", path_of(&Tile { width, ..*tile }));
            if let Some(bytes) = self.files.read(&name)? {
                return Ok(Held { name, bytes, width });
            }
        }
        let name = format!("log/{}", path_of(tile));
        Err(Error::corrupt(reading(&name), "it is missing"))
    }

    fn read_checkpoint(
        &self,
        parse: impl FnOnce(&[u8]) -> std::result::Result<Checkpoint, proof::Fault>,
    ) -> Result<Checkpoint> {
        parse(&self.checkpoint_note()?)
            .map_err(|fault| Error::corrupt(format!("accept `{CHECKPOINT}`"), fault.to_string()))
    }
}

/// A tile or bundle as it was found.
struct Held {
    name: String,
    bytes: Vec<u8>,
    width: u16,
}

fn reading(name: &str) -> String {
    format!("read `{name}`")
}

fn check_seq(seq: u64, size: u64) -> Result<()> {
    if seq < size {
        return Ok(());
    }
    let why = format!("the log has {size} entries, numbered from 0");
    Err(Error::invalid(format!("read entry {seq}"), why))
}

fn holding(level: u8, index: u64, size: u64) -> Result<Tile> {
    tile::holding(level, index, size).ok_or_else(|| {
        let why = format!("a log of {size} entries has no such node");
        Error::invalid(format!("read node {index} of tile level {level}"), why)
    })
}
