//! Saved states: what a follower writes now and then so that a start need not replay the whole log.
use std::fs;
use std::path::{Path, PathBuf};

use proof::hash::sha256;

use crate::error::{Error, Result};
use crate::file;

const MAGIC: &[u8; 16] = b"headwater snap 1";
const HEADER_BYTES: usize = 16 + 8 + 32;
const KEPT: usize = 2;

/// The directory `snapshot/`; the newest two are kept.
#[derive(Clone, Debug)]
pub struct Snapshots {
    dir: PathBuf,
}

/// A state as it was after a number of log entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Entries that had been applied.
    pub log_size: u64,
    /// The state in its owner's encoding.
    pub bytes: Vec<u8>,
}

/// The newest whole snapshot, and sentences about damaged ones that were passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// `None` where the whole log must be replayed.
    pub snapshot: Option<Snapshot>,
    /// One for each file that failed its check.
    pub notices: Vec<String>,
}

impl Snapshots {
    /// Those of a data directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            dir: dir.join("snapshot"),
        }
    }

    /// Saves a state durably under its log size, then drops all but the newest two.
    pub fn save(&self, snapshot: &Snapshot) -> Result<()> {
        let size = snapshot.log_size.to_le_bytes();
        let digest = sha256(&[&size, &snapshot.bytes]);
        let whole = [&MAGIC[..], &size, &digest, &snapshot.bytes].concat();
        file::create_dir(&self.dir)?;
        file::replace(
            &self.dir.join(format!("{:020}.snap", snapshot.log_size)),
            &whole,
        )?;
        let files = self.files()?;
        for path in &files[..files.len().saturating_sub(KEPT)] {
            fs::remove_file(path)
                .map_err(|source| Error::io(file::named("remove", path), source))?;
        }
        Ok(())
    }

    /// Loads the newest whole snapshot that is not ahead of a log of `max_log_size` entries.
    pub fn load(&self, max_log_size: u64) -> Result<Found> {
        let mut found = Found::default();
        for path in self.files()?.iter().rev() {
            match decode(file::read(path)?) {
                Some(snapshot) if snapshot.log_size <= max_log_size => {
                    found.snapshot = Some(snapshot);
                    break;
                }
                Some(_) => found.notices.push(notice(path, "is ahead of the log")),
                None => found.notices.push(notice(path, "fails its checksum")),
            }
        }
        Ok(found)
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let names = file::names(&self.dir)?;
        let snapshots = names.iter().filter(|name| name.ends_with(".snap"));
        Ok(snapshots.map(|name| self.dir.join(name)).collect())
    }
}

fn notice(path: &Path, what: &str) -> String {
    format!(
        "snapshot `{}` {what} and was passed over; more of the log is replayed",
        path.display()
    )
}

fn decode(mut whole: Vec<u8>) -> Option<Snapshot> {
    let (magic, rest) = whole.split_first_chunk::<16>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (digest, bytes) = rest.split_first_chunk::<32>()?;
    if magic != MAGIC || *digest != sha256(&[size, bytes]) {
        return None;
    }
    let log_size = u64::from_le_bytes(*size);
    whole.drain(..HEADER_BYTES);
    Some(Snapshot {
        log_size,
        bytes: whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_snapshot_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::in_dir(dir.path());
        assert_eq!(snapshots.load(9).unwrap(), Found::default());
        let of = |log_size: u64| Snapshot {
            log_size,
            bytes: vec![log_size as u8; 100],
        };
        for size in [1, 20, 300] {
            snapshots.save(&of(size)).unwrap();
        }
        assert_eq!(snapshots.files().unwrap().len(), 2);
        assert_eq!(snapshots.load(300).unwrap().snapshot, Some(of(300)));
        let ahead = snapshots.load(299).unwrap();
        assert_eq!((ahead.snapshot, ahead.notices.len()), (Some(of(20)), 1));
        let newest = snapshots.files().unwrap().pop().unwrap();
        let whole = fs::read(&newest).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            fs::write(&newest, &damaged).unwrap();
            let found = snapshots.load(300).unwrap();
            assert_eq!(
                (found.snapshot, found.notices.len()),
                (Some(of(20)), 1),
                "byte {at}"
            );
            fs::write(&newest, &whole[..at]).unwrap();
            assert_eq!(snapshots.load(300).unwrap().snapshot, Some(of(20)));
        }
    }
}
