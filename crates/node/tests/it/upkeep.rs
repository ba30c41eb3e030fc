//! Keys that give way to others, erasure, state roots, and the state made anew from the entries.

use crate::space::{
    DEADLINE, STATE_EVERY, accept, end, joins, keys, lay_out, publish, quiet, start_in,
};
use crate::world::START_MS;
use node::keyring::Duty;
use node::rebuild::rebuild;
use node::{Host, Log, Settings};
use proof::note::VerifierKey;
use proof::promise::Promise;
use proof::receipt::Receipt;
use proof::rotation::newest_key;
use protocol::entry::Entry;
use protocol::operation::{EraseReason, Erasure, PostStateRoot};
use protocol::{AccountId, Command, Hash, Rejection, codec};
use std::path::Path;
use store::Place;

fn rotate(host: &Host, duty: Duty) -> u64 {
    host.rotate(duty)
        .unwrap()
        .wait(DEADLINE)
        .unwrap()
        .unwrap()
        .unwrap()
}

fn statement(dir: &Path, number: u32) -> Receipt {
    let path = dir.join(format!("log/rotations/{number}.tlog-proof"));
    Receipt::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn successor(entry: &[u8]) -> Option<VerifierKey> {
    let entry: Entry = codec::decode(entry).ok()?;
    match entry.signed.submission.command {
        Command::RotateLogKey(rotate) => rotate.key.parse().ok(),
        _ => None,
    }
}

#[test]
fn trust_walks_from_the_first_log_key_to_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = start_in(dir.path());
    let host = &running.host;
    let first = host.log_key();
    // Two rotations before the next checkpoint: the walk still has every step.
    assert_eq!(rotate(host, Duty::Log), 1);
    assert_eq!(rotate(host, Duty::Log), 2);
    accept(host, joins(1..2));
    assert_eq!(publish(host), 4);
    let statements = [statement(dir.path(), 1), statement(dir.path(), 2)];
    let newest = newest_key(&first, &statements, None, successor).unwrap();
    assert_eq!(newest, host.log_key());
    assert_ne!(newest, first);
    let answers = host.submit(joins(2..3)).unwrap().wait(DEADLINE).unwrap();
    let node::Answer::Accepted(accepted) = answers.unwrap()[0].clone() else {
        panic!("a person joins");
    };
    Promise::open(host.promise(&accepted).as_bytes(), &newest).unwrap();
    publish(host);
    let receipt = host.receipt(4).unwrap();
    receipt.open(&newest, None).unwrap();
    assert!(receipt.open(&first, None).is_err(), "the first key is done");
    end(running);
    let running = start_in(dir.path());
    assert_eq!(running.host.log_key(), newest);
    end(running);
}

#[test]
fn a_rotation_that_a_crash_cut_short_takes_the_prepared_key() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let mut prepared = keys();
    let seed = prepared.prepare(dir.path(), Duty::Log, 1, [7; 32]).unwrap();
    let running = start_in(dir.path());
    assert_eq!(running.host.log_key(), keys().log_key(), "not in use yet");
    rotate(&running.host, Duty::Log);
    publish(&running.host);
    let expected = prepared.log_signer_of(&seed).verifier().clone();
    assert_eq!(running.host.log_key(), expected);
    end(running);
    // After the entry and before the statement: the next checkpoint brings it.
    std::fs::remove_file(dir.path().join("log/rotations/1.tlog-proof")).unwrap();
    let running = start_in(dir.path());
    publish(&running.host);
    let walked = newest_key(
        &keys().log_key(),
        &[statement(dir.path(), 1)],
        None,
        successor,
    );
    assert_eq!(walked.unwrap(), expected);
    end(running);
    // A node without the new secret must not sign with the old one.
    std::fs::remove_file(dir.path().join("keys/log.1")).unwrap();
    let log = Log::open(&place).unwrap().log;
    let error = log.signing(log.state().size).err().unwrap().to_string();
    assert!(error.contains("copy the directory `keys`"), "{error}");
}

#[test]
fn the_operator_hands_over_to_a_new_key() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = start_in(dir.path());
    for seq in [1, 2] {
        assert_eq!(rotate(&running.host, Duty::Operator), seq);
    }
    end(running);
    let running = start_in(dir.path());
    assert_eq!(rotate(&running.host, Duty::Operator), 3);
    let host = &running.host;
    assert!(host.wait_for(3, DEADLINE));
    let operator = host.read(|state| state.account(AccountId(0)).unwrap().key);
    assert_ne!(operator.0, keys().operator().public());
    end(running);
}

