//! Calls that end while others run in them, and callers who are gone by then.

use crate::composed::{cost, document, failed};
use crate::house::{KEY, header};
use crate::program::{Works, held};
use crate::shop::{FEE, PROGRAMS};
use gateway::{Asked, Receipt};
use serde_json::Value;
use std::sync::atomic::Ordering;

fn works() -> (tempfile::TempDir, Works) {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    (dir, works)
}

#[test]
fn a_secret_is_good_while_its_call_runs() {
    let (_dir, works) = works();
    works.call(PROGRAMS, "use 1", Asked::default());
    let token = works.program.token.lock().unwrap().clone();
    let asked = |token: &str| Asked {
        posts: true,
        path: "embeddings".to_owned(),
        bearer: Some(token.to_owned()),
        body: br#"{"model":"asset-1","input":"x"}"#.to_vec().into(),
        ..Asked::default()
    };
    for token in [token.as_str(), "hw_c_", "hw_c_00"] {
        let (code, _) = failed(&works, works.ask(asked(token)));
        assert_eq!(code, "call_over");
    }
    assert_eq!(works.due()[&1], 11);
}

#[test]
fn what_still_runs_when_its_call_ends_costs_nothing() {
    let (_dir, works) = works();
    std::thread::scope(|scope| {
        let whole = scope.spawn(|| works.call(PROGRAMS, "wait first", Asked::default()));
        while works.program.asked.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let token = works.program.token.lock().unwrap().clone();
        // Whoever has the secret calls a program that uses something and then takes its time.
        let steps = r"use 1\nwait second";
        let body = format!(r#"{{"model":"asset-11","messages":[{{"content":"{steps}"}}]}}"#);
        let late = scope.spawn(|| {
            works.ask(Asked {
                posts: true,
                path: "chat/completions".to_owned(),
                bearer: Some(token),
                body: body.into(),
                ..Asked::default()
            })
        });
        while works.program.had.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        works.program.go("first");
        let reply = whole.join().unwrap();
        let receipts = works.receipts(&reply);
        let (nodes, sums) = held(&receipts);
        let shape: Vec<(u32, bool)> = nodes
            .iter()
            .map(|it| (it.receipt.asset.0, it.receipt.failed()))
            .collect();
        assert_eq!(shape, [(10, false), (11, true), (1, false)]);
        assert_eq!(sums, [(1, 11), (10, FEE)].into());
        assert_eq!(cost(&reply), FEE + 11);
        works.program.go("second");
        let (code, none) = failed(&works, late.join().unwrap());
        assert_eq!((code.as_str(), none.len()), ("call_over", 0));
    });
    assert_eq!(works.due(), [(1, 11), (10, FEE)].into());
}

#[test]
fn what_is_used_within_a_call_is_not_streamed() {
    let (_dir, works) = works();
    let reply = works.call(PROGRAMS, "stream 11\nuse 1", Asked::default());
    let had = works.had();
    assert_eq!(had[0], (400, "stream_within_call".to_owned()));
    assert_eq!((had[1].0, cost(&reply)), (200, FEE + 11));
    assert_eq!(works.program.asked.load(Ordering::SeqCst), 1);
    assert_eq!(works.receipts(&reply).len(), 2);
    assert_eq!(works.due(), [(1, 11), (PROGRAMS, FEE)].into());
}

#[test]
fn whoever_asks_for_a_stream_within_a_call_is_told_what_to_do() {
    let (_dir, works) = works();
    let mut reply = std::thread::scope(|scope| {
        let whole = scope.spawn(|| works.call(PROGRAMS, "wait x", Asked::default()));
        while works.program.asked.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let token = works.program.token.lock().unwrap().clone();
        let body = r#"{"model":"asset-11","messages":[{"content":""}],"stream":true}"#;
        let reply = works.ask(Asked {
            posts: true,
            path: "chat/completions".to_owned(),
            bearer: Some(token),
            body: body.into(),
            ..Asked::default()
        });
        works.program.go("x");
        assert_eq!(cost(&whole.join().unwrap()), FEE);
        reply
    });
    assert_eq!(header(&reply, "x-should-retry"), "false");
    let told = document(&works, &mut reply);
    assert_eq!(told["error"]["code"], "stream_within_call");
    let words = told["error"]["message"].as_str().unwrap();
    assert!(words.contains("without `stream`"), "{words}");
}

fn receipts(works: &Works, bearer: &str) -> (u16, Value) {
    let mut reply = works.ask(Asked {
        path: "receipts".to_owned(),
        bearer: Some(bearer.to_owned()),
        ..Asked::default()
    });
    let found = document(works, &mut reply);
    (reply.status, found["data"].clone())
}

/// So many ended calls, which are told once they are written down.
fn ended(works: &Works, count: usize) -> Value {
    loop {
        let (status, told) = receipts(works, KEY);
        assert_eq!(status, 200);
        let found = told.as_array().unwrap().len();
        assert!(found <= count);
        if found == count {
            return told;
        }
        std::thread::yield_now();
    }
}

#[test]
fn whoever_hangs_up_asks_for_their_receipts_afterwards() {
    let (_dir, works) = works();
    works.hangs_up(PROGRAMS, "use 1\ncall 11 (use 2)\nwait x", 3);
    assert_eq!(works.due(), [(1, 11), (2, 12), (11, FEE)].into());
    works.program.go("x");
    let told = ended(&works, 1);
    let below = told[0]["children"].as_array().unwrap().iter();
    let texts = below.chain([&told[0]["receipt"]]);
    let found: Vec<Receipt> = texts
        .map(|text| works.open_receipt(text.as_str().unwrap()))
        .collect();
    let (nodes, sums) = held(&found);
    assert_eq!((nodes.len(), nodes[0].receipt.asset.0), (4, PROGRAMS));
    assert_eq!(sums, works.due());
    assert_eq!(told[0]["status"], "failed");
    assert_eq!(told[0]["cost_units"], "123");
    // One that went well comes first, and nobody else sees any of it.
    let reply = works.call(PROGRAMS, "use 3", Asked::default());
    let text = header(&reply, "x-headwater-receipt");
    assert_eq!(ended(&works, 2)[0]["receipt"], *text);
    assert_eq!(receipts(&works, "hw_m_other").0, 401);
    for _ in 0..40 {
        works.call(PROGRAMS, "", Asked::default());
    }
    assert_eq!(ended(&works, 32).as_array().unwrap().len(), 32);
}
