//! Payments that calls bring: each becomes one deposit and one allowance, whatever ends in between.

use crate::house::House;
use crate::world::{DAY_MS, PRICE, Person, START_MS, asset};
use chain::Wallet;
use gateway::payment::{Paid, Payment, Unpaid};
use node::steward::Ask;
use node::ticket::ticket;
use node::{Keyring, Node, State};
use proof::authorization::Authorization;
use protocol::event::PurseOwner;
use protocol::service::ServeAsset;
use protocol::{AssetId, Command, Scope, TokenId};
use std::path::Path;
use std::time::Duration;

const VALUE: u128 = 3 * PRICE;
/// Deposits that a house begins with: none but the payments'.
const FIRST_FUND: usize = 0;

fn payer() -> Wallet {
    Wallet::new(&[9; 32]).unwrap()
}

fn signed(dir: &Path, chain: &node::office::Settling, nonce: u8, value: u128) -> Payment {
    let authorization = Authorization {
        from: payer().address(),
        to: Keyring::open(dir).unwrap().wallet("payments").address(),
        value,
        valid_after_s: 0,
        valid_before_s: START_MS / 1_000 + 100 * 86_400,
        nonce: [nonce; 32],
    };
    let digest = authorization.digest(&chain.token_domain());
    Payment {
        authorization,
        signature: payer().sign_digest(&digest).try_into().unwrap(),
    }
}

/// The chain of a node that does not run.
fn with_chain<T>(dir: &Path, act: impl FnOnce(&mut node::office::Settling) -> T) -> T {
    let (_, mut chain, _) = Node::open(dir).unwrap().node.into_parts();
    act(&mut chain)
}

/// A node with a model in service, and a payer with money for many calls.
fn market(dir: &Path) {
    let mut house = House::start(dir);
    let space = house.host.read(|state| state.space);
    let mut owner = Person::new(space, 1, Scope::PUBLISH);
    house.accepted(owner.join());
    for number in 0..2 {
        let content = protocol::Hash([number; 32]);
        let registered = protocol::market::RegisterAsset { content, ..asset() };
        house.accepted(owner.sign(Command::RegisterAsset(registered)));
        let serve = ServeAsset {
            asset: AssetId(number.into()),
            tokens: None,
        };
        house.accepted(owner.sign(Command::ServeAsset(serve)));
    }
    house.steward.turn().unwrap();
    house.stop();
    with_chain(dir, |chain| {
        let (own, token) = (payer(), chain.deployment.token());
        chain.mint(&own, token, own.address(), 100 * VALUE).unwrap();
    });
}

fn take(house: &mut House, payment: &Payment, asset: u32) -> Result<Paid, Unpaid> {
    let (reply, taken) = ticket();
    let ask = Ask::Pay {
        payment: Box::new(*payment),
        asset: AssetId(asset),
        least_units: PRICE,
        reply,
    };
    house.asks.send(ask).unwrap();
    house.steward.turn().unwrap();
    taken.wait(Duration::MAX).unwrap().unwrap()
}

/// Deposits of the payer as the log has them: what each holds free and set aside.
fn deposits(state: &State) -> Vec<(u128, u128)> {
    let funds = state.funds.iter().skip(FIRST_FUND);
    let sums = funds.map(|fund| {
        let holds = state.book.holds().iter();
        let own = holds.filter(|hold| state.book.purse(hold.from).fund == Some(fund.fund));
        let held = own.map(|hold| hold.rest.units()).sum();
        let free = state.book.balance(PurseOwner::Fund(fund.fund), TokenId(0));
        (free.units(), held)
    });
    sums.collect()
}

#[test]
fn a_payment_becomes_one_deposit_and_one_allowance_however_often_it_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let (first, second) = with_chain(dir.path(), |chain| {
        let payment = |nonce| signed(dir.path(), chain, nonce, VALUE);
        (payment(1), payment(2))
    });
    let mut house = House::start(dir.path());
    let paid = take(&mut house, &first, 0).unwrap();
    assert_eq!(take(&mut house, &first, 0).unwrap(), paid);
    // Shown for another model it is still what it was taken for.
    assert_eq!(take(&mut house, &first, 1).unwrap(), paid);
    let other = take(&mut house, &second, 1).unwrap();
    assert_eq!(other.account, paid.account, "one address, one account");
    assert_eq!(other.asset, AssetId(1));
    assert_eq!(house.host.read(deposits), [(0, VALUE), (0, VALUE)]);
    house.stop();
    let mut house = House::start(dir.path());
    assert_eq!(
        take(&mut house, &first, 0).unwrap(),
        paid,
        "after a start too"
    );
    assert_eq!(house.host.read(deposits), [(0, VALUE), (0, VALUE)]);
    house.stop();
    with_chain(dir.path(), |chain| {
        let deposits = chain.deposits().unwrap();
        let funder = |deposit: &chain::escrow::Deposit| deposit.opening.funder;
        assert!(deposits.iter().all(|it| funder(it) == payer().address()));
    });
}

