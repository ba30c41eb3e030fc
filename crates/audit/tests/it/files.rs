//! One changed, missing, cut or exchanged file is always found, and named.

use crate::script::honest;
use crate::twin::{Directory, check_files};
use audit::Fault;
use proptest::prelude::*;
use proptest::sample::Index;

fn fault_of(path: &str, change: impl FnOnce(&mut Directory)) -> Fault {
    let mut directory = honest().clone();
    change(&mut directory);
    let fault = check_files(&directory).expect_err("a changed file never verifies");
    assert_eq!(fault.file.as_deref(), Some(path), "{fault:?}");
    fault
}

fn flip(path: &str, position: usize, bit: u32) -> Fault {
    fault_of(path, |directory| {
        directory.files.get_mut(path).unwrap()[position] ^= 1 << bit;
    })
}

/// The entry that a byte of a bundle belongs to; `None` for a byte of a length.
fn entry_at(bundle: &[u8], position: usize) -> Option<u64> {
    let mut start = 0;
    for number in 0.. {
        let length = usize::from(u16::from_be_bytes([bundle[start], bundle[start + 1]]));
        if position < start + 2 {
            return None;
        }
        if position < start + 2 + length {
            return Some(number);
        }
        start += 2 + length;
    }
    None
}

#[test]
fn the_space_has_every_kind_of_file() {
    let paths: Vec<&str> = honest().files.keys().map(String::as_str).collect();
    let folders = [
        "attachments/",
        "claims/",
        "log/checkpoint",
        "log/tile/0/000",
        "log/tile/1/000.p/2",
    ];
    for folder in folders
        .into_iter()
        .chain(["log/tile/entries/002.p/", "openings/"])
    {
        assert!(
            paths.iter().any(|path| path.starts_with(folder)),
            "{folder}: {paths:?}"
        );
    }
}

#[test]
fn a_flipped_byte_at_either_end_of_every_file() {
    for (path, bytes) in &honest().files {
        for position in [0, bytes.len() / 2, bytes.len() - 1] {
            flip(path, position, 0);
        }
    }
}

#[test]
fn every_file_missing_cut_or_longer() {
    for (path, bytes) in &honest().files {
        fault_of(path, |directory| drop(directory.files.remove(path)));
        fault_of(path, |directory| {
            directory
                .files
                .get_mut(path)
                .unwrap()
                .truncate(bytes.len() - 1)
        });
        fault_of(path, |directory| {
            directory.files.get_mut(path).unwrap().push(0)
        });
        fault_of(path, |directory| {
            directory
                .files
                .get_mut(path)
                .unwrap()
                .truncate(bytes.len() / 2);
        });
    }
}

#[test]
fn exchanged_bundles_name_the_first_entry() {
    let (one, other) = ("log/tile/entries/000", "log/tile/entries/001");
    let fault = fault_of(one, |directory| {
        let first = directory.files[one].clone();
        let second = directory.files.insert(other.to_owned(), first).unwrap();
        directory.files.insert(one.to_owned(), second);
    });
    assert_eq!((fault.code, fault.at), ("entry_changed", Some(0)));
}

#[test]
fn certain_about_one_change_and_in_doubt_about_two() {
    let (bundle, tile) = ("log/tile/entries/001", "log/tile/0/000");
    let doubt = |fault: Fault| fault.what.contains("neither gives the signed root");
    assert!(!doubt(flip(bundle, 900, 1)));
    let both = fault_of("log/tile/entries/000", |directory| {
        directory.files.get_mut(bundle).unwrap()[900] ^= 1;
        directory.files.get_mut(tile).unwrap()[900] ^= 1;
    });
    assert!(doubt(both));
}

#[test]
fn entry_and_leaf_tile_changed_together_are_named_by_the_level_above() {
    let (bundle, tile) = ("log/tile/entries/001", "log/tile/0/001");
    let fault = fault_of(bundle, |directory| {
        let bytes = directory.files.get_mut(bundle).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let entries = proof::tile::entries(bytes, 256).unwrap();
        let hashes: Vec<_> = entries
            .iter()
            .map(|it| proof::merkle::leaf_hash(it))
            .collect();
        directory.files.insert(tile.to_owned(), hashes.concat());
    });
    assert_eq!(fault.code, "entry_changed");
}

#[test]
fn all_files_of_another_log_under_this_checkpoint() {
    let mut directory = honest().clone();
    let checkpoint = directory.files["log/checkpoint"].clone();
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for (path, bundle) in &directory.files {
        if path.starts_with("log/tile/entries/") {
            let width = path
                .split_once(".p/")
                .map_or(256, |(_, width)| width.parse().unwrap());
            let bundle = proof::tile::entries(bundle, width).unwrap();
            entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
        }
    }
    entries.swap(20, 21);
    directory.publish(&entries, &crate::twin::signer(99));
    let fault = check_files(&directory).unwrap_err();
    assert_eq!(
        (fault.code, fault.at),
        ("entry_number", Some(20)),
        "under a fresh signature"
    );
    directory
        .files
        .insert("log/checkpoint".to_owned(), checkpoint);
    let fault = check_files(&directory).unwrap_err();
    assert_eq!(
        (fault.code, fault.file.as_deref()),
        ("root_mismatch", Some("log/checkpoint"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_flipped_bit_is_found_and_named(file: Index, position: Index, bit in 0..8_u32) {
        let (path, bytes) = file.get(&Vec::from_iter(&honest().files)).to_owned();
        let position = position.index(bytes.len());
        let fault = flip(path, position, bit);
        if let Some(bundle) = path.strip_prefix("log/tile/entries/")
            && let Some(number) = entry_at(bytes, position)
        {
            let first: u64 = bundle[..3].parse().unwrap();
            prop_assert_eq!(fault.at, Some(first * 256 + number));
            prop_assert_eq!(fault.code, "entry_changed");
        }
    }
}

#[test]
fn a_published_content_is_the_one_that_its_asset_names() {
    let mut directory = honest().clone();
    let state = crate::script::build(crate::world::Lie::None).state;
    let model = &state.assets[1].registered;
    let path = crate::twin::attachment(&model.content.0);
    directory
        .files
        .insert(path.clone(), b"other weights".to_vec());
    let fault = check_files(&directory).unwrap_err();
    assert_eq!((fault.code, fault.file), ("document_changed", Some(path)));
}
