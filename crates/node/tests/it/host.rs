//! The running node: answers only for what is durable, a graceful end, and the next start.

use crate::gate::{Gate, Mode};
use crate::space::{
    DEADLINE, Hand, accept, end, index, joins, keys, lay_out, parts, publish, quiet, start,
    start_in,
};
use crate::world::{DAY_MS, Person, START_MS, asset};
use node::health::Role;
use node::host::{NoReceipt, Parts};
use node::{Answer, Clock, Host, Log, Running, Settings, Ticket, Unanswered};
use proof::promise::{Promise, Refusal};
use protocol::entry::Entry;
use protocol::{Command, Rejection, Scope, codec};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::Place;

#[test]
fn what_is_answered_is_read_published_and_still_there_after_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = start_in(dir.path());
    let host = running.host.clone();
    let offers = joins(1..3);
    assert_eq!(accept(&host, offers.clone()), [1, 2]);
    assert!(host.wait_for(2, DEADLINE));
    assert_eq!(host.read(|state| state.accounts.len()), 3);
    assert!(matches!(
        host.receipt(1),
        Err(NoReceipt::NotPublished { published: 1 })
    ));
    assert_eq!(publish(&host), 3);
    let receipt = host.receipt(1).unwrap();
    let opened = receipt.open(&host.log_key(), None).unwrap();
    let entry: Entry = codec::decode(opened.entry).unwrap();
    assert_eq!((entry.seq, entry.signed), (1, offers[0].signed.clone()));
    assert!(matches!(
        host.receipt(3),
        Err(NoReceipt::NoEntry { durable: 3 })
    ));
    end(running);
    assert_eq!(host.health().role, Role::Halted);
    assert!(matches!(
        host.submit(joins(3..4)),
        Err(Unanswered::Stopped { .. })
    ));

    let opened = Log::open(&Place::directory(dir.path())).unwrap();
    assert_eq!(opened.replayed, 0, "the end has saved a snapshot");
    drop(opened);
    let running = start_in(dir.path());
    assert_eq!(accept(&running.host, offers), [1, 2]);
    assert_eq!(running.host.durable(), 3);
    end(running);
}

#[test]
fn promises_and_refusals_are_the_logs_word() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = start_in(dir.path());
    let host = &running.host;
    let mut offers = joins(1..3);
    offers[1].signed.signature.0[3] ^= 1;
    let answers = host.submit(offers).unwrap().wait(DEADLINE).unwrap();
    let answers = answers.unwrap();
    let [Answer::Accepted(accepted), Answer::Refused(refused)] = &answers[..] else {
        panic!("{answers:?}");
    };
    let promise = Promise::open(host.promise(accepted).as_bytes(), &host.log_key()).unwrap();
    assert_eq!((promise.index, promise.arrived_ms), (1, START_MS));
    assert_eq!(promise.merged_by_ms, START_MS + quiet().merge_delay_ms);
    let refusal = Refusal::open(host.refusal(refused).as_bytes(), &host.log_key()).unwrap();
    assert_eq!((refusal.code.as_str(), refusal.size), ("bad_signature", 2));
    end(running);
}

/// Counts how often it was asked.
#[derive(Debug, Default)]
struct Asked(AtomicU64);

impl Asked {
    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for Asked {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst);
        START_MS
    }
}

/// Submits and returns once it is decided: the clock is asked when it comes, before a turn, and by
/// the decision.
fn decide(host: &Host, clock: &Asked, account: u32) -> Ticket<Vec<Answer>> {
    let asked = clock.count();
    let ticket = host.submit(joins(account..account + 1)).unwrap();
    let since = Instant::now();
    while clock.count() < asked + 3 {
        assert!(since.elapsed() < DEADLINE, "it waits for the sync");
        std::thread::yield_now();
    }
    ticket
}

/// A writer at this place that counts how often it asks its clock.
fn counted(place: &Place) -> (Running, Arc<Asked>) {
    lay_out(place);
    let clock = Arc::new(Asked::default());
    let parts = Parts {
        clock: clock.clone(),
        ..parts(quiet(), Vec::new())
    };
    let log = Log::open(place).unwrap().log;
    (Host::start(log, parts).unwrap(), clock)
}

