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
