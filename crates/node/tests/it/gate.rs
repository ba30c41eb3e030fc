//! A disk whose syncs of the journal wait until a test lets them through, or fail; and more faults.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use store::disk::Append;
use store::{Disk, Place, SystemDisk};

/// What happens to the sync of a growing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Open,
    Closed,
    Broken,
    /// Syncs go through, and whatever is written after them fails.
    Full,
}

#[derive(Debug)]
struct Held {
    mode: Mode,
    waiting: usize,
    passed: usize,
    /// Whether the next attachment that is read is not there yet.
    late: bool,
}

#[derive(Clone, Debug)]
pub struct Gate {
    held: Arc<(Mutex<Held>, Condvar)>,
}

impl Gate {
    fn new() -> Self {
        let held = Held {
            mode: Mode::Open,
            waiting: 0,
            passed: 0,
            late: false,
        };
        Self {
            held: Arc::new((Mutex::new(held), Condvar::new())),
        }
    }

    /// A place on a disk whose syncs a test holds.
    pub fn around(dir: &Path) -> (Place, Self) {
        let gate = Self::new();
        let place = Place {
            disk: Arc::new(gate.clone()),
            dir: dir.to_owned(),
            bucket: None,
        };
        (place, gate)
    }

    pub fn set(&self, mode: Mode) {
        self.held.0.lock().unwrap().mode = mode;
        self.held.1.notify_all();
    }

    /// Returns when a sync stands at the closed gate.
    pub fn wait_for_sync(&self) {
        let (held, changed) = &*self.held;
        let deadline = Duration::from_secs(60);
        let held = held.lock().unwrap();
        let (held, _) = changed
            .wait_timeout_while(held, deadline, |held| held.waiting == 0)
            .unwrap();
        assert_eq!(held.waiting, 1, "a sync should have come");
    }

    /// Syncs that went through.
    pub fn passed(&self) -> usize {
        self.held.0.lock().unwrap().passed
    }

    /// The attachment that is read next is not there, the time after it is.
    pub fn let_one_be_late(&self) {
        self.held.0.lock().unwrap().late = true;
    }

    fn pass(&self) -> io::Result<()> {
        let (held, changed) = &*self.held;
        let mut held = held.lock().unwrap();
        held.waiting += 1;
        changed.notify_all();
        let mut held = changed
            .wait_while(held, |held| held.mode == Mode::Closed)
            .unwrap();
        held.waiting -= 1;
        if held.mode == Mode::Broken {
            return Err(io::Error::other("the disk is gone"));
        }
        held.passed += 1;
        Ok(())
    }
}

#[derive(Debug)]
struct Gated {
    gate: Gate,
    file: Box<dyn Append>,
}

impl Append for Gated {
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.gate.held.0.lock().unwrap().mode == Mode::Full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write(bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.gate.pass()?;
        self.file.sync()
    }
}

impl Disk for Gate {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let attachment = path.components().any(|it| it.as_os_str() == "attachments");
        if attachment && std::mem::take(&mut self.held.0.lock().unwrap().late) {
            return Err(io::ErrorKind::NotFound.into());
        }
        SystemDisk.read(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        SystemDisk.write(path, bytes)
    }

    fn append(&self, path: &Path, new: bool) -> io::Result<Box<dyn Append>> {
        let (gate, file) = (self.clone(), SystemDisk.append(path, new)?);
        Ok(Box::new(Gated { gate, file }))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        SystemDisk.sync(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        SystemDisk.create_dir(path)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        SystemDisk.names(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        SystemDisk.sync_dir(dir)
    }

    fn sync_all(&self, root: &Path) -> io::Result<()> {
        SystemDisk.sync_all(root)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Debug + Send + Sync>>> {
        SystemDisk.lock(path)
    }

    fn random(&self, bytes: &mut [u8]) {
        SystemDisk.random(bytes);
    }
}
