//! Trees: published roots, proofs against `tlog_tiles`, and every proof that must fail.
use std::collections::BTreeMap;

use proof::merkle::{self, Frontier, Head};
use proof::{Fault, Hash};
use proptest::prelude::*;
use tlog_tiles::tlog;

use crate::{array, list, vectors};

/// A tree with all its nodes, and the same tree as `tlog_tiles` stores it.
struct Tree {
    nodes: BTreeMap<(u8, u64), Hash>,
    heads: Vec<Head>,
    foreign: Foreign,
}

struct Foreign(Vec<tlog::Hash>);

impl tlog::HashReader for Foreign {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes
            .iter()
            .map(|index| self.0[*index as usize])
            .collect())
    }
}

impl Tree {
    fn grow(size: u64) -> Self {
        let mut frontier = Frontier::default();
        let mut nodes = BTreeMap::new();
        let mut heads = vec![Head {
            size: 0,
            root: frontier.root(),
        }];
        let mut foreign = Foreign(Vec::new());
        for index in 0..size {
            let entry = index.to_be_bytes();
            frontier.append_with(merkle::leaf_hash(&entry), |level, index, hash| {
                nodes.insert((level, index), hash);
            });
            heads.push(Head {
                size: index + 1,
                root: frontier.root(),
            });
            let stored = tlog::stored_hashes(index, &entry, &foreign).unwrap();
            foreign.0.extend(stored);
        }
        Self {
            nodes,
            heads,
            foreign,
        }
    }

    fn node(&self, level: u8, index: u64) -> Result<Hash, Fault> {
        Ok(self.nodes[&(level, index)])
    }
}

#[test]
fn roots_equal_the_published_ones() {
    let tree = &vectors()["tree"];
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), array(&tree["empty_root"]));
    for (entry, root) in list(&tree["entries"]).iter().zip(list(&tree["roots"])) {
        frontier.append(merkle::leaf_hash(entry));
        assert_eq!(frontier.root().to_vec(), root);
    }
}

#[test]
fn roots_and_proofs_equal_those_of_tlog_tiles() {
    let tree = Tree::grow(70);
    for new in &tree.heads[1..] {
        let root = tlog::tree_hash(new.size, &tree.foreign).unwrap();
        assert_eq!(root.0, new.root);
        let leaves: Vec<Hash> = (0..new.size).map(|it| tree.nodes[&(0, it)]).collect();
        assert_eq!(merkle::root(&leaves), new.root);
        for index in 0..new.size {
            let path = merkle::prove_inclusion(index, new.size, |l, i| tree.node(l, i)).unwrap();
            let foreign = tlog::prove_record(new.size, index, &tree.foreign).unwrap();
            assert!(foreign.iter().map(|hash| hash.0).eq(path.iter().copied()));
            let leaf = tree.node(0, index).unwrap();
            merkle::verify_inclusion(&leaf, index, new.size, &path, &new.root).unwrap();
        }
        for old in &tree.heads[1..=new.size as usize] {
            let path =
                merkle::prove_consistency(old.size, new.size, |l, i| tree.node(l, i)).unwrap();
            let foreign = tlog::prove_tree(new.size, old.size, &tree.foreign).unwrap();
            assert!(foreign.iter().map(|hash| hash.0).eq(path.iter().copied()));
            merkle::verify_consistency(old, new, &path).unwrap();
        }
    }
}

#[test]
fn a_frontier_read_back_from_nodes_goes_on_alike() {
    let tree = Tree::grow(300);
    for size in [0, 1, 2, 3, 127, 128, 255, 256, 257, 299] {
        let mut frontier = Frontier::read(size, |l, i| tree.node(l, i)).unwrap();
        assert_eq!(frontier.root(), tree.heads[size as usize].root);
        for index in size..300 {
            frontier.append(tree.node(0, index).unwrap());
        }
        assert_eq!(frontier.size(), 300);
        assert_eq!(frontier.root(), tree.heads[300].root);
    }
}

#[test]
fn a_tree_grows_by_subtrees_as_by_leaves() {
    let tree = Tree::grow(300);
    for size in 0..300u64 {
        let mut frontier = Frontier::read(size, |l, i| tree.node(l, i)).unwrap();
        let mut reported = BTreeMap::new();
        while frontier.size() < 300 {
            let at = frontier.size();
            let level = (0..9u8)
                .rev()
                .find(|level| at.is_multiple_of(1 << level) && at + (1 << level) <= 300);
            let level = level.expect("a leaf fits");
            let root = tree.node(level, at >> level).unwrap();
            frontier.append_subtree(level, root, |level, index, hash| {
                assert_eq!(reported.insert((level, index), hash), None);
            });
        }
        assert_eq!(frontier.root(), tree.heads[300].root);
        let leaves: Vec<Hash> = (0..size).map(|it| tree.nodes[&(0, it)]).collect();
        assert_eq!(merkle::root(&leaves), tree.heads[size as usize].root);
        for (place, hash) in reported {
            assert_eq!(tree.nodes[&place], hash, "{place:?}");
        }
    }
}

