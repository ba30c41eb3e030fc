//! The right edge of the log's tree in memory: what appending needs, and what is not yet written.
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;

use proof::merkle::{self, Frontier, Head};
use proof::tile::{self, Tile};
use proof::{Fault, Hash};

use crate::error::{Error, Result};
use crate::files::Files;

const WIDTH: usize = tile::WIDTH as usize;
/// Entries from which on hashing takes longer than a thread takes to start.
const WORTH_A_THREAD: usize = 1_024;

/// A growing tree with the hashes and entries of its partial tiles, and full tiles that await
/// writing.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    frontier: Frontier,
    /// Hashes of the partial tile of each tile level.
    levels: Vec<Vec<Hash>>,
    /// Bytes of the partial bundle.
    bundle: Vec<u8>,
    /// Full tiles and bundles in the order they filled up.
    pub full: VecDeque<Arc<FullFile>>,
}

/// A full tile or bundle that is not yet known to be under a checkpoint.
#[derive(Debug)]
pub(crate) struct FullFile {
    /// Such as `log/tile/0/001`.
    pub name: String,
    pub bytes: Vec<u8>,
    /// Log size from which on it is full.
    pub full_at: u64,
}

/// What a batch adds to a tree: computed before the batch is durable, absorbed after.
#[derive(Debug)]
pub(crate) struct Growth {
    frontier: Frontier,
    /// Tile level, index and hash of each node that stands in a tile.
    nodes: Vec<(usize, u64, Hash)>,
}

impl Growth {
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    fn append(&mut self, level: u8, root: Hash) {
        self.frontier
            .append_subtree(level, root, |level, index, hash| {
                if level.is_multiple_of(tile::HEIGHT) {
                    let level = usize::from(level / tile::HEIGHT);
                    self.nodes.push((level, index, hash));
                }
            });
    }

    fn append_tile(&mut self, leaves: &[Hash; WIDTH], root: Hash) {
        let leaf = |(index, leaf): (u64, &Hash)| (0, index, *leaf);
        self.nodes
            .extend((self.frontier.size()..).zip(leaves).map(leaf));
        self.append(tile::HEIGHT, root);
    }
}

impl Tree {
    pub(crate) fn head(&self) -> Head {
        Head {
            size: self.frontier.size(),
            root: self.frontier.root(),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// What appending these entries makes of the tree.
    pub(crate) fn growth<'a>(&self, entries: impl IntoIterator<Item = &'a [u8]>) -> Growth {
        let entries: Vec<&[u8]> = entries.into_iter().collect();
        let mut growth = Growth {
            frontier: self.frontier.clone(),
            nodes: Vec::with_capacity(entries.len() + entries.len() / 128),
        };
        // What the tile that is being filled lacks, then whole tiles, then the beginning of one.
        let lacking = self.size().next_multiple_of(tile::WIDTH) - self.size();
        let (first, behind) = entries.split_at(entries.len().min(lacking as usize));
        for leaf in merkle::leaf_hashes(first) {
            growth.append(0, leaf);
        }
        let (leaves, roots) = hash_tiles(behind);
        let (tiles, last) = leaves.as_chunks();
        for (tile, root) in tiles.iter().zip(roots) {
            growth.append_tile(tile, root);
        }
        last.iter().for_each(|leaf| growth.append(0, *leaf));
        growth
    }

    /// Takes a growth over, with the entries it was computed from.
    pub(crate) fn absorb<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a [u8]>,
        growth: Growth,
    ) -> Result<()> {
        let mut entries = entries.into_iter();
        for (level, index, hash) in growth.nodes {
            if level == 0 {
                let entry = entries
                    .next()
                    .expect("a growth has one leaf for each entry");
                tile::push_entry(&mut self.bundle, entry)?;
            }
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            if index % tile::WIDTH == tile::WIDTH - 1 {
                self.fill(level, index / tile::WIDTH);
            }
        }
        self.frontier = growth.frontier;
        Ok(())
    }

    /// The partial tiles and the partial bundle of the tree as it is, as file name and bytes.
    pub(crate) fn partials(&self) -> Vec<(String, &[u8])> {
        let mut files = Vec::new();
        for (level, hashes) in self.levels.iter().enumerate() {
            if let Some(partial) = tile::partial(level as u8, self.size()) {
                files.push((log_name(&partial.path()), hashes.as_flattened()));
                if level == 0 {
                    files.push((log_name(&partial.bundle_path()), &self.bundle));
                }
            }
        }
        files
    }

