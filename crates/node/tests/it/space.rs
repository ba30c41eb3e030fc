//! A space without a chain, for tests of the running node: its first entry, and people who join.

use crate::world::{Person, START_MS};
use node::clock::Clock;
use node::host::Parts;
use node::{Answer, Host, Keyring, Log, Running, Settings, Witness};
use protocol::command::Genesis;
use protocol::{Address, Command, Scope};
use sequencer::{Offer, Verified};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Place;

/// No test waits longer; what it waits for comes at once.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// State roots are posted for multiples of this.
pub const STATE_EVERY: u32 = 8;

/// A clock that stands where a test puts it.
#[derive(Debug)]
pub struct Hand(AtomicU64);

impl Hand {
    pub fn at(time_ms: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(time_ms)))
    }

    pub fn set(&self, time_ms: u64) {
        self.0.store(time_ms, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub fn keys() -> Keyring {
    Keyring::from_seed(b"node tests")
}

/// Lays out a log with nothing but its first entry, published.
pub fn lay_out(place: &Place) {
    let keys = keys();
    keys.save(&place.dir).unwrap();
    let log_key = keys.log_key().to_string();
    let mut log = Log::create(place, keys).unwrap();
    let genesis = Genesis {
        chain_id: chain::devnet::CHAIN_ID,
        settlement: Address([1; 20]),
        escrow: Address([2; 20]),
        tokens: vec![Address([3; 20])],
        log_key,
        state_every: STATE_EVERY,
    };
    let first = log.sign_as(None, Command::Genesis(genesis)).unwrap();
    let first = Verified::check(first).unwrap();
    log.admit(START_MS, first).unwrap().unwrap();
    log.commit().unwrap();
    log.publish().unwrap();
}

/// Publishes when it is asked to.
pub fn quiet() -> Settings {
    Settings {
        publish_every_ms: u64::MAX,
        ..Settings::default()
    }
}

pub fn parts(settings: Settings, witnesses: Vec<Arc<dyn Witness>>) -> Parts {
    Parts {
        settings,
        clock: Hand::at(START_MS),
        witnesses,
    }
}

pub fn start(place: &Place, settings: Settings) -> Running {
    let log = Log::open(place).unwrap().log;
    Host::start(log, parts(settings, Vec::new())).unwrap()
}

pub fn start_in(dir: &Path) -> Running {
    start(&Place::directory(dir), quiet())
}

pub fn end(running: Running) {
    running.host.stop();
    running.wait().unwrap();
}

/// Offers of people who join, by the numbers that their accounts will have.
pub fn joins(accounts: Range<u32>) -> Vec<Offer> {
    let space = keys().space();
    accounts
        .map(|account| Person::new(space, account, Scope::WORK).join())
        .collect()
}

/// Submits and waits; all must be accepted.
pub fn accept(host: &Host, offers: Vec<Offer>) -> Vec<u64> {
    let answers = host.submit(offers).unwrap().wait(DEADLINE);
    answers.unwrap().unwrap().iter().map(index).collect()
}

pub fn index(answer: &Answer) -> u64 {
    match answer {
        Answer::Accepted(accepted) => accepted.index,
        Answer::Refused(refused) => panic!("{refused:?}"),
    }
}

pub fn publish(host: &Host) -> u64 {
    host.publish().wait(DEADLINE).unwrap().unwrap()
}

/// Copies a directory as a backup does.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            std::fs::copy(item.path(), target).unwrap();
        }
    }
}