#[test]
fn nothing_is_answered_or_read_before_its_sync_and_one_serves_all_that_was_decided() {
    let dir = tempfile::tempdir().unwrap();
    let (place, gate) = Gate::around(dir.path());
    let (running, clock) = counted(&place);
    let host = &running.host;
    let syncs = gate.passed();
    gate.set(Mode::Closed);
    let first = host.submit(joins(1..2)).unwrap();
    gate.wait_for_sync();
    // Too few for a state root, which would be a batch of its own.
    let later: Vec<_> = (2..6)
        .map(|account| decide(host, &clock, account))
        .collect();
    // Once a repetition, which needs no sync, is being decided the turns before are on their way.
    let repeated = decide(host, &clock, 1);
    assert_eq!(first.wait(Duration::ZERO), None);
    assert_eq!((host.durable(), host.applied_through()), (1, 1));
    assert_eq!(host.health().waiting, 5);
    gate.set(Mode::Open);
    assert_eq!(index(&first.wait(DEADLINE).unwrap().unwrap()[0]), 1);
    for (ticket, seq) in later.into_iter().zip(2..) {
        assert_eq!(index(&ticket.wait(DEADLINE).unwrap().unwrap()[0]), seq);
    }
    assert_eq!(index(&repeated.wait(DEADLINE).unwrap().unwrap()[0]), 1);
    assert_eq!(gate.passed() - syncs, 2);
    assert_eq!(host.health().waiting, 0);
    end(running);
}

#[test]
fn a_failed_sync_ends_the_writer_and_the_next_start_has_all_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let (place, gate) = Gate::around(dir.path());
    lay_out(&place);
    let running = start(&place, quiet());
    let host = running.host.clone();
    accept(&host, joins(1..3));
    gate.set(Mode::Closed);
    let lost = host.submit(joins(3..4)).unwrap();
    gate.wait_for_sync();
    let behind = host.submit(joins(4..5)).unwrap();
    let published = host.publish();
    gate.set(Mode::Broken);
    assert_eq!(lost.wait(DEADLINE).unwrap(), Err(Unanswered::Lost));
    assert_eq!(behind.wait(DEADLINE).unwrap(), Err(Unanswered::Lost));
    let error = running.wait().unwrap_err().to_string();
    assert!(error.contains("the disk is gone"), "{error}");
    let health = host.health();
    assert_eq!((health.role, health.durable), (Role::Halted, 3));
    assert!(
        health.problems[0].contains("stop the process"),
        "{health:?}"
    );
    assert!(matches!(
        host.submit(joins(4..5)),
        Err(Unanswered::Stopped { .. })
    ));
    // Whoever asked for a checkpoint learns that it covers nothing new.
    assert!(published.wait(DEADLINE).unwrap().unwrap_or(0) <= 3);
    gate.set(Mode::Open);
    let running = start(&place, quiet());
    assert!(running.host.durable() >= 3);
    assert_eq!(accept(&running.host, joins(1..5)), [1, 2, 3, 4]);
    end(running);
}

#[test]
fn a_full_disk_ends_the_writer_with_all_that_was_decided_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (place, gate) = Gate::around(dir.path());
    let (running, clock) = counted(&place);
    let host = &running.host;
    gate.set(Mode::Closed);
    let first = host.submit(joins(1..2)).unwrap();
    gate.wait_for_sync();
    let behind = [2, 3].map(|account| decide(host, &clock, account));
    gate.set(Mode::Full);
    assert_eq!(index(&first.wait(DEADLINE).unwrap().unwrap()[0]), 1);
    for ticket in behind {
        assert_eq!(ticket.wait(DEADLINE).unwrap(), Err(Unanswered::Lost));
    }
    assert!(host.wait_role(Role::Halted, DEADLINE));
    let error = running.wait().unwrap_err().to_string();
    assert!(error.contains("free space on the disk"), "{error}");
    gate.set(Mode::Open);
    let running = start(&place, quiet());
    assert_eq!(running.host.durable(), 2);
    assert_eq!(accept(&running.host, joins(1..4)), [1, 2, 3]);
    end(running);
}

