//! Files and directories by number, each directory as it is read and as a power cut would leave it.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use super::content::Content;
use crate::random::Random;

pub(super) const ROOT: u64 = 0;

/// One name is given or taken away.
#[derive(Clone, Debug)]
struct Naming {
    dir: u64,
    name: String,
    node: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Dir {
    current: BTreeMap<String, u64>,
    durable: BTreeMap<String, u64>,
}

#[derive(Clone, Debug)]
enum Node {
    File(Content),
    Dir(Dir),
}

/// The whole file system.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: BTreeMap<u64, Node>,
    next: u64,
    /// Changes of names that no sync has made durable, in order; the namings of one change happen
    /// together or not at all.
    pending: Vec<Vec<Naming>>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self {
            nodes: BTreeMap::from([(ROOT, Node::Dir(Dir::default()))]),
            next: ROOT + 1,
            pending: Vec::new(),
        }
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<u64> {
        let mut at = ROOT;
        for part in path.components() {
            if let Component::Normal(name) = part {
                let name = name.to_str().ok_or(io::ErrorKind::InvalidInput)?;
                at = *self.dir(at)?.get(name).ok_or(io::ErrorKind::NotFound)?;
            }
        }
        Ok(at)
    }

    /// The directory that holds a path, and the path's name in it.
    pub(super) fn place(&self, path: &Path) -> io::Result<(u64, String)> {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or(io::ErrorKind::InvalidInput)?;
        let parent = self.find(path.parent().unwrap_or(Path::new("/")))?;
        self.dir(parent)?;
        Ok((parent, name.to_owned()))
    }

    pub(super) fn dir(&self, node: u64) -> io::Result<&BTreeMap<String, u64>> {
        match &self.nodes[&node] {
            Node::Dir(dir) => Ok(&dir.current),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn is_dir(&self, node: u64) -> bool {
        matches!(self.nodes[&node], Node::Dir(_))
    }

    pub(super) fn file(&self, node: u64) -> io::Result<&Content> {
        match &self.nodes[&node] {
            Node::File(content) => Ok(content),
            Node::Dir(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn file_mut(&mut self, node: u64) -> io::Result<&mut Content> {
        match self.nodes.get_mut(&node) {
            Some(Node::File(content)) => Ok(content),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// Makes an empty file or directory under a free name.
    pub(super) fn create(&mut self, path: &Path, directory: bool) -> io::Result<u64> {
        let (dir, name) = self.place(path)?;
        if self.dir(dir)?.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = self.next;
        self.next += 1;
        let made = if directory {
            Node::Dir(Dir::default())
        } else {
            Node::File(Content::default())
        };
        self.nodes.insert(node, made);
        self.name(vec![naming(dir, name, Some(node))]);
        Ok(node)
    }

    pub(super) fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.find(from)?;
        self.file(node)?;
        let (dir, name) = self.place(to)?;
        if self.dir(dir)?.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.name(vec![naming(dir, name, Some(node))]);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.find(from)?;
        self.file(node)?;
        let (old_dir, old_name) = self.place(from)?;
        let (dir, name) = self.place(to)?;
        let taken = naming(old_dir, old_name, None);
        self.name(vec![taken, naming(dir, name, Some(node))]);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let node = self.find(path)?;
        if self.is_dir(node) && !self.dir(node)?.is_empty() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let (dir, name) = self.place(path)?;
        self.name(vec![naming(dir, name, None)]);
        Ok(())
    }

    /// Makes the names of these directories durable, with all earlier changes that share a
    /// directory with one of them: a directory's changes reach the disk in order.
    pub(super) fn sync_names(&mut self, dirs: &BTreeSet<u64>) {
        let mut dirs = dirs.clone();
        let mut kept = Vec::new();
        let mut synced = Vec::new();
        for change in std::mem::take(&mut self.pending).into_iter().rev() {
            if change.iter().any(|naming| dirs.contains(&naming.dir)) {
                dirs.extend(change.iter().map(|naming| naming.dir));
                synced.push(change);
            } else {
                kept.push(change);
            }
        }
        kept.reverse();
        self.pending = kept;
        synced.iter().rev().for_each(|change| self.harden(change));
    }

    /// Directories and files at and below a node.
    pub(super) fn below(&self, node: u64) -> (BTreeSet<u64>, Vec<u64>) {
        let (mut dirs, mut files, mut open) = (BTreeSet::new(), Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            match &self.nodes[&node] {
                Node::Dir(dir) => {
                    dirs.insert(node);
                    open.extend(dir.current.values());
                }
                Node::File(_) => files.push(node),
            }
        }
        (dirs, files)
    }

    /// Bytes of all files that have a name.
    pub(super) fn used_bytes(&self) -> u64 {
        let (_, files) = self.below(ROOT);
        let lengths = files.iter().map(|file| match &self.nodes[file] {
            Node::File(content) => content.current().len() as u64,
            Node::Dir(_) => 0,
        });
        lengths.sum()
    }

    /// A power cut: chance decides about each pending change of names and bytes.
    pub(super) fn cut_power(&mut self, random: &mut Random) {
        let pending = std::mem::take(&mut self.pending);
        let ordered = random.chance(500_000);
        let kept = random.below(pending.len() as u32 + 1) as usize;
        for (at, change) in pending.iter().enumerate() {
            let survives = if ordered {
                at < kept
            } else {
                random.chance(500_000)
            };
            if survives {
                self.harden(change);
            }
        }
        for node in self.nodes.values_mut() {
            match node {
                Node::File(content) => content.cut_power(random),
                Node::Dir(dir) => dir.current = dir.durable.clone(),
            }
        }
        self.forget_nameless();
    }

    /// A power cut that loses everything it can.
    pub(super) fn lose_pending(&mut self) {
        self.pending.clear();
        for node in self.nodes.values_mut() {
            match node {
                Node::File(content) => content.lose_pending(),
                Node::Dir(dir) => dir.current = dir.durable.clone(),
            }
        }
        self.forget_nameless();
    }

    fn name(&mut self, change: Vec<Naming>) {
        for naming in &change {
            if let Some(Node::Dir(dir)) = self.nodes.get_mut(&naming.dir) {
                naming.give(&mut dir.current);
            }
        }
        self.pending.push(change);
    }

    fn harden(&mut self, change: &[Naming]) {
        for naming in change {
            if let Some(Node::Dir(dir)) = self.nodes.get_mut(&naming.dir) {
                naming.give(&mut dir.durable);
            }
        }
    }

    /// After a power cut nothing is open: what has no name is gone.
    fn forget_nameless(&mut self) {
        let (dirs, files) = self.below(ROOT);
        let files: BTreeSet<u64> = files.into_iter().collect();
        self.nodes
            .retain(|node, _| dirs.contains(node) || files.contains(node));
    }
}

impl Naming {
    fn give(&self, names: &mut BTreeMap<String, u64>) {
        match self.node {
            Some(node) => names.insert(self.name.clone(), node),
            None => names.remove(&self.name),
        };
    }
}

fn naming(dir: u64, name: String, node: Option<u64>) -> Naming {
    Naming { dir, name, node }
}
