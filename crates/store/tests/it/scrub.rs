//! Scrubs: rot is named where only a backup helps, and healed where the journal does.
use std::fs;
use std::path::Path;

use store::scrub::Scrubbed;
use store::{Place, Store};

use crate::publish::check_public;
use crate::{filled, records, signer};

fn published(dir: &Path) -> Store {
    let mut store = filled(dir, &[300, 300]);
    store.publish(&signer()).unwrap();
    store.append(&records(600..610)).unwrap();
    store
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_sound_store_is_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    let found = store.scrub().run().unwrap();
    let expected = Scrubbed {
        entries: 610,
        attachments: 7,
        ..Default::default()
    };
    assert_eq!(found, expected);
    let empty = tempfile::tempdir().unwrap();
    let found = filled(empty.path(), &[]).scrub().run().unwrap();
    assert_eq!(found, Scrubbed::default());
}

#[test]
fn rotten_tiles_are_healed_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    let log = dir.path().join("log");
    let names = [
        "tile/0/000",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ];
    for name in names {
        flip(&log.join(name), 40);
    }
    fs::remove_file(log.join("tile/entries/000")).unwrap();
    fs::write(log.join("tile/0/001"), "short").unwrap();
    let found = store.scrub().run().unwrap();
    let mut healed: Vec<&str> = found
        .healed
        .iter()
        .map(|name| &name["log/".len()..])
        .collect();
    healed.sort_unstable();
    let mut expected = [&names[..], &["tile/entries/000", "tile/0/001"]].concat();
    expected.sort_unstable();
    assert_eq!(healed, expected);
    assert_eq!((found.entries, found.damaged), (610, vec![]));
    check_public(dir.path(), 600);
    assert_eq!(store.scrub().run().unwrap().healed, [""; 0]);
}

#[test]
fn rot_in_the_journal_is_named_and_nothing_is_healed_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    let segment = dir.path().join("journal/00000000000000000000.wal");
    let whole = fs::read(&segment).unwrap();
    for at in (0..whole.len()).step_by(997) {
        flip(&segment, at);
        let found = store.scrub().run().unwrap();
        let [damage] = &found.damaged[..] else {
            panic!("byte {at}: {found:?}");
        };
        assert!(damage.contains("00000000000000000000.wal"), "{damage}");
        assert!(damage.contains("hint: restore this file"), "{damage}");
        assert_eq!(found.healed, [""; 0]);
        flip(&segment, at);
    }
    assert_eq!(store.scrub().run().unwrap().damaged, [""; 0]);
}

#[test]
fn rotten_and_missing_attachments_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    let hash = proof::hash::sha256(&[b"file 7"]);
    let name = store::attachment::Attachments::name(&hash);
    flip(&dir.path().join(&name), 0);
    let damaged = store.scrub().run().unwrap().damaged;
    assert_eq!(damaged.len(), 1);
    assert!(damaged[0].contains(&name), "{}", damaged[0]);
    fs::remove_file(dir.path().join(&name)).unwrap();
    let damaged = store.scrub().run().unwrap().damaged;
    assert_eq!(damaged[0], format!("`{name}` of entry 7 is missing"));
    store.attachments().put(b"file 7").unwrap();
    assert_eq!(store.scrub().run().unwrap().damaged, [""; 0]);
}

#[test]
fn a_checkpoint_over_another_log_is_named() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = published(dir.path());
    let mut foreign = Store::create(&Place::directory(other.path())).unwrap();
    foreign.append(&records(10..610)).unwrap();
    foreign.publish(&signer()).unwrap();
    let checkpoint = |dir: &Path| dir.join("log/checkpoint");
    fs::copy(checkpoint(other.path()), checkpoint(dir.path())).unwrap();
    let damaged = store.scrub().run().unwrap().damaged;
    assert_eq!(
        damaged,
        ["`log/checkpoint`: the entries of the journal do not lead to its root"]
    );
    fs::write(checkpoint(dir.path()), "nonsense").unwrap();
    let damaged = store.scrub().run().unwrap().damaged;
    assert!(damaged[0].starts_with("cannot read `log/checkpoint`:"));
}
