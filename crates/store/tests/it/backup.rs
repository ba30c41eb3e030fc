//! Backups: whole while the node runs, refused when damaged, marked when restored.
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proof::hash::sha256;
use store::backup::{Secrets, accept, backup, restore, restored};
use store::{Kind, Place, Store};

use crate::disks::Dying;
use crate::publish::check_public;
use crate::{check, filled, records, signer};

fn place(dir: &Path) -> Place {
    Place::directory(dir)
}

#[test]
fn a_backup_is_the_log_up_to_its_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let [copy, back] = ["copy", "back"].map(|name| dir.path().join(name));
    let live = dir.path().join("live");
    let mut store = filled(&live, &[100, 500]);
    let head = store.publish(&signer()).unwrap().head;
    store.append(&records(600..610)).unwrap();
    let opening = store.openings().put(b"opening").unwrap();
    store.claims().put(1, &|out| out.write_all(b"[]")).unwrap();
    fs::create_dir(live.join("chain")).unwrap();
    fs::write(live.join("chain/transactions"), "chain").unwrap();
    assert_eq!(backup(&place(&live), &copy, Secrets::Copied).unwrap(), head);
    assert_eq!(restored(&place(&live)).unwrap(), None);
    assert_eq!(restore(&copy, &place(&back)).unwrap(), head);
    assert_eq!(restored(&place(&back)).unwrap(), Some(600));
    check_public(&back, 600);
    assert_eq!(fs::read(back.join("chain/transactions")).unwrap(), b"chain");
    let (mut store, recovered) = Store::open(&place(&back)).unwrap();
    assert_eq!((recovered.head, recovered.torn_bytes), (head, 0));
    assert_eq!(recovered.notices, [""; 0]);
    check(&store);
    assert_eq!(
        store.openings().read(&opening).unwrap().unwrap(),
        b"opening"
    );
    assert_eq!(store.claims().epochs().unwrap(), [1]);
    store.append(&records(600..700)).unwrap();
    store.publish(&signer()).unwrap();
    check_public(&back, 700);
    accept(&place(&back)).unwrap();
    assert_eq!(restored(&place(&back)).unwrap(), None);
}

/// Ends the writer also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_of_a_log_that_is_being_written_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live");
    let mut store = filled(&live, &[10]);
    store.publish(&signer()).unwrap();
    let done = AtomicBool::new(false);
    let mut sizes = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let size = store.head().size;
                store.append(&records(size..size + 90)).unwrap();
                store.publish(&signer()).unwrap();
            }
        });
        let _stop = Stop(&done);
        for round in 0..6 {
            let [copy, back] = ["copy", "back"].map(|it| dir.path().join(format!("{it}{round}")));
            let head = backup(&place(&live), &copy, Secrets::Copied).unwrap();
            assert_eq!(restore(&copy, &place(&back)).unwrap(), head);
            check_public(&back, head.size);
            let (store, recovered) = Store::open(&place(&back)).unwrap();
            assert_eq!((recovered.head, recovered.notices), (head, vec![]));
            check(&store);
            sizes.push(head.size);
        }
    });
    assert!(sizes.is_sorted());
}

