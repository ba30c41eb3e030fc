//! A disk in memory that loses, tears and refuses: the twin of `store::disk`'s system disk.
//!
//! It keeps what a running system reads apart from what a power cut would leave. Un-synced bytes
//! are then lost, kept or torn at sectors, un-synced names lost or kept each for itself; a failed
//! sync leaves pages that count as clean and are not.
mod append;
mod content;
mod tree;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use store::disk::{Append, Disk};

use crate::fault::{Effect, Faults, Turn};
use crate::random::Random;
use append::SimAppend;
use tree::Tree;

/// A machine's disk. Clones are the same disk.
#[derive(Clone)]
pub struct SimDisk {
    platter: Arc<Mutex<Platter>>,
    faults: Faults,
}

/// What the disk holds at one moment, for backups and looks at what a crash would leave.
#[derive(Clone)]
pub struct Image(Tree);

#[derive(Debug)]
struct Platter {
    tree: Tree,
    random: Random,
    locked: BTreeSet<PathBuf>,
    /// Bytes that fit; files beyond it are refused with "no space".
    capacity_bytes: u64,
    /// Grows with every start: handles of an earlier process are dead.
    boots: u64,
}

impl SimDisk {
    /// An empty disk without limits.
    pub fn new(seed: u64, faults: Faults) -> Self {
        let platter = Platter {
            tree: Tree::new(),
            random: Random::new(seed),
            locked: BTreeSet::new(),
            capacity_bytes: u64::MAX,
            boots: 0,
        };
        Self {
            platter: Arc::new(Mutex::new(platter)),
            faults,
        }
    }

    /// The process ends, the system lives on: nothing is lost but locks and open files.
    pub fn kill(&self) {
        let mut platter = self.platter();
        platter.boots += 1;
        platter.locked.clear();
    }

    /// The power goes: of what was not synced chance decides what is left.
    pub fn cut_power(&self) {
        self.kill();
        let mut platter = self.platter();
        let mut random = platter.random.fork();
        platter.tree.cut_power(&mut random);
    }

    /// Leaves this many bytes free; `None` lifts the limit.
    pub fn leave_free(&self, bytes: Option<u64>) {
        let mut platter = self.platter();
        let used = platter.tree.used_bytes();
        platter.capacity_bytes = bytes.map_or(u64::MAX, |free| used + free);
    }

    /// What a power cut would leave now that loses everything it can.
    pub fn durable(&self) -> Image {
        let mut tree = self.platter().tree.clone();
        tree.lose_pending();
        Image(tree)
    }

    /// Puts an image in place of all that is on the disk, as from a backup.
    pub fn restore(&self, image: &Image) {
        self.kill();
        self.platter().tree = image.0.clone();
    }

    /// The same disk as another process of the machine uses it.
    #[must_use]
    pub fn seen_with(&self, faults: Faults) -> Self {
        let platter = self.platter.clone();
        Self { platter, faults }
    }

    /// What the machine's calls meet.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.platter
            .lock()
            .expect("one thread, and no panic inside")
    }

    /// One call that changes names or syncs: it happens, or it fails with or without effect.
    fn change<T>(&self, act: impl FnOnce(&mut Platter) -> io::Result<T>) -> io::Result<T> {
        let turn = self.faults.disk_turn()?;
        if matches!(turn, Turn::Fails(Effect::Nothing | Effect::Part)) {
            return Err(broken());
        }
        // What a failed call returns may be a lock, whose drop needs the platter again.
        let made = {
            let mut platter = self.platter();
            act(&mut platter)
        }?;
        match turn {
            Turn::Works => Ok(made),
            Turn::Fails(_) => Err(broken()),
        }
    }

    /// One sync: after a failed one nobody knows what is durable.
    fn sync_with(
        &self,
        whole: impl FnOnce(&mut Platter) -> io::Result<()>,
        failed: impl FnOnce(&mut Platter) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.faults.disk_turn()? {
            Turn::Works => whole(&mut self.platter()),
            Turn::Fails(Effect::Whole | Effect::Late) => {
                whole(&mut self.platter())?;
                Err(broken())
            }
            Turn::Fails(_) => {
                failed(&mut self.platter())?;
                Err(broken())
            }
        }
    }

    fn sync_node(&self, find: impl Fn(&Platter) -> io::Result<u64>) -> io::Result<()> {
        self.sync_with(
            |platter| {
                let node = find(platter)?;
                platter.tree.file_mut(node)?.sync();
                Ok(())
            },
            |platter| {
                let node = find(platter)?;
                let Platter { tree, random, .. } = platter;
                tree.file_mut(node)?.fail_sync(random);
                Ok(())
            },
        )
    }

    /// Writes at the end of a file as far as space and faults allow.
    fn write_node(&self, node: u64, bytes: &[u8]) -> io::Result<()> {
        let turn = self.faults.disk_turn()?;
        let mut platter = self.platter();
        let whole = bytes.len() as u64;
        let free = match platter.capacity_bytes {
            u64::MAX => whole,
            capacity => capacity.saturating_sub(platter.tree.used_bytes()),
        };
        let reached = match turn {
            Turn::Works => whole,
            Turn::Fails(Effect::Nothing) => 0,
            Turn::Fails(Effect::Part) => platter.random.long_below(whole),
            Turn::Fails(Effect::Whole | Effect::Late) => whole,
        };
        let reached = reached.min(free) as usize;
        platter.tree.file_mut(node)?.write_at_end(&bytes[..reached]);
        match turn {
            Turn::Fails(_) => Err(broken()),
            Turn::Works if whole > free => Err(io::ErrorKind::StorageFull.into()),
            Turn::Works => Ok(()),
        }
    }

    fn look<T>(&self, act: impl FnOnce(&Tree) -> io::Result<T>) -> io::Result<T> {
        match self.faults.disk_turn()? {
            Turn::Works => act(&self.platter().tree),
            Turn::Fails(_) => Err(broken()),
        }
    }
}

