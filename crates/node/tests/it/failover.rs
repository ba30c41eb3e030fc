//! Two nodes over one bucket: the second follows, takes over, and nothing acknowledged is lost.

use crate::space::{
    DEADLINE, accept, copy, end, index, joins, keys, lay_out, parts, publish, quiet, start,
};
use node::health::Role;
use node::{Host, Log, Running, Settings, Unanswered};
use protocol::codec;
use protocol::entry::Entry;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::files::Created;
use store::{Bucket, Error, Files, Place};

/// A node's way to the bucket, on which its signs of life may be lost.
#[derive(Debug)]
struct Way {
    bucket: Arc<dyn Files>,
    mute: AtomicBool,
}

impl Files for Way {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Created, Error> {
        self.bucket.create(name, bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        if name == "lease" && self.mute.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.bucket.put(name, bytes)
    }

    fn stage(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.bucket.stage(name, bytes)
    }

    fn sync(&self) -> Result<(), Error> {
        self.bucket.sync()
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.bucket.read(name)
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>, Error> {
        self.bucket.list(prefix, after, limit)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        self.bucket.remove(name)
    }
}

fn way(bucket: &Arc<dyn Files>) -> Arc<Way> {
    Arc::new(Way {
        bucket: Arc::clone(bucket),
        mute: AtomicBool::new(false),
    })
}

fn settings(address: &str) -> Settings {
    Settings {
        address: address.to_owned(),
        lease_every_ms: 10,
        takeover_after_ms: 400,
        ..quiet()
    }
}

/// A writer at `a`, and the place of another node with the same keys at `b`.
fn two(dir: &Path) -> (Running, Arc<Way>, Place) {
    let bucket: Arc<dyn Files> = Arc::new(Bucket::writing("memory://", []).unwrap());
    let (a, b) = (dir.join("a"), dir.join("b"));
    let first = way(&bucket);
    let place = Place::directory(&a).with_bucket(first.clone());
    lay_out(&place);
    copy(&a, &b);
    let place_b = Place::directory(&b).with_bucket(way(&bucket));
    let running = start(&place, settings("http://a.example"));
    (running, first, place_b)
}

fn follow(place: &Place, role: Role) -> Running {
    let parts = parts(settings("http://b.example"), Vec::new());
    Host::follow(place, role, parts).unwrap()
}

#[test]
fn a_standby_takes_over_from_a_silent_writer_which_halts_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (old, way, place) = two(dir.path());
    let new = follow(&place, Role::Standby);
    accept(&old.host, joins(1..20));
    publish(&old.host);
    assert!(new.host.wait_for(19, DEADLINE));
    let origin = old.host.origin();
    assert_eq!(new.host.origin(), origin);

    // The old writer goes on, but nobody sees its signs of life; one caller keeps submitting.
    way.mute.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    let lost = loop {
        let account = 20 + acknowledged.len() as u32;
        let offers = joins(account..account + 1);
        let outcome = old.host.submit(offers.clone()).map(|it| it.wait(DEADLINE));
        match outcome {
            Ok(Some(Ok(answers))) => {
                let seq = index(&answers[0]);
                acknowledged.push((seq, offers));
                // Memory is faster than any bucket: the standby must come to its turn.
                assert!(new.host.wait_for(seq, DEADLINE));
            }
            Ok(Some(Err(Unanswered::Lost))) | Err(Unanswered::Stopped { .. }) => break offers,
            other => panic!("{other:?}"),
        }
    };
    let error = old.wait().unwrap_err().to_string();
    assert!(error.contains("another writer has taken over"), "{error}");

    assert!(new.host.wait_role(Role::Writer, DEADLINE));
    let again: Vec<_> = acknowledged.iter().flat_map(|(_, it)| it.clone()).collect();
    let indexes: Vec<u64> = acknowledged.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(accept(&new.host, again), indexes);
    accept(&new.host, lost);
    publish(&new.host);
    let (last, offers) = &acknowledged[acknowledged.len() - 1];
    let receipt = new.host.receipt(*last).unwrap();
    let opened = receipt.open(&keys().log_key(), None).unwrap();
    let entry: Entry = codec::decode(opened.entry).unwrap();
    assert_eq!(entry.signed, offers[0].signed);
    end(new);
}

#[test]
fn an_idle_writer_ends_once_it_is_fenced_off_even_if_the_other_never_gives_a_sign_of_life() {
    let dir = tempfile::tempdir().unwrap();
    let (old, _, place) = two(dir.path());
    accept(&old.host, joins(1..3));
    drop(store::Store::open(&place).unwrap());
    assert!(old.host.wait_role(Role::Halted, DEADLINE));
    let error = old.wait().unwrap_err().to_string();
    assert!(error.contains("another writer has taken over"), "{error}");
}

#[test]
fn a_reader_answers_behind_the_writer_and_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, _, place) = two(dir.path());
    let reader = follow(&place, Role::Reader);
    let waiting = reader.host.applied(9);
    accept(&writer.host, joins(1..10));
    assert!(matches!(waiting.wait(DEADLINE), Some(Ok(10..))));
    let refused = reader.host.submit(joins(10..11)).unwrap_err();
    assert!(matches!(refused, Unanswered::NotWriter { .. }), "{refused}");
    let host = writer.host.clone();
    end(writer);
    let last = host.durable() - 1;
    assert!(reader.host.wait_for(last, DEADLINE));
    assert_eq!(
        reader.host.read(ledger::State::root),
        host.read(ledger::State::root)
    );
    // A writer that ended well is followed by nobody of itself: a reader stays one.
    assert_eq!(reader.host.health().role, Role::Reader);
    end(reader);
}

#[test]
fn a_standby_goes_on_after_a_writer_that_has_died() {
    let dir = tempfile::tempdir().unwrap();
    let (old, _, place) = two(dir.path());
    accept(&old.host, joins(1..300));
    publish(&old.host);
    let entries = old.host.durable();
    end(old);
    let new = follow(&place, Role::Standby);
    assert!(new.host.wait_role(Role::Writer, DEADLINE));
    assert!(new.host.durable() >= entries);
    let next = u64::from(new.host.read(|state| state.accounts.len() as u32));
    let before = new.host.durable();
    let seq = accept(&new.host, joins(next as u32..next as u32 + 1))[0];
    assert!(seq >= before);
    publish(&new.host);
    end(new);
}

#[test]
fn only_a_log_in_a_bucket_has_a_standby() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let parts = || parts(quiet(), Vec::new());
    let error = Host::follow(&place, Role::Standby, parts()).err().unwrap();
    assert!(error.to_string().contains("--store"), "{error}");
    let running = start(&place, quiet());
    let reader = Host::follow(&place, Role::Reader, parts()).unwrap();
    accept(&running.host, joins(1..3));
    let unpublished = reader.host.applied_through();
    assert_eq!(
        unpublished, 1,
        "a directory is read as far as it is published"
    );
    publish(&running.host);
    assert!(reader.host.wait_for(2, DEADLINE));
    end(reader);
    end(running);
    assert!(Log::open(&place).is_ok());
}
