//! What a power cut, a failed sync, a full disk and a late answer leave behind.
use std::collections::BTreeSet;
use std::path::Path;

use sim::fault::{Fault, Rates};
use sim::{Faults, SimBucket, SimDisk};
use store::files::Created;
use store::{Disk, Files};

const SEEDS: u64 = 400;

/// All that reading a path gives after a power cut, over many seeds; `prepare` acts before it.
fn after_cuts(path: &str, prepare: impl Fn(&SimDisk)) -> BTreeSet<Option<Vec<u8>>> {
    let outcome = |seed| {
        let disk = SimDisk::new(seed, Faults::new(seed));
        prepare(&disk);
        disk.cut_power();
        disk.read(Path::new(path)).ok()
    };
    (0..SEEDS).map(outcome).collect()
}

fn set(outcomes: &[Option<&[u8]>]) -> BTreeSet<Option<Vec<u8>>> {
    outcomes.iter().map(|it| it.map(<[u8]>::to_vec)).collect()
}

#[test]
fn a_power_cut_takes_what_was_not_synced_and_nothing_else() {
    let (file, root) = (Path::new("/x"), Path::new("/"));
    let write = |disk: &SimDisk| disk.write(file, b"new").unwrap();
    let name = |disk: &SimDisk| disk.sync_dir(root).unwrap();
    let bytes = |disk: &SimDisk| disk.sync(file).unwrap();
    let unnamed = after_cuts("/x", |disk| {
        write(disk);
        bytes(disk);
    });
    assert_eq!(unnamed, set(&[None, Some(b"new")]), "the name may be lost");
    let unsynced = after_cuts("/x", |disk| {
        write(disk);
        name(disk);
    });
    let torn: &[Option<&[u8]>] = &[Some(b""), Some(b"\0\0\0"), Some(b"new")];
    assert_eq!(
        unsynced,
        set(torn),
        "the bytes may be lost, or the length come first"
    );
    let durable = after_cuts("/x", |disk| {
        write(disk);
        bytes(disk);
        name(disk);
    });
    assert_eq!(durable, set(&[Some(b"new")]));
    let all = after_cuts("/x", |disk| {
        write(disk);
        disk.sync_all(root).unwrap();
    });
    assert_eq!(all, durable);
}

#[test]
fn a_rename_is_whole_and_may_be_lost() {
    let outcomes = after_cuts("/x", |disk| {
        disk.write(Path::new("/x"), b"old").unwrap();
        disk.write(Path::new("/x.new"), b"new").unwrap();
        disk.sync_all(Path::new("/")).unwrap();
        disk.rename(Path::new("/x.new"), Path::new("/x")).unwrap();
    });
    assert_eq!(outcomes, set(&[Some(b"old"), Some(b"new")]));
}

#[test]
fn long_writes_are_torn_at_sectors() {
    let outcomes = after_cuts("/x", |disk| {
        let mut log = disk.append(Path::new("/x"), true).unwrap();
        log.write(&[1; 700]).unwrap();
        disk.sync_all(Path::new("/")).unwrap();
        log.write(&[2; 1000]).unwrap();
    });
    let lengths: BTreeSet<usize> = outcomes.iter().flatten().map(Vec::len).collect();
    assert_eq!(lengths, BTreeSet::from([700, 1024, 1536, 1700]));
    for bytes in outcomes.iter().flatten() {
        assert_eq!(bytes[..700], [1; 700], "what was synced stays");
        for sector in bytes[700..].chunk_by(|a, b| a == b) {
            assert!(matches!(sector[0], 0 | 2));
        }
    }
    assert!(outcomes.len() > 6, "prefixes and holes: {}", outcomes.len());
}

#[test]
fn after_a_failed_sync_a_second_one_promises_nothing() {
    let outcomes = after_cuts("/x", |disk| {
        let mut log = disk.append(Path::new("/x"), true).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        log.write(&[3; 2000]).unwrap();
        let faults = disk.faults();
        faults.arm(0, Fault::Error);
        log.sync().unwrap_err();
        assert_eq!(
            disk.read(Path::new("/x")).unwrap(),
            [3; 2000],
            "it reads as if written"
        );
        log.sync().unwrap();
    });
    assert!(outcomes.contains(&Some(vec![3; 2000])) && outcomes.contains(&Some(Vec::new())));
}

#[test]
fn a_full_disk_takes_a_part_and_says_so() {
    let disk = SimDisk::new(1, Faults::new(1));
    let path = Path::new("/x");
    disk.write(path, b"12345").unwrap();
    disk.leave_free(Some(3));
    let mut log = disk.append(path, false).unwrap();
    let full = log.write(b"67890").unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(disk.read(path).unwrap(), b"12345678");
    log.truncate(5).unwrap();
    disk.leave_free(None);
    log.write(b"67890").unwrap();
    assert_eq!(disk.read(path).unwrap(), b"1234567890");
}

#[test]
fn a_crash_ends_the_process_and_its_locks_and_files() {
    for seed in 0..20 {
        let faults = Faults::new(seed);
        let disk = SimDisk::new(seed, faults.clone());
        let _guard = disk.lock(Path::new("/lock")).unwrap().unwrap();
        let mut log = disk.append(Path::new("/x"), true).unwrap();
        faults.arm(1, Fault::Crash);
        log.write(b"one").unwrap();
        assert!(log.write(b"two").is_err() && faults.is_dead());
        assert!(
            disk.read(Path::new("/x")).is_err(),
            "a dead process reads nothing"
        );
        disk.kill();
        faults.revive();
        assert!(disk.read(Path::new("/x")).unwrap().starts_with(b"one"));
        assert!(
            log.write(b"three").is_err(),
            "an open file ends with its process"
        );
        assert!(disk.lock(Path::new("/lock")).unwrap().is_some());
    }
}

#[test]
fn a_lost_answer_may_mean_never_now_or_later() {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let faults = Faults::new(seed);
        let bucket = SimBucket::new(seed, faults.clone());
        let other = bucket.end(Faults::new(seed));
        let (lost_ppm, denied_ppm) = (1_000_000, 0);
        faults.set_rates(Rates {
            lost_ppm,
            denied_ppm,
        });
        bucket.create("n", b"mine").unwrap_err();
        let at_once = other.read("n").unwrap().is_some();
        let later = (0..20).any(|_| other.read("n").unwrap().is_some());
        seen.insert((at_once, later));
        let theirs = other.create("n", b"theirs").unwrap();
        assert_eq!(theirs == Created::New, !later, "one creator wins");
    }
    assert_eq!(
        seen,
        BTreeSet::from([(false, false), (true, true), (false, true)])
    );
}
