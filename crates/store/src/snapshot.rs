//! Saved states: what a follower writes now and then so that a start need not replay the whole log.
use std::sync::Arc;

use proof::hash::sha256;

use crate::error::Result;
use crate::files::Files;

const MAGIC: &[u8; 16] = b"headwater snap 1";
const HEADER_BYTES: usize = 16 + 8 + 32;
const KEPT: usize = 2;

/// The files `snapshot/`; the newest two are kept.
#[derive(Clone, Debug)]
pub struct Snapshots {
    files: Arc<dyn Files>,
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
    /// Those among the files of a store.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// Saves a state durably under its log size, then drops all but the newest two.
    pub fn save(&self, snapshot: &Snapshot) -> Result<()> {
        let size = snapshot.log_size.to_le_bytes();
        let digest = sha256(&[&size, &snapshot.bytes]);
        let whole = [&MAGIC[..], &size, &digest, &snapshot.bytes].concat();
        let name = format!("snapshot/{:020}.snap", snapshot.log_size);
        self.files.put(&name, &whole)?;
        let names = self.names()?;
        for name in &names[..names.len().saturating_sub(KEPT)] {
            self.files.remove(name)?;
        }
        Ok(())
    }

    /// Loads the newest whole snapshot that is not ahead of a log of `max_log_size` entries.
    pub fn load(&self, max_log_size: u64) -> Result<Found> {
        let mut found = Found::default();
        for name in self.names()?.iter().rev() {
            match self.files.read(name)?.and_then(decode) {
                Some(snapshot) if snapshot.log_size <= max_log_size => {
                    found.snapshot = Some(snapshot);
                    break;
                }
                Some(_) => found.notices.push(notice(name, "is ahead of the log")),
                None => found.notices.push(notice(name, "fails its checksum")),
            }
        }
        Ok(found)
    }

    /// A sentence for each snapshot that fails its check, whether a start would come to it or not.
    pub fn faults(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for name in self.names()? {
            // One that is gone meanwhile was not needed any more.
            if let Some(bytes) = self.files.read(&name)?
                && decode(bytes).is_none()
            {
                faults.push(format!("snapshot `{name}` fails its checksum"));
            }
        }
        Ok(faults)
    }

    fn names(&self) -> Result<Vec<String>> {
        let mut names = self.files.list("snapshot/", "", usize::MAX)?;
        names.retain(|name| name.ends_with(".snap"));
        Ok(names)
    }
}

fn notice(name: &str, what: &str) -> String {
    format!("snapshot `{name}` {what} and was passed over; more of the log is replayed")
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
    use std::fs;

    use super::*;
    use crate::directory::Directory;

    #[test]
    fn the_newest_whole_snapshot_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::new(Arc::new(Directory::at(dir.path())));
        assert_eq!(snapshots.load(9).unwrap(), Found::default());
        let of = |log_size: u64| Snapshot {
            log_size,
            bytes: vec![log_size as u8; 100],
        };
        for size in [1, 20, 300] {
            snapshots.save(&of(size)).unwrap();
        }
        assert_eq!(snapshots.names().unwrap().len(), 2);
        assert_eq!(snapshots.load(300).unwrap().snapshot, Some(of(300)));
        let ahead = snapshots.load(299).unwrap();
        assert_eq!((ahead.snapshot, ahead.notices.len()), (Some(of(20)), 1));
        let newest = dir.path().join(snapshots.names().unwrap().pop().unwrap());
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
            let fault = format!("snapshot `snapshot/{:020}.snap` fails its checksum", 300);
            assert_eq!(snapshots.faults().unwrap(), [fault]);
            fs::write(&newest, &whole[..at]).unwrap();
            assert_eq!(snapshots.load(300).unwrap().snapshot, Some(of(20)));
        }
        fs::write(&newest, &whole).unwrap();
        assert_eq!(snapshots.faults().unwrap(), [""; 0]);
    }
}