#[test]
fn what_was_moved_before_a_crash_is_the_payers_deposit_after_it() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let (payment, nothing) = with_chain(dir.path(), |chain| {
        let payment = signed(dir.path(), chain, 1, VALUE);
        chain
            .move_authorized(&payer(), &payment.authorization, &payment.signature)
            .unwrap();
        // Nothing at all is no payment, and keeps nobody from theirs.
        let nothing = signed(dir.path(), chain, 2, 0);
        chain
            .move_authorized(&payer(), &nothing.authorization, &nothing.signature)
            .unwrap();
        (payment, nothing)
    });
    for _ in 0..2 {
        let mut house = House::start(dir.path());
        house.steward.turn().unwrap();
        assert_eq!(house.host.read(deposits), [(VALUE, 0)]);
        house.stop();
    }
    let mut house = House::start(dir.path());
    take(&mut house, &payment, 0).unwrap();
    assert!(matches!(
        take(&mut house, &nothing, 0),
        Err(Unpaid::Refused(_))
    ));
    assert_eq!(house.host.read(deposits), [(0, VALUE)]);
    house.stop();
}

#[test]
fn nothing_moves_for_what_the_log_would_not_take_or_the_token_refuses() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let (short, much, good) = with_chain(dir.path(), |chain| {
        let payment = |nonce, value| signed(dir.path(), chain, nonce, value);
        (
            payment(1, PRICE - 1),
            payment(2, 101 * VALUE),
            payment(3, VALUE),
        )
    });
    let mut house = House::start(dir.path());
    let refused = |why| Err(Unpaid::Refused(why));
    let little = refused("invalid_exact_evm_payload_authorization_value");
    assert_eq!(take(&mut house, &short, 0), little);
    assert_eq!(take(&mut house, &much, 0), refused("insufficient_funds"));
    assert_eq!(
        take(&mut house, &good, 7),
        refused("invalid_payment_requirements")
    );
    assert!(house.host.read(deposits).is_empty());
    assert!(take(&mut house, &good, 0).is_ok());
    house.stop();
}

#[test]
fn what_is_not_used_goes_back_to_the_address_that_has_paid() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let payment = with_chain(dir.path(), |chain| signed(dir.path(), chain, 1, VALUE));
    let mut house = House::start(dir.path());
    let balance = |house: &House| {
        let chain = house.steward.chain();
        let token = chain.deployment.token();
        chain.balance(token, payer().address()).unwrap()
    };
    take(&mut house, &payment, 0).unwrap();
    assert_eq!(balance(&house), 99 * VALUE);
    house.advance(10 * DAY_MS);
    // Log time goes on with the next entry, and an epoch is final some time after its post.
    let space = house.host.read(|state| state.space);
    house.accepted(Person::new(space, 3, Scope::SPEND).join());
    for _ in 0..4 {
        house.advance(DAY_MS);
    }
    assert_eq!(balance(&house), 100 * VALUE);
    assert_eq!(house.host.read(deposits), [(0, 0)]);
    house.stop();
}

#[test]
fn a_payment_that_comes_back_too_late_returns_to_its_payer() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    let payment = with_chain(dir.path(), |chain| {
        let payment = signed(dir.path(), chain, 1, VALUE);
        chain
            .move_authorized(&payer(), &payment.authorization, &payment.signature)
            .unwrap();
        payment
    });
    let mut house = House::start(dir.path());
    house.advance(2 * DAY_MS);
    let late = take(&mut house, &payment, 0);
    assert!(matches!(late, Err(Unpaid::Returns { .. })), "{late:?}");
    assert_eq!(house.host.read(deposits), [(VALUE, 0)]);
    house.stop();
}

#[test]
fn what_was_moved_long_before_a_start_becomes_a_deposit_that_closes_later() {
    let dir = tempfile::tempdir().unwrap();
    market(dir.path());
    with_chain(dir.path(), |chain| {
        let payment = signed(dir.path(), chain, 1, VALUE);
        chain
            .move_authorized(&payer(), &payment.authorization, &payment.signature)
            .unwrap();
    });
    let mut house = House::start(dir.path());
    house.advance(20 * DAY_MS);
    assert_eq!(house.host.read(deposits), [(VALUE, 0)]);
    house.stop();
}
