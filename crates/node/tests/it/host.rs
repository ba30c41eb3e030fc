//! The running node: answers only for what is durable, a graceful end, and the next start.

use crate::world::{START_MS, World};
use node::clock::Clock;
use node::host::{NoReceipt, Parts};
use node::{Answer, Host, Log, Running, Settings};
use proof::note::VerifierKey;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Place;

pub const DEADLINE: Duration = Duration::from_secs(60);

/// A clock that stands where a test puts it.
#[derive(Debug)]
pub struct Hand(pub AtomicU64);

impl Clock for Hand {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Publishes when asked to only.
pub fn quiet() -> Settings {
    Settings {
        publish_every_ms: u64::MAX,
        ..Settings::default()
    }
}

pub fn start(dir: &Path, settings: Settings) -> Running {
    let log = Log::open(&Place::directory(dir)).unwrap().log;
    let clock = Arc::new(Hand(AtomicU64::new(START_MS)));
    let parts = Parts {
        settings,
        clock,
        witnesses: Vec::new(),
    };
    Host::start(log, parts).unwrap()
}

#[test]
fn what_is_answered_is_durable_read_published_and_still_there_after_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let World {
        node,
        mut developer,
        mut user,
    } = World::new(dir.path());
    let size = node.state().size;
    drop(node);
    let running = start(dir.path(), quiet());
    let host = running.host.clone();
    let offers = vec![developer.disclose(), user.disclose()];
    let answers = host.submit(offers.clone()).unwrap();
    let answers = answers.wait(DEADLINE).unwrap().unwrap();
    let indexes: Vec<u64> = answers.iter().map(index).collect();
    assert_eq!(indexes, [size, size + 1]);
    assert!(host.wait_for(size + 1, DEADLINE));
    assert_eq!(host.read(|state| state.size), size + 2);
    host.publish().wait(DEADLINE).unwrap().unwrap();
    let receipt = host.receipt(size).unwrap();
    let entry = host.public().entry(size, size + 2).unwrap();
    receipt.verify(&entry, &host.log_key(), None).unwrap();
    assert!(matches!(
        host.receipt(size + 2),
        Err(NoReceipt::NoEntry { .. })
    ));
    host.stop();
    running.wait().unwrap();

    let running = start(dir.path(), quiet());
    let again = running.host.submit(offers).unwrap();
    let again = again.wait(DEADLINE).unwrap().unwrap();
    assert_eq!(again.iter().map(index).collect::<Vec<_>>(), indexes);
    running.host.stop();
    running.wait().unwrap();
}

fn index(answer: &Answer) -> u64 {
    match answer {
        Answer::Accepted(accepted) => accepted.index,
        Answer::Refused(refused) => panic!("{refused:?}"),
    }
}

#[test]
fn a_promise_is_signed_by_the_log_and_names_the_entry() {
    let dir = tempfile::tempdir().unwrap();
    let World { node, mut user, .. } = World::new(dir.path());
    drop(node);
    let running = start(dir.path(), quiet());
    let host = &running.host;
    let mut forged = user.disclose();
    forged.signed.signature.0[3] ^= 1;
    let offers = vec![user.disclose(), forged];
    let answers = host.submit(offers).unwrap().wait(DEADLINE).unwrap();
    let answers = answers.unwrap();
    let key: VerifierKey = host.log_key();
    let [Answer::Accepted(accepted), Answer::Refused(refused)] = &answers[..] else {
        panic!("{answers:?}");
    };
    let text = host.promise(accepted);
    let text = proof::note::open(text.as_bytes(), &[key.clone()]).unwrap();
    assert!(
        text.contains(&format!("index {}\n", accepted.index)),
        "{text}"
    );
    let text = host.refusal(refused);
    let text = proof::note::open(text.as_bytes(), &[key]).unwrap();
    assert!(text.contains("code bad_signature\n"), "{text}");
    host.stop();
    running.wait().unwrap();
}
