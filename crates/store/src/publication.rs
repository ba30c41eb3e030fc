//! Publishing: tiles and bundles made durable first, then the signed checkpoint over them.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proof::merkle::Head;
use proof::tile::Tile;
use proof::{Checkpoint, note, tile};

use crate::error::{Error, Result};
use crate::files::Files;
use crate::inventory::{self, Inventory};
use crate::public::CHECKPOINT;
use crate::tree::{FullFile, Tree, full_at, log_name};

/// Levels that a tree of 64-bit size can have tiles at.
const LEVELS: u8 = 8;

/// Everything that a checkpoint over one head needs beside it. It owns its bytes, so that any
/// thread may write it while the log grows on; what comes of it is told by
/// [`crate::Store::published`]. Without that the next one holds its files again.
#[derive(Clone, Debug)]
pub struct Publication {
    head: Head,
    full: Vec<Arc<FullFile>>,
    partials: Vec<(String, Vec<u8>)>,
    /// Where partial tiles stand that are full under this head, as a prefix of their names.
    superseded: Vec<String>,
}

impl Publication {
    /// What the checkpoint must be signed over.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Writes tiles and bundles; they are durable on return. May be called again after an error.
    pub fn write(&self, files: &dyn Files) -> Result<()> {
        for file in &self.full {
            files.stage(&file.name, &file.bytes)?;
        }
        for (name, bytes) in &self.partials {
            files.stage(name, bytes)?;
        }
        files.sync()
    }

    /// Puts the checkpoint in place, after [`Publication::write`] has returned, then removes the
    /// partial tiles that full ones have superseded. The note may carry signatures of witnesses
    /// beside the log's own; one over another head than [`Publication::head`] is refused. It may be
    /// put again with more signatures.
    pub fn put_checkpoint(&self, files: &dyn Files, note: &str) -> Result<Checkpoint> {
        let text = note::text_unverified(note.as_bytes());
        let checkpoint = text.and_then(Checkpoint::parse).map_err(|fault| {
            Error::invalid(format!("put `{CHECKPOINT}` in place"), fault.to_string())
        })?;
        if checkpoint.head != self.head {
            let (size, own) = (checkpoint.head.size, self.head.size);
            let why = format!("it is over {size} entries, the tiles beside it are over {own}");
            return Err(Error::invalid(format!("put `{CHECKPOINT}` in place"), why));
        }
        files.put(CHECKPOINT, note.as_bytes())?;
        // What stays behind only takes room, and a scrub removes it.
        remove_superseded(files, &self.superseded).ok();
        Ok(checkpoint)
    }
}

/// So many folders of partial tiles are looked into one by one.
const FEW: usize = 8;

/// Removes partial tiles under prefixes such as `log/tile/0/001.p/`. After a start all tiles that
/// the last process may have begun are among them, and hardly any is there: each level is listed
/// once then, for a bucket takes a request for each listing.
fn remove_superseded(files: &dyn Files, prefixes: &[String]) -> Result<()> {
    if prefixes.len() <= FEW {
        return prefixes
            .iter()
            .try_for_each(|prefix| remove_all(files, prefix));
    }
    let mut levels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for prefix in prefixes {
        let level = prefix.splitn(4, '/').map(str::len).take(3).sum::<usize>() + 3;
        levels.entry(&prefix[..level]).or_default().insert(prefix);
    }
    for (level, prefixes) in levels {
        let first = prefixes.first().copied().unwrap_or_default();
        for name in files.list(level, first, usize::MAX)? {
            let folder = name.rfind('/').map_or("", |slash| &name[..=slash]);
            if prefixes.contains(folder) {
                files.remove(&name)?;
            }
        }
    }
    Ok(())
}

/// Removes partial tiles under a prefix such as `log/tile/0/001.p/`.
pub(crate) fn remove_all(files: &dyn Files, prefix: &str) -> Result<()> {
    for name in files.list(prefix, "", usize::MAX)? {
        files.remove(&name)?;
    }
    Ok(())
}

/// Knows what of a tree is published, and what is not yet.
#[derive(Debug)]
pub(crate) struct Publisher {
    /// Head of the checkpoint in place, `None` where tiles must be written whatever it says.
    pub published: Option<Head>,
    /// Level and index of tiles that may have been written while they were partial.
    partials: BTreeSet<(u8, u64)>,
}

