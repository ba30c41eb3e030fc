//! A copy of a data directory that is whole, taken while its node runs, and the way back.
use std::path::Path;
use std::sync::Arc;

use proof::merkle::Head;
use proof::{Checkpoint, note, tile};

use crate::directory::Directory;
use crate::error::{Error, Result};
use crate::file;
use crate::files::Files;
use crate::layout::{self, RESTORED};
use crate::place::Place;
use crate::public::{CHECKPOINT, PublicLog};
use crate::scrub::Scrub;
use crate::segment::{Batches, Segment};
use crate::tree::log_name;

const FORMAT: &str = "format";
const KEYS: &str = "keys/";

/// What becomes of `keys/`, with which whoever has the copy signs and reads as the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They are copied, readable by their owner only.
    Copied,
    /// They stay where they are, and must be kept by other means.
    Left,
}

/// Copies a store into an empty or new directory: the log up to its newest checkpoint, and all
/// that belongs to it. Works on a directory that another process writes, and takes no lock. A copy
/// that was interrupted has no `format` and counts as none.
pub fn backup(place: &Place, to: &Path, secrets: Secrets) -> Result<Head> {
    backup_with(place, to, secrets, || Ok(()))
}

/// The same with what stands beside the log and is no file of this crate: `beside` puts it into
/// the new directory before anything of the log, so that no part of it knows more than the log.
pub fn backup_with(
    place: &Place,
    to: &Path,
    secrets: Secrets,
    beside: impl FnOnce() -> Result<()>,
) -> Result<Head> {
    layout::check_format(place)?;
    if place.bucket.is_some() {
        let why = "its log is in a bucket; hint: let the store that holds it keep versions or a \
                   replica, and copy `keys` and `format` by hand";
        return Err(Error::invalid(file::named("back up", &place.dir), why));
    }
    layout::check_journal(place)?;
    let copy = Copy {
        from: place,
        files: place.files(),
        to: empty(place, to)?,
    };
    beside()?;
    // The chain goes first: a log that is ahead of it is what a crash leaves, too.
    for chain in ["chain/", "chain-"] {
        copy.all(chain, |_| true)?;
    }
    let log = PublicLog::new(Arc::clone(&copy.files));
    let note = log.checkpoint_note()?;
    let head = head(&note)?;
    copy.journal(head.size)?;
    copy.tiles(&log, head.size)?;
    for part in ["attachments/", "openings/", "claims/", "exports/"] {
        copy.all(part, |_| true)?;
    }
    let newest = format!("snapshot/{:020}.snap", head.size);
    copy.all("snapshot/", |name| name.as_str() <= newest.as_str())?;
    if secrets == Secrets::Copied {
        copy.secrets()?;
    }
    copy.to.sync()?;
    copy.to.put(CHECKPOINT, &note)?;
    let format = copy.files.read(FORMAT)?.unwrap_or_default();
    copy.to.put(FORMAT, &format)?;
    Ok(head)
}

/// Copies a backup into an empty or new directory and reads all of it before it counts as a store.
/// One that was interrupted leaves a directory that no node begins in.
/// What other nodes and witnesses have seen since the backup was taken is not in it: the directory
/// says so by [`restored`] until [`accept`].
pub fn restore(from: &Path, to: &Place) -> Result<Head> {
    let source = Place {
        disk: Arc::clone(&to.disk),
        dir: from.to_owned(),
        bucket: None,
    };
    layout::check_format(&source)?;
    let files = source.files();
    let head = head(&PublicLog::new(Arc::clone(&files)).checkpoint_note()?)?;
    let copy = Copy {
        from: &source,
        files,
        to: empty(&source, &to.dir)?,
    };
    // First, so that what is left when this does not come to its end is never taken for a new node.
    copy.to
        .put(RESTORED, format!("{}\n", head.size).as_bytes())?;
    copy.all("", |name| {
        !matches!(name.as_str(), FORMAT | RESTORED | "lock") && !name.starts_with(KEYS)
    })?;
    copy.secrets()?;
    copy.to.sync()?;
    let found = Scrub::new(to, head.size).run()?;
    if let Some(damage) = found.damaged.first() {
        let why = format!("{damage}; hint: use another backup, this one is damaged");
        return Err(Error::corrupt(file::named("restore", from), why));
    }
    let format = copy.files.read(FORMAT)?.unwrap_or_default();
    copy.to.put(FORMAT, &format)?;
    Ok(head)
}

