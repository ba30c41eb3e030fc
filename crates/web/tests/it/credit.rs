//! Calls on prepaid credit, with the embedded chain: vouchers in, one redemption, money upstream.

mod market;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use chain::backend::Backend as _;
use gateway::{Receipt, Reply};
use market::{CREDIT, DAY_MS, Market, PRICE, agent, payer, with_chain};
use node::Clock as _;
use serde_json::Value;

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let found = reply.headers.iter().find(|(own, _)| *own == name);
    &found.unwrap_or_else(|| panic!("no header {name}")).1
}

/// What a call has cost, by its receipt.
fn cost(market: &Market, reply: &Reply) -> u128 {
    assert_eq!(reply.status, 200, "{:?}", reply.headers);
    let text = header(reply, "x-headwater-receipt");
    let key = market.host.read(|state| state.sections.service.keys[0].1);
    Receipt::open(text, &key.0).unwrap().row.amount_units
}

fn reason(reply: &Reply) -> String {
    assert_eq!(reply.status, 402);
    let bytes = BASE64
        .decode(header(reply, gateway::x402::REQUIRED))
        .unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    document["error"].as_str().unwrap().to_owned()
}

#[test]
fn a_hundred_calls_are_paid_by_one_redemption_and_reach_the_models_owner() {
    let dir = tempfile::tempdir().unwrap();
    let mut market = Market::begin(dir.path());
    let height = market.steward.chain().devnet.local().unwrap().height();
    let mut sum = 0;
    for number in 1..=100_u128 {
        let reply = market.call(number * PRICE);
        sum += cost(&market, &reply);
    }
    assert_eq!(sum, 100 * PRICE);
    let now = market.steward.chain().devnet.local().unwrap().height();
    // Half of the credit is used up with the last call: that one is redeemed at once.
    assert!(now <= height + 1, "no call makes a transaction");
    market.turn(11 * 60_000);
    market.turn(2_000);
    assert_eq!(market.redeemed().iter().sum::<u128>(), sum);
    assert_eq!(market.redeemed().len(), 1);
    assert_eq!((market.charged(), market.left()), (sum, 0));
    // The epoch takes it to the owner, and the chain lets it be claimed.
    for _ in 0..6 {
        market.turn(DAY_MS);
    }
    assert_eq!(market.earned(), sum);
    let payable = market.host.read(|state| {
        let totals = state.epochs.last().map(|epoch| epoch.totals.clone());
        totals
            .unwrap()
            .iter()
            .map(|it| it.amount_units.units())
            .sum::<u128>()
    });
    assert_eq!(payable, sum, "it stands in a line of a posted epoch");
    let posted = market.steward.chain().last_id().unwrap();
    assert!(posted >= 2, "the Settlement takes those totals");
    market.stop();
}

#[test]
fn a_start_forgets_no_voucher_and_serves_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut market = Market::begin(dir.path());
    for number in 1..=3_u128 {
        assert_eq!(market.call(number * PRICE).status, 200);
    }
    market.stop();
    let mut market = Market::open(dir.path());
    assert_eq!(
        market.call(3 * PRICE).status,
        409,
        "it has paid for its call"
    );
    assert_eq!(market.call(4 * PRICE).status, 200);
    market.turn(11 * 60_000);
    market.turn(2_000);
    assert_eq!(market.redeemed(), [4 * PRICE]);
    assert_eq!(market.charged(), 4 * PRICE);
    market.stop();
    // What was redeemed is noted once, and nothing is redeemed again.
    let mut market = Market::open(dir.path());
    market.turn(11 * 60_000);
    assert_eq!((market.redeemed().len(), market.left()), (1, 0));
    assert_eq!(market.call(5 * PRICE).status, 200);
    market.stop();
}

#[test]
fn what_a_payer_takes_out_is_redeemed_first_and_served_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut market = Market::begin(dir.path());
    assert_eq!(market.call(PRICE).status, 200);
    market.stop();
    with_chain(dir.path(), |chain| {
        let token = chain.deployment.token();
        chain.announce_withdrawal(&payer(), token, CREDIT).unwrap();
    });
    let mut market = Market::open(dir.path());
    market.turn(2_000);
    assert_eq!(market.redeemed(), [PRICE], "at once, days before it leaves");
    assert_eq!(market.charged(), PRICE);
    assert_eq!(reason(&market.call(2 * PRICE)), "insufficient_funds");
    market.stop();
    // It leaves what vouchers have left.
    with_chain(dir.path(), |chain| {
        let token = chain.deployment.token();
        let local = chain.devnet.devnet().unwrap();
        let later_s = local.time_s() + 8 * 86_400;
        local.set_time(later_s).unwrap();
        chain.withdraw_credit(&payer(), token).unwrap();
        let left = chain.balance(token, payer().address()).unwrap();
        assert_eq!(left, CREDIT - PRICE);
    });
}

#[test]
fn a_lent_keys_vouchers_are_redeemed_before_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut market = Market::begin(dir.path());
    let ends_s = market.clock.now_ms() / 1_000 + 90 * 60;
    let lent = Some((3 * PRICE, ends_s));
    let shown = market.voucher(PRICE, &agent(), lent);
    let reply = market.show(shown);
    assert_eq!(cost(&market, &reply), PRICE);
    market.turn(2_000);
    assert_eq!(market.redeemed(), [PRICE], "its end is near");
    let much = market.voucher(4 * PRICE, &agent(), lent);
    assert_eq!(reason(&market.show(much)), "invalid_escrow_credit_key_cap");
    market.turn(40 * 60_000);
    let late = market.voucher(2 * PRICE, &agent(), lent);
    assert_eq!(
        reason(&market.show(late)),
        "invalid_escrow_credit_key_expired"
    );
    market.stop();
}
