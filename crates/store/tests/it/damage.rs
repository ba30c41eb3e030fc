//! Torn ends are cut, damage is named: every byte of the journal, truncated and flipped.
use std::fs;
use std::path::{Path, PathBuf};

use store::{Kind, Place, Store};

use crate::{check, filled, records, signer};

fn segment(dir: &Path) -> PathBuf {
    dir.join("journal").join(format!("{:020}.wal", 0))
}

/// A journal of two batches, and where the second begins.
fn two_batches(dir: &Path) -> (Vec<u8>, usize) {
    let mut store = filled(dir, &[3]);
    let middle = fs::metadata(segment(dir)).unwrap().len() as usize;
    store.append(&records(3..5)).unwrap();
    (fs::read(segment(dir)).unwrap(), middle)
}

#[test]
fn a_journal_cut_at_any_byte_of_its_last_batch_recovers_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, middle) = two_batches(dir.path());
    for end in middle..whole.len() {
        fs::write(segment(dir.path()), &whole[..end]).unwrap();
        let (mut store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
        assert_eq!(
            (recovered.head.size, recovered.torn_bytes),
            (3, (end - middle) as u64)
        );
        assert_eq!(recovered.notices.len(), usize::from(end > middle));
        check(&store);
        store.append(&records(3..6)).unwrap();
        drop(store);
        let (store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
        assert_eq!((recovered.head.size, recovered.torn_bytes), (6, 0));
        check(&store);
    }
}

#[test]
fn a_flipped_bit_before_the_last_batch_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, middle) = two_batches(dir.path());
    for at in 0..middle {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(segment(dir.path()), &damaged).unwrap();
        let error = Store::open(&Place::directory(dir.path()))
            .map(|_| at)
            .unwrap_err();
        assert_eq!(error.kind, Kind::Corrupt);
        let offset = if at < 44 { 0 } else { 44 };
        let words = error.to_string();
        assert!(words.contains("00000000000000000000.wal"), "{words}");
        assert!(words.contains(&format!("at byte {offset};")), "{words}");
    }
    // Nothing was cut or written while it was damaged.
    fs::write(segment(dir.path()), &whole).unwrap();
    check(&Store::open(&Place::directory(dir.path())).unwrap().0);
}

#[test]
fn a_flipped_bit_in_the_last_batch_is_named_once_a_checkpoint_covers_it() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, middle) = two_batches(dir.path());
    let (mut store, _) = Store::open(&Place::directory(dir.path())).unwrap();
    store.publish(&signer()).unwrap();
    drop(store);
    for at in middle..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(segment(dir.path()), &damaged).unwrap();
        let error = Store::open(&Place::directory(dir.path()))
            .map(|_| at)
            .unwrap_err();
        assert_eq!(error.kind, Kind::Corrupt);
        assert!(
            error
                .to_string()
                .contains("a checkpoint over 5 entries was signed"),
            "{error}"
        );
        assert_eq!(fs::read(segment(dir.path())).unwrap(), damaged);
    }
}

#[test]
fn logged_bytes_that_look_like_a_batch_do_not_pass_for_one() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, middle) = two_batches(dir.path());
    let other = tempfile::tempdir().unwrap();
    let mut store = Store::create(&Place::directory(other.path())).unwrap();
    let copied = whole[middle..].to_vec();
    store
        .append(&[store::Record {
            entry: copied,
            ..Default::default()
        }])
        .unwrap();
    drop(store);
    let path = segment(other.path());
    let torn = fs::read(&path).unwrap();
    fs::write(&path, &torn[..torn.len() - 1]).unwrap();
    let (_, recovered) = Store::open(&Place::directory(other.path())).unwrap();
    assert_eq!(recovered.head.size, 0);
}

#[test]
fn a_missing_or_strange_segment_is_named() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[3, 2]));
    fs::rename(
        segment(dir.path()),
        dir.path().join("journal").join(format!("{:020}.wal", 3)),
    )
    .unwrap();
    let error = Store::open(&Place::directory(dir.path()))
        .map(|_| ())
        .unwrap_err();
    assert!(
        error.to_string().contains("a segment is missing"),
        "{error}"
    );
    fs::write(dir.path().join("journal/notes.txt"), "hello").unwrap();
    let error = Store::open(&Place::directory(dir.path()))
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("notes.txt"), "{error}");
}

#[test]
fn a_segment_that_was_just_being_created_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[3, 2]));
    let next = dir.path().join("journal").join(format!("{:020}.wal", 5));
    for torn in [&b""[..], b"headwater wal 1\nrest"] {
        fs::write(&next, torn).unwrap();
        let (store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
        assert_eq!(recovered.head.size, 5);
        assert!(!next.exists());
        check(&store);
    }
}

#[test]
fn a_segment_that_another_has_made_is_neither_written_nor_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(&Place::directory(dir.path())).unwrap();
    fs::write(segment(dir.path()), "somebody's entries").unwrap();
    for _ in 0..2 {
        let error = store.append(&records(0..2)).unwrap_err();
        assert_eq!(error.kind, Kind::Corrupt);
        let why = "this process has not made it; hint: start the node again";
        assert!(error.to_string().contains(why), "{error}");
        let held = fs::read(segment(dir.path())).unwrap();
        assert_eq!(held, b"somebody's entries");
    }
}
