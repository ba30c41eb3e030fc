//! One suite per port, which the simulated twins pass as the real ones do.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sim::{Faults, SimBucket, SimDisk};
use store::files::Created;
use store::{Directory, Disk, Files, SystemDisk};

/// What every disk does without faults, below a directory that is there and empty.
fn check_disk(disk: &dyn Disk, root: &Path) {
    let at = |name: &str| root.join(name);
    disk.create_dir(&at("a")).unwrap();
    assert!(
        disk.create_dir(&at("a")).is_err(),
        "a directory is made once"
    );
    assert!(
        disk.create_dir(&at("none/b")).is_err(),
        "a parent must exist"
    );
    disk.write(&at("a/x"), b"one").unwrap();
    disk.write(&at("a/x"), b"tw").unwrap();
    assert_eq!(
        disk.read(&at("a/x")).unwrap(),
        b"tw",
        "a write replaces the whole"
    );
    let missing = disk.read(&at("a/y")).unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    disk.sync(&at("a/x")).unwrap();
    disk.link(&at("a/x"), &at("a/y")).unwrap();
    assert!(
        disk.link(&at("a/x"), &at("a/y")).is_err(),
        "the second name must be free"
    );
    disk.rename(&at("a/x"), &at("a/z")).unwrap();
    disk.write(&at("a/z"), b"both").unwrap();
    assert_eq!(
        disk.read(&at("a/y")).unwrap(),
        b"both",
        "two names, one file"
    );
    assert_eq!(disk.names(&at("a")).unwrap(), ["y", "z"]);
    assert_eq!(disk.names(root).unwrap(), ["a/"]);
    disk.rename(&at("a/y"), &at("a/z")).unwrap();
    disk.remove(&at("a/z")).unwrap();
    assert!(
        disk.remove(&at("a/z")).is_err(),
        "what is gone cannot be removed"
    );
    disk.sync_dir(&at("a")).unwrap();
    assert!(disk.sync_dir(&at("none")).is_err());
    check_append(disk, &at("a/log"));
    disk.sync_all(root).unwrap();
    let guard = disk.lock(&at("lock")).unwrap();
    assert!(guard.is_some());
    assert!(
        disk.lock(&at("lock")).unwrap().is_none(),
        "one is in already"
    );
    drop(guard);
    assert!(disk.lock(&at("lock")).unwrap().is_some());
    let (mut one, mut two) = ([0; 32], [0; 32]);
    disk.random(&mut one);
    disk.random(&mut two);
    assert_ne!(one, two);
}

fn check_append(disk: &dyn Disk, path: &Path) {
    assert!(disk.append(path, false).is_err(), "it must exist");
    let mut log = disk.append(path, true).unwrap();
    assert!(disk.append(path, true).is_err(), "it must not exist yet");
    log.write(b"hello ").unwrap();
    log.write(b"world").unwrap();
    assert_eq!(log.length().unwrap(), 11);
    log.truncate(6).unwrap();
    log.write(b"all").unwrap();
    log.sync().unwrap();
    assert_eq!(disk.read(path).unwrap(), b"hello all");
    let mut again = disk.append(path, false).unwrap();
    again.write(b"!").unwrap();
    assert_eq!(disk.read(path).unwrap(), b"hello all!");
}

/// What every namespace of files does without faults, when it is empty.
fn check_files(files: &dyn Files) {
    assert_eq!(files.read("a/1").unwrap(), None);
    assert_eq!(files.create("a/1", b"one").unwrap(), Created::New);
    assert_eq!(files.create("a/1", b"two").unwrap(), Created::Exists);
    assert_eq!(files.read("a/1").unwrap().unwrap(), b"one");
    files.put("a/1", b"new").unwrap();
    assert_eq!(files.read("a/1").unwrap().unwrap(), b"new");
    for name in ["a/3", "a/2", "b"] {
        files.stage(name, name.as_bytes()).unwrap();
    }
    files.sync().unwrap();
    assert_eq!(files.read("a/3").unwrap().unwrap(), b"a/3");
    assert_eq!(files.list("a/", "", 9).unwrap(), ["a/1", "a/2", "a/3"]);
    assert_eq!(files.list("a/", "a/1", 1).unwrap(), ["a/2"]);
    assert_eq!(files.list("", "a/3", 9).unwrap(), ["b"]);
    files.remove("a/2").unwrap();
    files.remove("a/2").unwrap();
    assert_eq!(files.list("a/", "", 9).unwrap(), ["a/1", "a/3"]);
    assert_eq!(files.create("a/2", b"again").unwrap(), Created::New);
}

#[test]
fn the_simulated_disk_is_a_disk() {
    for seed in 0..20 {
        check_disk(&SimDisk::new(seed, Faults::new(seed)), Path::new("/"));
    }
}

#[test]
fn the_simulated_bucket_is_a_namespace_of_files() {
    for seed in 0..20 {
        check_files(&SimBucket::new(seed, Faults::new(seed)));
    }
}

#[test]
fn the_disk_of_this_machine_passes_the_same_suite() {
    let dir = tempfile::tempdir().unwrap();
    check_disk(&SystemDisk, dir.path());
}

#[test]
fn directories_on_both_disks_pass_the_same_suite_as_buckets() {
    let dir = tempfile::tempdir().unwrap();
    check_files(&Directory::at(dir.path()));
    let disk = SimDisk::new(1, Faults::new(1));
    check_files(&Directory::new(Arc::new(disk), PathBuf::from("/files")));
}
