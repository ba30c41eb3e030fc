//! What a store refuses: second writers, newer formats, oversized records, a full disk.
use std::fs;
use std::path::Path;
use std::process::Command;

use store::{Kind, Place, Record, Store};

use crate::disks::Dying;
use crate::{check, filled, record, records, signer};

#[test]
fn one_directory_has_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path(), &[1]);
    let error = Store::open(&Place::directory(dir.path()))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(
        error.to_string().contains("another process writes in it"),
        "{error}"
    );
    drop(store);
    Store::open(&Place::directory(dir.path())).unwrap();
}

#[test]
fn formats_and_missing_stores_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let empty = Store::open(&Place::directory(dir.path()))
        .map(|_| ())
        .unwrap_err();
    assert!(empty.to_string().contains("there is none"), "{empty}");
    drop(filled(dir.path(), &[1]));
    let twice = Store::create(&Place::directory(dir.path()))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(twice.kind, Kind::Invalid);
    for (format, kind, words) in [
        (
            "headwater 2\n",
            Kind::Invalid,
            "it has format 2, this program knows 1",
        ),
        (
            "headwater 0\n",
            Kind::Corrupt,
            "does not read `headwater 1`",
        ),
        ("", Kind::Corrupt, "does not read `headwater 1`"),
    ] {
        fs::write(dir.path().join("format"), format).unwrap();
        let error = Store::open(&Place::directory(dir.path()))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn an_oversized_record_refuses_its_whole_batch() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[2]);
    let head = store.head();
    let largest = Record {
        entry: vec![7; 65_535],
        body: vec![7; 1 << 20],
        ..Default::default()
    };
    for (bad, words) in [
        (
            Record {
                entry: vec![7; 65_536],
                ..Default::default()
            },
            "its entry has 65536 bytes",
        ),
        (
            Record {
                body: vec![7; (1 << 20) + 1],
                ..record(3)
            },
            "its private body has 1048577",
        ),
    ] {
        let error = store.append(&[record(2), bad]).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.to_string().contains("append entry 3"), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(store.head(), head);
    }
    let error = store.append(&vec![largest.clone(); 70]).unwrap_err();
    assert!(error.to_string().contains("split it"), "{error}");
    store.append(std::slice::from_ref(&largest)).unwrap();
    assert_eq!(store.append(&[]).unwrap(), store.head());
    let stored = store.entries(2..9).unwrap().next().unwrap().unwrap();
    assert_eq!(
        (stored.entry, stored.body),
        (largest.entry, Some(largest.body))
    );
}

#[test]
fn bodies_and_attachments_stay_private_and_public() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[5]));
    let segment = fs::read(dir.path().join("journal/00000000000000000000.wal")).unwrap();
    let holds = |needle: &[u8]| segment.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"entry 4"));
    assert!(!holds(b"private 4"));
}

#[test]
fn a_network_file_system_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, place) = Dying::place(&dir.path().join("nfs"), 100);
    let error = Store::create(&place).map(|_| ()).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    let words = error.to_string();
    for part in [
        "nfs`: it is on a network file system (`nfs4`)",
        "a second writer may not be kept out and a sync may not be durable",
        "hint: name a directory on a local disk",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert!(!place.dir.join("format").exists());
    // A store that was carried there is refused as well.
    drop(filled(&place.dir, &[1]));
    let error = Store::open(&place).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("network file system"), "{error}");
}

/// Where the child of the next test looks; without it, the child's part does nothing.
const FORBIDDEN_DIR: &str = "HEADWATER_FORBIDDEN_DIR";

#[test]
fn stranger() {
    if let Some(dir) = std::env::var_os(FORBIDDEN_DIR) {
        let error = Store::open(&Place::directory(Path::new(&dir)));
        println!("{}", error.map(|_| ()).unwrap_err());
    }
}

#[cfg(unix)]
#[test]
fn a_directory_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), &[1]));
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o000)).unwrap();
    let direct = Store::open(&Place::directory(dir.path())).map(|_| ());
    let words = direct.err().map(|error| error.to_string()).or_else(|| {
        // This user may do everything; nobody may not.
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args(["limits::stranger", "--exact", "--nocapture"]);
        let output = child.env(FORBIDDEN_DIR, dir.path()).uid(65_534).output();
        output
            .ok()
            .map(|output| String::from_utf8(output.stdout).unwrap())
    });
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let Some(words) = words else {
        eprintln!("skipped: the test cannot be run as another user");
        return;
    };
    for part in [
        &dir.path().display().to_string(),
        "Permission denied",
        "hint: let the user that runs this read and write there, or run it as the owner",
    ] {
        assert!(words.contains(part), "{words}");
    }
}

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(dir.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(self.path()).status().ok();
    }
}

#[test]
fn a_full_disk_refuses_whole_batches_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: mounting a small tmpfs needs root");
        return;
    };
    let mut store = filled(disk.path(), &[10]);
    store.publish(&signer()).unwrap();
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 1400 << 10]).unwrap();
    let error = loop {
        let size = store.head().size;
        if let Err(error) = store.append(&records(size..size + 50)) {
            break error;
        }
    };
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.to_string().contains("free space"), "{error}");
    check(&store);
    assert!(store.publish(&signer()).is_err());
    let full = store.head();
    drop(store);
    // A start makes sure of the batches that no checkpoint covers, which takes room; it says so and
    // changes nothing. With room again the log goes on.
    let place = Place::directory(disk.path());
    let error = Store::open(&place).map(|_| ()).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.to_string().contains("hint: free space"), "{error}");
    fs::remove_file(&ballast).unwrap();
    let (mut store, recovered) = Store::open(&place).unwrap();
    assert_eq!((recovered.head, recovered.torn_bytes), (full, 0));
    check(&store);
    store.append(&records(full.size..full.size + 50)).unwrap();
    store.publish(&signer()).unwrap();
    check(&store);
    let log = store.public();
    let checkpoint = log.checkpoint(signer().verifier()).unwrap();
    assert_eq!(checkpoint.head, store.head());
}
