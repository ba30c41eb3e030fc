//! Questions to a server that is busy, odd or hostile.

use std::sync::Arc;

use chain::endpoint::{At, Endpoint, Patience, Transport, Unanswered};
use chain::error::ErrorKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::{Fake, away};
use crate::onlooker::funded;

/// Says the same to everything.
struct Parrot(Vec<u8>);

impl Transport for Parrot {
    fn post(&self, _: Vec<u8>) -> Result<Vec<u8>, Unanswered> {
        Ok(self.0.clone())
    }

    fn server(&self) -> String {
        "http://parrot".to_owned()
    }
}

pub fn refusal(request: &Value, code: i64, message: &str) -> Option<Result<Value, Unanswered>> {
    let error = json!({"code": code, "message": message});
    Some(Ok(
        json!({"jsonrpc": "2.0", "id": request["id"], "error": error}),
    ))
}

#[test]
fn reads_are_asked_again_and_transactions_are_not() {
    let (fake, _) = Fake::new();
    fake.before(|_| Some(Err(away())));
    let error = fake.endpoint().chain_id().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(fake.asked.lock().unwrap().len(), 2);
    fake.endpoint().hand_in(&[1]).unwrap_err();
    assert_eq!(fake.asked.lock().unwrap().len(), 3);
}

#[test]
fn a_range_that_is_too_long_is_halved_until_it_fits() {
    let (fake, deployment) = Fake::new();
    let whole = fake
        .endpoint()
        .logs((1, fake.height()), &[deployment.settlement], &|| true);
    fake.mine(9);
    fake.before(|request| {
        let filter = &request["params"][0];
        let height = |name: &str| {
            let text = filter[name].as_str().unwrap_or("0x0");
            u64::from_str_radix(&text[2..], 16).unwrap()
        };
        let long = height("toBlock") - height("fromBlock") >= 2;
        let is_logs = request["method"] == "eth_getLogs";
        (is_logs && long)
            .then(|| refusal(request, -32_000, "query returned more than 10000 results"))?
    });
    let parts = fake
        .endpoint()
        .logs((1, fake.height()), &[deployment.settlement], &|| true);
    let (parts, whole) = (parts.unwrap(), whole.unwrap());
    assert_eq!(parts.seen, whole.seen);
    assert_eq!(parts.next, fake.height() + 1);
}

/// Each call has time for one question: nothing is lost, and what was learnt is kept.
#[test]
fn a_range_is_read_in_parts_where_time_is_short() {
    let (fake, deployment) = funded();
    fake.mine(40);
    let endpoint = fake.endpoint();
    let contracts = [deployment.settlement, deployment.escrow];
    let whole = endpoint.logs((0, fake.height()), &contracts, &|| true);
    let whole = whole.unwrap();
    assert!(!whole.seen.is_empty());
    fake.before(|request| {
        let filter = &request["params"][0];
        let height = |name: &str| {
            let text = filter[name].as_str().unwrap_or("0x0");
            u64::from_str_radix(&text[2..], 16).unwrap()
        };
        let long = height("toBlock") - height("fromBlock") >= 8;
        let is_logs = request["method"] == "eth_getLogs";
        (is_logs && long).then(|| refusal(request, -32_602, "block range is too large"))?
    });
    let (mut seen, mut next, mut calls) = (Vec::new(), 0, 0);
    while next <= fake.height() {
        let part = endpoint.logs((next, fake.height()), &contracts, &|| false);
        let part = part.unwrap();
        assert!(part.next >= next);
        (next, calls) = (part.next, calls + 1);
        seen.extend(part.seen);
    }
    assert_eq!(seen, whole.seen);
    assert!(calls < 30, "{calls}");
    assert!((2..=10).contains(&endpoint.span()), "{}", endpoint.span());
}

/// What was shown before the server failed is not asked for again.
#[test]
fn what_was_read_before_a_failure_is_given_back() {
    let (fake, deployment) = Fake::new();
    fake.mine(2_500);
    let endpoint = fake.endpoint();
    let mut asked = 0;
    fake.before(move |request| {
        asked += u32::from(request["method"] == "eth_getLogs");
        (asked > 1).then(|| Err(away()))
    });
    let contracts = [deployment.settlement];
    let part = endpoint.logs((1, fake.height()), &contracts, &|| true);
    assert_eq!(part.unwrap().next, 2_001);
    let error = endpoint.logs((2_001, fake.height()), &contracts, &|| true);
    assert_eq!(error.unwrap_err().kind, ErrorKind::Unavailable);
}

#[test]
fn a_contract_that_refuses_is_named() {
    let (fake, deployment) = Fake::new();
    // `finalize(1)`, which nobody has posted.
    let calldata = hex::decode(format!("359bc19e{:064x}", 1)).unwrap();
    let to = deployment.settlement;
    let error = fake.endpoint().call(to, &calldata, At::Latest).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(error.revert.as_deref(), Some("NotOpen"));
    let words = "cannot ask `eth_call` of `http://fake`: the contract refused with `NotOpen`";
    assert_eq!(error.to_string(), words);
}

/// Asks everything once; no answer may do more harm than an error.
fn ask_all(answer: Vec<u8>) {
    let patience = Patience {
        attempts: 1,
        pause_ms: 0,
    };
    let endpoint = Endpoint::new(Arc::new(Parrot(answer)), patience);
    endpoint.chain_id().err();
    endpoint.block(At::Height(7)).err();
    endpoint.marked_final().err();
    endpoint.receipt([1; 32]).err();
    endpoint.logs((1, 3), &[[1; 20]], &|| true).err();
    endpoint.call([1; 20], &[], At::Latest).err();
    endpoint.estimate([1; 20], None, &[]).err();
    endpoint.balance([1; 20]).err();
    endpoint.code([1; 20], At::Latest).err();
    endpoint.tip().err();
    endpoint.hand_in(&[1]).err();
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(0x)?[0-9a-fA-F+-]{0,70}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let keys = prop_oneof![
            Just("number"),
            Just("hash"),
            Just("parentHash"),
            Just("timestamp"),
            Just("blockNumber"),
            Just("blockHash"),
            Just("logs"),
            Just("topics"),
            Just("data"),
            Just("address"),
            Just("status"),
            Just("error"),
            Just("message"),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(keys, inner, 0..6).prop_map(|map| {
                map.into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        ask_all(bytes);
    }

    #[test]
    fn no_shape_does_harm(result in json_value(), whole in any::<bool>()) {
        let answer = match whole {
            true => result,
            false => json!({"jsonrpc": "2.0", "id": 0, "result": result}),
        };
        ask_all(answer.to_string().into_bytes());
    }
}
