//! The disk of the operating system: the only place in this crate where files are touched.

#[cfg(target_os = "linux")]
mod second_look;

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore as _;

use crate::disk::{Append, Disk, Pieces};
use crate::mount;

/// The files of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn read_piece(&self, path: &Path, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::with_capacity(most);
        file.take(most as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Pieces>> {
        Ok(Box::new(Opened(Mutex::new(File::open(path)?))))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::write(path, bytes)
    }

    fn write_secret(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(bytes)
    }

    fn append(&self, path: &Path, new: bool) -> io::Result<Box<dyn Append>> {
        let file = OpenOptions::new().append(true).create_new(new).open(path)?;
        Ok(Box::new(Growing(file)))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        sync_whole(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            // Linux says the first, other systems the second.
            Err(source) if path.is_dir() => fs::remove_dir(path).map_err(|_| source),
            removed => removed,
        }
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let mut name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                name.push('/');
            }
            names.push(name);
        }
        names.sort();
        Ok(names)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        sync_whole(dir)
    }

    /// One sync of the whole file system costs less than thousands of single files.
    #[cfg(target_os = "linux")]
    fn sync_all(&self, root: &Path) -> io::Result<()> {
        let root = File::open(root)?;
        rustix::fs::syncfs(&root)?;
        second_look::look(&root)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_all(&self, root: &Path) -> io::Result<()> {
        for name in self.names(root)? {
            match name.strip_suffix('/') {
                Some(dir) => self.sync_all(&root.join(dir))?,
                None => self.sync(&root.join(name))?,
            }
        }
        self.sync_dir(root)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Debug + Send + Sync>>> {
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(Lock(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }

    fn file_system(&self, path: &Path) -> Option<String> {
        let path = fs::canonicalize(path).ok()?;
        let table = fs::read_to_string("/proc/self/mountinfo").ok()?;
        mount::file_system(&table, &path).map(str::to_owned)
    }

    fn random(&self, bytes: &mut [u8]) {
        OsRng.fill_bytes(bytes);
    }
}

/// One reader at a time moves the place in the file.
#[derive(Debug)]
struct Opened(Mutex<File>);

impl Pieces for Opened {
    fn length(&self) -> io::Result<u64> {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(file.metadata()?.len())
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(into)
    }
}

#[derive(Debug)]
struct Growing(File);

impl Append for Growing {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()?;
        second_look::look(&self.0)
    }
}

/// Bytes and attributes of a file, or names in a directory.
fn sync_whole(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    second_look::look(&file)
}

/// What other systems do after a failed write is theirs to say.
#[cfg(not(target_os = "linux"))]
mod second_look {
    pub(super) fn look(_: &std::fs::File) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    /// Closing the file would not do: a child process that is just being started still has it open.
    fn drop(&mut self) {
        self.0.unlock().ok();
    }
}

/// Bytes that are free for this process on the file system of a directory.
///
/// # Errors
/// Where the system cannot say.
#[cfg(unix)]
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(dir)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Nobody says here; a full disk is found by the write that fails.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}
