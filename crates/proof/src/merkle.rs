//! RFC 6962 trees: leaf and node hashes, a growing root, inclusion and consistency proofs.
//!
//! A node is named by its level (0 = leaves) and its index within the level; it covers the leaves
//! `index << level .. (index + 1) << level`. Proofs are built through a closure that reads complete
//! nodes, so that tiles, a journal or a plain vector can serve them.
use alloc::vec;
use alloc::vec::Vec;

use crate::Fault;
use crate::hash::{Hash, sha256, sha256_each};

/// What a leaf's bytes are hashed behind.
const LEAF: &[u8] = &[0];
/// What a node's two children are hashed behind.
const NODE: &[u8] = &[1];

/// Hash of a log entry: SHA-256 over a zero byte and the entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[LEAF, entry])
}

/// [`leaf_hash`] of each entry.
pub fn leaf_hashes(entries: &[&[u8]]) -> Vec<Hash> {
    let mut hashes = vec![[0; 32]; entries.len()];
    write_leaf_hashes(entries, &mut hashes);
    hashes
}

/// [`leaf_hash`] of each entry, into as many places.
///
/// # Panics
/// Where there are not as many places as entries.
pub fn write_leaf_hashes(entries: &[&[u8]], hashes: &mut [Hash]) {
    assert_eq!(entries.len(), hashes.len(), "a place for each entry");
    sha256_each(LEAF, entries.iter().copied(), hashes);
}

/// Hash of an inner node: SHA-256 over a one byte and its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[NODE, left, right])
}

/// Root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// Root of the tree over these leaf hashes.
pub fn root(leaves: &[Hash]) -> Hash {
    if leaves.len() <= RUN {
        return run_root(leaves);
    }
    // RFC 6962 cuts at powers of two, so that runs, of which only the last may be shorter, are the
    // leaves of a tree.
    let mut runs = Frontier::default();
    leaves
        .chunks(RUN)
        .for_each(|run| runs.append(run_root(run)));
    runs.root()
}

/// Leaves over which a root is computed without any memory but the stack; a power of two.
pub(crate) const RUN: usize = 256;

/// Root over at most [`RUN`] leaves, level by level.
fn run_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => return empty_root(),
        [only] => return *only,
        _ => {}
    }
    let (mut first, mut second) = ([[0; 32]; RUN / 2], [[0; 32]; RUN / 2]);
    let (mut level, mut above): (&mut [Hash], &mut [Hash]) = (&mut first, &mut second);
    let mut count = rise(leaves, level);
    while count > 1 {
        count = rise(&level[..count], above);
        core::mem::swap(&mut level, &mut above);
    }
    level[0]
}

/// Writes the level above one, and says how many nodes it has. One without a sibling moves up as it
/// is.
fn rise(level: &[Hash], above: &mut [Hash]) -> usize {
    let (pairs, last) = level.as_chunks::<2>();
    let (nodes, behind) = above.split_at_mut(pairs.len());
    sha256_each(NODE, pairs.iter().map(|pair| pair.as_flattened()), nodes);
    behind[..last.len()].copy_from_slice(last);
    pairs.len() + last.len()
}

