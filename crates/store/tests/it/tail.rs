//! Readers behind a writer: durable entries in order, whatever the writer does meanwhile.
use std::fs;
use std::path::Path;

use store::{Kind, Place, Record, Store, Stored, Tail};

use crate::{filled, record, records, signer};

fn poll_all(tail: &mut Tail) -> Vec<Stored> {
    let mut all = Vec::new();
    loop {
        let polled = tail.poll().unwrap();
        if polled.is_empty() {
            return all;
        }
        all.extend(polled);
    }
}

fn assert_are(stored: &[Stored], range: std::ops::Range<u64>) {
    assert!(stored.iter().map(|stored| stored.seq).eq(range));
    for stored in stored {
        let expected = record(stored.seq);
        assert_eq!(stored.entry, expected.entry);
        assert_eq!(stored.body.as_ref(), Some(&expected.body));
        assert_eq!(stored.attachments.len(), expected.attachments.len());
    }
}

fn tail(dir: &Path, from_seq: u64) -> Tail {
    Tail::open(&Place::directory(dir), from_seq).unwrap()
}

#[test]
fn whoever_wants_public_bytes_alone_is_given_no_body() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3, 4]);
    store.publish(&signer()).unwrap();
    let whole = poll_all(&mut tail(dir.path(), 0));
    let mut public = Tail::open_public(&Place::directory(dir.path()), 0).unwrap();
    let public = poll_all(&mut public);
    assert_eq!(public.len(), whole.len());
    for (public, whole) in public.iter().zip(&whole) {
        assert_eq!((public.seq, &public.entry), (whole.seq, &whole.entry));
        assert!(public.body.as_ref().is_none_or(Vec::is_empty));
    }
    assert!(public.iter().any(|stored| stored.body.is_none()));
}

#[test]
fn a_tail_goes_as_far_as_the_checkpoint_and_no_further() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3, 4]);
    let mut behind = tail(dir.path(), 0);
    let mut middle = tail(dir.path(), 5);
    let mut ahead = tail(dir.path(), 9);
    assert_eq!(poll_all(&mut behind), []);
    assert_eq!(behind.head(), None);
    let head = store.publish(&signer()).unwrap().head;
    store.append(&records(7..9)).unwrap();
    assert_are(&poll_all(&mut behind), 0..7);
    assert_are(&poll_all(&mut middle), 5..7);
    assert_eq!((behind.head(), middle.head()), (Some(head), Some(head)));
    assert_eq!((behind.next_seq(), middle.next_seq()), (7, 7));
    assert_eq!(poll_all(&mut ahead), []);
    store.append(&records(9..12)).unwrap();
    let head = store.publish(&signer()).unwrap().head;
    for (tail, from) in [(&mut behind, 7), (&mut middle, 7), (&mut ahead, 9)] {
        assert_are(&poll_all(tail), from..12);
        assert_eq!(tail.head(), Some(head));
    }
    // The writer's next start changes nothing for them.
    drop(store);
    let (mut store, _) = Store::open(&Place::directory(dir.path())).unwrap();
    store.append(&records(12..13)).unwrap();
    store.publish(&signer()).unwrap();
    assert_are(&poll_all(&mut behind), 12..13);
}

/// Torn and foreign bytes behind the checkpoint are the writer's matter.
#[test]
fn bytes_behind_the_checkpoint_do_not_disturb_a_tail() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3]);
    store.publish(&signer()).unwrap();
    drop(store);
    let segment = dir.path().join("journal/00000000000000000000.wal");
    let mut bytes = fs::read(&segment).unwrap();
    bytes.extend_from_slice(&[7; 99]);
    fs::write(&segment, bytes).unwrap();
    assert_are(&poll_all(&mut tail(dir.path(), 0)), 0..3);
}

#[test]
fn without_the_key_only_public_bytes_are_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[6]);
    store.publish(&signer()).unwrap();
    fs::rename(dir.path().join("keys/body"), dir.path().join("away")).unwrap();
    for stored in poll_all(&mut tail(dir.path(), 0)) {
        let expected = record(stored.seq);
        assert_eq!(stored.entry, expected.entry);
        let body = expected.body.is_empty().then(Vec::new);
        assert_eq!(stored.body, body, "entry {}", stored.seq);
    }
}

#[test]
fn a_tail_passes_from_segment_to_segment() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(&Place::directory(dir.path())).unwrap();
    let mut follower = tail(dir.path(), 0);
    let (mut sizes, mut seen) = (Vec::new(), Vec::new());
    for batch in 0..14_u8 {
        let large = Record {
            entry: vec![batch],
            body: vec![batch; 1 << 20],
            ..Default::default()
        };
        store.append(&vec![large; 6]).unwrap();
        if batch % 3 == 2 {
            store.publish(&signer()).unwrap();
            let polled = poll_all(&mut follower);
            sizes.push(polled.len());
            seen.extend(polled);
        }
    }
    assert_eq!(sizes, [18, 18, 18, 18]);
    assert!(fs::read_dir(dir.path().join("journal")).unwrap().count() > 1);
    let whole = poll_all(&mut tail(dir.path(), 0));
    assert_eq!(whole.len(), 72);
    assert_eq!(whole, seen);
    let right = |stored: &Stored| stored.entry == [(stored.seq / 6) as u8];
    assert!(whole.iter().all(right));
}

#[test]
fn damage_and_missing_entries_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = filled(dir.path(), &[3, 3]);
    store.publish(&signer()).unwrap();
    let segment = dir.path().join("journal/00000000000000000000.wal");
    let whole = fs::read(&segment).unwrap();
    let mut damaged = whole.clone();
    damaged[120] ^= 1;
    fs::write(&segment, &damaged).unwrap();
    let error = tail(dir.path(), 4).poll().unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    assert!(error.to_string().contains("at byte 44;"), "{error}");
    fs::write(&segment, &whole[..whole.len() - 1]).unwrap();
    let error = tail(dir.path(), 0).poll().unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
    fs::write(&segment, &whole[..44]).unwrap();
    let error = tail(dir.path(), 2).poll().unwrap_err();
    let words = "entry 2 and those behind it are missing at byte 44;";
    assert!(error.to_string().contains(words), "{error}");
    fs::write(dir.path().join("format"), "headwater 2\n").unwrap();
    let error = Tail::open(&Place::directory(dir.path()), 0).map(|_| ());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("use a newer one"), "{error}");
}
