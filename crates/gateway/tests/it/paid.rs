//! Calls that bring their own payment, with a cashier that a test can tell to fail.

use crate::house::{House, NOW_MS, chat, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use gateway::payment::{Cashier, Paid, Payment, Terms, Unpaid};
use gateway::till::Backing;
use gateway::x402::{REQUIRED, RESPONSE};
use gateway::{Asked, Reply};
use proof::authorization::{Authorization, TokenDomain};
use proof::signature::WalletKey;
use protocol::{AccountId, AllowanceId, AssetId, TokenId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub const ORIGIN: &str = "http://node.example";

/// What the chain would say next; else it takes what comes, each nonce for one asset.
#[derive(Default)]
struct Chain {
    next: Mutex<Option<Unpaid>>,
    taken: Mutex<BTreeMap<[u8; 32], AssetId>>,
}

impl Cashier for Chain {
    fn terms(&self) -> Terms {
        terms()
    }

    fn take(&self, payment: &Payment, asset: AssetId, least_units: u128) -> Result<Paid, Unpaid> {
        if let Some(why) = self.next.lock().unwrap().take() {
            return Err(why);
        }
        let signed = &payment.authorization;
        let mut taken = self.taken.lock().unwrap();
        if !taken.contains_key(&signed.nonce) && signed.value < least_units {
            return Err(Unpaid::Refused(
                "invalid_exact_evm_payload_authorization_value",
            ));
        }
        let asset = *taken.entry(signed.nonce).or_insert(asset);
        Ok(Paid {
            account: AccountId(9),
            allowance: AllowanceId(asset.0),
            asset,
            tx_hash: [5; 32],
        })
    }

    fn credit(&self, _: [u8; 20], _: &[[u8; 20]], _: AssetId) -> Result<Backing, Unpaid> {
        Err(Unpaid::Refused("insufficient_funds"))
    }
}

pub fn terms() -> Terms {
    Terms {
        domain: TokenDomain {
            name: "Money",
            version: "1",
            chain_id: 7,
            token: [0xaa; 20],
        },
        token: TokenId(0),
        pay_to: [0xbb; 20],
        escrow: [0xcc; 20],
    }
}

/// A house whose allowances hold so much.
fn paying(cap: u128) -> (House, Arc<Chain>) {
    paying_until(cap, u64::MAX)
}

fn paying_until(cap: u128, expires_ms: u64) -> (House, Arc<Chain>) {
    let house = House::with(cap, expires_ms);
    let chain = Arc::new(Chain::default());
    let cashier = Arc::clone(&chain) as Arc<dyn Cashier>;
    house.gateway.take_payments(cashier, ORIGIN.to_owned());
    (house, chain)
}

pub fn paid(model: &str, payment: &str) -> Asked {
    Asked {
        posts: true,
        path: "chat/completions".to_owned(),
        payment: Some(payment.to_owned()),
        body: chat(model, false).into(),
        ..Asked::default()
    }
}

fn call(house: &House, model: &str, payment: Option<String>) -> Reply {
    house.ask(Asked {
        payment,
        ..paid(model, "")
    })
}

pub fn opened(text: &str) -> Value {
    serde_json::from_slice(&BASE64.decode(text).unwrap()).unwrap()
}

/// What an answer 402 asks for.
pub fn wanted(reply: &Reply) -> Value {
    assert_eq!(reply.status, 402);
    opened(header(reply, REQUIRED))
}

/// As a client pays: it takes the first offer.
fn pays(wanted: &Value, nonce: u8) -> String {
    let accepted = &wanted["accepts"][0];
    let terms = terms();
    let wallet = WalletKey::from_secret(&[7; 32]).unwrap();
    let hex = |bytes: &[u8]| gateway::x402::hex(bytes);
    let signed = Authorization {
        from: wallet.address(),
        to: terms.pay_to,
        value: accepted["amount"].as_str().unwrap().parse().unwrap(),
        valid_after_s: 0,
        valid_before_s: 1_900_000_000,
        nonce: [nonce; 32],
    };
    let payment = json!({
        "x402Version": 2,
        "accepted": accepted,
        "payload": {
            "signature": hex(&wallet.sign(&signed.digest(&terms.domain))),
            "authorization": {
                "from": hex(&signed.from),
                "to": hex(&signed.to),
                "value": signed.value.to_string(),
                "validAfter": "0",
                "validBefore": "1900000000",
                "nonce": hex(&signed.nonce),
            },
        },
    });
    BASE64.encode(payment.to_string())
}

/// What the call of [`chat`] may cost at most: the price of its bytes and of a hundred tokens.
pub fn most(model: &str) -> u128 {
    10 + chat(model, false).len() as u128 + 300
}

#[test]
fn a_call_without_a_key_is_told_its_price_and_runs_once_it_is_paid() {
    let (house, _) = paying(1_000_000);
    let asked = call(&house, "plain", None);
    let wanted = wanted(&asked);
    assert_eq!(
        wanted["resource"]["url"],
        format!("{ORIGIN}/v1/chat/completions")
    );
    assert_eq!(wanted["accepts"][0]["amount"], most("plain").to_string());
    assert_eq!(wanted["accepts"][0]["network"], "eip155:7");
    assert_eq!(house.refused(asked).1, "payment_required");
    let payment = pays(&wanted, 1);
    let mut reply = call(&house, "plain", Some(payment));
    let said = house.read(&mut reply);
    assert_eq!(reply.status, 200, "{said}");
    let told = opened(header(&reply, RESPONSE));
    assert_eq!(
        (&told["success"], &told["network"]),
        (&json!(true), &json!("eip155:7"))
    );
    let receipt = house.open(header(&reply, "x-headwater-receipt"));
    assert_eq!(receipt.payer, AccountId(9));
    // Five tokens at one unit, two at three, and the flat price.
    assert_eq!(receipt.row.amount_units, 21);
}

#[test]
fn a_wrong_key_is_no_wish_to_pay() {
    let (house, _) = paying(1_000_000);
    let status = |bearer: &str| {
        let asked = Asked {
            posts: true,
            path: "chat/completions".to_owned(),
            bearer: Some(bearer.to_owned()),
            body: chat("plain", false).into(),
            ..Asked::default()
        };
        house.ask(asked).status
    };
    assert_eq!([status("x402"), status("hw_m_wrong")], [402, 401]);
    let unpaid = House::new();
    assert_eq!(unpaid.refused(call(&unpaid, "plain", None)).0, 401);
}

#[test]
fn a_payment_pays_for_one_call_and_nobody_is_asked_to_pay_twice() {
    let cap = most("plain");
    let (house, _) = paying(cap);
    let payment = pays(&wanted(&call(&house, "plain", None)), 1);
    assert_eq!(call(&house, "plain", Some(payment.clone())).status, 200);
    let again = call(&house, "plain", Some(payment.clone()));
    assert!(again.headers.iter().all(|(name, _)| *name != REQUIRED));
    let retries = again.headers.iter();
    let retries = retries.filter(|(name, _)| *name == "x-should-retry");
    assert_eq!(retries.count(), 1, "it is said once");
    assert_eq!(house.refused(again), (409, "payment_used".to_owned()));
    // What is left of it would hold a smaller call, which anybody could make who reads the chain.
    let small = house.ask(Asked {
        body: chat("plain", false).replace(":100", ":1").into(),
        ..paid("plain", &payment)
    });
    assert_eq!(house.refused(small), (409, "payment_used".to_owned()));
    // Nor does it pay for another model at the same price.
    let other = call(&house, "silent", Some(payment));
    assert_eq!(house.refused(other), (409, "payment_used".to_owned()));
}

#[test]
fn a_payment_whose_call_came_to_nothing_pays_for_the_next_try() {
    let cap = most("broken");
    let (house, chain) = paying(cap);
    let payment = pays(&wanted(&call(&house, "broken", None)), 1);
    let broken = call(&house, "broken", Some(payment.clone()));
    // A client that pays by itself would sign another payment for the second try.
    assert_eq!(header(&broken, "x-should-retry"), "false");
    assert_eq!(opened(header(&broken, RESPONSE))["success"], true);
    assert_eq!(house.refused(broken), (502, "upstream_error".to_owned()));
    assert!(house.till.due().is_empty(), "nothing is charged");
    let again = call(&house, "broken", Some(payment));
    assert_eq!(house.refused(again), (502, "upstream_error".to_owned()));
    assert_eq!(chain.taken.lock().unwrap().len(), 1);
}

#[test]
fn a_payment_that_comes_too_late_is_not_used_up_and_goes_back() {
    let (house, _) = paying_until(1_000_000, NOW_MS + 1);
    let payment = pays(&wanted(&call(&house, "plain", None)), 1);
    let late = call(&house, "plain", Some(payment));
    assert_eq!(opened(header(&late, RESPONSE))["success"], true);
    assert_eq!(house.refused(late), (409, "payment_returns".to_owned()));
    assert!(house.till.due().is_empty());
}

#[test]
fn one_of_many_who_show_the_same_payment_is_served() {
    let (house, _) = paying(most("plain"));
    let payment = pays(&wanted(&call(&house, "plain", None)), 1);
    let served = house.runtime.block_on(async {
        let asked = || {
            let (gateway, asked) = (Arc::clone(&house.gateway), paid("plain", &payment));
            tokio::spawn(async move { gateway.answer(asked).await.status })
        };
        let callers: Vec<_> = (0..8).map(|_| asked()).collect();
        let mut served = 0;
        for caller in callers {
            served += u32::from(caller.await.unwrap() == 200);
        }
        served
    });
    assert_eq!(served, 1);
}

#[test]
fn each_state_of_a_payment_has_its_answer() {
    let (house, chain) = paying(1_000_000);
    let payment = pays(&wanted(&call(&house, "plain", None)), 1);
    let says = |why: Unpaid| {
        *chain.next.lock().unwrap() = Some(why);
        call(&house, "plain", Some(payment.clone()))
    };
    let failed = says(Unpaid::Refused("insufficient_funds"));
    assert_eq!(wanted(&failed)["error"], "insufficient_funds");
    assert_eq!(house.refused(failed).1, "payment_invalid");
    let unknown = says(Unpaid::Unknown("busy".to_owned()));
    assert_eq!(header(&unknown, "x-should-retry"), "false");
    assert_eq!(header(&unknown, "retry-after"), "1");
    assert!(unknown.headers.iter().all(|(name, _)| *name != REQUIRED));
    assert_eq!(
        house.refused(unknown),
        (503, "settlement_unknown".to_owned())
    );
    let returns = says(Unpaid::Returns {
        tx_hash: [5; 32],
        why: "the terms have expired".to_owned(),
    });
    assert_eq!(house.refused(returns), (409, "payment_returns".to_owned()));
    let malformed = call(&house, "plain", Some("%".to_owned()));
    assert_eq!(
        house.refused(malformed),
        (400, "payment_malformed".to_owned())
    );
    assert_eq!(call(&house, "plain", Some(payment)).status, 200);
}

#[test]
fn less_than_the_price_is_refused_and_the_price_told_again() {
    let (house, _) = paying(1_000_000);
    let mut asked = wanted(&call(&house, "plain", None));
    asked["accepts"][0]["amount"] = "1".into();
    let short = call(&house, "plain", Some(pays(&asked, 1)));
    let again = wanted(&short);
    assert_eq!(
        again["error"],
        "invalid_exact_evm_payload_authorization_value"
    );
    assert_eq!(again["accepts"][0]["amount"], most("plain").to_string());
}

#[test]
fn what_needs_a_licence_is_refused_before_anybody_pays() {
    let (house, chain) = paying(1_000_000);
    let denied = (403, "licence_denied".to_owned());
    assert_eq!(house.refused(call(&house, "sold-apart", None)), denied);
    let by_key = house.post("embeddings", r#"{"model":"sold-apart","input":"x"}"#);
    assert_eq!(house.refused(by_key), denied);
    assert!(chain.taken.lock().unwrap().is_empty());
}

#[test]
fn what_can_be_paid_for_is_listed_by_pages() {
    let (house, _) = paying(1);
    let all = house.gateway.resources(0, 100);
    let items = all["items"].as_array().unwrap();
    assert_eq!(all["pagination"]["total"], items.len());
    assert_eq!(items.len(), 17);
    let page = house.gateway.resources(14, 1);
    assert_eq!(page["items"].as_array().unwrap()[..], items[14..15]);
    let words = items
        .iter()
        .find(|item| item["metadata"]["model"] == "word-model");
    let words = words.unwrap();
    assert_eq!(words["resource"], format!("{ORIGIN}/v1/completions"));
    assert!(
        House::new().gateway.resources(0, 9)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}
