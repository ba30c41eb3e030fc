//! The public leaf file of each epoch; its SHA-256 is what the settlement contract was given.
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file;

/// The directory `claims/`, one JSON file per epoch.
#[derive(Clone, Debug)]
pub struct Claims {
    dir: PathBuf,
}

impl Claims {
    /// Those of a data directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            dir: dir.join("claims"),
        }
    }

    /// Stores an epoch's file durably. Equal bytes may be put again, other bytes are refused: what
    /// was posted to the chain does not change.
    pub fn put(&self, epoch: u64, bytes: &[u8]) -> Result<()> {
        let path = self.path(epoch);
        match file::read_optional(&path)? {
            Some(stored) if stored == bytes => Ok(()),
            Some(_) => {
                let why = "the epoch has a file with other bytes, and a posted root stands by it";
                Err(Error::invalid(file::named("write", &path), why))
            }
            None => {
                file::create_dir(&self.dir)?;
                file::replace(&path, bytes)
            }
        }
    }

    /// An epoch's file, `None` where the epoch has not been closed here.
    pub fn read(&self, epoch: u64) -> Result<Option<Vec<u8>>> {
        file::read_optional(&self.path(epoch))
    }

    /// Epochs that have a file, in order.
    pub fn epochs(&self) -> Result<Vec<u64>> {
        let names = file::names(&self.dir)?;
        let numbers = names
            .iter()
            .filter_map(|name| name.strip_suffix(".json")?.parse().ok());
        let mut epochs: Vec<u64> = numbers.collect();
        epochs.sort_unstable();
        Ok(epochs)
    }

    fn path(&self, epoch: u64) -> PathBuf {
        self.dir.join(format!("{epoch}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epochs_file_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let claims = Claims::in_dir(dir.path());
        assert_eq!(claims.epochs().unwrap(), [0_u64; 0]);
        for epoch in [10, 2] {
            claims.put(epoch, b"[]").unwrap();
        }
        claims.put(2, b"[]").unwrap();
        assert_eq!(
            claims.put(2, b"[1]").unwrap_err().kind,
            crate::Kind::Invalid
        );
        assert_eq!(claims.read(2).unwrap().as_deref(), Some(&b"[]"[..]));
        assert_eq!(claims.read(3).unwrap(), None);
        assert_eq!(claims.epochs().unwrap(), [2, 10]);
    }
}
