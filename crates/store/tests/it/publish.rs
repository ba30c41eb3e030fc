//! The public log: what it holds after growth, after lost tiles, and how damage is named.
use std::fs;
use std::path::Path;

use proof::merkle;
use store::{Kind, Place, PublicLog, Store};

use crate::{check, filled, record, records, signer};

/// Everything in the public log hangs together and is what was appended.
pub fn check_public(dir: &Path, size: u64) {
    let log = PublicLog::open(dir);
    let checkpoint = log.checkpoint(signer().verifier()).unwrap();
    assert_eq!(checkpoint.head.size, size);
    let entries: Vec<(u64, Vec<u8>)> = log.entries(0..size, size).map(Result::unwrap).collect();
    assert!(entries.iter().map(|(seq, _)| *seq).eq(0..size));
    assert!(
        entries
            .iter()
            .all(|(seq, entry)| *entry == record(*seq).entry)
    );
    let leaves: Vec<_> = entries
        .iter()
        .map(|(_, entry)| merkle::leaf_hash(entry))
        .collect();
    assert_eq!(merkle::root(&leaves), checkpoint.head.root);
    for seq in [0, size / 2, size - 1] {
        let receipt = log.receipt(seq).unwrap();
        let verified = receipt.open(signer().verifier(), None).unwrap();
        assert_eq!(verified.checkpoint, checkpoint);
        assert_eq!(verified.entry, record(seq).entry);
    }
}

#[test]
fn the_log_grows_checkpoint_by_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(&Place::directory(dir.path())).unwrap();
    let empty = store.publish(&signer()).unwrap();
    assert_eq!(
        (empty.head.size, empty.head.root),
        (0, merkle::empty_root())
    );
    let mut heads = vec![];
    for count in [1, 1, 253, 1, 1, 300, 1000, 63_979, 1, 255, 500] {
        let size = store.head().size;
        store.append(&records(size..size + count)).unwrap();
        heads.push(store.publish(&signer()).unwrap().head);
        if !(2000..=65_530).contains(&size) {
            check_public(dir.path(), size + count);
        }
        drop(store);
        let (opened, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
        assert_eq!(
            (recovered.head.size, recovered.notices.len()),
            (size + count, 0)
        );
        store = opened;
    }
    let log = store.public();
    let new = heads.last().unwrap();
    for old in &heads {
        let path = log.consistency(old.size, new).unwrap();
        merkle::verify_consistency(old, new, &path).unwrap();
    }
    // A reader of an older checkpoint finds the full tiles in place of its partial ones.
    let older = heads[5].size;
    assert_eq!(
        log.entries(0..older, older).map(Result::unwrap).count() as u64,
        older
    );
    assert_eq!(
        log.leaves(older / 256, older).unwrap().len() as u64,
        older % 256
    );
    assert!(dir.path().join("log/tile/2/000.p/1").exists());
    assert!(
        !dir.path().join("log/tile/0/000.p").exists(),
        "a superseded partial tile is left"
    );
    assert!(dir.path().join("log/tile/entries/000").exists());
    check(&store);
}

#[test]
fn nothing_is_published_that_was_not_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[300]);
    assert!(!dir.path().join("log/checkpoint").exists());
    store.publish(&signer()).unwrap();
    store.append(&records(300..310)).unwrap();
    check_public(dir.path(), 300);
    drop(store);
    let (mut store, _) = Store::open(&Place::directory(dir.path())).unwrap();
    assert_eq!(store.head().size, 310);
    store.publish(&signer()).unwrap();
    check_public(dir.path(), 310);
    let before = fs::read(dir.path().join("log/checkpoint")).unwrap();
    store.publish(&signer()).unwrap();
    assert_eq!(fs::read(dir.path().join("log/checkpoint")).unwrap(), before);
}

