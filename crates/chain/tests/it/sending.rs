//! Each transaction has its effect once, whatever gets lost on the way.

use std::path::Path;
use std::sync::{Arc, Mutex};

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Decodable2718 as _;
use chain::Sender;
use chain::devnet::CHAIN_ID;
use chain::endpoint::At;
use chain::endpoint::answer::Place;
use chain::sender::{FeeRule, Order, Standing};
use proptest::prelude::*;
use serde_json::json;

use crate::fake::{Fake, away, says};
use crate::world::wallet;

const KEY: u8 = 40;

fn sender(fake: &Arc<Fake>, directory: &Path) -> Sender {
    let chain = (fake.endpoint(), CHAIN_ID);
    Sender::open(directory, chain, Arc::new(wallet(KEY)), FeeRule::default()).unwrap()
}

fn order(label: &str) -> Order {
    Order {
        label: label.to_owned(),
        to: Some([7; 20]),
        calldata: label.as_bytes().to_vec(),
    }
}

fn last(fake: &Arc<Fake>) -> Place {
    let newest = fake.endpoint().block(At::Latest).unwrap();
    newest.unwrap().place
}

fn sent(fake: &Fake) -> Vec<Vec<u8>> {
    let key = wallet(KEY).address();
    fake.on(|devnet| {
        let raws = (1..=devnet.height()).filter_map(|at| devnet.raw(at));
        let envelopes = raws.map(|mut raw| TxEnvelope::decode_2718(&mut raw).unwrap());
        let own = envelopes.filter(|it| {
            use alloy_consensus::transaction::SignerRecoverable as _;
            it.recover_signer().unwrap().0 == key
        });
        own.map(|it| it.input().to_vec()).collect()
    })
}

#[test]
fn what_was_signed_before_a_crash_is_sent_after_it_and_nothing_else() {
    let (fake, _) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    fake.before(|request| (request["method"] == "eth_sendRawTransaction").then(|| Err(away())));
    let mut first = sender(&fake, directory.path());
    first.send(order("post 1"), 0).unwrap();
    assert_eq!(first.standing("post 1"), Some(&Standing::Waiting));
    assert!(
        first
            .problems()
            .next()
            .unwrap()
            .contains("may not have arrived")
    );
    drop(first);
    fake.well();
    let mut second = sender(&fake, directory.path());
    let other = Order {
        calldata: b"another statement about it".to_vec(),
        ..order("post 1")
    };
    second.send(other, 1).unwrap();
    second.turn(last(&fake), 1).unwrap();
    second.turn(last(&fake), 2).unwrap();
    assert_eq!(sent(&fake), [b"post 1".to_vec()]);
    assert_eq!(second.waiting(), 0);
    assert!(second.outcome("post 1").unwrap().success);
}

#[test]
fn an_answer_that_got_lost_is_no_second_transaction() {
    let (fake, _) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    fake.after(|method, answer| (method != "eth_sendRawTransaction").then_some(answer));
    sender(&fake, directory.path())
        .send(order("debit 1"), 0)
        .unwrap();
    fake.well();
    let mut again = sender(&fake, directory.path());
    again.turn(last(&fake), 60_000).unwrap();
    assert_eq!(sent(&fake).len(), 1);
    assert!(again.outcome("debit 1").is_some());
}

#[test]
fn nothing_is_signed_behind_the_last_nonce_that_there_is() {
    let (fake, _) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    fake.before(|request| {
        let counts = request["method"] == "eth_getTransactionCount";
        counts.then(|| says(request, &json!("0xffffffffffffffff")))?
    });
    let mut sender = sender(&fake, directory.path());
    for label in ["post 1", "post 2"] {
        let error = sender.send(order(label), 0).unwrap_err().to_string();
        assert!(error.contains("than there can be"), "{error}");
    }
    assert_eq!(sender.waiting(), 0);
}

#[test]
fn what_is_stuck_becomes_an_eighth_dearer_under_its_nonce() {
    let (fake, _) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let taken: Arc<Mutex<Vec<TxEnvelope>>> = Arc::default();
    let own = Arc::clone(&taken);
    fake.before(move |request| match request["method"].as_str()? {
        "eth_sendRawTransaction" => {
            let raw = hex::decode(&request["params"][0].as_str()?[2..]).ok()?;
            own.lock()
                .unwrap()
                .push(TxEnvelope::decode_2718(&mut &raw[..]).ok()?);
            says(request, &json!(format!("0x{}", "00".repeat(32))))
        }
        "eth_maxPriorityFeePerGas" => says(request, &json!("0x3b9aca00")),
        "eth_getBalance" => says(request, &json!("0xde0b6b3a7640000")),
        _ => None,
    });
    let mut sender = sender(&fake, directory.path());
    sender.send(order("a"), 0).unwrap();
    sender.send(order("b"), 0).unwrap();
    sender.turn(last(&fake), 10_000).unwrap();
    assert_eq!(taken.lock().unwrap().len(), 2, "nothing is stuck yet");
    sender.turn(last(&fake), 120_000).unwrap();
    let taken = taken.lock().unwrap().clone();
    let mut dearer = taken[2..].to_vec();
    dearer.retain(|it| it.nonce() == 0);
    assert_eq!(dearer.len(), 1, "the oldest alone is replaced");
    let (old, new) = (taken[0].clone(), dearer[0].clone());
    assert_eq!((old.nonce(), old.input()), (new.nonce(), new.input()));
    assert!(new.max_fee_per_gas() * 8 >= old.max_fee_per_gas() * 9);
    let tips = (
        old.max_priority_fee_per_gas(),
        new.max_priority_fee_per_gas(),
    );
    assert!(tips.1.unwrap() * 8 >= tips.0.unwrap() * 9);
}

