//! Tokens that misbehave: no answer, refusal, a fee on the way, calls back in mid transfer.

use alloy_sol_types::{SolCall, sol};
use chain::settlement::Payment;

use crate::world::{CLOSES_S, World, refusal, send};

sol! {
    function setBlocked(address account, bool blocked);
    function arm(address target, bytes callback);
    function reached() returns (bool);
    function succeeded() returns (bool);
    function refund(uint64 id);
    function release(uint64 epoch, address[] tokens);
    struct RawLine { uint8 kind; address token; uint96 cumulative; }
    function claim(uint64 id, address account, RawLine[] lines, bytes32[] proof);
}

const ALICE: [u8; 20] = [0xa1; 20];
const BOB: [u8; 20] = [0xb0; 20];

fn block(world: &mut World, account: [u8; 20], blocked: bool) {
    let call = setBlockedCall {
        account: account.into(),
        blocked,
    };
    let anyone = world.anyone.clone();
    assert!(send(world, &anyone, |to| to.token(), call.abi_encode()).success);
}

/// Arms the token to make this call at its next transfer.
fn arm(world: &mut World, target: [u8; 20], callback: Vec<u8>) {
    let call = armCall {
        target: target.into(),
        callback: callback.into(),
    };
    let anyone = world.anyone.clone();
    assert!(send(world, &anyone, |to| to.token(), call.abi_encode()).success);
}

/// Whether the armed call was made, and whether it went through.
fn outcome(world: &World) -> (bool, bool) {
    let ask = |calldata| {
        world
            .chain
            .devnet
            .call(world.token(), calldata)
            .expect("an answer")
    };
    let reached = reachedCall::abi_decode_returns(&ask(reachedCall {}.abi_encode()));
    let succeeded = succeededCall::abi_decode_returns(&ask(succeededCall {}.abi_encode()));
    (reached.expect("a bool"), succeeded.expect("a bool"))
}

#[test]
fn a_token_that_returns_nothing_works() {
    let mut world = World::on(&["SilentToken"]);
    let id = world.deposit(50);
    world.fill_pot(100);
    let (root, claims) = world.claims(&[(ALICE, 100)]);
    world.chain.devnet.set_time(CLOSES_S).expect("forward");
    let epoch = world.post(root, 100);
    world.settle(epoch);
    world
        .chain
        .claim_many(&world.anyone, epoch, &claims)
        .expect("claimed");
    world.chain.refund(&world.anyone, &[id]).expect("refunded");
    assert_eq!(
        (
            world.balance(ALICE),
            world.balance(world.chain.deployment.escrow)
        ),
        (100, 0)
    );
}

#[test]
fn a_refused_account_blocks_only_itself_and_can_claim_later() {
    let mut world = World::on(&["BlockingToken"]);
    world.fill_pot(100);
    let (root, claims) = world.claims(&[(ALICE, 60), (BOB, 40)]);
    let epoch = world.post(root, 100);
    world.settle(epoch);
    block(&mut world, ALICE, true);
    let receipts = world
        .chain
        .claim_many(&world.anyone, epoch, &claims)
        .expect("claimed");
    let token = world.token();
    let payments = [
        Payment {
            account: ALICE,
            token,
            amount: 60,
            paid: false,
        },
        Payment {
            account: BOB,
            token,
            amount: 40,
            paid: true,
        },
    ];
    assert_eq!(world.chain.payments(&receipts), payments);
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (0, 40));
    assert_eq!(world.chain.claimed(ALICE, token).expect("an answer"), 0);
    assert_eq!(world.chain.paid(token).expect("an answer"), 40);
    block(&mut world, ALICE, false);
    world
        .chain
        .claim_many(&world.anyone, epoch, &claims)
        .expect("claimed");
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (60, 40));
}

#[test]
fn a_token_that_takes_a_fee_is_not_deposited() {
    let mut world = World::on(&["FeeToken"]);
    let (opening, token) = (world.opening(1_000), world.token());
    assert_eq!(
        refusal(world.chain.open_deposit(&world.funder, token, &opening)),
        "ReceivedOther"
    );
    let batch = [opening.clone(), opening];
    assert_eq!(
        refusal(world.chain.open_deposits(&world.funder, token, &batch)),
        "ReceivedOther"
    );
    assert_eq!(world.chain.deposits().expect("an answer"), []);
}

#[test]
fn a_claim_inside_a_claim_is_refused() {
    let mut world = World::on(&["ReenteringToken"]);
    world.fill_pot(100);
    let (root, claims) = world.claims(&[(ALICE, 60), (BOB, 40)]);
    let epoch = world.post(root, 100);
    world.settle(epoch);
    let inner = &claims[1];
    let line = RawLine {
        kind: 1,
        token: world.token().into(),
        cumulative: alloy_primitives::aliases::U96::from(40),
    };
    let call = claimCall {
        id: epoch,
        account: BOB.into(),
        lines: vec![line],
        proof: inner.proof.iter().map(Into::into).collect(),
    };
    let settlement = world.chain.deployment.settlement;
    arm(&mut world, settlement, call.abi_encode());
    world
        .chain
        .claim_many(&world.anyone, epoch, &claims[..1])
        .expect("claimed");
    assert_eq!(outcome(&world), (true, false));
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (60, 0));
    world
        .chain
        .claim_many(&world.anyone, epoch, &claims)
        .expect("claimed");
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (60, 40));
}

#[test]
fn a_refund_or_release_inside_another_is_refused() {
    let mut world = World::on(&["ReenteringToken"]);
    let escrow = world.chain.deployment.escrow;
    let (one, two) = (world.deposit(10), world.deposit(20));
    let epoch = world.post([0; 32], 0);
    world.debit(epoch, one, 5).expect("debited");
    world
        .chain
        .devnet
        .set_time(CLOSES_S + 30 * 24 * 3600)
        .expect("forward");
    world.settle(epoch);
    arm(&mut world, escrow, refundCall { id: two }.abi_encode());
    world.release(epoch).expect("released");
    assert_eq!(outcome(&world), (true, false));
    let tokens = vec![world.token().into()];
    arm(
        &mut world,
        escrow,
        releaseCall { epoch, tokens }.abi_encode(),
    );
    world.chain.refund(&world.anyone, &[one]).expect("refunded");
    assert_eq!(outcome(&world), (true, false));
    arm(&mut world, escrow, refundCall { id: two }.abi_encode());
    let (opening, token) = (world.opening(7), world.token());
    let opening = chain::escrow::Opening {
        closes_at_s: u64::MAX,
        ..opening
    };
    world
        .chain
        .open_deposit(&world.funder, token, &opening)
        .expect("opened");
    assert_eq!(outcome(&world), (true, false));
    assert_eq!(world.balance(escrow), 20 + 7);
}
