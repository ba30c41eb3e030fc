//! The disk of this machine, told to stop at a step or to stand elsewhere.
use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use store::disk::{Append, Disk};
use store::{Place, SystemDisk};

/// A disk on which a process may change so many things, and then dies.
#[derive(Clone, Debug)]
pub struct Dying {
    left: Arc<Mutex<u64>>,
}

impl Dying {
    /// The same directory on a disk that takes `changes` more.
    pub fn place(dir: &Path, changes: u64) -> (Self, Place) {
        let disk = Self {
            left: Arc::new(Mutex::new(changes)),
        };
        let place = Place {
            disk: Arc::new(disk.clone()),
            ..Place::directory(dir)
        };
        (disk, place)
    }

    /// Lets so many more happen.
    pub fn allow(&self, changes: u64) {
        *self.left.lock().unwrap() = changes;
    }

    fn change(&self) -> io::Result<()> {
        let mut left = self.left.lock().unwrap();
        *left = left.checked_sub(1).ok_or(io::Error::other("dead"))?;
        Ok(())
    }
}

impl Disk for Dying {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        SystemDisk.read(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Half of it may be there when the process dies.
        SystemDisk.write(path, &bytes[..bytes.len() / 2])?;
        self.change()?;
        SystemDisk.write(path, bytes)
    }

    fn append(&self, path: &Path, new: bool) -> io::Result<Box<dyn Append>> {
        self.change()?;
        SystemDisk.append(path, new)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.sync(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.remove(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.create_dir(path)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        SystemDisk.names(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.sync_dir(dir)
    }

    fn sync_all(&self, root: &Path) -> io::Result<()> {
        self.change()?;
        SystemDisk.sync_all(root)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Debug + Send + Sync>>> {
        SystemDisk.lock(path)
    }

    /// Death is not the only thing it can be told: `nfs` in the path makes it a network's disk.
    fn file_system(&self, path: &Path) -> Option<String> {
        let network = path.to_string_lossy().contains("nfs");
        network.then(|| "nfs4".to_owned())
    }

    fn random(&self, bytes: &mut [u8]) {
        SystemDisk.random(bytes);
    }
}