/// Log size of the backup that a directory was restored from, until [`accept`]: signing on from it
/// may contradict what was signed since the backup.
pub fn restored(place: &Place) -> Result<Option<u64>> {
    let marker = file::read_optional(&*place.disk, &place.dir.join(RESTORED))?;
    let size = |bytes: Vec<u8>| {
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end().parse().map_err(|_| {
            let why = "it must hold the log size of the backup";
            Error::corrupt(file::named("read", &place.dir.join(RESTORED)), why)
        })
    };
    marker.map(size).transpose()
}

/// Removes the mark: the operator has made sure that nothing was signed since, or answers for it.
pub fn accept(place: &Place) -> Result<()> {
    place.local().remove(RESTORED)
}

struct Copy<'a> {
    from: &'a Place,
    files: Arc<dyn Files>,
    to: Directory,
}

fn head(note: &[u8]) -> Result<Head> {
    let text = note::text_unverified(note);
    let checkpoint = text.and_then(Checkpoint::parse);
    let checkpoint = checkpoint
        .map_err(|fault| Error::corrupt(format!("read `{CHECKPOINT}`"), fault.to_string()))?;
    Ok(checkpoint.head)
}

impl Copy<'_> {
    /// Files below a prefix; one that is removed meanwhile is not needed.
    fn all(&self, prefix: &str, wanted: impl Fn(&String) -> bool) -> Result<()> {
        let names = self.files.list(prefix, "", usize::MAX)?;
        for name in names.iter().filter(|name| wanted(name)) {
            if let Some(bytes) = self.files.read(name)? {
                self.to.stage(name, &bytes)?;
            }
        }
        Ok(())
    }

    /// The batches before `size`, of which the last may be in the middle of a segment.
    fn journal(&self, size: u64) -> Result<()> {
        let (disk, dir) = (&*self.from.disk, self.from.dir.join("journal"));
        for segment in Segment::list(disk, &dir)? {
            if segment.first_seq >= size {
                break;
            }
            let bytes = file::read(disk, &segment.path)?;
            let mut batches = Batches::of(&segment, &bytes)?;
            let mut next_seq = segment.first_seq;
            while next_seq < size {
                let offset = batches.offset;
                let batch = batches.advance();
                match batch.map_err(|what| segment.damaged(offset, what))? {
                    Some(batch) => next_seq = batch.end_seq(),
                    None => break,
                }
            }
            let name = format!("journal/{:020}.wal", segment.first_seq);
            self.to.stage(&name, &bytes[..batches.offset])?;
        }
        Ok(())
    }

    /// Exactly the tiles of the checkpoint, each held against the entries behind it.
    fn tiles(&self, log: &PublicLog, size: u64) -> Result<()> {
        for tile in tile::growth(0, size) {
            self.to.stage(&log_name(&tile.path()), &log.tile(&tile)?)?;
            if tile.level == 0 {
                let mut bundle = Vec::new();
                for entry in log.bundle(tile.index, size)? {
                    tile::push_entry(&mut bundle, &entry)?;
                }
                self.to.stage(&log_name(&tile.bundle_path()), &bundle)?;
            }
        }
        Ok(())
    }

    fn secrets(&self) -> Result<()> {
        let disk = &*self.from.disk;
        for name in self.files.list(KEYS, "", usize::MAX)? {
            let path = self.to.root().join(&name);
            let bytes = file::read(disk, &self.from.dir.join(&name))?;
            file::create_dir(disk, path.parent().unwrap_or(self.to.root()))?;
            disk.write_secret(&path, &bytes)
                .map_err(|source| Error::io(file::named("write", &path), source))?;
        }
        Ok(())
    }
}

/// A directory that holds nothing yet.
fn empty(place: &Place, to: &Path) -> Result<Directory> {
    let names = file::names(&*place.disk, to)?;
    if let Some(name) = names.first() {
        let why = format!("it holds `{name}` already; hint: name a new or empty directory");
        return Err(Error::invalid(file::named("copy to", to), why));
    }
    file::create_dir(&*place.disk, to)?;
    Ok(Directory::new(Arc::clone(&place.disk), to.to_owned()))
}
