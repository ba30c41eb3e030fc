//! C2SP tlog-tiles: which files hold which hashes and entries, and the bytes of an entry bundle.
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::hash::Hash;
use crate::{Fault, merkle};

/// Hashes in a full tile and entries in a full bundle.
pub const WIDTH: u64 = 256;
// Whoever hashes a tile on a thread of its own asks for no memory there.
const _: () = assert!(merkle::RUN >= WIDTH as usize);
/// Levels of the tree between one tile level and the next.
pub const HEIGHT: u8 = 8;
/// Longest entry, in bytes, that a bundle can hold.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// One stored run of hashes: `width` nodes of tree level `8 * level`, from `256 * index` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Tile level, 0 for leaf hashes.
    pub level: u8,
    /// Position within the level.
    pub index: u64,
    /// Hashes it holds, 1 to 256; below 256 the tile is partial.
    pub width: u16,
}

impl Tile {
    /// Path below the log's prefix, such as `tile/0/x001/067` or `tile/1/000.p/17`.
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, suffix(self.index, self.width))
    }

    /// Path of the bundle with the entries behind this tile's leaf hashes; only level 0 has one.
    pub fn bundle_path(&self) -> String {
        format!("tile/entries/{}", suffix(self.index, self.width))
    }
}

/// The right-most tile of a level in a tree of `size` leaves, `None` where the level is empty or
/// ends with a full tile.
pub fn partial(level: u8, size: u64) -> Option<Tile> {
    let count = nodes(level, size);
    let width = (count % WIDTH) as u16;
    (width > 0).then_some(Tile {
        level,
        index: count / WIDTH,
        width,
    })
}

/// The tile that holds node `index` of a tile level in a tree of `size` leaves, `None` where the
/// tree has no such node.
pub fn holding(level: u8, index: u64, size: u64) -> Option<Tile> {
    let count = nodes(level, size);
    let tile = index / WIDTH;
    (index < count).then(|| Tile {
        level,
        index: tile,
        width: (count - tile * WIDTH).min(WIDTH) as u16,
    })
}

/// Every tile that a log of `old_size` entries writes to become one of `new_size`, lower levels
/// first.
pub fn growth(old_size: u64, new_size: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in 0..8 {
        let (old, new) = (nodes(level, old_size), nodes(level, new_size));
        if new <= old {
            break;
        }
        for index in old / WIDTH..new.div_ceil(WIDTH) {
            let width = (new - index * WIDTH).min(WIDTH) as u16;
            tiles.push(Tile {
                level,
                index,
                width,
            });
        }
    }
    tiles
}

/// Where a node of the tree is found: the tile level, the tile's index, and which of its hashes
/// make up the node.
pub fn locate(level: u8, index: u64) -> (u8, u64, Range<usize>) {
    let rise = level % HEIGHT;
    let first = index << rise;
    let start = (first % WIDTH) as usize;
    (level / HEIGHT, first / WIDTH, start..start + (1 << rise))
}

/// Reads a node out of a tile's bytes, `None` where they end before it. The range is [`locate`]'s.
pub fn node_in(tile: &[u8], hashes: Range<usize>) -> Option<Hash> {
    let bytes = tile.get(hashes.start * 32..hashes.end * 32)?;
    let hashes: Vec<Hash> = bytes.as_chunks::<32>().0.to_vec();
    Some(merkle::root(&hashes))
}

/// Builds the inclusion proof of an entry in the log of `size` entries from its tiles, each of
/// which is read once. Nothing is held against the root: whoever verifies the proof does that.
pub fn prove_inclusion<E: From<Fault>>(
    index: u64,
    size: u64,
    read: impl FnMut(&Tile) -> Result<Vec<u8>, E>,
) -> Result<Vec<Hash>, E> {
    let mut nodes = Nodes::new(size, read);
    merkle::prove_inclusion(index, size, |level, index| nodes.node(level, index))
}

/// Builds the proof that the log of `new_size` entries begins with that of `old_size`, from the
/// tiles of the new one, each of which is read once.
pub fn prove_consistency<E: From<Fault>>(
    old_size: u64,
    new_size: u64,
    read: impl FnMut(&Tile) -> Result<Vec<u8>, E>,
) -> Result<Vec<Hash>, E> {
    let mut nodes = Nodes::new(new_size, read);
    merkle::prove_consistency(old_size, new_size, |level, index| nodes.node(level, index))
}

/// The nodes of one tree, read through its tiles.
struct Nodes<R> {
    size: u64,
    read: R,
    tiles: BTreeMap<Tile, Vec<u8>>,
}

impl<R> Nodes<R> {
    fn new(size: u64, read: R) -> Self {
        let tiles = BTreeMap::new();
        Self { size, read, tiles }
    }

    fn node<E: From<Fault>>(&mut self, level: u8, index: u64) -> Result<Hash, E>
    where
        R: FnMut(&Tile) -> Result<Vec<u8>, E>,
    {
        let fault = |rule| Fault::new("tile", rule);
        let (tile_level, tile_index, hashes) = locate(level, index);
        let last = tile_index * WIDTH + hashes.end as u64 - 1;
        let tile = holding(tile_level, last, self.size)
            .ok_or(fault("the tree must have the node that is asked for"))?;
        let bytes = match self.tiles.entry(tile) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(free) => free.insert((self.read)(&tile)?),
        };
        let node = node_in(bytes, hashes);
        Ok(node.ok_or(fault("it must not end before its last hash"))?)
    }
}

/// Appends an entry to a bundle: its length as two bytes, big end first, then its bytes.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), Fault> {
    let Ok(length) = u16::try_from(entry.len()) else {
        return Err(Fault::new("log entry", "it must have at most 65535 bytes"));
    };
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Takes a bundle apart into its `width` entries; neither missing nor trailing bytes are accepted.
pub fn entries(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, Fault> {
    let short = Fault::new("entry bundle", "it ends before its last entry");
    let mut entries = Vec::with_capacity(usize::from(width));
    let mut rest = bundle;
    for _ in 0..width {
        let (length, tail) = rest.split_first_chunk::<2>().ok_or(short)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, tail) = tail.split_at_checked(length).ok_or(short)?;
        entries.push(entry);
        rest = tail;
    }
    if !rest.is_empty() {
        return Err(Fault::new(
            "entry bundle",
            "it goes on after its last entry",
        ));
    }
    Ok(entries)
}

/// How many nodes the tree of `size` leaves has at a tile level.
fn nodes(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(HEIGHT))
        .unwrap_or(0)
}

fn suffix(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if u64::from(width) < WIDTH {
        path = format!("{path}.p/{width}");
    }
    path
}
