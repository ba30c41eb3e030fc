//! Public files named by their SHA-256: what is too large for a log entry.
use std::path::{Path, PathBuf};

use proof::Hash;
use proof::hash::sha256;

use crate::error::{Error, Result};
use crate::file;

/// The directory `attachments/`, one file per content.
#[derive(Clone, Debug)]
pub struct Attachments {
    dir: PathBuf,
}

impl Attachments {
    /// Those of a data directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            dir: dir.join("attachments"),
        }
    }

    /// Stores bytes durably and gives their name; equal bytes are stored once.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
        let hash = sha256(&[bytes]);
        let path = self.path(&hash);
        if !path.exists() {
            file::create_dir(path.parent().expect("attachments stand in directories"))?;
            file::replace(&path, bytes)?;
        }
        Ok(hash)
    }

    /// Reads the bytes of a name and checks that they are still the same.
    pub fn read(&self, hash: &Hash) -> Result<Vec<u8>> {
        check(&self.path(hash), file::read(&self.path(hash))?, hash)
    }

    /// Where the bytes of a name stand: two hex digits, then the whole hash.
    pub fn path(&self, hash: &Hash) -> PathBuf {
        let name = hex::encode(hash);
        self.dir.join(&name[..2]).join(name)
    }
}

/// Refuses content that does not hash to its name.
pub(crate) fn check(path: &Path, bytes: Vec<u8>, hash: &Hash) -> Result<Vec<u8>> {
    if sha256(&[&bytes]) == *hash {
        return Ok(bytes);
    }
    let why = "its bytes do not hash to its name; hint: fetch it again from a mirror or backup";
    Err(Error::corrupt(file::named("read", path), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_come_back_under_their_hash_and_damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let attachments = Attachments::in_dir(dir.path());
        let hash = attachments.put(b"rows").unwrap();
        assert_eq!(attachments.put(b"rows").unwrap(), hash);
        assert_eq!(attachments.read(&hash).unwrap(), b"rows");
        let path = attachments.path(&hash);
        assert!(path.starts_with(dir.path().join("attachments").join(&hex::encode(hash)[..2])));
        std::fs::write(&path, b"rowz").unwrap();
        let error = attachments.read(&hash).unwrap_err();
        assert_eq!(error.kind, crate::Kind::Corrupt);
        assert!(error.to_string().contains(&hex::encode(hash)));
        assert_eq!(
            attachments.read(&[0; 32]).unwrap_err().kind,
            crate::Kind::Corrupt
        );
    }
}
