//! The log's hash tiles against its signed root: every tile is computed and compared.

use crate::bundle::Leaves;
use crate::files::{self, logged};
use crate::{Fault, Source};
use proof::merkle::{self, Frontier, Head};
use proof::tile::{self, Tile};
use std::collections::BTreeMap;

/// Roots of the log by size, `None` where it is shorter.
type Roots = BTreeMap<u64, Option<[u8; 32]>>;

const FULL: usize = tile::WIDTH as usize * 32;

/// The tree over the bundles that have been read, with all that is needed to name a changed file.
pub(crate) struct Log<'a> {
    source: &'a dyn Source,
    head: Head,
    tree: Tree,
    /// The tile that is being filled on each level from 1 on: its index and the bytes it must have.
    tiles: [(u64, Vec<u8>); 7],
    /// Roots at the sizes at which epochs have closed, and at those of the checkpoints.
    roots: Roots,
    difference: Option<Difference>,
    /// The tree as the level-0 tiles have it, if one of them is the first that differs.
    by_tiles: Option<Tree>,
}

/// A tree by its full bundles, each a leaf of `full`, and the hashes of a partial one.
#[derive(Clone, Default)]
struct Tree {
    full: Frontier,
    rest: Vec<[u8; 32]>,
}

/// The first hash of a stored tile that is not what the entries give.
struct Difference {
    tile: Tile,
    position: u64,
}

impl<'a> Log<'a> {
    /// The log before its first entry.
    pub fn new(source: &'a dyn Source) -> Self {
        let root = merkle::empty_root();
        Self {
            source,
            head: Head { size: 0, root },
            tree: Tree::default(),
            tiles: Default::default(),
            roots: BTreeMap::new(),
            difference: None,
            by_tiles: None,
        }
    }

    /// Sets out for another checkpoint, and gives the first bundle to [`Log::append`]. A partial
    /// bundle of the last one is read again.
    pub fn grow(&mut self, head: Head) -> u64 {
        self.roots.insert(self.head.size, None);
        self.tree.rest.clear();
        self.head = head;
        self.note_roots(&[]);
        self.tree.full.size()
    }

    /// What has been verified last.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Keeps the root at a size within the next bundle, its end included.
    pub fn note(&mut self, size: u64) {
        self.roots.insert(size, None);
    }

    /// The root at a size that was noted, once the log was verified up to there.
    pub fn root_at(&self, size: u64) -> Option<[u8; 32]> {
        self.roots.get(&size).copied().flatten()
    }

    /// Appends the next bundle and compares every tile that it fills.
    pub fn append(&mut self, leaves: &Leaves) -> Result<(), Fault> {
        self.note_roots(&leaves.hashes);
        let sound = self.is_sound();
        self.compare(leaves.tile, leaves.hashes.as_flattened(), &leaves.stored);
        if sound && !self.is_sound() {
            self.by_tiles = Some(self.tree.clone());
        }
        let (hashes, rest) = leaves.stored.as_chunks::<32>();
        let whole = hashes.len() == leaves.hashes.len() && rest.is_empty();
        self.by_tiles = self.by_tiles.take().filter(|_| whole).map(|mut tree| {
            tree.append(hashes, merkle::root(hashes), |_, _| ());
            tree
        });
        let tiles = &mut self.tiles;
        self.tree
            .append(&leaves.hashes, leaves.root, |level, hash| {
                if level.is_multiple_of(tile::HEIGHT) {
                    tiles[usize::from(level / tile::HEIGHT)].1.extend(hash);
                }
            });
        let last = self.tree.size() == self.head.size;
        for level in 1..8 {
            let length = self.tiles[usize::from(level - 1)].1.len();
            if length == FULL || (last && length > 0) {
                self.compare_upper(level)?;
            }
        }
        Ok(())
    }

    /// True while all stored tiles are what the entries give.
    pub fn is_sound(&self) -> bool {
        self.difference.is_none()
    }

    /// The verdict over all files.
    pub fn finish(&self) -> Result<(), Fault> {
        let signed = self.tree.root() == self.head.root;
        match (&self.difference, signed) {
            (None, true) => Ok(()),
            (None, false) => {
                let what = format!(
                    "the {} entries and all tiles agree on a root, the checkpoint signs another",
                    self.head.size
                );
                Err(Fault::new("root_mismatch", what).of_file("log/checkpoint"))
            }
            (Some(difference), true) => Err(difference.of_the_tile()),
            (Some(difference), false) => {
                let by_tiles = self.by_tiles.as_ref().map(Tree::root);
                Err(difference.of_the_entries(by_tiles == Some(self.head.root)))
            }
        }
    }

