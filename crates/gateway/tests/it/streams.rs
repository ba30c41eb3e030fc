//! Answers that come in events: byte for byte, whole or broken, read to the end or not.

use crate::house::House;
use crate::upstream::events;
use gateway::{Body, Reply};
use protocol::usage::TokenSource;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn last(text: &str) -> Value {
    let datas = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let last = datas.rev().find(|data| *data != "[DONE]");
    serde_json::from_str(last.unwrap()).unwrap()
}

#[test]
fn events_go_through_as_they_are_and_the_last_one_has_the_receipt() {
    let house = House::new();
    let mut reply = house.chat("plain", true);
    let text = house.read(&mut reply);
    assert!(text.starts_with(&events(3)), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"));
    let last = last(&text);
    assert_eq!(last["id"], "u-2");
    assert_eq!(last["choices"], Value::Array(Vec::new()));
    assert_eq!(last["usage"]["completion_tokens"], 2);
    assert_eq!(last["usage"]["cost"], "21");
    let receipt = house.open(last["headwater"]["receipt"].as_str().unwrap());
    assert_eq!((receipt.row.amount_units, receipt.whole), (21, true));
    let sent = house.upstream.last.lock().unwrap().clone();
    assert!(sent.contains("\"include_usage\":true"), "{sent}");
}

#[test]
fn a_stream_costs_what_the_same_answer_costs_at_once() {
    for model in ["plain", "silent", "lies"] {
        let house = House::new();
        let mut whole = house.chat(model, false);
        house.read(&mut whole);
        let once = house
            .open(crate::house::header(&whole, "x-headwater-receipt"))
            .row;
        let text = house.read(&mut house.chat(model, true));
        let streamed = house
            .open(last(&text)["headwater"]["receipt"].as_str().unwrap())
            .row;
        assert_eq!(streamed.amount_units, once.amount_units, "{model}");
        assert_eq!(streamed.tokens, once.tokens, "{model}");
    }
}

#[test]
fn streams_one_after_the_other_have_one_connection_to_their_upstream() {
    let house = House::new();
    for _ in 0..3 {
        let text = house.read(&mut house.chat("kept", true));
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    }
    let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
    let upstream = &house.upstream;
    assert_eq!(
        (count(&upstream.asked), count(&upstream.connections)),
        (3, 1)
    );
}

#[test]
fn a_stream_that_breaks_off_says_so_and_costs_what_has_come() {
    let house = House::new();
    let text = house.read(&mut house.chat("dies", true));
    assert!(text.starts_with(&events(2)), "{text}");
    assert!(!text.contains("[DONE]"));
    let last = last(&text);
    assert_eq!(last["error"]["code"], "upstream_error");
    assert_eq!(last["headwater"]["status"], "partial");
    let receipt = house.open(last["headwater"]["receipt"].as_str().unwrap());
    assert!(!receipt.whole);
    // "twelve" and " " are 7 bytes: 2 tokens.
    let tokens = receipt.row.tokens.unwrap();
    assert_eq!((tokens.output, tokens.source), (2, TokenSource::Counted));
    // Nothing has come: nothing is paid.
    let before = house.till.spent(1);
    let text = house.read(&mut house.chat("dies-at-once", true));
    assert!(
        text.contains("upstream_error") && !text.contains("[DONE]"),
        "{text}"
    );
    assert_eq!(house.till.spent(1), before);
}

#[test]
fn whoever_hangs_up_cancels_the_upstream_and_pays_for_what_has_come() {
    let house = House::new();
    let reply: Reply = house.chat("endless", true);
    let Body::Events(mut received) = reply.body else {
        panic!("a stream")
    };
    house.runtime.block_on(received.next()).unwrap();
    assert!(house.till.due().is_empty());
    // A server drops it in a task of its own.
    house.runtime.block_on(async { drop(received) });
    house
        .upstream
        .cut
        .recv_timeout(Duration::from_secs(20))
        .expect("the upstream is cut off");
    // What was passed on is written down as soon as the task has seen it.
    let (told, came) = std::sync::mpsc::channel();
    let till = std::sync::Arc::clone(&house.till);
    std::thread::spawn(move || {
        while till.due().is_empty() {
            std::thread::yield_now();
        }
        told.send(till.due()).ok();
    });
    let due = came.recv_timeout(Duration::from_secs(20)).expect("a row");
    assert_eq!((due.len(), due[0].rows), (1, 1));
    assert!(house.till.spent(1) > 10);
}

#[test]
fn a_model_that_runs_here_streams_word_by_word() {
    let house = House::new();
    let text = house.read(&mut house.post(
        "chat/completions",
        r#"{"model":"word-model","messages":[{"role":"user","content":"the"}],"stream":true}"#,
    ));
    let datas = text.lines().filter_map(|line| line.strip_prefix("data: {"));
    assert_eq!(datas.count(), 4, "{text}");
    assert!(text.contains("\"content\":\"parcel\"") && text.ends_with("data: [DONE]\n\n"));
    house.open(last(&text)["headwater"]["receipt"].as_str().unwrap());
}
