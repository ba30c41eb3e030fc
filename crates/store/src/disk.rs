//! The disk as the store sees it: the few calls whose order and syncs decide what survives a crash.
use std::fmt::Debug;
use std::io;
use std::path::Path;

/// A file system with one writer. What is written but not synced may be lost or torn by a crash;
/// a new name is lost unless its directory was synced.
pub trait Disk: Debug + Send + Sync {
    /// The whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The file from an offset to its end; nothing where it ends before.
    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = self.read(path)?;
        bytes.drain(..bytes.len().min(offset as usize));
        Ok(bytes)
    }

    /// At most so many bytes of the file from an offset on; fewer only where it ends.
    fn read_piece(&self, path: &Path, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = self.read_from(path, offset)?;
        bytes.truncate(most);
        Ok(bytes)
    }

    /// Opens a file that is not written any more, to be read anywhere.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Pieces>> {
        Ok(Box::new(self.read(path)?))
    }

    /// Writes a whole file, made or emptied first. Durable after [`Disk::sync`] of the file and
    /// [`Disk::sync_dir`] of its directory, or after [`Disk::sync_all`].
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Like [`Disk::write`], for a file that only its owner may read; the same where a disk knows
    /// no owners.
    fn write_secret(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.write(path, bytes)
    }

    /// Opens a file that grows at its end. With `new` it must not exist yet, without it must.
    fn append(&self, path: &Path, new: bool) -> io::Result<Box<dyn Append>>;

    /// Makes the bytes of a file durable, not its name.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Puts a file in another's place, whole or not at all.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name, which must be free.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, or a directory that holds nothing.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes one directory, whose parent must exist.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Names in a directory with a trailing `/` at directories, sorted by bytes.
    fn names(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes everything below a directory durable, names and bytes.
    fn sync_all(&self, root: &Path) -> io::Result<()>;

    /// Keeps other writers out until the guard is dropped; `None` where one is in already.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Debug + Send + Sync>>>;

    /// The type of the file system that holds a path, as the mount table names it; `None` where
    /// nobody knows.
    fn file_system(&self, path: &Path) -> Option<String> {
        let _: &Path = path;
        None
    }

    /// Fills a buffer with bytes that nobody can guess.
    fn random(&self, bytes: &mut [u8]);
}

/// A file that is open to grow. It stays open between calls, so that no failed write-back can be
/// lost between a write and its sync.
pub trait Append: Debug + Send + Sync {
    /// Bytes in the file.
    fn length(&self) -> io::Result<u64>;

    /// Writes at the end; a part may stand there after an error.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Makes bytes and length durable. After an error nobody knows what is.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file that is open to be read anywhere, by any thread.
pub trait Pieces: Debug + Send + Sync {
    /// Bytes in the file.
    fn length(&self) -> io::Result<u64>;

    /// Fills a buffer with the bytes from an offset on; an error where the file ends before.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Pieces for Vec<u8> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok();
        let piece = from.and_then(|from| self.get(from..)?.get(..into.len()));
        into.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
