//! The public leaf file of each epoch; its SHA-256 is what the settlement contract was given.
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::files::{Created, Files};

/// The files `claims/`, one in JSON for each epoch.
#[derive(Clone, Debug)]
pub struct Claims {
    files: Arc<dyn Files>,
}

impl Claims {
    /// Those among the files of a store.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// Stores an epoch's file durably. Equal bytes may be put again, other bytes are refused: what
    /// was posted to the chain does not change.
    pub fn put(&self, epoch: u64, bytes: &[u8]) -> Result<()> {
        let name = name(epoch);
        let same = match self.files.create(&name, bytes)? {
            Created::New => true,
            Created::Exists => self.files.read(&name)?.is_some_and(|held| held == bytes),
        };
        if same {
            return Ok(());
        }
        let why = "the epoch has a file with other bytes, and a posted root stands by it";
        Err(Error::invalid(format!("write `{name}`"), why))
    }

    /// Stores the file of an epoch that the log has not closed, in the place of one that an earlier
    /// attempt to close it has left: no root stands by that one.
    pub fn replace(&self, epoch: u64, bytes: &[u8]) -> Result<()> {
        self.files.put(&name(epoch), bytes)
    }

    /// An epoch's file, `None` where the epoch has not been closed here.
    pub fn read(&self, epoch: u64) -> Result<Option<Vec<u8>>> {
        self.files.read(&name(epoch))
    }

    /// Epochs that have a file, in order.
    pub fn epochs(&self) -> Result<Vec<u64>> {
        let names = self.files.list("claims/", "", usize::MAX)?;
        let numbers = names.iter().filter_map(|name| {
            let number = name.strip_prefix("claims/")?.strip_suffix(".json")?;
            number.parse().ok()
        });
        let mut epochs: Vec<u64> = numbers.collect();
        epochs.sort_unstable();
        Ok(epochs)
    }
}

fn name(epoch: u64) -> String {
    format!("claims/{epoch}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    #[test]
    fn an_epochs_file_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let claims = Claims::new(Arc::new(Directory::at(dir.path())));
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
        claims.replace(10, b"[2]").unwrap();
        assert_eq!(claims.read(10).unwrap().as_deref(), Some(&b"[2]"[..]));
        assert_eq!(claims.read(3).unwrap(), None);
        assert_eq!(claims.epochs().unwrap(), [2, 10]);
    }
}