/// The roots of the complete subtrees of a growing tree, largest first: all that is needed to
/// append.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// Rebuilds the frontier of a tree of `size` leaves from its stored nodes (at most 64 reads).
    pub fn read<E>(size: u64, mut node: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Self, E> {
        let mut nodes = Vec::new();
        for (level, index) in subtrees(0, size) {
            nodes.push(node(level, index)?);
        }
        Ok(Self { size, nodes })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf.
    pub fn append(&mut self, leaf: Hash) {
        self.append_with(leaf, |_, _, _| ());
    }

    /// Adds the next leaf and reports each node it completes, from the leaf upwards, as level,
    /// index and hash.
    pub fn append_with(&mut self, leaf: Hash, completed: impl FnMut(u8, u64, Hash)) {
        self.append_subtree(0, leaf, completed);
    }

    /// Adds the next `1 << level` leaves by the root over them, and reports that and each node
    /// above it that it completes.
    ///
    /// # Panics
    /// Where the size is no multiple of `1 << level`, or the level is above 63.
    pub fn append_subtree(
        &mut self,
        level: u8,
        root: Hash,
        mut completed: impl FnMut(u8, u64, Hash),
    ) {
        let before = self.size >> level;
        assert!(
            before << level == self.size,
            "a subtree begins at its multiple"
        );
        completed(level, before, root);
        let mut node = root;
        for above in 1..=before.trailing_ones() as u8 {
            let left = self
                .nodes
                .pop()
                .expect("each one bit of the size has its node");
            node = node_hash(&left, &node);
            completed(level + above, before >> above, node);
        }
        self.nodes.push(node);
        self.size += 1 << level;
    }

    /// Root of the whole tree.
    pub fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else {
            return empty_root();
        };
        nodes.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// Builds the audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up
/// (RFC 6962, 2.1.1). Refuses an index that is not in the tree.
pub fn prove_inclusion<E: From<Fault>>(
    index: u64,
    size: u64,
    mut node: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if index >= size {
        return Err(Fault::new("inclusion proof", "the index must be below the tree size").into());
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range_hash(middle, high, &mut node)?);
            high = middle;
        } else {
            path.push(range_hash(low, middle, &mut node)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Checks that `leaf` stands at `index` in the tree of `size` leaves with this root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), Fault> {
    let fault = |rule| Fault::new("inclusion proof", rule);
    if index >= size {
        return Err(fault("the index must be below the tree size"));
    }
    let mut hash = *leaf;
    let (mut index, mut last) = (index, size - 1);
    for sibling in path {
        if last == 0 {
            return Err(fault("it has more hashes than the path is long"));
        }
        if index & 1 == 1 || index == last {
            hash = node_hash(sibling, &hash);
            // A right-most node without a sibling moves up as it is.
            let lift = index.trailing_zeros();
            (index, last) = (index >> lift, last >> lift);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    if last != 0 {
        return Err(fault("it has fewer hashes than the path is long"));
    }
    if hash != *root {
        return Err(fault("the path does not lead from the leaf to the root"));
    }
    Ok(())
}

/// Builds the proof that the tree of `new_size` leaves begins with the tree of `old_size` leaves
/// (RFC 6962, 2.1.2). It is empty where one size is 0 or both are equal.
pub fn prove_consistency<E: From<Fault>>(
    old_size: u64,
    new_size: u64,
    mut node: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if old_size > new_size {
        return Err(Fault::new("consistency proof", "the old tree must not be larger").into());
    }
    let mut path = Vec::new();
    if old_size == 0 || old_size == new_size {
        return Ok(path);
    }
    let (mut low, mut high) = (0, new_size);
    while old_size != high {
        let middle = low + split(high - low);
        if old_size <= middle {
            path.push(range_hash(middle, high, &mut node)?);
            high = middle;
        } else {
            path.push(range_hash(low, middle, &mut node)?);
            low = middle;
        }
    }
    if low != 0 {
        path.push(range_hash(low, high, &mut node)?);
    }
    path.reverse();
    Ok(path)
}

/// A tree as an observer knows it: how many leaves, and their root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

/// Checks that the new tree begins with the old one.
pub fn verify_consistency(old: &Head, new: &Head, path: &[Hash]) -> Result<(), Fault> {
    let fault = |rule| Fault::new("consistency proof", rule);
    if old.size > new.size {
        return Err(fault("the old tree must not be larger"));
    }
    if old.size == 0 || old.size == new.size {
        if !path.is_empty() {
            return Err(fault("it must be empty between these sizes"));
        }
        if old.size == new.size && old.root != new.root {
            return Err(fault("trees of one size must have one root"));
        }
        if old.size == 0 && old.root != empty_root() {
            return Err(fault("a tree without leaves must have the empty root"));
        }
        return Ok(());
    }
    // Walk the path of the old tree's last leaf; levels below its last complete subtree are given
    // by the first hash (or, if the old tree is itself complete, by its root).
    let lift = old.size.trailing_zeros();
    let (mut index, mut last) = ((old.size - 1) >> lift, (new.size - 1) >> lift);
    let (first, rest) = match path.split_first() {
        _ if old.size.is_power_of_two() => (&old.root, path),
        Some((first, rest)) => (first, rest),
        None => return Err(fault("it has fewer hashes than the path is long")),
    };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(fault("it has more hashes than the path is long"));
        }
        if index & 1 == 1 || index == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            let lift = index.trailing_zeros();
            (index, last) = (index >> lift, last >> lift);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    if last != 0 {
        return Err(fault("it has fewer hashes than the path is long"));
    }
    if old_hash != old.root {
        return Err(fault("the path does not lead to the old root"));
    }
    if new_hash != new.root {
        return Err(fault("the path does not lead to the new root"));
    }
    Ok(())
}

/// Largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The complete subtrees that make up `low..high`, largest first; `low` is a multiple of the
/// largest.
fn subtrees(low: u64, high: u64) -> impl DoubleEndedIterator<Item = (u8, u64)> {
    let count = high - low;
    (0..64u8)
        .rev()
        .filter(move |level| count >> level & 1 == 1)
        .map(move |level| {
            let above = (count >> level >> 1) << 1;
            (level, (low >> level) + above)
        })
}

fn range_hash<E>(
    low: u64,
    high: u64,
    node: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut right: Option<Hash> = None;
    for (level, index) in subtrees(low, high).rev() {
        let left = node(level, index)?;
        right = Some(right.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(right.unwrap_or_else(empty_root))
}
