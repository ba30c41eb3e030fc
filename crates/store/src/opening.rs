//! Public sidecars named by their SHA-256 that may be deleted: openings of sealed answers.
use std::sync::Arc;

use proof::Hash;
use proof::hash::sha256;

use crate::attachment;
use crate::error::Result;
use crate::files::Files;

/// The files `openings/`. The log holds a sidecar's hash for ever, the file is there only until
/// erasure.
#[derive(Clone, Debug)]
pub struct Openings {
    files: Arc<dyn Files>,
}

impl Openings {
    /// Those among the files of a store.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// Stores a sidecar durably and gives its name.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
        let hash = sha256(&[bytes]);
        self.files.put(&name(&hash), bytes)?;
        Ok(hash)
    }

    /// Reads a sidecar and checks it against its name; `None` where it was erased.
    pub fn read(&self, hash: &Hash) -> Result<Option<Vec<u8>>> {
        let name = name(hash);
        let bytes = self.files.read(&name)?;
        bytes
            .map(|bytes| attachment::check(&name, bytes, hash))
            .transpose()
    }

    /// Erases a sidecar; one that is already gone is no error.
    pub fn erase(&self, hash: &Hash) -> Result<()> {
        self.files.remove(&name(hash))
    }
}

fn name(hash: &Hash) -> String {
    format!("openings/{}", hex::encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    #[test]
    fn a_sidecar_is_there_until_erased_and_never_altered() {
        let dir = tempfile::tempdir().unwrap();
        let openings = Openings::new(Arc::new(Directory::at(dir.path())));
        let hash = openings.put(b"answer and salt").unwrap();
        assert_eq!(
            openings.read(&hash).unwrap().as_deref(),
            Some(&b"answer and salt"[..])
        );
        std::fs::write(dir.path().join(name(&hash)), b"another answer").unwrap();
        assert_eq!(openings.read(&hash).unwrap_err().kind, crate::Kind::Corrupt);
        openings.erase(&hash).unwrap();
        openings.erase(&hash).unwrap();
        assert_eq!(openings.read(&hash).unwrap(), None);
    }
}