#[test]
fn keys_go_along_only_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live");
    let mut store = filled(&live, &[5]);
    store.publish(&signer()).unwrap();
    for (name, secrets) in [("with", Secrets::Copied), ("without", Secrets::Left)] {
        let copy = dir.path().join(name);
        backup(&place(&live), &copy, secrets).unwrap();
        assert_eq!(copy.join("keys/body").exists(), secrets == Secrets::Copied);
        let back = dir.path().join(format!("{name}-back"));
        restore(&copy, &place(&back)).unwrap();
        let opened = Store::open(&place(&back)).map(|_| ());
        #[cfg(unix)]
        if secrets == Secrets::Copied {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(back.join("keys/body"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
            opened.unwrap();
            continue;
        }
        let error = opened.unwrap_err();
        assert!(
            error.to_string().contains("it is missing; restore it"),
            "{error}"
        );
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_damaged_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let [live, copy, back] = ["live", "copy", "back"].map(|name| dir.path().join(name));
    let error = backup(&place(&live), &copy, Secrets::Left).unwrap_err();
    assert!(error.to_string().contains("`format` is missing"), "{error}");
    let mut store = filled(&live, &[300]);
    let error = backup(&place(&live), &copy, Secrets::Left).unwrap_err();
    assert!(
        error.to_string().contains("holds a published log"),
        "{error}"
    );
    store.publish(&signer()).unwrap();
    fs::remove_dir_all(&copy).unwrap();
    backup(&place(&live), &copy, Secrets::Copied).unwrap();
    for (error, to) in [
        (backup(&place(&live), &copy, Secrets::Left), &copy),
        (restore(&copy, &place(&live)), &live),
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        let words = error.to_string();
        assert!(
            words.contains(&format!("copy to `{}`", to.display())),
            "{words}"
        );
        assert!(
            words.contains("hint: name a new or empty directory"),
            "{words}"
        );
    }
    let segment = copy.join("journal/00000000000000000000.wal");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[1000] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let error = restore(&copy, &place(&back)).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    assert!(error.to_string().contains("use another backup"), "{error}");
    let error = Store::open(&place(&back)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("there is none"), "{error}");
}

/// Names and digests of all files below a directory, but the lock's.
fn files(dir: &Path) -> Vec<(String, [u8; 32])> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.ends_with("lock") {
            let digest = sha256(&[&fs::read(&path).unwrap()]);
            found.push((path.display().to_string(), digest));
        }
    }
    found.sort();
    found
}

#[test]
fn no_node_begins_where_a_restore_was_interrupted() {
    let dir = tempfile::tempdir().unwrap();
    let [live, copy] = ["live", "copy"].map(|name| dir.path().join(name));
    let mut store = filled(&live, &[10]);
    store.publish(&signer()).unwrap();
    backup(&place(&live), &copy, Secrets::Copied).unwrap();
    let mut interrupted = 0;
    for changes in 0.. {
        let back = dir.path().join(format!("back{changes}"));
        let (_, dying) = Dying::place(&back, changes);
        if restore(&copy, &dying).is_ok() {
            assert_eq!(restored(&place(&back)).unwrap(), Some(10));
            check(&Store::open(&place(&back)).unwrap().0);
            break;
        }
        if back.join("format").exists() {
            // Whole, but perhaps not durable: it died behind its last change.
            assert_eq!(restored(&place(&back)).unwrap(), Some(10));
            continue;
        }
        let error = Store::open(&place(&back)).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("there is none"), "{error}");
        let begun = fs::read_dir(&back).is_ok_and(|mut names| {
            names.any(|name| !name.unwrap().file_name().eq_ignore_ascii_case("tmp"))
        });
        if !begun {
            continue;
        }
        interrupted += 1;
        let before = files(&back);
        let error = Store::create(&place(&back)).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        for part in [
            "a restore did not come to its end there",
            "hint: restore again, into an empty directory",
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(files(&back), before);
    }
    assert!(interrupted > 20, "only {interrupted} steps");
}

#[test]
fn a_store_without_its_format_is_not_taken_for_an_empty_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3]);
    store.publish(&signer()).unwrap();
    drop(store);
    let key = fs::read(dir.path().join("keys/body")).unwrap();
    fs::remove_file(dir.path().join("format")).unwrap();
    let segment = "journal/00000000000000000000.wal";
    for (part, named) in [
        ("log", "log/checkpoint"),
        ("attachments", "attachments/"),
        ("journal", segment),
    ] {
        let before = files(dir.path());
        let error = Store::create(&place(dir.path())).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        let words = error.to_string();
        assert!(words.contains(&format!("`{named}")), "{words}");
        assert!(
            words.contains("if `format` was lost, put it back"),
            "{words}"
        );
        assert_eq!(files(dir.path()), before, "{part}");
        fs::remove_dir_all(dir.path().join(part)).unwrap();
    }
    // Keys and empty folders are what a first start leaves that was killed.
    let mut store = Store::create(&place(dir.path())).unwrap();
    assert_eq!(fs::read(dir.path().join("keys/body")).unwrap(), key);
    store.append(&records(0..3)).unwrap();
    check(&store);
}