#[test]
#[should_panic(expected = "begins at its multiple")]
fn a_subtree_does_not_stand_between() {
    let tree = Tree::grow(9);
    let mut frontier = Frontier::read(9, |l, i| tree.node(l, i)).unwrap();
    frontier.append_subtree(1, tree.node(1, 0).unwrap(), |_, _, _| ());
}

#[test]
fn impossible_requests_are_refused() {
    let tree = Tree::grow(8);
    let node = |level, index| tree.node(level, index);
    assert!(merkle::prove_inclusion(8, 8, node).is_err());
    assert!(merkle::prove_consistency(9, 8, node).is_err());
    let leaf = node(0, 0).unwrap();
    assert!(merkle::verify_inclusion(&leaf, 0, 0, &[], &leaf).is_err());
    let [empty, one] = [tree.heads[0], tree.heads[1]];
    merkle::verify_consistency(&empty, &one, &[]).unwrap();
    assert!(merkle::verify_consistency(&Head { size: 0, ..one }, &one, &[]).is_err());
    assert!(merkle::verify_consistency(&one, &Head { size: 1, ..empty }, &[]).is_err());
    assert!(merkle::verify_consistency(&one, &one, &[leaf]).is_err());
    assert!(merkle::verify_consistency(&one, &empty, &[]).is_err());
}

proptest! {
    /// Whatever is changed about a proof, it stops being one; and the foreign verifier agrees.
    #[test]
    fn a_changed_inclusion_proof_fails(
        size in 1u64..600, at: u64, change in 0usize..5, bit in 0usize..256,
    ) {
        let tree = Tree::grow(size);
        let index = at % size;
        let mut path = merkle::prove_inclusion(index, size, |l, i| tree.node(l, i)).unwrap();
        let root = tree.heads[size as usize].root;
        let mut leaf = tree.node(0, index).unwrap();
        let mut claimed = index;
        let hashes = path.len();
        match change {
            0 => leaf[bit / 8] ^= 1 << (bit % 8),
            1 if hashes > 0 => path[bit % hashes][bit / 8] ^= 1,
            2 if hashes > 0 => { path.remove(bit % hashes); }
            3 => path.insert(bit % (hashes + 1), [7; 32]),
            4 if size > 1 => claimed = (index + 1 + bit as u64 % (size - 1)) % size,
            _ => return Ok(()),
        }
        prop_assert!(merkle::verify_inclusion(&leaf, claimed, size, &path, &root).is_err());
        let path = path.into_iter().map(tlog::Hash).collect();
        let (root, leaf) = (tlog::Hash(root), tlog::Hash(leaf));
        prop_assert!(tlog::check_record(&path, size, root, claimed, leaf).is_err());
    }

    #[test]
    fn a_changed_consistency_proof_fails(
        size in 2u64..600, at: u64, change in 0usize..5, bit in 0usize..256,
    ) {
        let tree = Tree::grow(size);
        let mut old = tree.heads[1 + (at % (size - 1)) as usize];
        let mut new = tree.heads[size as usize];
        let mut path =
            merkle::prove_consistency(old.size, size, |l, i| tree.node(l, i)).unwrap();
        let hashes = path.len();
        match change {
            0 => old.root[bit / 8] ^= 1 << (bit % 8),
            1 => new.root[bit / 8] ^= 1 << (bit % 8),
            2 => path[bit % hashes][bit / 8] ^= 1,
            3 => { path.remove(bit % hashes); }
            _ => path.insert(bit % (hashes + 1), [7; 32]),
        }
        prop_assert!(merkle::verify_consistency(&old, &new, &path).is_err());
    }

    #[test]
    fn arbitrary_proofs_never_panic(
        sizes in any::<[u64; 3]>(), path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let [index, old, new] = sizes;
        let root = [0; 32];
        prop_assert!(merkle::verify_inclusion(&root, index, new, &path, &root).is_err()
            || new == 1);
        let old = Head { size: old, root };
        let new = Head { size: new, root: [1; 32] };
        let verified = merkle::verify_consistency(&old, &new, &path);
        prop_assert!(verified.is_err());
    }
}
