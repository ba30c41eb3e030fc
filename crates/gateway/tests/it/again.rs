//! Calls that are asked again under their idempotency key: answered and charged once.

use crate::house::header;
use crate::program::{Works, held};
use crate::shop::{FEE, PROGRAMS};
use gateway::Asked;
use serde_json::Value;
use std::sync::atomic::Ordering;

fn once(word: &str) -> Asked {
    Asked {
        once: Some(word.to_owned()),
        ..Asked::default()
    }
}

fn code(works: &Works, mut reply: gateway::Reply) -> (u16, String) {
    let document: Value = serde_json::from_str(&works.read(&mut reply)).unwrap();
    let code = document["error"]["code"].as_str().unwrap();
    (reply.status, code.to_owned())
}

#[test]
fn a_call_that_is_asked_again_gets_its_answer_and_costs_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    let mut first = works.call(PROGRAMS, "use 1\nuse 2", once("a"));
    let mut again = works.call(PROGRAMS, "use 1\nuse 2", once("a"));
    assert_eq!(works.read(&mut again), works.read(&mut first));
    assert_eq!(header(&again, "x-headwater-replayed"), "true");
    for name in [
        "x-headwater-receipt",
        "x-headwater-children",
        "x-headwater-cost",
    ] {
        assert_eq!(header(&again, name), header(&first, name));
    }
    assert_eq!(works.program.asked.load(Ordering::SeqCst), 1);
    let due = works.due();
    assert_eq!(due.values().sum::<u128>(), FEE + 11 + 12);
    let reused = works.call(PROGRAMS, "use 1", once("a"));
    assert_eq!(
        code(&works, reused),
        (409, "idempotency_key_reused".to_owned())
    );
    let long = works.call(PROGRAMS, "use 1", once(&"x".repeat(256)));
    assert_eq!(code(&works, long).0, 400);
    assert_eq!(works.due(), due);
    // After a crash its answer is lost, and that it was charged is not.
    drop(works);
    let works = Works::open(dir.path(), 1_000_000);
    let again = works.call(PROGRAMS, "use 1\nuse 2", once("a"));
    assert_eq!(code(&works, again), (409, "already_answered".to_owned()));
    let reused = works.call(PROGRAMS, "use 3", once("a"));
    assert_eq!(
        code(&works, reused),
        (409, "idempotency_key_reused".to_owned())
    );
    assert_eq!(works.program.asked.load(Ordering::SeqCst), 0);
    assert_eq!(works.due(), due);
    let other = works.call(PROGRAMS, "use 1\nuse 2", once("b"));
    assert_eq!(other.status, 200);
}

#[test]
fn what_is_used_twice_under_one_key_is_used_once() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    let reply = works.call(
        PROGRAMS,
        "use 1 k\nuse 1 k\nuse 2 k\nuse 1",
        Asked::default(),
    );
    let had = works.had();
    assert_eq!(had[0], had[1]);
    assert_eq!(had[2], (409, "idempotency_key_reused".to_owned()));
    let receipts = works.receipts(&reply);
    let (nodes, sums) = held(&receipts);
    assert_eq!((nodes.len(), sums[&1]), (3, 22));
    assert_eq!(works.due(), sums);
    // Another call's key is another key.
    works.call(PROGRAMS, "use 1 k", Asked::default());
    assert_ne!(works.had()[0], had[0]);
}

#[test]
fn a_call_that_failed_is_tried_again_without_paying_twice_for_what_it_used() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    let first = works.call(PROGRAMS, "use 1 k\nfail", once("a"));
    assert_eq!(code(&works, first), (502, "upstream_error".to_owned()));
    assert_eq!(works.due(), [(1, 11)].into());
    let had = works.had();
    let reply = works.call(PROGRAMS, "use 1 k\nuse 2", once("a"));
    assert_eq!(works.had()[0], had[0]);
    let receipts = works.receipts(&reply);
    let (nodes, _) = held(&receipts);
    assert_eq!(
        nodes.len(),
        2,
        "what the first try has paid is in no other call"
    );
    assert_eq!(works.due(), [(1, 11), (2, 12), (PROGRAMS, FEE)].into());
}

#[test]
fn a_crash_charges_what_was_used_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| works.call(PROGRAMS, "use 1 k\nwait x", once("a")));
        while works.program.had.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        // The machine dies here: all that a new start finds is the file as it is now.
        let left = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join("spool"), left.path().join("spool")).unwrap();
        let next = Works::open(left.path(), 1_000_000);
        assert_eq!(next.due(), [(1, 11)].into());
        // The whole call was not charged, so it may be asked again; what it had used was.
        next.program.go("x");
        let again = next.call(PROGRAMS, "use 1 k\nwait x", once("a"));
        assert_eq!(again.status, 200);
        assert_eq!(next.had(), [(409, "already_answered".to_owned())]);
        assert_eq!(next.due(), [(1, 11), (PROGRAMS, FEE)].into());
        works.program.go("x");
        assert_eq!(call.join().unwrap().status, 200);
    });
    assert_eq!(works.due(), [(1, 11), (PROGRAMS, FEE)].into());
}

#[test]
fn the_same_question_for_another_purpose_is_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    assert_eq!(works.call(PROGRAMS, "use 1", once("a")).status, 200);
    let more = Asked {
        purpose: Some("query".to_owned()),
        ..once("a")
    };
    let reused = works.call(PROGRAMS, "use 1", more);
    assert_eq!(
        code(&works, reused),
        (409, "idempotency_key_reused".to_owned())
    );
}

#[test]
fn a_call_that_runs_is_not_run_twice() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| works.call(PROGRAMS, "wait x", once("a")));
        while works.program.asked.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let second = works.call(PROGRAMS, "wait x", once("a"));
        assert_eq!(code(&works, second), (409, "call_runs".to_owned()));
        works.program.go("x");
        assert_eq!(call.join().unwrap().status, 200);
    });
    assert_eq!(works.due(), [(PROGRAMS, FEE)].into());
}