    /// Holds the stored tile of an upper level against the bytes that the entries give.
    fn compare_upper(&mut self, level: u8) -> Result<(), Fault> {
        let (index, bytes) = &mut self.tiles[usize::from(level - 1)];
        let tile = Tile {
            level,
            index: *index,
            width: u16::try_from(bytes.len() / 32).expect("a tile has at most 256 hashes"),
        };
        // A partial tile goes on to fill when the log grows.
        let expected = if bytes.len() == FULL {
            *index += 1;
            std::mem::take(bytes)
        } else {
            bytes.clone()
        };
        let stored = files::tile(self.source, tile)?;
        self.compare(tile, &expected, &stored);
        Ok(())
    }

    fn compare(&mut self, tile: Tile, expected: &[u8], stored: &[u8]) {
        if stored != expected && self.difference.is_none() {
            let same = stored.iter().zip(expected).take_while(|(a, b)| a == b);
            let position = (same.count() / 32) as u64;
            self.difference = Some(Difference { tile, position });
        }
    }

    /// Notes the roots that are asked for within the next bundle, its end included.
    fn note_roots(&mut self, hashes: &[[u8; 32]]) {
        let size = self.tree.size();
        for (asked, root) in self.roots.range_mut(size..=size + hashes.len() as u64) {
            let mut tree = self.tree.clone();
            let more = &hashes[..(asked - size) as usize];
            tree.append(more, merkle::root(more), |_, _| ());
            *root = Some(tree.root());
        }
    }
}

impl Tree {
    /// Adds a bundle, which is full unless it is the last, and reports each node that it completes
    /// by its level in the tree of bundles.
    fn append(
        &mut self,
        hashes: &[[u8; 32]],
        root: [u8; 32],
        mut completed: impl FnMut(u8, [u8; 32]),
    ) {
        if hashes.len() as u64 == tile::WIDTH {
            let completed = |level, _, hash| completed(level, hash);
            self.full.append_with(root, completed);
        } else {
            self.rest = hashes.to_vec();
        }
    }

    fn size(&self) -> u64 {
        self.full.size() * tile::WIDTH + self.rest.len() as u64
    }

    /// A partial bundle is the last leaf of a tree of bundles: RFC 6962 cuts at powers of two.
    fn root(&self) -> [u8; 32] {
        let mut bundles = self.full.clone();
        if !self.rest.is_empty() {
            bundles.append(merkle::root(&self.rest));
        }
        bundles.root()
    }
}
impl Difference {
    fn first_entry(&self) -> u64 {
        (self.tile.index * tile::WIDTH + self.position) << (self.tile.level * tile::HEIGHT)
    }

    /// The entries give the signed root, so the tile is wrong.
    fn of_the_tile(&self) -> Fault {
        let path = self.tile.path();
        let what = format!(
            "tile `{path}` is not what the log signed: from its hash {} on it differs from \
             the entries, which give the signed root",
            self.position
        );
        Fault::new("tile_changed", what).of_file(logged(&path))
    }

    /// The entries do not give the signed root. Certain where the stored tiles do.
    fn of_the_entries(&self, certain: bool) -> Fault {
        let (path, first) = (self.tile.path(), self.first_entry());
        let bundle = Tile {
            level: 0,
            index: first / tile::WIDTH,
            ..self.tile
        };
        let fault = match self.tile.level {
            0 => {
                let doubt = if certain {
                    ""
                } else {
                    ", and neither gives the signed root"
                };
                let what = format!(
                    "entry {first} is not what the log signed: its hash differs from tile \
                     `{path}`{doubt}"
                );
                Fault::new("entry_changed", what).of_entry(first)
            }
            level => {
                let end = first + (1 << (level * tile::HEIGHT)) - 1;
                let what = format!(
                    "entries {first} to {end} are not what the log signed: their hash differs from \
                     tile `{path}`"
                );
                Fault::new("entry_changed", what)
            }
        };
        match self.tile.level {
            0 => fault.of_file(logged(&bundle.bundle_path())),
            1 => {
                let bundle = Tile {
                    width: tile::WIDTH as u16,
                    ..bundle
                };
                fault.of_file(logged(&bundle.bundle_path()))
            }
            _ => fault.of_file(logged(&path)),
        }
    }
}
