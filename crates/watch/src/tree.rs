//! A log by its hash tiles: roots of its beginnings, paths, and where two logs part.

use chain::objection::Fork;
use proof::merkle::{self, Frontier};
use proof::tile::{self, Tile};

type Hash = [u8; 32];

/// A log as somebody shows it. What it says is believed only as far as a root bears it out.
pub struct Tree<'a> {
    size: u64,
    read: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// A tile that is not there, is too short, or does not lead to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

impl From<proof::Fault> for Lost {
    fn from(_: proof::Fault) -> Lost {
        Lost
    }
}

impl<'a> Tree<'a> {
    /// The log of `size` entries whose tiles are read by their C2SP paths.
    pub fn new(size: u64, read: &'a dyn Fn(&str) -> Option<Vec<u8>>) -> Tree<'a> {
        Tree { size, read }
    }

    /// The root that the log had with this many entries; `None` where the tiles do not say.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        if size > self.size {
            return None;
        }
        let frontier = Frontier::read(size, |level, index| self.node(level, index));
        frontier.ok().map(|frontier| frontier.root())
    }

    /// The first entry in which two logs that had these sizes differ, with both paths. `None` where
    /// they agree as far as both go, or tiles are missing.
    pub fn fork(&self, size: u64, other: &Tree<'_>, other_size: u64) -> Option<Fork> {
        let shared = size.min(other_size);
        let index = (0..shared.div_ceil(tile::WIDTH)).find_map(|at| {
            let (one, two) = (self.leaves(at).ok()?, other.leaves(at).ok()?);
            let (one, _) = one.as_chunks::<32>();
            let (two, _) = two.as_chunks::<32>();
            let differs = one.iter().zip(two).position(|(one, two)| one != two);
            differs.map(|place| at * tile::WIDTH + place as u64)
        })?;
        (index < shared).then_some(())?;
        Some(Fork {
            index,
            one: self.path(index, size).ok()?,
            other: other.path(index, other_size).ok()?,
        })
    }

    /// The leaf hash of an entry, and its path in the log as it was with `size` entries.
    fn path(&self, index: u64, size: u64) -> Result<(Hash, Vec<Hash>), Lost> {
        let leaf = self.node(0, index)?;
        let path = merkle::prove_inclusion(index, size, |level, index| self.node(level, index))?;
        Ok((leaf, path))
    }

    fn leaves(&self, index: u64) -> Result<Vec<u8>, Lost> {
        let tile = tile::holding(0, index * tile::WIDTH, self.size).ok_or(Lost)?;
        self.tile(tile)
    }

    fn node(&self, level: u8, index: u64) -> Result<Hash, Lost> {
        let (level, at, hashes) = tile::locate(level, index);
        let first = at * tile::WIDTH + hashes.start as u64;
        let tile = tile::holding(level, first, self.size).ok_or(Lost)?;
        tile::node_in(&self.tile(tile)?, hashes).ok_or(Lost)
    }

    /// A partial tile may be gone once the full one is there.
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Lost> {
        let full = Tile {
            width: tile::WIDTH as u16,
            ..tile
        };
        let bytes = (self.read)(&tile.path()).or_else(|| (self.read)(&full.path()));
        let bytes = bytes.ok_or(Lost)?;
        let length = usize::from(tile.width) * 32;
        bytes.get(..length).map(<[u8]>::to_vec).ok_or(Lost)
    }
}