/// What the files of a log hold at a start.
pub(crate) struct Published {
    pub publisher: Publisher,
    /// The tree as far as it is published, or an empty one where its files are not whole.
    pub tree: Tree,
    /// The newest head that was ever signed; an empty tree's before the first.
    pub signed: Head,
    /// Why the tiles must be written again, if they must.
    pub notice: Option<String>,
}

impl Publisher {
    /// Starts on files without a checkpoint.
    pub(crate) fn create() -> Self {
        Self {
            published: None,
            partials: BTreeSet::new(),
        }
    }

    /// Reads the checkpoint and the tree's right edge; with `count`, looks whether no tile is
    /// missing.
    pub(crate) fn open(files: &dyn Files, count: bool) -> Result<Published> {
        let mut published = Published {
            publisher: Self::create(),
            tree: Tree::default(),
            signed: Tree::default().head(),
            notice: None,
        };
        let Some(note) = files.read(CHECKPOINT)? else {
            return Ok(published);
        };
        let text = note::text_unverified(&note);
        let signed = text.and_then(Checkpoint::parse).map_err(|fault| {
            let why =
                format!("{fault}; hint: restore it from a backup or a copy of the public log");
            Error::corrupt(format!("read `{CHECKPOINT}`"), why)
        })?;
        let signed = signed.head;
        published.signed = signed;
        let counted = match count {
            true => published.publisher.count(files, signed.size),
            false => Ok(()),
        };
        match counted.and_then(|()| Tree::load(files, &signed)) {
            Ok(tree) => {
                published.publisher.published = Some(signed);
                published.tree = tree;
            }
            Err(error) => {
                let notice = format!("tiles are written again from the journal: {error}");
                published.notice = Some(notice);
            }
        }
        Ok(published)
    }

    /// Looks by name whether all full tiles are there, and what partial ones were left behind.
    fn count(&mut self, files: &dyn Files, size: u64) -> Result<()> {
        let inventory = Inventory::take(files, size)?;
        self.partials.extend(inventory.superseded);
        let missing = inventory.missing;
        missing.map_or(Ok(()), |name| Err(inventory::missing(&name)))
    }

    /// Everything between the two sizes may have been published in part before this start.
    pub(crate) fn suspect(&mut self, signed_size: u64, size: u64) {
        for level in 0..LEVELS {
            let rise = u32::from(tile::HEIGHT) * (u32::from(level) + 1);
            let first = signed_size.checked_shr(rise).unwrap_or(0);
            let last = size.checked_shr(rise).unwrap_or(0);
            self.partials
                .extend((first..=last).map(|index| (level, index)));
        }
    }

    /// What is new since the last checkpoint.
    pub(crate) fn publication(&mut self, tree: &Tree) -> Publication {
        let head = tree.head();
        let edge = (0..LEVELS).filter_map(|level| tile::partial(level, head.size));
        self.partials
            .extend(edge.map(|tile| (tile.level, tile.index)));
        let superseded = self.partials.iter().copied();
        let superseded = superseded
            .filter(|(level, index)| full_at(*level, *index) <= head.size)
            .flat_map(|(level, index)| partial_prefixes(level, index))
            .collect();
        let partials = tree.partials().into_iter();
        Publication {
            head,
            full: tree.full.iter().cloned().collect(),
            partials: partials
                .map(|(name, bytes)| (name, bytes.to_vec()))
                .collect(),
            superseded,
        }
    }

    /// A checkpoint over this head is in place: its full tiles need not be kept any longer.
    pub(crate) fn published(&mut self, tree: &mut Tree, head: Head) {
        if self.published.is_some_and(|known| known.size > head.size) {
            return;
        }
        while (tree.full.front()).is_some_and(|file| file.full_at <= head.size) {
            tree.full.pop_front();
        }
        self.partials
            .retain(|(level, index)| full_at(*level, *index) > head.size);
        self.published = Some(head);
    }
}

/// Writes the full tiles that await it, when too many pile up at a start.
pub(crate) fn flush(files: &dyn Files, tree: &mut Tree) -> Result<()> {
    while let Some(file) = tree.full.front() {
        files.stage(&file.name, &file.bytes)?;
        tree.full.pop_front();
    }
    Ok(())
}

/// Where the partial forms of a tile and its bundle stand.
pub(crate) fn partial_prefixes(level: u8, index: u64) -> Vec<String> {
    let narrow = Tile {
        level,
        index,
        width: 1,
    };
    let mut paths = vec![narrow.path()];
    if level == 0 {
        paths.push(narrow.bundle_path());
    }
    let prefix = |path: &String| log_name(path.strip_suffix('1').expect("its width is 1"));
    paths.iter().map(prefix).collect()
}
