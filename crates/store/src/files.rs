//! A namespace of whole files, which a directory and a bucket both are.
use std::fmt::Debug;
use std::io;

use crate::error::{Error, Result};

/// What became of a creation whose outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The file is there now, durable, with the given bytes.
    New,
    /// A file of that name was there before and is unchanged.
    Exists,
}

/// Writes the bytes of a file, the same ones each time: it may be asked several times.
pub type Content<'a> = &'a dyn Fn(&mut dyn io::Write) -> io::Result<()>;

/// Whole files under names like `log/tile/0/001`: parts of `[A-Za-z0-9._-]`, joined by `/`. No file
/// may be named as the folder of another.
pub trait Files: Debug + Send + Sync {
    /// Creates a file that must not exist yet; of racing creators exactly one is told
    /// [`Created::New`]. After an error of kind `Unavailable` the outcome is unknown: the file may
    /// be there, and may still come to be there later.
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created>;

    /// The same for a file that is made while it is written. A directory holds little of it in
    /// memory; a bucket, which takes a file in one request, holds all of it once.
    fn create_from(&self, name: &str, content: Content<'_>) -> Result<Created> {
        let mut bytes = Vec::new();
        content(&mut bytes).map_err(|source| Error::io(format!("make `{name}`"), source))?;
        self.create(name, &bytes)
    }

    /// Creates or replaces a file, durable on return. Readers see the old bytes or the new ones.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()>;

    /// Like [`Files::put`], but durable only after [`Files::sync`].
    fn stage(&self, name: &str, bytes: &[u8]) -> Result<()>;

    /// Makes everything staged durable.
    fn sync(&self) -> Result<()>;

    /// The bytes of a file, `None` where there is none.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Hands out the bytes of a file in order, in pieces that a directory keeps small; false where
    /// there is none.
    fn each_piece(&self, name: &str, take: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let Some(bytes) = self.read(name)? else {
            return Ok(false);
        };
        take(&bytes);
        Ok(true)
    }

    /// Names that begin with `prefix` and sort after `after`, sorted by bytes, at most `limit`.
    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>>;

    /// Removes a file; one that is not there is no error.
    fn remove(&self, name: &str) -> Result<()>;

    /// Waits before something is tried again that has failed `tries` times. Only what stands behind
    /// a network has a reason to.
    fn pause(&self, _tries: u32) {}
}

/// Refuses what is not a name: an empty part, `.`, `..`, or a character that some store minds.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let part_holds = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
    if name.split('/').all(part_holds) {
        return Ok(());
    }
    let why = "parts of a name have only letters, digits, `.`, `_` and `-`";
    Err(Error::invalid(format!("use the file name `{name}`"), why))
}
