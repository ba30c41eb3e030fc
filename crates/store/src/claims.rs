//! The public leaf file of each epoch; its SHA-256 is what the settlement contract was given.
use std::io;
use std::sync::Arc;

use proof::Hash;
use proof::hash::Sha256;

use crate::error::{Error, Result};
use crate::files::{Content, Created, Files};

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

    /// Stores an epoch's file durably, while it is made: it may have a leaf for each of millions.
    /// Equal bytes may be put again, other bytes are refused: what was posted to the chain does not
    /// change.
    pub fn put(&self, epoch: u64, content: Content<'_>) -> Result<()> {
        let name = name(epoch);
        let same = match self.files.create_from(&name, content)? {
            Created::New => true,
            Created::Exists => self.digest(epoch)? == Some(digest_of(content)?),
        };
        if same {
            return Ok(());
        }
        let why = "the epoch has a file with other bytes, and a posted root stands by it";
        Err(Error::invalid(format!("write `{name}`"), why))
    }

    /// Stores the file of an epoch that the log has not closed, in the place of one that an earlier
    /// attempt to close it has left: no root stands by that one, nor does anybody miss it where a
    /// crash comes in between.
    pub fn replace(&self, epoch: u64, content: Content<'_>) -> Result<()> {
        self.files.remove(&name(epoch))?;
        self.put(epoch, content)
    }

    /// SHA-256 of an epoch's file; `None` where the epoch has not been closed here.
    pub fn digest(&self, epoch: u64) -> Result<Option<Hash>> {
        let mut digest = Sha256::default();
        let mut take = |piece: &[u8]| digest.update(piece);
        let found = self.files.each_piece(&name(epoch), &mut take)?;
        Ok(found.then(|| digest.finish()))
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

/// SHA-256 of a file that is made while it is written.
pub fn digest_of(content: Content<'_>) -> Result<Hash> {
    let mut digest = Digest::default();
    let made = content(&mut digest);
    made.map_err(|source| Error::io("make a leaf file", source))?;
    Ok(digest.0.finish())
}

/// Keeps nothing of what is written but its digest.
#[derive(Default)]
struct Digest(Sha256);

impl io::Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn name(epoch: u64) -> String {
    format!("claims/{epoch}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use proof::hash::sha256;

    #[test]
    fn an_epochs_file_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let claims = Claims::new(Arc::new(Directory::at(dir.path())));
        assert_eq!(claims.epochs().unwrap(), [0_u64; 0]);
        for epoch in [10, 2] {
            claims.put(epoch, &|out| out.write_all(b"[]")).unwrap();
        }
        claims.put(2, &|out| out.write_all(b"[]")).unwrap();
        let other = claims.put(2, &|out| out.write_all(b"[1]"));
        assert_eq!(other.unwrap_err().kind, crate::Kind::Invalid);
        assert_eq!(claims.read(2).unwrap().as_deref(), Some(&b"[]"[..]));
        assert_eq!(claims.digest(2).unwrap(), Some(sha256(&[b"[]"])));
        claims.replace(10, &|out| out.write_all(b"[2]")).unwrap();
        assert_eq!(claims.read(10).unwrap().as_deref(), Some(&b"[2]"[..]));
        assert_eq!(
            (claims.read(3).unwrap(), claims.digest(3).unwrap()),
            (None, None)
        );
        assert_eq!(claims.epochs().unwrap(), [2, 10]);
    }
}
