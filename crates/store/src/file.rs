//! Writing files so that a crash leaves the old bytes or the new ones, never something between.
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::{Error, Result};

/// Makes a directory and its parents, and syncs each parent that gained an entry.
pub(crate) fn create_dir(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir(parent)?;
    }
    match fs::create_dir(path) {
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(|source| Error::io(named("create the directory", path), source))?,
    }
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|dir| dir.sync_all());
    synced.map_err(|source| Error::io(named("sync the directory", path), source))
}

/// Puts a whole file in place: written beside it, synced, renamed, and the rename synced. Its
/// directory must exist.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_added_extension("new");
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if let Err(source) = written {
        // The half-written file would take room on a full disk; that it may fail too changes
        // nothing.
        fs::remove_file(&beside).ok();
        return Err(Error::io(named("write", path), source));
    }
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Reads a file that must be there.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::io(named("read", path), source))
}

/// Reads a file that may be absent.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io(named("read", path), source)),
    }
}

/// Names of the files in a directory, sorted; a directory that is not there has none.
pub(crate) fn names(path: &Path) -> Result<Vec<String>> {
    let listed = fs::read_dir(path).and_then(|entries| {
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    });
    match listed {
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed.map_err(|source| Error::io(named("list", path), source)),
    }
}

/// "verb `path`", as errors say it.
pub(crate) fn named(verb: &str, path: &Path) -> String {
    format!("{verb} `{}`", path.display())
}
