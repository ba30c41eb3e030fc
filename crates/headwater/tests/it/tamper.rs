//! One changed bit, a missing, exchanged or foreign file: the audit says so and names the place.

use crate::replayed::{Replayed, files, write_all};
use crate::run::{Ran, headwater, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PUBLIC: [&str; 5] = ["log/", "attachments/", "openings/", "claims/", "chain/"];

/// The files that an auditor can reach: of the partial tiles that newer checkpoints have superseded
/// only the widest counts.
fn reachable(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut public = files(dir);
    public.retain(|path, _| PUBLIC.iter().any(|part| path.starts_with(part)));
    let width = |path: &str| {
        Some((
            path.split_once(".p/")?.0.to_owned(),
            path.rsplit('/').next()?.parse::<u16>().ok()?,
        ))
    };
    let mut widest: BTreeMap<String, u16> = BTreeMap::new();
    for (tile, width) in public.keys().filter_map(|path| width(path)) {
        let known = widest.entry(tile).or_default();
        *known = width.max(*known);
    }
    public.retain(|path, _| width(path).is_none_or(|(tile, width)| widest[&tile] == width));
    public
}

/// The audit failed, and its words name a file or an entry.
#[track_caller]
fn caught(ran: Ran, what: &str) -> String {
    assert_eq!(ran.code, Some(1), "{what}: {}{}", ran.out, ran.err);
    let err = ran.err;
    let named = PUBLIC.iter().any(|part| err.contains(part)) || err.contains("tile/");
    let numbered = ["entry ", "entries ", "epoch "]
        .iter()
        .any(|word| err.contains(word));
    assert!(named || numbered, "{what}: {err}");
    err
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)] {
            mixed = (mixed ^ (mixed >> shift)).wrapping_mul(factor);
        }
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

#[test]
fn a_flipped_bit_anywhere_is_caught() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let public = reachable(&dir);
    for part in PUBLIC {
        assert!(public.keys().any(|path| path.starts_with(part)), "{part}");
    }
    let mut dice = Dice(2);
    // Every file in turn, small ones as often as large ones.
    for (path, bytes) in public.iter().cycle().take(320) {
        let (position, bit) = (dice.below(bytes.len()), dice.below(8));
        let mut changed = bytes.clone();
        changed[position] ^= 1 << bit;
        fs::write(dir.join(path), changed).unwrap();
        caught(
            it.audit(&dir),
            &format!("bit {bit} of byte {position} of `{path}`"),
        );
        fs::write(dir.join(path), bytes).unwrap();
    }
    assert!(it.audit(&dir).good().starts_with("verified"));
}

#[test]
fn a_missing_or_cut_file_is_caught() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let mut spared = Vec::new();
    for (path, bytes) in &reachable(&dir) {
        fs::remove_file(dir.join(path)).unwrap();
        let ran = it.audit(&dir);
        if ran.code == Some(0) {
            spared.push(path.clone());
        } else {
            caught(ran, &format!("without `{path}`"));
        }
        fs::write(dir.join(path), &bytes[..bytes.len() - 1]).unwrap();
        caught(it.audit(&dir), &format!("`{path}` cut"));
        fs::write(dir.join(path), bytes).unwrap();
    }
    // What a model is made of need not be public: its hash is, and no rule reads more of it.
    let tail = headwater(["log", "tail", "-n", "64", "--data", text(&dir)]).good();
    let model = tail
        .lines()
        .find_map(|line| line.split_once("registers `tiny classifier`, content "));
    let [content] = &spared[..] else {
        panic!("not missed: {spared:?}")
    };
    assert!(content[15..].starts_with(model.unwrap().1), "{content}");
    assert!(it.audit(&dir).good().starts_with("verified"));
}

#[test]
fn exchanged_claim_files_are_caught() {
    let it = Replayed::new("7");
    let claims = it.dir().join("claims");
    let (one, two) = (claims.join("2.json"), claims.join("3.json"));
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    assert_ne!(first, second);
    fs::write(&one, second).unwrap();
    fs::write(&two, first).unwrap();
    let err = caught(it.audit(&it.dir()), "claims exchanged");
    assert!(err.contains("claims/2.json"), "{err}");
}

#[test]
fn a_part_of_another_node_is_caught() {
    let (it, other) = (Replayed::new("7"), Replayed::new("8"));
    let (dir, foreign) = (it.dir(), reachable(&other.dir()));
    let own = reachable(&dir);
    for part in ["log/", "claims/", "chain/"] {
        let of = |files: &BTreeMap<String, Vec<u8>>| {
            let mut files = files.clone();
            files.retain(|path, _| path.starts_with(part));
            files
        };
        fs::remove_dir_all(dir.join(part)).unwrap();
        write_all(&dir, &of(&foreign));
        caught(it.audit(&dir), part);
        fs::remove_dir_all(dir.join(part)).unwrap();
        write_all(&dir, &of(&own));
    }
    assert!(it.audit(&dir).good().starts_with("verified"));
    let err = it.audit(&other.dir()).bad(1);
    assert!(err.contains("a replaced directory"), "{err}");
}

#[test]
fn the_private_side_is_not_needed() {
    let it = Replayed::new("7");
    for part in ["snapshot", "exports", "journal", "keys"] {
        fs::remove_dir_all(it.dir().join(part)).unwrap();
        assert!(
            it.audit(&it.dir()).good().starts_with("verified"),
            "without {part}"
        );
    }
    for part in ["format", "lock"] {
        fs::remove_file(it.dir().join(part)).unwrap();
    }
    assert!(it.audit(&it.dir()).good().starts_with("verified"));
}

#[test]
fn bytes_behind_the_chain_are_caught() {
    let it = Replayed::new("7");
    let path = it.dir().join("chain/transactions");
    let bytes = fs::read(&path).unwrap();
    let doubled = [&bytes[..], &bytes[..64]].concat();
    fs::write(&path, doubled).unwrap();
    caught(it.audit(&it.dir()), "a torn tail");
}

#[test]
fn a_rebuild_names_the_file_that_it_lacks() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let public = files(&dir);
    let lost = public.keys().find(|path| path.starts_with("openings/"));
    let lost = lost.unwrap();
    fs::write(dir.join(lost), b"other").unwrap();
    let said = headwater(["rebuild", "--data", text(&dir)]).bad(2);
    let name = lost.trim_start_matches("openings/");
    assert!(
        said.contains(&format!("`{name}` is missing or changed in")),
        "{said}"
    );
}
