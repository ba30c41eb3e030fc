//! A second look after a sync: ext4 says yes for what its aborted journal has thrown away.
//!
//! Where a write of its own fails, ext4 gives up its journal, and with it the transaction that
//! holds the new length and place of a file. A sync that waits for that transaction then finds it
//! gone and takes it for done (Linux 6.18, `jbd2_complete_transaction`). The end of the journal is
//! for good, so whoever begins a transaction after the sync hears of it.
use std::fs::File;
use std::io;

use rustix::fs::{fstatfs, ioctl_getflags, ioctl_setflags};
use rustix::io::Errno;

/// What statfs(2) calls ext2, ext3 and ext4.
const EXT: u64 = 0xef53;

/// Called when a sync of the file has succeeded: an error if its file system had already given up.
/// Gives the file the attributes that it has, the cheapest transaction that tells.
pub(super) fn look(file: &File) -> io::Result<()> {
    if fstatfs(file)?.f_type as u64 != EXT {
        return Ok(());
    }
    match ioctl_getflags(file).and_then(|flags| ioctl_setflags(file, flags)) {
        Err(given_up @ (Errno::ROFS | Errno::IO)) => Err(given_up.into()),
        // Whoever does not own the file may not set them, and learns nothing.
        _ => Ok(()),
    }
}
