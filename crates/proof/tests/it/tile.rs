//! Tiles and bundles: paths of the specification, growth against `tlog_tiles`, refused bundles.
use std::collections::BTreeMap;

use proof::tile::{self, Tile};
use proof::{Hash, merkle};
use proptest::prelude::*;

use crate::{bytes, list, vectors};

#[test]
fn paths_are_those_of_the_specification() {
    let example = &vectors()["tiles"];
    let size = example["size"].as_u64().unwrap();
    let partials: Vec<String> = (0..8)
        .filter_map(|level| tile::partial(level, size))
        .map(|tile| tile.path())
        .collect();
    assert_eq!(serde_json::json!(partials), example["partials"]);
    let deep = Tile {
        level: 0,
        index: 1_234_067,
        width: 256,
    };
    assert_eq!(deep.path(), example["index_1234067"].as_str().unwrap());
    assert_eq!(deep.bundle_path(), "tile/entries/x001/x234/067");
    let partial = Tile {
        width: 1,
        index: 1000,
        ..deep
    };
    assert_eq!(partial.bundle_path(), "tile/entries/x001/000.p/1");
    assert_eq!(
        tile::partial(1, 256),
        Some(Tile {
            level: 1,
            index: 0,
            width: 1
        })
    );
    assert_eq!(tile::partial(0, 256), None);
}

#[test]
fn the_largest_tree_has_eight_levels() {
    let tiles = tile::growth(u64::MAX - 1, u64::MAX);
    assert_eq!(tiles.len(), 1);
    assert_eq!(tile::growth(0, 257).len(), 3);
    assert_eq!(tile::partial(7, u64::MAX).unwrap().width, 255);
    assert_eq!(tile::partial(8, u64::MAX), None);
}

#[test]
fn bundles_have_the_bytes_of_the_specification() {
    let example = &vectors()["bundle"];
    let entries = list(&example["entries"]);
    let mut bundle = Vec::new();
    for entry in &entries {
        tile::push_entry(&mut bundle, entry).unwrap();
    }
    assert_eq!(bundle, bytes(&example["bytes"]));
    assert_eq!(
        tile::entries(&bundle, entries.len() as u16).unwrap(),
        entries
    );
}

#[test]
fn an_entry_of_65536_bytes_is_refused_and_leaves_no_trace() {
    let mut bundle = Vec::new();
    tile::push_entry(&mut bundle, &[1; 65_535]).unwrap();
    let before = bundle.clone();
    assert!(tile::push_entry(&mut bundle, &[1; 65_536]).is_err());
    assert_eq!(bundle, before);
}

proptest! {
    #[test]
    fn growth_is_that_of_tlog_tiles(old in 0u64..1 << 40, by in 0u64..200_000) {
        let mut foreign = tlog_tiles::tile::Tile::new_tiles(8, old, old + by)
            .iter()
            .map(|t| Tile { level: t.level(), index: t.level_index(), width: t.width() as u16 })
            .collect::<Vec<_>>();
        foreign.sort();
        prop_assert_eq!(tile::growth(old, old + by), foreign);
    }

    /// Every node that a proof may ask for is found in the tile that `locate` and `holding` name.
    #[test]
    fn nodes_are_found_in_their_tiles(size in 1u64..1500, at: u64) {
        let mut nodes: BTreeMap<(u8, u64), Hash> = BTreeMap::new();
        let mut frontier = merkle::Frontier::default();
        for index in 0..size {
            let leaf = merkle::leaf_hash(&index.to_be_bytes());
            frontier.append_with(leaf, |l, i, hash| { nodes.insert((l, i), hash); });
        }
        let (&(level, index), hash) = nodes.iter().nth(at as usize % nodes.len()).unwrap();
        let (tile_level, tile_index, range) = tile::locate(level, index);
        let first = tile_index * 256 + range.start as u64;
        let held = tile::holding(tile_level, first, size).unwrap();
        prop_assert_eq!(held.index, tile_index);
        prop_assert!(range.end <= usize::from(held.width));
        let bytes: Vec<u8> = (0..u64::from(held.width))
            .flat_map(|i| nodes[&(tile_level * 8, tile_index * 256 + i)])
            .collect();
        prop_assert_eq!(tile::node_in(&bytes, range.clone()), Some(*hash));
        prop_assert_eq!(tile::node_in(&bytes[..range.end * 32 - 1], range), None);
    }

    /// Proofs made from stored tiles are those made from the nodes, and no tile is read twice.
    #[test]
    fn proofs_come_from_tiles(size in 1u64..70_000, one: u64, other: u64) {
        let leaf = |seq: u64| merkle::leaf_hash(&seq.to_be_bytes());
        let leaves: Vec<Hash> = (0..size).map(leaf).collect();
        let mut nodes = vec![leaves];
        while nodes[nodes.len() - 1].len() > 1 {
            let below = nodes[nodes.len() - 1].as_chunks::<2>().0.iter();
            nodes.push(below.map(|[left, right]| merkle::node_hash(left, right)).collect());
        }
        let node = |level: u8, index: u64| Ok(nodes[usize::from(level)][index as usize]);
        let mut read = Vec::new();
        let mut stored = |tile: &Tile| {
            read.push(*tile);
            let first = tile.index as usize * 256;
            let level = &nodes[usize::from(tile.level) * 8];
            Ok::<_, proof::Fault>(level[first..first + usize::from(tile.width)].concat())
        };
        let (index, old) = (one % size, other % (size + 1));
        let inclusion = tile::prove_inclusion(index, size, &mut stored).unwrap();
        let consistency = tile::prove_consistency(old, size, &mut stored);
        prop_assert_eq!(Ok(inclusion), merkle::prove_inclusion(index, size, node));
        prop_assert_eq!(consistency, merkle::prove_consistency(old, size, node));
        prop_assert!(read.len() <= 12, "{:?}", read);
        let short = |_: &Tile| Ok::<_, proof::Fault>(vec![0; 31]);
        prop_assert!(size == 1 || tile::prove_inclusion(index, size, short).is_err());
    }

    #[test]
    fn bundles_come_back(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..=256),
        cut: usize, extra in 1usize..4,
    ) {
        let mut bundle = Vec::new();
        for entry in &entries {
            tile::push_entry(&mut bundle, entry).unwrap();
        }
        let width = entries.len() as u16;
        prop_assert_eq!(tile::entries(&bundle, width).unwrap(), entries);
        if !bundle.is_empty() {
            prop_assert!(tile::entries(&bundle[..cut % bundle.len()], width).is_err());
        }
        bundle.resize(bundle.len() + extra, 0);
        prop_assert!(tile::entries(&bundle, width).is_err());
    }
}