#[test]
fn a_transaction_that_a_reorg_drops_is_handed_in_again() {
    let (fake, _) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut sender = sender(&fake, directory.path());
    let before = last(&fake);
    sender.send(order("release 1"), 0).unwrap();
    sender.turn(before, 0).unwrap();
    assert!(matches!(
        sender.standing("release 1"),
        Some(Standing::Mined(_))
    ));
    fake.reorg(1);
    assert!(sent(&fake).is_empty());
    sender.turn(before, 40_000).unwrap();
    sender.turn(last(&fake), 40_000).unwrap();
    assert_eq!(sent(&fake).len(), 1);
    assert_eq!(sender.waiting(), 0);
}

#[test]
fn who_cannot_pay_or_would_be_refused_signs_nothing() {
    let (fake, deployment) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    let mut sender = sender(&fake, directory.path());
    let refused = Order {
        label: "no".to_owned(),
        to: Some(deployment.settlement),
        calldata: vec![1, 2, 3, 4],
    };
    sender.send(refused, 0).unwrap_err();
    fake.before(|request| match request["method"].as_str()? {
        "eth_maxPriorityFeePerGas" => says(request, &json!("0x3b9aca00")),
        _ => None,
    });
    let error = sender.send(order("poor"), 0).unwrap_err().to_string();
    assert!(error.contains("hint: send the difference"), "{error}");
    assert_eq!(sender.waiting(), 0);
    assert!(sent(&fake).is_empty());
}

#[test]
fn a_journal_of_another_chain_or_a_damaged_one_is_refused() {
    let (fake, _) = Fake::new();
    let directory = tempfile::tempdir().unwrap();
    sender(&fake, directory.path()).send(order("x"), 0).unwrap();
    let open = |chain_id| {
        let chain = (fake.endpoint(), chain_id);
        Sender::open(
            directory.path(),
            chain,
            Arc::new(wallet(KEY)),
            FeeRule::default(),
        )
    };
    let error = open(1).err().unwrap().to_string();
    assert!(error.contains("chain `1`"), "{error}");
    let name = format!("sent-{}", hex::encode(wallet(KEY).address()));
    let path = directory.path().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}{{\"cut off")).unwrap();
    assert_eq!(
        open(CHAIN_ID).unwrap().waiting(),
        1,
        "a torn end was never sent"
    );
    std::fs::write(&path, text.replace("\"raw\":\"0x02", "\"raw\":\"zz")).unwrap();
    assert!(open(CHAIN_ID).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_gets_lost_each_order_takes_effect_once(
        steps in proptest::collection::vec((0_u8..6, 0_usize..4), 1..24),
    ) {
        let (fake, _) = Fake::new();
        let directory = tempfile::tempdir().unwrap();
        let patient = FeeRule {
            stuck_ms: u64::MAX,
            ..FeeRule::default()
        };
        let open = || {
            let chain = (fake.endpoint(), CHAIN_ID);
            Sender::open(directory.path(), chain, Arc::new(wallet(KEY)), patient).unwrap()
        };
        let mut own = open();
        let start = last(&fake);
        let mut now_ms = 0;
        let mut wanted = std::collections::BTreeSet::new();
        for (step, label) in steps {
            now_ms += 20_000;
            match step {
                0 => fake.before(|it| {
                    (it["method"] == "eth_sendRawTransaction").then(|| Err(away()))
                }),
                1 => fake.after(|method, it| (method != "eth_sendRawTransaction").then_some(it)),
                2 => fake.well(),
                3 => own = open(),
                4 => {
                    // A server that is away for good answers is an error, and nothing is lost.
                    own.turn(start, now_ms).ok();
                }
                _ => {
                    let label = format!("order {label}");
                    if wanted.insert(label.clone()) {
                        own.send(order(&label), now_ms).unwrap();
                    }
                }
            }
        }
        fake.well();
        for _ in 0..3 {
            now_ms += 200_000;
            own.turn(last(&fake), now_ms).unwrap();
        }
        let mut found = sent(&fake);
        found.sort();
        let expected: Vec<Vec<u8>> = wanted.iter().map(|it| it.as_bytes().to_vec()).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(own.waiting(), 0);
    }
}
