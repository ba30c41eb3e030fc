//! Holds `store` against crashes, damage, full disks and foreign readers.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod backup;
mod bucket;
mod bucket_answers;
mod bucket_calls;
mod bucket_probe;
mod bucket_servers;
mod bucket_store;
mod crash;
mod damage;
mod disks;
mod erase;
mod ids;
mod interop;
mod limits;
mod ports;
mod publication;
mod publish;
mod scrub;
mod tail;

use std::path::Path;

use proof::note::Signer;
use store::{Place, Record, Store, Stored};

/// The record that every test expects at a place in the log: lengths vary, every seventh has a
/// file.
fn record(seq: u64) -> Record {
    let entry = format!("entry {seq} {}", "x".repeat((seq * 37 % 300) as usize)).into_bytes();
    let body = match seq % 3 {
        0 => Vec::new(),
        _ => format!("private {seq}").into_bytes(),
    };
    let attachments = match seq % 7 {
        0 => vec![format!("file {}", seq % 49).into_bytes()],
        _ => Vec::new(),
    };
    Record {
        entry,
        body,
        attachments,
    }
}

fn records(range: std::ops::Range<u64>) -> Vec<Record> {
    range.map(record).collect()
}

fn signer() -> Signer {
    Signer::from_seed("log.example/headwater", &[5; 32]).unwrap()
}

/// A store in which each of these batches was appended.
fn filled(dir: &Path, batches: &[u64]) -> Store {
    let mut store = Store::create(&Place::directory(dir)).unwrap();
    for count in batches {
        let size = store.head().size;
        store.append(&records(size..size + count)).unwrap();
    }
    store
}

/// Reads everything back and holds it against what was appended.
fn check(store: &Store) {
    let size = store.head().size;
    let stored: Vec<Stored> = store
        .entries(0..size)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(stored.len() as u64, size);
    for (seq, stored) in (0..).zip(&stored) {
        let expected = record(seq);
        assert_eq!(
            (stored.seq, &stored.entry, stored.body.as_ref()),
            (seq, &expected.entry, Some(&expected.body))
        );
        let attachments = store.attachments();
        let files: Vec<Vec<u8>> = stored
            .attachments
            .iter()
            .map(|hash| attachments.read(hash).unwrap())
            .collect();
        assert_eq!(files, expected.attachments);
    }
    let leaves: Vec<_> = stored
        .iter()
        .map(|stored| proof::merkle::leaf_hash(&stored.entry))
        .collect();
    assert_eq!(store.head().root, proof::merkle::root(&leaves));
}
