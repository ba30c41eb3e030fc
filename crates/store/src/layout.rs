//! The data directory: its format version, and the lock that keeps a second writer out.
use std::fmt::Debug;
use std::path::Path;

use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::files::Files as _;
use crate::place::Place;
use crate::public::CHECKPOINT;
use crate::{file, mount};

/// Version of the whole layout; a directory with a higher one belongs to a newer program.
const FORMAT: u32 = 1;
/// Written before all else by a restore, whose directory has no `format` until it is whole. It
/// stays until the operator has answered.
pub(crate) const RESTORED: &str = "restored";
/// What a directory has from the beginning, where there is no bucket.
const PARTS: [&str; 7] = [
    "log/tile/entries",
    "attachments",
    "openings",
    "claims",
    "journal",
    "snapshot",
    "keys",
];

/// Held as long as its directory may be written; it is dropped with the process.
pub(crate) type Lock = Box<dyn Debug + Send + Sync>;

/// Lays out an empty directory. One that already holds a store is refused.
pub(crate) fn create(place: &Place) -> Result<Lock> {
    let (disk, dir) = (&*place.disk, &place.dir);
    file::create_dir(disk, dir)?;
    check_file_system(disk, dir)?;
    let lock = lock(disk, dir)?;
    if file::read_optional(disk, &dir.join("format"))?.is_some() {
        let why = "there is one already; open it, or give another directory";
        return Err(Error::invalid(file::named("create a store in", dir), why));
    }
    check_vacant(place)?;
    let parts = match place.bucket {
        None => &PARTS[..],
        Some(_) => &["keys"],
    };
    for part in parts {
        file::create_dir(disk, &dir.join(part))?;
    }
    Ok(lock)
}

/// Refuses a place without `format` in which a part of a store stands: a restore that did not come
/// to its end, or a node that has lost the file. Whoever took it for an empty one would begin a
/// second log under the first one's keys. Keys and empty folders are what a first start leaves.
pub(crate) fn check_vacant(place: &Place) -> Result<()> {
    let (local, dir) = (place.local(), &place.dir);
    let refused = |why: String| Err(Error::invalid(file::named("create a store in", dir), why));
    if local.read(RESTORED)?.is_some() {
        return refused(format!(
            "a restore did not come to its end there: `{RESTORED}` is there, and `format` is not; \
             hint: restore again, into an empty directory; nothing was changed here"
        ));
    }
    let filled = PARTS.map(|part| part.split('/').next().unwrap_or(part));
    for part in filled.into_iter().filter(|part| *part != "keys") {
        if let Some(name) = local.list(&format!("{part}/"), "", 1)?.first() {
            return refused(format!(
                "`{name}` of another store is there, without the file `format`; hint: if a \
                 restore was interrupted, restore again, into an empty directory; if `format` \
                 was lost, put it back from a backup; nothing was changed here"
            ));
        }
    }
    if let Some(bucket) = &place.bucket
        && bucket.read(CHECKPOINT)?.is_some()
    {
        return refused(format!(
            "its bucket holds a log, of which `{CHECKPOINT}` is there; hint: put `keys` and \
             `format` of the log's node back, or choose another prefix; nothing was changed"
        ));
    }
    Ok(())
}

/// Declares the directory complete; without this file it counts as never created.
pub(crate) fn complete(place: &Place) -> Result<()> {
    let version = format!("headwater {FORMAT}\n");
    file::replace(&*place.disk, &place.dir.join("format"), version.as_bytes())
}

/// Locks a directory that holds a store of a known format.
pub(crate) fn open(place: &Place) -> Result<Lock> {
    check_format(place)?;
    check_journal(place)?;
    check_file_system(&*place.disk, &place.dir)?;
    let lock = lock(&*place.disk, &place.dir)?;
    place.local().clear_aside()?;
    Ok(lock)
}

/// Refuses a directory without a store, or with one of a newer format.
pub(crate) fn check_format(place: &Place) -> Result<()> {
    let doing = file::named("open the store in", &place.dir);
    let version = file::read_optional(&*place.disk, &place.dir.join("format"))?;
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
        Some(FORMAT) => Ok(()),
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

/// Refuses a directory as the place of a log that is not there: whoever took it for an empty one
/// would begin a second log under the first one's name.
pub(crate) fn check_journal(place: &Place) -> Result<()> {
    let journal = || file::names(&*place.disk, &place.dir);
    if place.bucket.is_some() || journal()?.iter().any(|name| name == "journal/") {
        return Ok(());
    }
    let why = "it has no `journal`: its log stands in a bucket, or was removed; hint: name the \
               bucket with `--store`, or restore the directory from a backup";
    let doing = file::named("find the log of", &place.dir);
    Err(Error::invalid(doing, why))
}

/// Refuses file systems over a network, or shared with a virtual machine's host: a lock or a sync
/// there may say yes and not hold.
fn check_file_system(disk: &dyn Disk, dir: &Path) -> Result<()> {
    match disk.file_system(dir) {
        Some(kind) if mount::is_network(&kind) => {
            let why = format!(
                "it is on a network file system (`{kind}`), or one shared with a host, where a \
                 second writer may not be kept out and a sync may not be durable; hint: name a \
                 directory on a local disk, or keep the log in a bucket with `--store`"
            );
            Err(Error::invalid(file::named("keep a store in", dir), why))
        }
        _ => Ok(()),
    }
}

fn lock(disk: &dyn Disk, dir: &Path) -> Result<Lock> {
    let doing = || file::named("lock", dir);
    let locked = disk.lock(&dir.join("lock"));
    let locked = locked.map_err(|source| Error::io(doing(), source))?;
    locked.ok_or_else(|| {
        let why = "another process writes in it; stop that one first";
        Error::unavailable(doing(), why)
    })
}
