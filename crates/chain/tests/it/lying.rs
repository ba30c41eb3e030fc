//! A server that makes things up: nothing that it says ends a process, or takes it for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_sol_types::{SolEvent as _, sol};
use chain::endpoint::Unanswered;
use chain::error::ErrorKind;
use chain::remote::Time;
use serde_json::{Value, json};

use crate::elsewhere::{DEPTH, deposit, open, open_as, rules, turn};
use crate::fake::{Fake, says};
use crate::world::wallet;

sol! {
    event Released(uint64 indexed epoch, address indexed token, uint256 amount);
}

#[test]
fn sums_without_bounds_are_no_release() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    deposit(&fake, &deployment, 500);
    fake.mine(DEPTH);
    fake.after(|method, mut answer| {
        if method == "eth_getLogs"
            && let Some(logs) = answer["result"].as_array_mut()
            && let Some(mut released) = logs.last().cloned()
        {
            let kind = hex::encode(Released::SIGNATURE_HASH);
            let words = [format!("0x{kind}"), word(1), word(0)];
            released["topics"] = json!(words);
            released["data"] = json!(format!("0x{}", "ff".repeat(32)));
            logs.extend([released.clone(), released]);
        }
        Some(answer)
    });
    turn(&mut chain).unwrap();
    assert_eq!(chain.deposits_after(0).unwrap().len(), 1, "it was read");
    assert!(!chain.is_released(1).unwrap());
}

#[test]
fn a_receipt_without_the_event_of_its_call_is_no_proof() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    fake.before(|request| {
        let estimates = request["method"] == "eth_estimateGas";
        estimates.then(|| says(request, &json!("0x30d40")))?
    });
    fake.after(|method, mut answer| {
        if method == "eth_getTransactionReceipt" && answer["result"].is_object() {
            answer["result"]["status"] = json!("0x1");
        }
        Some(answer)
    });
    let error = chain.refund(&wallet(7), &[1]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    let words = error.to_string();
    assert!(words.contains("has no event `Refunded("), "{words}");
}

/// A second passes at each look at it.
#[derive(Default)]
struct Ticking(AtomicU64);

impl Time for Ticking {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(1_000, Ordering::Relaxed)
    }

    fn pause(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

#[test]
fn a_history_that_does_not_end_is_read_in_parts() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let time = Arc::new(Ticking::default());
    let opened = open_as(&fake, directory.path(), (rules(), &deployment), time);
    let mut chain = opened.unwrap();
    let real = fake.height();
    fake.before(move |request| endless(request, real));
    let asked = || fake.asked.lock().unwrap().len();
    let before = asked();
    assert!(!turn(&mut chain).unwrap(), "nothing is done upon a part");
    let once = asked() - before;
    assert!(once < 100, "{once} questions at one look");
    turn(&mut chain).unwrap();
    assert!(asked() > before + once, "it goes on at the next");
    fake.well();
    let whole = open(&fake, tempfile::tempdir().unwrap().path(), &deployment);
    assert!(turn(&mut { whole }).unwrap());
}

/// How many blocks the question about events is for; none where it is another question.
fn asked_for(request: &Value) -> Option<u64> {
    if request["method"] != "eth_getLogs" {
        return None;
    }
    let height = |name: &str| {
        let text = request["params"][0][name].as_str().unwrap();
        u64::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
    };
    Some(height("toBlock") - height("fromBlock") + 1)
}

/// Refuses every question about events of more than so many blocks.
fn refuses_above(fake: &Fake, most: u64) {
    fake.before(move |request| {
        let error = json!({"code": -32_005, "message": "query exceeds max block range"});
        let refusal = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
        asked_for(request)
            .filter(|blocks| *blocks > most)
            .map(|_| Ok(refusal))
    });
}

#[test]
fn a_server_that_finds_every_range_too_long_is_asked_a_few_times_and_named() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(&fake, directory.path(), &deployment);
    deposit(&fake, &deployment, 500);
    fake.mine(1_500);
    refuses_above(&fake, 0);
    let asked = || {
        let asked = fake.asked.lock().unwrap();
        asked.iter().filter(|it| *it == "eth_getLogs").count()
    };
    for most in [13, 1] {
        let before = asked();
        let error = turn(&mut chain).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let words = error.to_string();
        assert!(words.contains("for block `1` alone"), "{words}");
        assert!(words.contains("hint:"), "{words}");
        assert!(words.contains("use another server, or raise"), "{words}");
        let once = asked() - before;
        assert!(once <= most, "{once} questions at one look");
    }
    fake.well();
    assert!(turn(&mut chain).unwrap());
    assert_eq!(chain.deposits_after(0).unwrap().len(), 1);
    assert!(chain.devnet.remote().unwrap().problems().is_empty());
}

#[test]
fn a_server_that_shows_a_block_at_a_time_is_read_over_many_looks() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    fake.mine(20);
    deposit(&fake, &deployment, 500);
    fake.mine(40);
    refuses_above(&fake, 1);
    let time = Arc::new(Ticking::default());
    let opened = open_as(&fake, directory.path(), (rules(), &deployment), time);
    let (mut chain, mut looks) = (opened.unwrap(), 0);
    loop {
        let before = fake.asked.lock().unwrap().len();
        let whole = turn(&mut chain).unwrap();
        let asked = fake.asked.lock().unwrap().len() - before;
        assert!(asked < 40, "{asked} questions at one look");
        looks += 1;
        let problems = chain.devnet.remote().unwrap().problems();
        if whole {
            assert_eq!(chain.deposits_after(0).unwrap().len(), 1);
            assert!(problems.is_empty(), "{problems:?}");
            break;
        }
        let words = problems.join("; ");
        assert!(words.contains("blocks at a time"), "{words}");
        assert!(words.contains("name another server"), "{words}");
        assert!(looks < 100, "it comes further with each look");
    }
    assert!(looks > 2, "{looks}");
}

/// A million blocks without an event, each named by its height.
fn endless(request: &Value, real: u64) -> Option<Result<Value, Unanswered>> {
    match request["method"].as_str()? {
        "eth_getLogs" => says(request, &json!([])),
        "eth_getBlockByNumber" => {
            let height = match request["params"][0].as_str()? {
                "latest" => 1_000_000,
                named => u64::from_str_radix(named.strip_prefix("0x")?, 16).ok()?,
            };
            let block = json!({
                "number": format!("{height:#x}"),
                "hash": word(height),
                "parentHash": word(height.saturating_sub(1)),
                "timestamp": "0x1",
            });
            (height > real).then(|| says(request, &block))?
        }
        _ => None,
    }
}

fn word(number: u64) -> String {
    format!("0x{number:064x}")
}
