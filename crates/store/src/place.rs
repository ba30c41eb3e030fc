//! Where a store stands: a directory of a disk, and perhaps a bucket for all but its secrets.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::directory::Directory;
use crate::disk::Disk;
use crate::error::Result;
use crate::files::Files;
use crate::layout;
use crate::system::SystemDisk;

/// A data directory. With a bucket, `log/ attachments/ openings/ claims/ snapshot/ journal/` stand
/// there, under the same names; `keys/ chain/ format lock` are always in the directory.
#[derive(Clone, Debug)]
pub struct Place {
    /// The disk below the directory.
    pub disk: Arc<dyn Disk>,
    /// The data directory.
    pub dir: PathBuf,
    /// What holds the journal and the public files instead of the directory.
    pub bucket: Option<Arc<dyn Files>>,
}

impl Place {
    /// A directory of this machine, without a bucket.
    pub fn directory(dir: &Path) -> Self {
        Self {
            disk: Arc::new(SystemDisk),
            dir: dir.to_owned(),
            bucket: None,
        }
    }

    /// The same directory with a bucket.
    #[must_use]
    pub fn with_bucket(self, bucket: Arc<dyn Files>) -> Self {
        Self {
            bucket: Some(bucket),
            ..self
        }
    }

    /// Where public files and snapshots stand: the bucket, or the directory itself.
    pub fn files(&self) -> Arc<dyn Files> {
        match &self.bucket {
            Some(bucket) => Arc::clone(bucket),
            None => Arc::new(self.local()),
        }
    }

    /// Refuses a directory without a store, or with one of a newer format than this program knows.
    ///
    /// # Errors
    /// That, or a directory that cannot be read.
    pub fn check_format(&self) -> Result<()> {
        layout::check_format(self)
    }

    pub(crate) fn local(&self) -> Directory {
        Directory::new(Arc::clone(&self.disk), self.dir.clone())
    }

    /// Bytes that nobody can guess.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.disk.random(&mut bytes);
        bytes
    }
}
