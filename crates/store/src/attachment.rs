//! Public files named by their SHA-256: what is too large for a log entry.
use std::sync::Arc;

use proof::Hash;
use proof::hash::sha256;

use crate::error::{Error, Result};
use crate::files::{Created, Files};

/// The files `attachments/`, one for each content.
#[derive(Clone, Debug)]
pub struct Attachments {
    files: Arc<dyn Files>,
}

impl Attachments {
    /// Those among the files of a store.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// Stores bytes durably and gives their name; equal bytes are stored once.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
        let hash = sha256(&[bytes]);
        self.put_under(&hash, bytes)?;
        Ok(hash)
    }

    /// Stores bytes durably under their name, which the caller has computed.
    pub(crate) fn put_under(&self, hash: &Hash, bytes: &[u8]) -> Result<()> {
        let name = Self::name(hash);
        let whole = match self.files.create(&name, bytes)? {
            Created::New => true,
            Created::Exists => self.files.read(&name)?.is_some_and(|held| held == bytes),
        };
        match whole {
            true => Ok(()),
            false => self.files.put(&name, bytes),
        }
    }

    /// Reads the bytes of a name and checks that they are still the same.
    pub fn read(&self, hash: &Hash) -> Result<Vec<u8>> {
        let name = Self::name(hash);
        let Some(bytes) = self.files.read(&name)? else {
            let why = "it is missing; hint: fetch it again from a mirror or backup";
            return Err(Error::corrupt(format!("read `{name}`"), why));
        };
        check(&name, bytes, hash)
    }

    /// The file name of an attachment: two hex digits, then the whole hash.
    pub fn name(hash: &Hash) -> String {
        let name = hex::encode(hash);
        format!("attachments/{}/{name}", &name[..2])
    }
}

/// Refuses content that does not hash to its name.
pub(crate) fn check(name: &str, bytes: Vec<u8>, hash: &Hash) -> Result<Vec<u8>> {
    if sha256(&[&bytes]) == *hash {
        return Ok(bytes);
    }
    let why = "its bytes do not hash to its name; hint: fetch it again from a mirror or backup";
    Err(Error::corrupt(format!("read `{name}`"), why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    #[test]
    fn contents_come_back_under_their_hash_and_damage_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let attachments = Attachments::new(Arc::new(Directory::at(dir.path())));
        let hash = attachments.put(b"rows").unwrap();
        assert_eq!(attachments.put(b"rows").unwrap(), hash);
        assert_eq!(attachments.read(&hash).unwrap(), b"rows");
        let name = hex::encode(hash);
        let path = dir.path().join("attachments").join(&name[..2]).join(&name);
        std::fs::write(&path, b"rowz").unwrap();
        let error = attachments.read(&hash).unwrap_err();
        assert_eq!(error.kind, crate::Kind::Corrupt);
        assert!(error.to_string().contains(&name));
        assert_eq!(
            attachments.read(&[0; 32]).unwrap_err().kind,
            crate::Kind::Corrupt
        );
        // Whoever still has the bytes repairs it by storing them again.
        attachments.put(b"rows").unwrap();
        assert_eq!(attachments.read(&hash).unwrap(), b"rows");
    }
}
