//! The data directory: its format version, and the lock that keeps a second writer out.
use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};
use crate::file;

/// Version of the whole layout; a directory with a higher one belongs to a newer program.
const FORMAT: u32 = 1;
const PARTS: [&str; 7] = [
    "log/tile/entries",
    "attachments",
    "openings",
    "claims",
    "journal",
    "snapshot",
    "keys",
];

/// Held as long as its directory may be written; the system drops the lock with the process.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file would not do: a child process that is just being started still has it open.
    fn drop(&mut self) {
        self.file.unlock().ok();
    }
}

/// Lays out an empty directory. One that already holds a store is refused.
pub(crate) fn create(dir: &Path) -> Result<Lock> {
    file::create_dir(dir)?;
    let lock = lock(dir)?;
    let version = dir.join("format");
    if version.exists() {
        let why = "there is one already; open it, or give another directory";
        return Err(Error::invalid(file::named("create a store in", dir), why));
    }
    for part in PARTS {
        file::create_dir(&dir.join(part))?;
    }
    Ok(lock)
}

/// Declares the directory complete; without this file it counts as never created.
pub(crate) fn complete(dir: &Path) -> Result<()> {
    file::replace(
        &dir.join("format"),
        format!("headwater {FORMAT}\n").as_bytes(),
    )
}

/// Locks a directory that holds a store of a known format.
pub(crate) fn open(dir: &Path) -> Result<Lock> {
    let doing = file::named("open the store in", dir);
    let version = file::read_optional(&dir.join("format"))?;
    let Some(version) = version else {
        return Err(Error::invalid(
            doing,
            "there is none: the file `format` is missing",
        ));
    };
    let text = String::from_utf8_lossy(&version);
    match text
        .strip_prefix("headwater ")
        .and_then(|number| number.trim_end().parse().ok())
    {
        Some(FORMAT) => lock(dir),
        Some(newer) if newer > FORMAT => {
            let why =
                format!("it has format {newer}, this program knows {FORMAT}; use a newer one");
            Err(Error::invalid(doing, why))
        }
        _ => Err(Error::corrupt(
            doing,
            "the file `format` does not read `headwater 1`",
        )),
    }
}

fn lock(dir: &Path) -> Result<Lock> {
    let path = dir.join("lock");
    let doing = || file::named("lock", dir);
    let file = File::create(&path).map_err(|source| Error::io(doing(), source))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { file }),
        Err(TryLockError::WouldBlock) => {
            let why = "another process writes in it; stop that one first";
            Err(Error::unavailable(doing(), why))
        }
        Err(TryLockError::Error(source)) => Err(Error::io(doing(), source)),
    }
}