#[test]
fn a_full_queue_says_so_and_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (place, gate) = Gate::around(dir.path());
    lay_out(&place);
    let settings = Settings {
        queue_limit: 2,
        ..quiet()
    };
    let running = start(&place, settings);
    let host = &running.host;
    gate.set(Mode::Closed);
    let first = host.submit(joins(1..2)).unwrap();
    gate.wait_for_sync();
    let second = host.submit(joins(2..4)).unwrap();
    let busy = host.submit(joins(4..5)).unwrap_err();
    assert_eq!(busy, Unanswered::Busy { waiting: 2 });
    assert!(busy.to_string().contains("send it again later"), "{busy}");
    gate.set(Mode::Open);
    for ticket in [first, second] {
        ticket.wait(DEADLINE).unwrap().unwrap();
    }
    assert_eq!(accept(host, joins(4..5)), [4]);
    end(running);
}

#[test]
fn log_time_stands_while_a_clock_that_jumped_back_catches_up() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let clock = Hand::at(START_MS + DAY_MS);
    let log = Log::open(&place).unwrap().log;
    let with_clock = Parts {
        clock: clock.clone(),
        ..parts(quiet(), Vec::new())
    };
    let running = Host::start(log, with_clock).unwrap();
    let host = &running.host;
    let time_after = |accounts| {
        let last = accept(host, joins(accounts)).pop().unwrap();
        assert!(host.wait_for(last, DEADLINE));
        host.read(|state| state.time_ms)
    };
    assert_eq!(time_after(1..2), START_MS + DAY_MS);
    clock.set(START_MS);
    assert_eq!(time_after(2..3), START_MS + DAY_MS);
    let answers = host.submit(joins(2..3)).unwrap().wait(DEADLINE);
    let Answer::Accepted(again) = answers.unwrap().unwrap()[0] else {
        panic!("it stands in the log");
    };
    // By an earlier time a checkpoint of before the entry would break the promise.
    assert_eq!(again.arrived_ms, START_MS + DAY_MS);
    assert_eq!(
        again.merged_by_ms,
        START_MS + DAY_MS + quiet().merge_delay_ms
    );
    let problems = host.health().problems;
    assert!(problems[0].contains("86400 s behind"), "{problems:?}");
    clock.set(START_MS + DAY_MS + 5);
    assert_eq!(time_after(3..4), START_MS + DAY_MS + 5);
    assert_eq!(host.health().problems, [""; 0]);
    end(running);
}

#[test]
fn large_private_bodies_go_in_batches_that_the_journal_takes() {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&Place::directory(dir.path()));
    let running = start_in(dir.path());
    let mut person = Person::new(keys().space(), 1, Scope::PUBLISH);
    accept(&running.host, vec![person.join()]);
    let mut large = |bytes| {
        let mut offer = person.sign(Command::RegisterAsset(asset()));
        offer.body = vec![7; bytes];
        offer
    };
    let offers: Vec<_> = (0..70).map(|_| large(1 << 20)).collect();
    assert_eq!(accept(&running.host, offers).len(), 70);
    let offers = vec![large((1 << 20) + 1)];
    let answers = running.host.submit(offers).unwrap().wait(DEADLINE);
    let answers = answers.unwrap().unwrap();
    let Answer::Refused(refused) = answers[0] else {
        panic!("{answers:?}");
    };
    assert_eq!(refused.rejection, Rejection::TooLarge);
    end(running);
}

#[test]
fn what_the_last_process_left_unpublished_is_published_without_being_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    lay_out(&place);
    let mut log = Log::open(&place).unwrap().log;
    let offer = sequencer::Verified::check(joins(1..2).remove(0)).unwrap();
    log.admit(START_MS, offer).unwrap().unwrap();
    log.commit().unwrap();
    drop(log);
    let settings = Settings {
        publish_every_ms: 1,
        ..quiet()
    };
    let running = start(&place, settings);
    let host = &running.host;
    let wait_for = |size| {
        let deadline = Instant::now() + DEADLINE;
        while host.published() < size && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(host.published(), size);
    };
    wait_for(2);
    accept(host, joins(2..4));
    wait_for(4);
    end(running);
}
