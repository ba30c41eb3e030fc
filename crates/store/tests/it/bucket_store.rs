//! A store whose log stands in a bucket: written, read, followed, taken over, erased.
use std::path::Path;
use std::sync::Arc;

use proof::merkle;
use store::{Bucket, Files, Kind, Place, Store, Tail};

use crate::{check, record, records, signer};

/// Two machines with the same keys and one bucket.
pub struct Machines {
    dirs: [tempfile::TempDir; 2],
    pub bucket: Arc<dyn Files>,
}

impl Machines {
    pub fn new(bucket: Arc<dyn Files>) -> Self {
        Self {
            dirs: std::array::from_fn(|_| tempfile::tempdir().unwrap()),
            bucket,
        }
    }

    fn place(&self, machine: usize) -> Place {
        Place::directory(self.dirs[machine].path()).with_bucket(self.bucket.clone())
    }

    /// What an operator does once: the standby gets the first machine's secrets.
    fn copy_secrets(&self) {
        let [from, to] = [0, 1].map(|machine| self.dirs[machine].path());
        std::fs::create_dir(to.join("keys")).unwrap();
        for name in ["keys/body", "format"] {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

fn append(store: &mut Store, count: u64) {
    let size = store.head().size;
    store.append(&records(size..size + count)).unwrap();
}

/// A log's whole life in a bucket, on whatever keeps the promises of [`Files`].
pub fn check_log(bucket: Arc<dyn Files>) {
    let machines = Machines::new(bucket);
    let mut first = Store::create(&machines.place(0)).unwrap();
    for count in [1, 300, 2, 700] {
        append(&mut first, count);
    }
    let published = first.publish(&signer()).unwrap();
    assert_eq!(published.head, first.head());
    append(&mut first, 40);
    check(&first);
    machines.copy_secrets();
    let mut tail = Tail::open(&machines.place(1), 290).unwrap();
    check_tail(&mut tail, 290..1043);
    assert_eq!(tail.head(), Some(first.head()));
    assert_eq!(tail.poll().unwrap(), []);
    append(&mut first, 3);
    check_tail(&mut tail, 1043..1046);
    check_takeover(&machines, first, &mut tail);
    check_erasure(&machines);
    check_public(&machines);
}

fn check_tail(tail: &mut Tail, range: std::ops::Range<u64>) {
    for seq in range {
        if tail.next_seq() == seq {
            let polled = tail.poll().unwrap();
            for (seq, stored) in (seq..).zip(&polled) {
                let expected = record(seq);
                assert_eq!((stored.seq, &stored.entry), (seq, &expected.entry));
                assert_eq!(stored.body.as_ref(), Some(&expected.body));
            }
            assert_eq!(tail.next_seq(), seq + polled.len() as u64);
        }
    }
}

/// The standby opens the same log: nothing acknowledged is lost, the first writer stops.
fn check_takeover(machines: &Machines, mut first: Store, tail: &mut Tail) {
    first.check_writer().unwrap();
    let before = first.head();
    let (mut second, recovered) = Store::open(&machines.place(1)).unwrap();
    assert_eq!((recovered.head, recovered.torn_bytes), (before, 0));
    assert_eq!((first.epoch(), second.epoch()), (1, 2));
    let error = first.erase_body(400).unwrap_err();
    assert!(error.to_string().contains("another writer has taken over"));
    let error = first.check_writer().unwrap_err();
    assert!(
        error.to_string().contains("the object is of epoch 2"),
        "{error}"
    );
    let error = first.append(&records(0..1)).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(
        error.to_string().contains("it has stopped before"),
        "{error}"
    );
    // What the first may still sign is what both hold.
    assert_eq!(first.publish(&signer()).unwrap().head, before);
    append(&mut second, 500);
    check_tail(tail, 1046..1546);
    check(&second);
    second.publish(&signer()).unwrap();
    drop(second);
    let (third, recovered) = Store::open(&machines.place(1)).unwrap();
    assert_eq!((third.epoch(), recovered.head.size), (3, 1546));
    assert_eq!(recovered.notices, [""; 0]);
    check(&third);
}

fn check_erasure(machines: &Machines) {
    let (mut store, _) = Store::open(&machines.place(0)).unwrap();
    let with_body = 400;
    assert!(store.erase_body(with_body).unwrap());
    assert!(!store.erase_body(with_body).unwrap());
    assert!(!store.erase_body(402).unwrap(), "it never had one");
    let found: Vec<_> = store
        .entries(399..402)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(found[1].body, None);
    assert_eq!(found[1].entry, record(with_body).entry);
    assert_eq!(found[0].body, Some(record(399).body));
    assert_eq!(found[2].body, Some(record(401).body));
    append(&mut store, 1);
    drop(store);
    let (store, _) = Store::open(&machines.place(0)).unwrap();
    assert_eq!(store.head().size, 1547);
}

fn check_public(machines: &Machines) {
    let (mut store, _) = Store::open(&machines.place(0)).unwrap();
    let checkpoint = store.publish(&signer()).unwrap();
    let log = store.public();
    assert_eq!(log.checkpoint(signer().verifier()).unwrap(), checkpoint);
    let size = checkpoint.head.size;
    let leaves: Vec<_> = log
        .entries(0..size, size)
        .map(|entry| merkle::leaf_hash(&entry.unwrap().1))
        .collect();
    assert_eq!(merkle::root(&leaves), checkpoint.head.root);
    let journal = |dir: &Path| dir.join("journal").exists() || dir.join("log").exists();
    assert!(!machines.dirs.iter().any(|dir| journal(dir.path())));
}

#[test]
fn a_log_lives_in_a_bucket() {
    check_log(Arc::new(Bucket::reading("memory://log", []).unwrap()));
}

#[test]
fn a_log_lives_in_a_directory_that_serves_as_a_bucket() {
    let dir = tempfile::tempdir().unwrap();
    check_log(Arc::new(store::Directory::at(dir.path())));
}

#[test]
fn a_second_log_does_not_begin_where_one_is() {
    let bucket: Arc<dyn Files> = Arc::new(Bucket::reading("memory://log", []).unwrap());
    let machines = Machines::new(bucket);
    let mut store = Store::create(&machines.place(0)).unwrap();
    append(&mut store, 1);
    let Err(error) = Store::create(&machines.place(1)) else {
        panic!("two logs in one place");
    };
    assert!(
        error.to_string().contains("a log is there already"),
        "{error}"
    );
    append(&mut store, 1);
    store.publish(&signer()).unwrap();
    let bucket: Arc<dyn Files> = Arc::new(Bucket::reading("memory://lost", []).unwrap());
    bucket.put("log/checkpoint", b"all that is left").unwrap();
    let error = Store::create(&Machines::new(bucket).place(0)).map(|_| ());
    let words = error.unwrap_err().to_string();
    assert!(
        words.contains("its bucket holds a log, of which"),
        "{words}"
    );
}

/// Everything behind a missing object is out of reach: a start says so and changes nothing.
#[test]
fn a_journal_that_lost_an_object_does_not_open() {
    let bucket: Arc<dyn Files> = Arc::new(Bucket::reading("memory://log", []).unwrap());
    let machines = Machines::new(bucket.clone());
    let mut store = Store::create(&machines.place(0)).unwrap();
    (0..9).for_each(|_| append(&mut store, 2));
    drop(store);
    for n in 1..10 {
        let name = format!("journal/{n:020}");
        let held = bucket.read(&name).unwrap().unwrap();
        bucket.remove(&name).unwrap();
        let Err(error) = Store::open(&machines.place(0)) else {
            panic!("object {n} is missing and nobody minds");
        };
        assert_eq!(error.kind, Kind::Corrupt, "{error}");
        assert!(error.to_string().contains("missing"), "{error}");
        bucket.put(&name, &held).unwrap();
    }
    let (store, _) = Store::open(&machines.place(0)).unwrap();
    check(&store);
}
