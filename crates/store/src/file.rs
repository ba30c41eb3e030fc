//! Writing files so that a crash leaves the old bytes or the new ones, never something between.
use std::io;
use std::path::Path;

use crate::disk::Disk;
use crate::error::{Error, Result};

/// Makes a directory and its parents, and syncs each parent that gained a name, or may have gained
/// it from a process that died before its sync.
pub(crate) fn create_dir(disk: &dyn Disk, path: &Path) -> Result<()> {
    let failed = |source| Error::io(named("create the directory", path), source);
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut made = disk.create_dir(path);
    if matches!(&made, Err(source) if source.kind() == io::ErrorKind::NotFound) {
        create_dir(
            disk,
            parent.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?,
        )?;
        made = disk.create_dir(path);
    }
    let existed = matches!(&made, Err(source) if source.kind() == io::ErrorKind::AlreadyExists);
    if !existed {
        made.map_err(failed)?;
    }
    let parent = parent.unwrap_or(Path::new("."));
    match disk.sync_dir(parent) {
        // Whoever made it may look into a directory that this process may not.
        Err(source) if existed && source.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced.map_err(|source| Error::io(named("sync the directory", parent), source)),
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(disk: &dyn Disk, path: &Path) -> Result<()> {
    disk.sync_dir(path)
        .map_err(|source| Error::io(named("sync the directory", path), source))
}

/// Puts a whole file in place: written beside it, synced, renamed, and the rename synced. Its
/// directory must exist, and nobody else may write it.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_added_extension("new");
    let written = disk
        .write(&beside, bytes)
        .and_then(|()| disk.sync(&beside))
        .and_then(|()| disk.rename(&beside, path));
    if let Err(source) = written {
        // The half-written file would take room on a full disk; that it may fail too changes
        // nothing.
        disk.remove(&beside).ok();
        return Err(Error::io(named("write", path), source));
    }
    sync_dir(disk, path.parent().unwrap_or(Path::new(".")))
}

/// Reads a file that must be there.
pub(crate) fn read(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>> {
    disk.read(path)
        .map_err(|source| Error::io(named("read", path), source))
}

/// Reads a file that may be absent.
pub(crate) fn read_optional(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>> {
    optional(disk.read(path)).map_err(|source| Error::io(named("read", path), source))
}

/// Names in a directory, sorted; a directory that is not there has none.
pub(crate) fn names(disk: &dyn Disk, path: &Path) -> Result<Vec<String>> {
    let names = optional(disk.names(path));
    let names = names.map_err(|source| Error::io(named("list", path), source))?;
    Ok(names.unwrap_or_default())
}

/// "verb `path`", as errors say it.
pub(crate) fn named(verb: &str, path: &Path) -> String {
    format!("{verb} `{}`", path.display())
}

/// Turns "not found" into an answer.
pub(crate) fn optional<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(source),
    }
}
