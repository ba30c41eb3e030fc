//! Public sidecars named by their SHA-256 that may be deleted: openings of sealed answers.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use proof::Hash;
use proof::hash::sha256;

use crate::attachment;
use crate::error::{Error, Result};
use crate::file;

/// The directory `openings/`. The log holds a sidecar's hash for ever, the directory only until
/// erasure.
#[derive(Clone, Debug)]
pub struct Openings {
    dir: PathBuf,
}

impl Openings {
    /// Those of a data directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            dir: dir.join("openings"),
        }
    }

    /// Stores a sidecar durably and gives its name.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
        let hash = sha256(&[bytes]);
        file::create_dir(&self.dir)?;
        file::replace(&self.path(&hash), bytes)?;
        Ok(hash)
    }

    /// Reads a sidecar and checks it against its name; `None` where it was erased.
    pub fn read(&self, hash: &Hash) -> Result<Option<Vec<u8>>> {
        let path = self.path(hash);
        let bytes = file::read_optional(&path)?;
        bytes
            .map(|bytes| attachment::check(&path, bytes, hash))
            .transpose()
    }

    /// Erases a sidecar; one that is already gone is no error.
    pub fn erase(&self, hash: &Hash) -> Result<()> {
        let path = self.path(hash);
        match fs::remove_file(&path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => {
                removed.map_err(|source| Error::io(file::named("erase", &path), source))?;
                file::sync_dir(&self.dir)
            }
        }
    }

    fn path(&self, hash: &Hash) -> PathBuf {
        self.dir.join(hex::encode(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_is_there_until_erased_and_never_altered() {
        let dir = tempfile::tempdir().unwrap();
        let openings = Openings::in_dir(dir.path());
        let hash = openings.put(b"answer and salt").unwrap();
        assert_eq!(
            openings.read(&hash).unwrap().as_deref(),
            Some(&b"answer and salt"[..])
        );
        fs::write(openings.path(&hash), b"another answer").unwrap();
        assert_eq!(openings.read(&hash).unwrap_err().kind, crate::Kind::Corrupt);
        openings.erase(&hash).unwrap();
        openings.erase(&hash).unwrap();
        assert_eq!(openings.read(&hash).unwrap(), None);
    }
}
