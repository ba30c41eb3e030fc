//! What a killed process has left readable is durable before the next one builds on it.
use std::path::PathBuf;
use std::sync::Arc;

use proof::note::Signer;
use sim::fault::Fault;
use sim::{Faults, SimDisk};
use store::{Place, Record, Store};

/// More calls than an append or a publication makes.
const CALLS: u64 = 45;

fn place(disk: &SimDisk) -> Place {
    Place {
        disk: Arc::new(disk.clone()),
        dir: PathBuf::from("/log"),
        bucket: None,
    }
}

/// What a power cut would leave that loses everything it can.
fn after_power_cut(disk: &SimDisk) -> Place {
    let copy = SimDisk::new(0, Faults::new(0));
    copy.restore(&disk.durable());
    place(&copy)
}

fn record(name: &str) -> Record {
    Record {
        entry: name.as_bytes().to_vec(),
        body: vec![1; 900],
        attachments: vec![name.as_bytes().to_vec()],
    }
}

/// Calls of one process meet a fault at each point in turn, with several outcomes.
fn at_each_call(check: impl Fn(&SimDisk, Fault)) {
    for seed in 0..8 {
        for calls in 0..CALLS {
            for fault in [Fault::Crash, Fault::Error] {
                let faults = Faults::new(seed);
                let disk = SimDisk::new(seed, faults.clone());
                drop(Store::create(&place(&disk)).unwrap());
                faults.arm(calls, fault);
                check(&disk, fault);
            }
        }
    }
}

fn restart(disk: &SimDisk) {
    disk.kill();
    disk.faults().revive();
}

#[test]
fn a_creation_that_was_cut_short_is_completed_for_good() {
    for seed in 0..8 {
        for calls in 0..CALLS {
            for fault in [Fault::Crash, Fault::Error] {
                let faults = Faults::new(seed);
                let disk = SimDisk::new(seed, faults.clone());
                faults.arm(calls, fault);
                drop(Store::create(&place(&disk)));
                restart(&disk);
                faults.disarm();
                if Store::open(&place(&disk)).is_err() {
                    drop(Store::create(&place(&disk)).unwrap());
                }
                let left = Store::open(&after_power_cut(&disk));
                assert!(
                    left.is_ok(),
                    "seed {seed}, {fault:?} at {calls}: {:?}",
                    left.err()
                );
            }
        }
    }
}

#[test]
fn what_a_start_finds_a_power_cut_leaves() {
    at_each_call(|disk, _| {
        let appended = Store::open(&place(disk)).and_then(|(mut store, _)| {
            store.append(&[record("one")])?;
            store.append(&[record("two"), record("three")])
        });
        restart(disk);
        let (mut store, found) = Store::open(&place(disk)).unwrap();
        let acknowledged = appended.map_or(0, |head| head.size);
        assert!(found.head.size >= acknowledged);
        let (_, left) = Store::open(&after_power_cut(disk)).unwrap();
        assert_eq!(left.head, found.head, "the start called it durable");
        let again = [record("one"), record("two"), record("three")];
        let head = store.append(&again).unwrap();
        let (left, recovered) = Store::open(&after_power_cut(disk)).unwrap();
        assert_eq!(recovered.head, head);
        for stored in left.entries(0..recovered.head.size).unwrap() {
            let stored = stored.unwrap();
            assert_eq!(stored.body.unwrap(), [1; 900]);
            let file = left.attachments().read(&stored.attachments[0]).unwrap();
            assert_eq!(file, stored.entry);
        }
    });
}

#[test]
fn a_checkpoint_that_is_published_after_a_failure_has_its_tiles() {
    let signer = Signer::from_seed("log.example/starts", &[5; 32]).unwrap();
    at_each_call(|disk, fault| {
        let bare = |seq: u32| Record {
            entry: seq.to_be_bytes().to_vec(),
            ..Record::default()
        };
        let records: Vec<Record> = (0..260).map(bare).collect();
        disk.faults().set_quiet(true);
        let (mut store, _) = Store::open(&place(disk)).unwrap();
        store.append(&records).unwrap();
        disk.faults().set_quiet(false);
        store.publish(&signer).ok();
        if fault == Fault::Crash || disk.faults().calls().is_multiple_of(2) {
            drop(store);
            restart(disk);
            store = Store::open(&place(disk)).unwrap().0;
        }
        disk.faults().disarm();
        let head = store.publish(&signer).unwrap().head;
        let (left, recovered) = Store::open(&after_power_cut(disk)).unwrap();
        assert_eq!(recovered.head, head);
        assert_eq!(recovered.notices, [""; 0], "all tiles are there");
        let log = left.public();
        let read = log.entries(0..head.size, head.size);
        assert_eq!(read.map(Result::unwrap).count(), 260);
    });
}
