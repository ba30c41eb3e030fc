//! Two checkpoints of one log: the newer must go on from the older.

use crate::files::{self, logged};
use crate::trust::Signed;
use crate::{Fault, Source};
use proof::merkle::{self, Frontier, Head};
use proof::tile;

/// Holds a new checkpoint against the last one that was verified. Where the stored tiles lead to
/// the new root but not from the old one, the two notes prove a fork; where they do not lead to the
/// new root at all, reading the log will tell which file is wrong.
pub(crate) fn check(source: &dyn Source, last: &Signed, new: &Signed) -> Result<(), Fault> {
    let (old, head) = (last.checkpoint.head, new.checkpoint.head);
    if head.size < old.size {
        let what = format!(
            "the log went back from {} to {} entries: both checkpoints are signed",
            old.size, head.size
        );
        let fault = Fault::new("rollback", what).of_file(logged("checkpoint"));
        return Err(fault.with_evidence(&[&last.note, &new.note]));
    }
    match begins_with(source, &old, &head) {
        Ok(root) if root != old.root => Err(fault(&last.note, &new.note)),
        _ => Ok(()),
    }
}

/// The root of the tree of the old size that the new tree begins with, by its stored tiles and
/// proven under its root.
pub(crate) fn begins_with(
    source: &dyn Source,
    old: &Head,
    new: &Head,
) -> Result<[u8; 32], Unproven> {
    let node = |level, index| node(source, level, index, new.size);
    let path = merkle::prove_consistency(old.size, new.size, node)?;
    let root = match old.size == new.size {
        true => new.root,
        false => Frontier::read(old.size, node)?.root(),
    };
    let size = old.size;
    merkle::verify_consistency(&Head { size, root }, new, &path)?;
    Ok(root)
}

/// The tiles do not bear the new root out, or are not there.
pub(crate) struct Unproven;

impl From<proof::Fault> for Unproven {
    fn from(_: proof::Fault) -> Self {
        Self
    }
}

/// That two checkpoints are of different logs.
pub(crate) fn fault(last: &[u8], new: &[u8]) -> Fault {
    let what = "two signed checkpoints contradict each other: the newer log does not begin with \
                the older one";
    let fault = Fault::new("fork", what).of_file(logged("checkpoint"));
    fault.with_evidence(&[last, new])
}

fn node(source: &dyn Source, level: u8, index: u64, size: u64) -> Result<[u8; 32], Unproven> {
    let (level, tile, hashes) = tile::locate(level, index);
    let tile = tile::holding(level, tile * tile::WIDTH + hashes.start as u64, size);
    let bytes = files::tile(source, tile.ok_or(Unproven)?).map_err(|_| Unproven)?;
    tile::node_in(&bytes, hashes).ok_or(Unproven)
}
