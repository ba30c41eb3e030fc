//! The log's files against its signed root: bundles are hashed, all tiles computed and compared.

use crate::{Fault, ReadError, Source};
use proof::merkle::{self, Frontier, Head};
use proof::tile::{self, Tile};
use std::collections::BTreeMap;

const FULL: usize = tile::WIDTH as usize * 32;

/// The tree over the entries that have been read, with all that is needed to name a changed file.
pub(crate) struct Log<'a> {
    source: &'a dyn Source,
    head: Head,
    frontier: Frontier,
    /// The tile that is being filled on each level: its index and the bytes it must have.
    tiles: [(u64, Vec<u8>); 8],
    /// Roots at the sizes that posted epochs name.
    roots: BTreeMap<u64, Option<[u8; 32]>>,
    difference: Option<Difference>,
    /// The tree as the level-0 tiles have it, from the first of them that differs.
    by_tiles: Option<Frontier>,
}

/// The first hash of a stored tile that is not what the entries give.
struct Difference {
    tile: Tile,
    position: u64,
}

impl<'a> Log<'a> {
    pub fn new(source: &'a dyn Source, head: Head, sizes: impl Iterator<Item = u64>) -> Self {
        let mut log = Self {
            source,
            head,
            frontier: Frontier::default(),
            tiles: Default::default(),
            roots: sizes.map(|size| (size, None)).collect(),
            difference: None,
            by_tiles: None,
        };
        log.note_root();
        log
    }

    /// The bytes of a bundle and the number of its entries.
    pub fn bundle(&self, index: u64) -> Result<(Tile, Vec<u8>), Fault> {
        let tile = tile::holding(0, index * tile::WIDTH, self.head.size)
            .expect("the caller counts bundles by the size of the log");
        let path = tile.bundle_path();
        let bytes = read(self.source, &path)?.ok_or_else(|| {
            Fault::new(
                "bundle_missing",
                format!("the entry bundle `{path}` is missing"),
            )
            .of_file(logged(&path))
        })?;
        Ok((tile, bytes))
    }

    /// Takes a bundle apart; a bundle that is cut or goes on is a fault of its file.
    pub fn entries(tile: Tile, bundle: &[u8]) -> Result<Vec<&[u8]>, Fault> {
        let path = tile.bundle_path();
        tile::entries(bundle, tile.width).map_err(|fault| {
            let what = format!(
                "`{path}` is not a bundle of {} entries: {}",
                tile.width, fault.rule
            );
            Fault::new("bundle_malformed", what).of_file(logged(&path))
        })
    }

    /// Hashes the next entries and compares every tile that they fill.
    pub fn append(&mut self, entries: &[&[u8]]) -> Result<(), Fault> {
        let before = self.frontier.clone();
        for entry in entries {
            let tiles = &mut self.tiles;
            self.frontier
                .append_with(merkle::leaf_hash(entry), |level, _, hash| {
                    if level.is_multiple_of(tile::HEIGHT) {
                        tiles[usize::from(level / tile::HEIGHT)].1.extend(hash);
                    }
                });
            self.note_root();
        }
        if self.is_sound() {
            self.by_tiles = Some(before);
        }
        let last = self.frontier.size() == self.head.size;
        for level in 0..8 {
            let length = self.tiles[usize::from(level)].1.len();
            if length == FULL || (last && length > 0) {
                self.compare(level)?;
            }
        }
        if self.is_sound() {
            self.by_tiles = None;
        }
        Ok(())
    }

    /// True while all stored tiles are what the entries give.
    pub fn is_sound(&self) -> bool {
        self.difference.is_none()
    }

    /// The verdict over all files, and the roots at the sizes that were asked for.
    pub fn finish(self) -> Result<BTreeMap<u64, Option<[u8; 32]>>, Fault> {
        let signed = self.frontier.root() == self.head.root;
        let by_tiles = self.by_tiles.map(|frontier| frontier.root());
        match (self.difference, signed) {
            (None, true) => Ok(self.roots),
            (None, false) => {
                let what = format!(
                    "the {} entries and all tiles agree on a root, the checkpoint signs another",
                    self.head.size
                );
                Err(Fault::new("root_mismatch", what).of_file("log/checkpoint"))
            }
            (Some(difference), true) => Err(difference.of_the_tile()),
            (Some(difference), false) => {
                let certain = by_tiles == Some(self.head.root);
                Err(difference.of_the_entries(certain))
            }
        }
    }

    /// Holds the stored tile of a level against the bytes that the entries give.
    fn compare(&mut self, level: u8) -> Result<(), Fault> {
        let (index, bytes) = &mut self.tiles[usize::from(level)];
        let width = u16::try_from(bytes.len() / 32).expect("a tile has at most 256 hashes");
        let tile = Tile {
            level,
            index: *index,
            width,
        };
        let expected = std::mem::take(bytes);
        *index += 1;
        let path = tile.path();
        let stored = read(self.source, &path)?.ok_or_else(|| {
            Fault::new("tile_missing", format!("the hash tile `{path}` is missing"))
                .of_file(logged(&path))
        })?;
        if stored != expected && self.difference.is_none() {
            let same = stored.iter().zip(&expected).take_while(|(a, b)| a == b);
            let position = (same.count() / 32) as u64;
            self.difference = Some(Difference { tile, position });
        }
        if level == 0 {
            self.follow(&stored, width);
        } else if self
            .difference
            .as_ref()
            .is_some_and(|first| first.tile == tile)
        {
            self.by_tiles = None;
        }
        Ok(())
    }

    /// Continues the tree as the level-0 tiles have it; a tile of another length ends it.
    fn follow(&mut self, stored: &[u8], width: u16) {
        let (hashes, rest) = stored.as_chunks::<32>();
        let whole = hashes.len() == usize::from(width) && rest.is_empty();
        self.by_tiles = self.by_tiles.take().filter(|_| whole).map(|mut frontier| {
            hashes.iter().for_each(|hash| frontier.append(*hash));
            frontier
        });
    }

    fn note_root(&mut self) {
        if let Some(root) = self.roots.get_mut(&self.frontier.size()) {
            *root = Some(self.frontier.root());
        }
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

fn read(source: &dyn Source, path: &str) -> Result<Option<Vec<u8>>, Fault> {
    source
        .file(path)
        .map_err(|error| unreadable(&error).of_file(logged(path)))
}

/// A source that fails is no proof of a wrong log, but nothing can be verified either.
pub(crate) fn unreadable(error: &ReadError) -> Fault {
    Fault::new("unreadable", error.to_string())
}

fn logged(path: &str) -> String {
    format!("log/{path}")
}