#[test]
fn an_erased_body_is_gone_and_its_tombstone_stays() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let running = start_in(dir.path());
    let host = &running.host;
    accept(host, joins(1..3));
    let asked = |entry| {
        let asked = host.erase(Erasure::Body(entry), EraseReason::Request);
        asked.unwrap().wait(DEADLINE).unwrap().unwrap()
    };
    assert_eq!(asked(1), Ok(3));
    assert_eq!(asked(1), Ok(3), "asked twice, erased once");
    // Not in the log; the first entry, which has no body; the tombstone, which has none either.
    for nothing in [99, 0, 3] {
        let refused = asked(nothing);
        assert_eq!(refused, Err(Rejection::NothingToErase), "{nothing}");
    }
    assert_eq!(host.durable(), 4);
    end(running);
    let log = Log::open(&place).unwrap().log;
    let bodies: Vec<bool> = (log.store().entries(1..3).unwrap())
        .map(|stored| stored.unwrap().body.is_some())
        .collect();
    assert_eq!(bodies, [false, true]);
    assert_eq!(log.state().erased.len(), 1);
}

#[test]
fn a_tombstone_without_its_erasure_is_finished_by_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let running = start_in(dir.path());
    accept(&running.host, joins(1..2));
    end(running);
    let mut log = Log::open(&place).unwrap().log;
    let erase = log.state().tombstone(Erasure::Body(1), EraseReason::Order);
    log.operate(START_MS, Command::Erase(erase).into())
        .unwrap()
        .unwrap();
    log.commit().unwrap();
    let body = |log: &Log| {
        let mut entries = log.store().entries(1..2).unwrap();
        entries.next().unwrap().unwrap().body
    };
    assert!(body(&log).is_some());
    drop(log);
    let log = Log::open(&place).unwrap().log;
    assert_eq!(body(&log), None);
}

#[test]
fn state_roots_stand_in_the_log_and_come_out_again_from_its_entries() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let settings = Settings {
        snapshot_every: 10,
        ..quiet()
    };
    let running = crate::space::start(&place, settings);
    let host = &running.host;
    for account in 1..10 {
        accept(host, joins(account..account + 1));
    }
    // A batch that passes two multiples has a root at each.
    accept(host, joins(10..30));
    let last = host.durable() - 1;
    assert!(host.wait_for(last, DEADLINE));
    end(running);
    let log = Log::open(&place).unwrap().log;
    let (root, size) = (log.state().root(), log.state().size);
    let posted = log.state().posted_root.unwrap();
    assert_eq!(posted.size % u64::from(STATE_EVERY), 0);
    drop(log);
    let rebuilt = rebuild(&place).unwrap();
    assert_eq!((rebuilt.root, rebuilt.state.size), (root, size));
    assert_eq!(rebuilt.differences, [""; 0]);
    assert!(rebuilt.snapshot && rebuilt.roots >= 3, "{}", rebuilt.roots);
}

#[test]
fn a_root_or_a_snapshot_that_the_entries_do_not_make_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let mut log = Log::open(&place).unwrap().log;
    let append = |log: &mut Log, account| {
        let offer = joins(account..account + 1).pop().unwrap();
        let offer = sequencer::Verified::check(offer).unwrap();
        log.admit(START_MS, offer).unwrap().unwrap();
        log.commit().unwrap();
    };
    for account in 1..=STATE_EVERY {
        append(&mut log, account);
    }
    let wrong = PostStateRoot {
        size: u64::from(STATE_EVERY),
        layout: ledger::snapshot::LAYOUT.to_owned(),
        root: Hash([9; 32]),
    };
    let post = log.operate(START_MS, Command::PostStateRoot(wrong).into());
    post.unwrap().unwrap();
    log.commit().unwrap();
    log.publish().unwrap();
    let mut state = log.state().clone();
    state.time_ms += 1;
    let snapshot = store::snapshot::Snapshot {
        log_size: state.size,
        bytes: state.to_bytes(),
    };
    log.store().snapshots().save(&snapshot).unwrap();
    drop(log);
    let differences = rebuild(&place).unwrap().differences;
    let words = [
        "posts a root of the state after 8 entries",
        "the snapshot after 10 entries",
    ];
    assert_eq!(differences.len(), words.len(), "{differences:?}");
    for (difference, word) in differences.iter().zip(words) {
        assert!(difference.contains(word), "{difference}");
    }
}