#[test]
fn lost_or_damaged_tiles_are_written_again_from_the_journal() {
    for (path, bytes) in [
        ("log/tile/0/000", None),
        ("log/tile/entries/001", None),
        ("log/tile/0/002.p/88", None),
        ("log/tile/0/002.p/88", Some(&b"short"[..])),
        ("log/tile/entries/002.p/88", Some(b"other")),
        ("log/tile/1/000.p/2", Some(&[0; 64])),
        ("log/checkpoint", None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut store = filled(dir.path(), &[300, 300]);
        store.publish(&signer()).unwrap();
        drop(store);
        match bytes {
            None => fs::remove_file(dir.path().join(path)).unwrap(),
            Some(bytes) => fs::write(dir.path().join(path), bytes).unwrap(),
        }
        let (mut store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
        assert_eq!(
            recovered.notices.len(),
            usize::from(path != "log/checkpoint"),
            "{path}"
        );
        store.publish(&signer()).unwrap();
        check_public(dir.path(), 600);
        store.append(&records(600..700)).unwrap();
        store.publish(&signer()).unwrap();
        check_public(dir.path(), 700);
    }
}

/// What a crash leaves behind between the tiles and their checkpoint.
#[test]
fn a_torn_publication_is_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[300]);
    store.publish(&signer()).unwrap();
    store.append(&records(300..600)).unwrap();
    drop(store);
    let log = dir.path().join("log");
    for torn in [
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/entries/002.p/88",
        "tile/1/000.p/2",
    ] {
        let path = log.join(torn);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![0; 10_000]).unwrap();
    }
    fs::write(log.join("checkpoint.new"), "half a checkpoint").unwrap();
    check_public(dir.path(), 300);
    let (mut store, recovered) = Store::open(&Place::directory(dir.path())).unwrap();
    assert_eq!((recovered.head.size, recovered.notices.len()), (600, 0));
    store.publish(&signer()).unwrap();
    check_public(dir.path(), 600);
}

#[test]
fn a_signed_head_that_the_journal_contradicts_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[10]));
    let mut store = Store::create(&Place::directory(other.path())).unwrap();
    store.append(&records(90..100)).unwrap();
    store.publish(&signer()).unwrap();
    drop(store);
    let copy = |from: &Path, to: &Path| {
        fs::write(
            to.join("log/checkpoint"),
            fs::read(from.join("log/checkpoint")).unwrap(),
        )
    };
    copy(other.path(), dir.path()).unwrap();
    let error = Store::open(&Place::directory(dir.path()))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    assert!(
        error.to_string().contains("do not lead to the signed root"),
        "{error}"
    );
    fs::write(dir.path().join("log/checkpoint"), "nonsense").unwrap();
    assert_eq!(
        Store::open(&Place::directory(dir.path()))
            .map(|_| ())
            .unwrap_err()
            .kind,
        Kind::Corrupt
    );
}

#[test]
fn readers_of_public_files_name_file_and_entry() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[300]);
    store.publish(&signer()).unwrap();
    let log = store.public();
    let first_error = || {
        log.entries(0..300, 300)
            .find_map(Result::err)
            .unwrap()
            .to_string()
    };
    let path = dir.path().join("log/tile/entries/001.p/44");
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[4] ^= 1;
    fs::write(&path, &damaged).unwrap();
    assert!(first_error().contains("entries/001.p/44"));
    assert!(
        first_error().contains("entry 256 does not hash to its leaf"),
        "{}",
        first_error()
    );
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(
        first_error().contains("its first entry is 256"),
        "{}",
        first_error()
    );
    fs::remove_file(&path).unwrap();
    assert!(first_error().contains("it is missing"), "{}", first_error());
    let tile = dir.path().join("log/tile/0/000");
    fs::write(&tile, [0; 31]).unwrap();
    assert!(
        first_error().contains("it has 31 bytes instead of 8192"),
        "{}",
        first_error()
    );
    assert_eq!(log.entry(300, 300).unwrap_err().kind, Kind::Invalid);
    let words = log.receipt(300).unwrap_err().to_string();
    assert_eq!(
        words,
        "cannot read entry 300: the log has 300 entries, numbered from 0"
    );
}