    /// Reads the right edge of a published tree back and holds it against the signed root.
    pub(crate) fn load(files: &dyn Files, head: &Head) -> Result<Self> {
        let mut tree = Self::default();
        for level in 0..8 {
            if head.size >> (u32::from(level) * 8) == 0 {
                break;
            }
            let mut hashes = Vec::new();
            if let Some(partial) = tile::partial(level, head.size) {
                hashes = read(files, &partial.path())?.as_chunks::<32>().0.to_vec();
                if level == 0 {
                    tree.bundle = read(files, &partial.bundle_path())?;
                    check_bundle(&tree.bundle, &hashes)?;
                }
            }
            tree.levels.push(hashes);
        }
        let levels = &tree.levels;
        let fault = |rule| Fault::new("tile", rule);
        tree.frontier = Frontier::read(head.size, |level, index| {
            let (level, _, range) = tile::locate(level, index);
            tile::node_in(levels[usize::from(level)].as_flattened(), range)
                .ok_or(fault("it must have the width that its path says"))
        })?;
        if tree.head() != *head {
            return Err(fault("the right-most tiles must lead to the signed root").into());
        }
        Ok(tree)
    }

    fn fill(&mut self, level: usize, index: u64) {
        let full = Tile {
            level: level as u8,
            index,
            width: WIDTH as u16,
        };
        let hashes = std::mem::take(&mut self.levels[level]);
        let full_at = full_at(full.level, index);
        let mut push = |path: &str, bytes| {
            self.full.push_back(Arc::new(FullFile {
                name: log_name(path),
                bytes,
                full_at,
            }));
        };
        push(&full.path(), hashes.as_flattened().to_vec());
        if level == 0 {
            push(&full.bundle_path(), std::mem::take(&mut self.bundle));
        }
    }
}

/// Leaf hashes of entries from a tile's beginning on, and the root over each whole tile. Of a large
/// batch the second half is hashed on another thread, which asks for no memory of its own: that
/// would take longer than the hashes do.
fn hash_tiles(entries: &[&[u8]]) -> (Vec<Hash>, Vec<Hash>) {
    let mut leaves = vec![[0; 32]; entries.len()];
    let mut roots = vec![[0; 32]; entries.len() / WIDTH];
    let hash = |entries: &[&[u8]], leaves: &mut [Hash], roots: &mut [Hash]| {
        merkle::write_leaf_hashes(entries, leaves);
        for (root, tile) in roots.iter_mut().zip(leaves.chunks(WIDTH)) {
            *root = merkle::root(tile);
        }
    };
    if entries.len() < WORTH_A_THREAD {
        hash(entries, &mut leaves, &mut roots);
        return (leaves, roots);
    }
    let tiles = roots.len() / 2;
    let (first, other) = entries.split_at(tiles * WIDTH);
    let (first_leaves, other_leaves) = leaves.split_at_mut(tiles * WIDTH);
    let (first_roots, other_roots) = roots.split_at_mut(tiles);
    thread::scope(|scope| {
        scope.spawn(|| hash(other, other_leaves, other_roots));
        hash(first, first_leaves, first_roots);
    });
    (leaves, roots)
}

/// Log size from which on a tile is full.
pub(crate) fn full_at(level: u8, index: u64) -> u64 {
    let rise = u32::from(tile::HEIGHT) * (u32::from(level) + 1);
    (index + 1).checked_shl(rise).unwrap_or(u64::MAX)
}

/// The file name of a path below a log's prefix.
pub(crate) fn log_name(path: &str) -> String {
    format!("log/{path}")
}

fn read(files: &dyn Files, path: &str) -> Result<Vec<u8>> {
    let name = log_name(path);
    let missing = || Error::corrupt(format!("read `{name}`"), "it is missing");
    files.read(&name)?.ok_or_else(missing)
}

fn check_bundle(bundle: &[u8], hashes: &[Hash]) -> std::result::Result<(), Fault> {
    let entries = tile::entries(bundle, hashes.len() as u16)?;
    if entries
        .iter()
        .zip(hashes)
        .all(|(entry, hash)| merkle::leaf_hash(entry) == *hash)
    {
        return Ok(());
    }
    Err(Fault::new(
        "entry bundle",
        "its entries must hash to the tile beside it",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_any_size_grows_the_tree_of_its_entries() {
        const ONE: usize = WORTH_A_THREAD;
        let entries: Vec<[u8; 8]> = (0..2 * ONE).map(|at| at.to_be_bytes()).collect();
        for first in [0, 1, 255, 256, 300] {
            for count in [1, 2, 255, 256, 257, 600, ONE - 1, ONE, ONE + 1, ONE + 700] {
                let (mut grown, mut single) = (Tree::default(), Tree::default());
                let batches = entries[..first + count].split_at(first);
                for batch in [batches.0, batches.1] {
                    let batch = || batch.iter().map(|it| it.as_slice());
                    let growth = grown.growth(batch());
                    grown.absorb(batch(), growth).unwrap();
                    for entry in batch() {
                        let growth = single.growth([entry]);
                        single.absorb([entry], growth).unwrap();
                    }
                }
                let context = format!("{count} entries behind {first}");
                assert_eq!(grown.head(), single.head(), "{context}");
                assert_eq!(grown.partials(), single.partials(), "{context}");
                let full = |tree: &Tree| -> Vec<_> {
                    let full = tree.full.iter();
                    full.map(|it| (it.name.clone(), it.bytes.clone(), it.full_at))
                        .collect()
                };
                assert_eq!(full(&grown), full(&single), "{context}");
            }
        }
    }
}