impl Disk for SimDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.look(|tree| Ok(tree.file(tree.find(path)?)?.current().to_vec()))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let node = self.change(|platter| match platter.tree.find(path) {
            Ok(node) => {
                platter.tree.file_mut(node)?.cut(0);
                Ok(node)
            }
            Err(_) => platter.tree.create(path, false),
        })?;
        self.write_node(node, bytes)
    }

    fn append(&self, path: &Path, new: bool) -> io::Result<Box<dyn Append>> {
        let node = self.change(|platter| {
            if new {
                return platter.tree.create(path, false);
            }
            let node = platter.tree.find(path)?;
            platter.tree.file(node)?;
            Ok(node)
        })?;
        let boots = self.platter().boots;
        Ok(Box::new(SimAppend::new(self.clone(), node, boots)))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.sync_node(|platter| platter.tree.find(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|platter| platter.tree.rename(from, to))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|platter| platter.tree.link(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|platter| platter.tree.remove(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.change(|platter| platter.tree.create(path, true).map(drop))
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.look(|tree| {
            let entries = tree.dir(tree.find(dir)?)?.iter();
            let slashed = entries.map(|(name, node)| match tree.is_dir(*node) {
                true => format!("{name}/"),
                false => name.clone(),
            });
            let mut names: Vec<String> = slashed.collect();
            names.sort_unstable();
            Ok(names)
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let sync = |platter: &mut Platter| {
            let node = platter.tree.find(dir)?;
            platter.tree.dir(node)?;
            platter.tree.sync_names(&BTreeSet::from([node]));
            Ok(())
        };
        self.sync_with(sync, |_| Ok(()))
    }

    fn sync_all(&self, root: &Path) -> io::Result<()> {
        let whole = |platter: &mut Platter| {
            let (dirs, files) = platter.tree.below(platter.tree.find(root)?);
            platter.tree.sync_names(&dirs);
            for file in files {
                platter.tree.file_mut(file)?.sync();
            }
            Ok(())
        };
        let failed = |platter: &mut Platter| {
            let (_, files) = platter.tree.below(platter.tree.find(root)?);
            let Platter { tree, random, .. } = platter;
            for file in files {
                tree.file_mut(file)?.fail_sync(random);
            }
            Ok(())
        };
        self.sync_with(whole, failed)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn fmt::Debug + Send + Sync>>> {
        self.change(|platter| {
            if platter.tree.find(path).is_err() {
                platter.tree.create(path, false)?;
            }
            if !platter.locked.insert(path.to_owned()) {
                return Ok(None);
            }
            let lock = Lock {
                disk: self.clone(),
                path: path.to_owned(),
                boots: platter.boots,
            };
            Ok(Some(Box::new(lock) as Box<dyn fmt::Debug + Send + Sync>))
        })
    }

    fn random(&self, bytes: &mut [u8]) {
        self.platter().random.fill(bytes);
    }
}

/// Keeps other writers out of one path until it is dropped.
struct Lock {
    disk: SimDisk,
    path: PathBuf,
    boots: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut platter = self.disk.platter();
        if platter.boots == self.boots {
            platter.locked.remove(&self.path);
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock({})", self.path.display())
    }
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimDisk")
    }
}

fn broken() -> io::Error {
    io::Error::other("input/output error")
}
