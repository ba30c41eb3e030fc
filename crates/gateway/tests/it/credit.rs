//! Calls on prepaid credit: one voucher each, kept before the call runs, and good for one.

use crate::house::{House, NOW_MS, chat, header};
use crate::paid::{ORIGIN, most, opened, paid, terms, wanted};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use gateway::payment::{Cashier, Paid, Payment, Terms, Unpaid};
use gateway::till::Backing;
use gateway::x402::{REQUIRED, RESPONSE, hex};
use gateway::{Asked, Reply};
use proof::signature::WalletKey;
use proof::voucher::{EscrowDomain, SpendKey, Voucher};
use protocol::{AccountId, AllowanceId, AssetId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the Escrow holds of everybody.
#[derive(Default)]
struct Escrow {
    free: Mutex<u128>,
    redeemed: Mutex<BTreeMap<[u8; 20], u128>>,
    asked: Mutex<u32>,
    away: Mutex<bool>,
}

impl Cashier for Escrow {
    fn terms(&self) -> Terms {
        terms()
    }

    fn take(&self, _: &Payment, _: AssetId, _: u128) -> Result<Paid, Unpaid> {
        Err(Unpaid::Refused("insufficient_funds"))
    }

    fn credit(&self, _: [u8; 20], keys: &[[u8; 20]], asset: AssetId) -> Result<Backing, Unpaid> {
        *self.asked.lock().unwrap() += 1;
        if *self.away.lock().unwrap() {
            return Err(Unpaid::Unknown("the chain is busy".to_owned()));
        }
        let redeemed = self.redeemed.lock().unwrap();
        let of = |key: &[u8; 20]| (*key, redeemed.get(key).copied().unwrap_or(0));
        Ok(Backing {
            account: AccountId(9),
            allowance: AllowanceId(asset.0),
            free_units: *self.free.lock().unwrap(),
            redeemed: keys.iter().map(of).collect(),
        })
    }
}

fn market(free: u128) -> (House, Arc<Escrow>) {
    let house = House::on_credit();
    let escrow = Arc::new(Escrow::default());
    *escrow.free.lock().unwrap() = free;
    let cashier = Arc::clone(&escrow) as Arc<dyn Cashier>;
    house.gateway.take_payments(cashier, ORIGIN.to_owned());
    (house, escrow)
}

fn payer() -> WalletKey {
    WalletKey::from_secret(&[7; 32]).unwrap()
}

fn other() -> WalletKey {
    WalletKey::from_secret(&[8; 32]).unwrap()
}

fn domain() -> EscrowDomain {
    terms().credit_domain()
}

/// What a lent key may do: its cap and its end.
type Lent = Option<(u128, u64)>;

/// A voucher as a client sends it, signed in a domain by a key.
fn signed(cumulative: u128, key: &WalletKey, lent: Lent, domain: &EscrowDomain) -> String {
    let (payer, token) = (payer(), terms().domain.token);
    let voucher = Voucher {
        payer: payer.address(),
        token,
        key: key.address(),
        cumulative,
    };
    let mut payload = json!({
        "voucher": {
            "payer": hex(&voucher.payer),
            "token": hex(&voucher.token),
            "key": hex(&voucher.key),
            "cumulative": cumulative.to_string(),
        },
        "signature": hex(&key.sign(&voucher.digest(domain))),
    });
    if let Some((cap, expires_at_s)) = lent {
        let lent = SpendKey {
            payer: voucher.payer,
            token,
            key: voucher.key,
            cap,
            expires_at_s,
        };
        payload["spendKey"] = json!({
            "cap": cap.to_string(),
            "expiresAt": expires_at_s.to_string(),
            "signature": hex(&payer.sign(&lent.digest(domain))),
        });
    }
    let accepted = json!({
        "scheme": "escrow-credit",
        "network": "eip155:7",
        "asset": hex(&token),
        "payTo": hex(&domain.escrow),
        "amount": "1",
    });
    let sent = json!({"x402Version": 2, "accepted": accepted, "payload": payload});
    BASE64.encode(sent.to_string())
}

fn voucher(cumulative: u128) -> String {
    signed(cumulative, &payer(), None, &domain())
}

fn call(house: &House, model: &str, voucher: &str) -> Reply {
    house.ask(paid(model, voucher))
}

/// Why no voucher was taken, in x402's words.
fn refusal(reply: &Reply) -> String {
    wanted(reply)["error"].as_str().unwrap().to_owned()
}

/// What an answer says of the key: what was served for it and what it has signed.
fn stands(reply: &Reply) -> (u128, u128) {
    let told = opened(header(reply, RESPONSE));
    let units = |name: &str| told["extra"][name].as_str().unwrap().parse().unwrap();
    (units("served"), units("signed"))
}

fn served(reply: &Reply) -> u128 {
    assert_eq!(reply.status, 200);
    header(reply, "x-headwater-cost").parse().unwrap()
}

#[test]
fn call_after_call_is_paid_by_one_voucher_each() {
    let (house, escrow) = market(1_000_000);
    let offers = wanted(&house.ask(Asked {
        payment: None,
        ..paid("plain", "")
    }));
    let offer = &offers["accepts"][1];
    assert_eq!(offer["scheme"], "escrow-credit");
    assert_eq!(offer["payTo"], hex(&[0xcc; 20]));
    assert_eq!(offer["amount"], most("plain").to_string());
    let mut sum = 0;
    for _ in 0..5 {
        let reply = call(&house, "plain", &voucher(sum + most("plain")));
        sum += served(&reply);
        assert_eq!(stands(&reply).0, sum);
        let receipt = house.open(header(&reply, "x-headwater-receipt"));
        assert_eq!(receipt.payer, AccountId(9));
        assert!(
            receipt.due_ms > NOW_MS + 3_600_000,
            "its voucher comes first"
        );
    }
    assert_eq!(
        *escrow.asked.lock().unwrap(),
        1,
        "the chain is not asked each time"
    );
    assert!(house.till.due().is_empty(), "all wait for their voucher");
    let redeemable = house.till.redeemable();
    assert_eq!(redeemable.len(), 1);
    assert_eq!(redeemable[0].served, sum);
    assert!(redeemable[0].signed.voucher.cumulative >= sum);
    // With the money in the log they go there, as far as it reaches.
    let of = |units: u128| move |_: AllowanceId| Some((AccountId(9), units));
    house.till.ripen(&of(sum - 1)).unwrap();
    assert_eq!(house.till.due()[0].rows, 4);
    house.till.ripen(&of(sum - 1)).unwrap();
    assert_eq!(house.till.due()[0].rows, 4, "no unit counts twice");
    house.till.ripen(&of(sum)).unwrap();
    assert_eq!(house.till.due()[0].rows, 5);
    assert_eq!(house.till.redeemable()[0].oldest_ms, None);
}

#[test]
fn a_voucher_pays_for_one_call_and_nobody_is_asked_to_pay_twice() {
    let (house, _) = market(1_000_000);
    let first = voucher(most("plain"));
    let cost = served(&call(&house, "plain", &first));
    let again = call(&house, "plain", &first);
    assert!(again.headers.iter().all(|(name, _)| *name != REQUIRED));
    assert_eq!(stands(&again), (cost, most("plain")));
    assert_eq!(opened(header(&again, RESPONSE))["success"], false);
    assert_eq!(house.refused(again), (409, "payment_used".to_owned()));
    let small = house.ask(Asked {
        body: chat("plain", false).replace(":100", ":1").into(),
        ..paid("plain", &first)
    });
    assert_eq!(house.refused(small), (409, "payment_used".to_owned()));
    let other = call(&house, "silent", &first);
    assert_eq!(house.refused(other), (409, "payment_used".to_owned()));
}

#[test]
fn a_client_that_has_lost_its_state_is_told_where_it_stands() {
    let (house, _) = market(1_000_000);
    let cost = served(&call(&house, "plain", &voucher(most("plain"))));
    let lost = call(&house, "plain", &voucher(1));
    assert_eq!(stands(&lost), (cost, most("plain")));
    let goes_on = (cost + most("plain")).max(most("plain") + 1);
    served(&call(&house, "plain", &voucher(goes_on)));
}

#[test]
fn a_voucher_is_as_high_as_the_call_asks_and_no_higher() {
    let (house, _) = market(1_000_000);
    let price = most("plain");
    let low = call(&house, "plain", &voucher(price - 1));
    assert_eq!(refusal(&low), "invalid_escrow_credit_cumulative_low");
    let high = call(&house, "plain", &voucher(price + 1));
    assert_eq!(refusal(&high), "invalid_escrow_credit_cumulative_high");
    let told = wanted(&high)["accepts"][1]["extra"].clone();
    assert_eq!(told["cumulative"], price.to_string());
    assert_eq!(
        (&told["served"], &told["signed"]),
        (&json!("0"), &json!("0"))
    );
    assert!(
        house.till.redeemable().is_empty(),
        "nothing of them is kept"
    );
    let cost = served(&call(&house, "plain", &voucher(price)));
    let low = call(&house, "plain", &voucher(cost + price - 1));
    assert_eq!(refusal(&low), "invalid_escrow_credit_cumulative_low");
    served(&call(&house, "plain", &voucher(cost + price)));
}

#[test]
fn a_call_that_came_to_nothing_leaves_its_voucher_for_the_next_try() {
    let (house, _) = market(1_000_000);
    let price = most("broken");
    let first = voucher(price);
    for _ in 0..2 {
        let broken = call(&house, "broken", &first);
        assert_eq!(header(&broken, "x-should-retry"), "false");
        assert_eq!(stands(&broken), (0, price));
        assert_eq!(house.refused(broken), (502, "upstream_error".to_owned()));
    }
    // Or for a part of the next call, which is signed for with one unit more.
    let next = voucher(price + 1);
    let cost = served(&call(&house, "plain", &next));
    assert_eq!(house.till.redeemable()[0].served, cost);
}

#[test]
fn no_more_is_served_than_credit_that_stays() {
    let price = most("plain");
    let (house, escrow) = market(price + 20);
    let cost = served(&call(&house, "plain", &voucher(price)));
    let next = voucher(cost + price);
    assert_eq!(refusal(&call(&house, "plain", &next)), "insufficient_funds");
    *escrow.free.lock().unwrap() = cost + price;
    served(&call(&house, "plain", &next));
    // Whatever a key has signed counts for all keys of its payer.
    let lent = Some((1_000_000, NOW_MS));
    let by_key = signed(price, &other(), lent, &domain());
    assert_eq!(
        refusal(&call(&house, "plain", &by_key)),
        "insufficient_funds"
    );
    *escrow.free.lock().unwrap() += price;
    served(&call(&house, "plain", &by_key));
}

#[test]
fn a_voucher_that_was_kept_pays_no_more_once_the_credit_leaves() {
    let price = most("broken");
    let (house, escrow) = market(price);
    let kept = voucher(price);
    assert_eq!(call(&house, "broken", &kept).status, 502);
    *escrow.free.lock().unwrap() = price - 1;
    let later = call(&house, "plain", &kept);
    assert_eq!(refusal(&later), "insufficient_funds");
}

#[test]
fn a_lent_key_spends_within_its_cap_and_its_time() {
    let (house, _) = market(1_000_000);
    let price = most("plain");
    let key = other();
    let by_key = |cumulative, cap, ends_s| {
        let text = signed(cumulative, &key, Some((cap, ends_s)), &domain());
        call(&house, "plain", &text)
    };
    let far_s = NOW_MS / 1_000 + 100_000;
    assert_eq!(
        refusal(&by_key(price, price - 1, far_s)),
        "invalid_escrow_credit_key_cap"
    );
    assert_eq!(
        refusal(&by_key(price, price, NOW_MS / 1_000 + 3_600)),
        "invalid_escrow_credit_key_expired"
    );
    served(&by_key(price, price, far_s));
    for (key, lent) in [(&key, None), (&payer(), Some((price, far_s)))] {
        let text = signed(price, key, lent, &domain());
        let refused = refusal(&call(&house, "plain", &text));
        assert_eq!(refused, "invalid_escrow_credit_signature");
    }
    let redeemable = house.till.redeemable();
    assert_eq!(redeemable[0].signed.lent.unwrap().key.cap, price);
}

#[test]
fn signatures_for_another_chain_or_escrow_mean_nothing_here() {
    let (house, _) = market(1_000_000);
    let price = most("plain");
    let elsewhere = EscrowDomain {
        chain_id: 8,
        ..domain()
    };
    let text = signed(price, &payer(), None, &elsewhere);
    assert_eq!(
        refusal(&call(&house, "plain", &text)),
        "invalid_escrow_credit_signature"
    );
    let twin = EscrowDomain {
        escrow: [0xdd; 20],
        ..domain()
    };
    let text = signed(price, &payer(), None, &twin);
    assert_eq!(
        refusal(&call(&house, "plain", &text)),
        "invalid_escrow_credit_escrow_mismatch"
    );
    let good = voucher(price);
    let mut bent: Value = opened(&good);
    bent["payload"]["voucher"]["cumulative"] = (price + 1).to_string().into();
    let bent = BASE64.encode(bent.to_string());
    assert_eq!(
        refusal(&call(&house, "plain", &bent)),
        "invalid_escrow_credit_signature"
    );
    assert!(house.till.redeemable().is_empty());
}

#[test]
fn one_of_two_tabs_that_sign_the_same_sum_is_served() {
    let (house, _) = market(1_000_000);
    let text = voucher(most("plain"));
    let statuses = house.runtime.block_on(async {
        let asked = || {
            let (gateway, asked) = (Arc::clone(&house.gateway), paid("plain", &text));
            tokio::spawn(async move { gateway.answer(asked).await.status })
        };
        let callers: Vec<_> = (0..8).map(|_| asked()).collect();
        let mut statuses = Vec::new();
        for caller in callers {
            statuses.push(caller.await.unwrap());
        }
        statuses.sort_unstable();
        statuses
    });
    assert_eq!(statuses, [&[200][..], &[409; 7]].concat());
    assert_eq!(house.till.redeemable().len(), 1);
}

#[test]
fn what_the_chain_has_taken_is_never_served_again() {
    // The file of vouchers is gone, and the chain knows that 500 were redeemed.
    let (house, escrow) = market(1_000_000);
    escrow
        .redeemed
        .lock()
        .unwrap()
        .insert(payer().address(), 500);
    let price = most("plain");
    let old = call(&house, "plain", &voucher(price));
    assert_eq!(house.refused(old), (409, "payment_used".to_owned()));
    served(&call(&house, "plain", &voucher(500 + price)));
}

#[test]
fn nobody_is_asked_to_pay_while_the_chain_does_not_answer() {
    let (house, escrow) = market(1_000_000);
    *escrow.away.lock().unwrap() = true;
    let text = voucher(most("plain"));
    let unknown = call(&house, "plain", &text);
    assert!(unknown.headers.iter().all(|(name, _)| *name != REQUIRED));
    assert_eq!(
        house.refused(unknown),
        (503, "settlement_unknown".to_owned())
    );
    *escrow.away.lock().unwrap() = false;
    served(&call(&house, "plain", &text));
}
