//! Erasure of private bodies: gone from the journal, and nothing else with it.
use std::fs;
use std::path::{Path, PathBuf};

use store::{Kind, Place, Store, Stored, Tail};

use crate::disks::Dying;
use crate::{check, filled, record, records, signer};

fn segment(dir: &Path) -> PathBuf {
    dir.join("journal/00000000000000000000.wal")
}

fn stored(store: &Store) -> Vec<Stored> {
    let entries = store.entries(0..store.head().size).unwrap();
    entries.map(Result::unwrap).collect()
}

/// Everything is as it was appended but for these bodies.
fn check_erased(store: &Store, erased: &[u64]) {
    let all = stored(store);
    assert_eq!(all.len() as u64, store.head().size);
    for stored in all {
        let expected = record(stored.seq);
        let body = (!erased.contains(&stored.seq)).then_some(expected.body);
        assert_eq!((stored.entry, stored.body), (expected.entry, body));
    }
}

/// The encrypted body of an entry, found behind the entry's own bytes.
fn sealed(dir: &Path, seq: u64) -> Vec<u8> {
    let bytes = fs::read(segment(dir)).unwrap();
    let entry = record(seq).entry;
    let mut windows = bytes.windows(entry.len());
    let at = windows.position(|window| window == entry).unwrap() + entry.len();
    bytes[at + 4..at + 4 + record(seq).body.len() + 16].to_vec()
}

#[test]
fn an_erased_body_is_gone_and_its_entry_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3, 4, 3]);
    let head = store.head();
    let ciphertext = sealed(dir.path(), 4);
    let holds = |dir: &Path| {
        let bytes = fs::read(segment(dir)).unwrap();
        let mut windows = bytes.windows(ciphertext.len());
        windows.any(|window| window == ciphertext)
    };
    assert!(holds(dir.path()));
    assert!(store.erase_body(4).unwrap());
    assert!(!holds(dir.path()));
    assert!(!store.erase_body(4).unwrap(), "there is nothing left");
    assert!(!store.erase_body(3).unwrap(), "there never was one");
    check_erased(&store, &[4]);
    let error = store.erase_body(10).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert_eq!(
        error.to_string(),
        "cannot erase the body of entry 10: the log has 10 entries, numbered from 0"
    );
    // The log goes on, in a segment of its own, and the next start finds all of it.
    assert_eq!(store.head(), head);
    store.append(&records(10..14)).unwrap();
    assert!(store.erase_body(11).unwrap() && store.erase_body(1).unwrap());
    store.append(&records(14..15)).unwrap();
    store.publish(&signer()).unwrap();
    drop(store);
    let (store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
    assert_eq!((recovered.head.size, recovered.torn_bytes), (15, 0));
    check_erased(&store, &[1, 4, 11]);
    let scrubbed = store.scrub().run().unwrap();
    assert_eq!((scrubbed.entries, scrubbed.damaged), (15, vec![]));
}

#[test]
fn a_tail_goes_on_through_a_segment_that_was_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3, 3]);
    store.publish(&signer()).unwrap();
    let mut tail = Tail::open(&Place::directory(dir.path()), 0).unwrap();
    assert_eq!(tail.poll().unwrap().len(), 6);
    store.append(&records(6..8)).unwrap();
    store.erase_body(1).unwrap();
    store.erase_body(7).unwrap();
    store.append(&records(8..9)).unwrap();
    store.publish(&signer()).unwrap();
    let mut polled = tail.poll().unwrap();
    polled.extend(tail.poll().unwrap());
    let seen: Vec<_> = polled
        .iter()
        .map(|it| (it.seq, it.body.is_some()))
        .collect();
    assert_eq!(seen, [(6, true), (7, false), (8, true)]);
}

/// The process dies before each change that an erasure makes.
#[test]
fn an_erasure_that_is_cut_short_leaves_the_old_body_or_none() {
    let (mut kept, mut gone) = (0, 0);
    for changes in 0.. {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path(), &[5, 5]));
        let (disk, place) = Dying::place(dir.path(), 100);
        let (mut store, _) = Store::open(&place).unwrap();
        disk.allow(changes);
        let erased = store.erase_body(2);
        disk.allow(0);
        drop(store);
        let (mut store, _) = Store::open(&Place::directory(dir.path())).unwrap();
        let names: Vec<_> = fs::read_dir(dir.path().join("journal")).unwrap().collect();
        assert_eq!(names.len(), 1, "a draft is left");
        if store
            .entries(2..3)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .body
            .is_some()
        {
            assert!(erased.is_err());
            check(&store);
            kept += 1;
        } else {
            check_erased(&store, &[2]);
            gone += 1;
        }
        store.append(&records(10..12)).unwrap();
        if erased.is_ok() {
            break;
        }
    }
    // Write, sync and rename leave the body; the directory's sync comes when it is gone.
    assert_eq!((kept, gone), (3, 2));
}

#[test]
fn a_damaged_segment_is_not_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3, 3]);
    let mut bytes = fs::read(segment(dir.path())).unwrap();
    let last = bytes.len() - 60;
    bytes[last] ^= 1;
    fs::write(segment(dir.path()), &bytes).unwrap();
    let error = store.erase_body(1).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    assert_eq!(fs::read(segment(dir.path())).unwrap(), bytes);
}
