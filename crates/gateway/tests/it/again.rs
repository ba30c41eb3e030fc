//! Calls that are asked again under their idempotency key: answered and charged once.

use crate::house::header;
use crate::program::{Works, held};
use crate::shop::{FEE, PROGRAMS, TWOFOLD};
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
    assert_eq!(header(&again, "x-should-retry"), "false");
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

/// The same for a purpose.
fn once_for(word: &str, purpose: &str) -> Asked {
    Asked {
        purpose: Some(purpose.to_owned()),
        ..once(word)
    }
}

#[test]
fn the_same_question_for_another_purpose_is_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    let [_, program] = TWOFOLD;
    let first = works.call(program, "use 1", once_for("a", "query"));
    assert_eq!(first.status, 200);
    let again = works.call(program, "use 1", once_for("a", "query"));
    assert_eq!(header(&again, "x-headwater-replayed"), "true");
    let due = works.due();
    let conflict = (409, "idempotency_key_reused".to_owned());
    let reused = works.call(program, "use 1", once_for("a", "train"));
    assert_eq!(header(&reused, "x-should-retry"), "false");
    assert_eq!(code(&works, reused), conflict);
    assert_eq!(works.due(), due);
    // Who says what it is for makes no other question of it.
    assert_eq!(works.call(PROGRAMS, "use 1", once("b")).status, 200);
    let named = works.call(PROGRAMS, "use 1", once_for("b", "query"));
    assert_eq!(header(&named, "x-headwater-replayed"), "true");
    // The same once the answers are lost.
    drop(works);
    let works = Works::open(dir.path(), 1_000_000);
    let reused = works.call(program, "use 1", once_for("a", "train"));
    assert_eq!(code(&works, reused), conflict);
    let lost = works.call(program, "use 1", once_for("a", "query"));
    assert_eq!(code(&works, lost), (409, "already_answered".to_owned()));
}

#[test]
fn what_a_failed_call_has_used_for_one_purpose_is_no_answer_for_another() {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    let [leaf, program] = TWOFOLD;
    let steps = format!("use {leaf} k\nfail");
    let first = works.call(program, &steps, once_for("a", "query"));
    assert_eq!(first.status, 502);
    let used = works.had();
    assert_eq!((used.len(), used[0].0), (1, 200));
    // Within the call no header says the purpose: it is that of the whole call.
    works.call(program, &steps, once_for("a", "train"));
    assert_eq!(works.had(), [(409, "idempotency_key_reused".to_owned())]);
    works.call(program, &steps, once_for("a", "query"));
    assert_eq!(works.had(), used, "paid for once, and answered again");
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
        works.program.go("x");
        assert_eq!(call.join().unwrap().status, 200);
        // Of all conflicts this one passes by itself.
        assert_eq!(header(&second, "x-should-retry"), "true");
        assert_eq!(header(&second, "retry-after"), "1");
        assert_eq!(code(&works, second), (409, "call_runs".to_owned()));
    });
    assert_eq!(works.due(), [(PROGRAMS, FEE)].into());
}
