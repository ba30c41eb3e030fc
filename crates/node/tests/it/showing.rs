//! Debits that came too late, and disputes nobody ruled on: the node shows what its log owes.

use crate::world::{CLOSES_MS, DAY_MS, PRICE, World, amount, asset};
use chain::escrow::Opening;
use chain::{Ground, Wallet};
use node::meter;
use proof::hash::{keccak256, sha256};
use protocol::command::GrantAllowance;
use protocol::{AssetId, Command, EpochId, FundId, UsageRow};

const FIRST: EpochId = EpochId(1);
const SECOND: EpochId = EpochId(2);

/// Who has paid the user's money in, and may dispute what is debited of it.
fn funder() -> Wallet {
    Wallet::new(&[77; 32]).unwrap()
}

/// A developer with a model, and a user with an allowance for it out of deposit 1.
fn world(dir: &std::path::Path) -> World {
    let mut world = World::new(dir);
    let (funder, token) = (funder(), world.node.chain().deployment.token());
    let opening = Opening {
        funder: funder.address(),
        account: node::deposit::account_reference(world.user.account),
        amount: 1_000_000,
        max_per_epoch: 1_000_000,
        closes_at_s: CLOSES_MS / 1_000,
    };
    let chain = world.node.chain_mut();
    chain
        .mint(&funder, token, funder.address(), 2_000_000)
        .unwrap();
    chain.approve(&funder, token, 2_000_000).unwrap();
    chain.open_deposit(&funder, token, &opening).unwrap();
    world.node.credit_deposits().unwrap();
    let register = world.developer.sign(Command::RegisterAsset(asset()));
    let disclose = world.developer.disclose();
    world.accept(vec![register, disclose]);
    let grant = world.user.sign(Command::GrantAllowance(GrantAllowance {
        asset: AssetId(0),
        fund: FundId(1),
        cap_units: amount(100 * PRICE),
        expires_ms: CLOSES_MS - ledger::state::SETTLING_MS - 1,
    }));
    world.accept(vec![grant]);
    world
}

/// So many uses in a segment of this number, and an epoch that is posted and debits nothing yet.
fn epoch(world: &mut World, (number, uses): (u32, u32)) -> EpochId {
    let time_ms = world.node.now_ms();
    let row = |use_: u32| UsageRow {
        receipt: sha256(&[&number.to_be_bytes(), &use_.to_be_bytes()]),
        allowance: 0,
        purpose: 0,
        time_ms,
        amount_units: PRICE,
        input: [0; 32],
        output: [0; 32],
        tokens: None,
    };
    let rows = (0..uses).map(row).collect();
    let segment = meter::segment(AssetId(0), number, rows).unwrap().unwrap();
    let mut offer = world.developer.sign(Command::PostSegment(segment.command));
    offer.attachments = vec![segment.rows];
    world.accept(vec![offer]);
    let closing = world.node.write_claims().unwrap();
    let id = closing.epoch;
    world.node.log_epoch(closing).unwrap();
    world.node.post_epoch(id).unwrap();
    id
}

fn inflow(world: &World) -> u128 {
    let chain = world.node.chain();
    chain.inflow(chain.deployment.token()).unwrap()
}

fn available(world: &World) -> u128 {
    world.node.chain().available(1).unwrap()
}

/// Has somebody call the Escrow with numbers.
fn escrow(world: &mut World, wallet: &Wallet, (function, numbers): (&str, &[u128])) {
    let mut calldata = keccak256(&[function.as_bytes()])[..4].to_vec();
    for number in numbers {
        calldata.extend([0; 16]);
        calldata.extend(number.to_be_bytes());
    }
    let to = world.node.chain().deployment.escrow;
    let Ground::Devnet(devnet) = &mut world.node.chain_mut().devnet else {
        panic!("a node of its own has a devnet")
    };
    let raw = wallet.sign(devnet.nonce(wallet.address()), Some(to), calldata);
    let receipt = devnet.send(&raw).unwrap();
    assert!(receipt.success, "{:?}", receipt.revert);
}

#[test]
fn debits_that_missed_their_window_are_shown_and_released() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = world(dir.path());
    assert_eq!(epoch(&mut world, (0, 3)), FIRST);
    world.node.advance(2 * DAY_MS).unwrap();
    assert!(
        world.node.debit_epoch(FIRST).is_ok(),
        "behind its window nothing is sent"
    );
    assert_eq!(available(&world), 1_000_000);
    assert!(world.node.finish_epoch(FIRST).unwrap());
    assert_eq!(
        (inflow(&world), available(&world)),
        (3 * PRICE, 1_000_000 - 3 * PRICE)
    );
    assert!(world.node.state().epochs[0].released);
    // And the next one pays it.
    let last = world.node.close_epoch().unwrap();
    assert!(world.node.finish_epoch(last.id).unwrap());
    assert_eq!(world.node.claim_all(&last).unwrap().0, amount(3 * PRICE));
}

/// The Escrow goes by sums: had the second epoch taken its part first, showing the first would have
/// brought that much less, and it would never be whole.
#[test]
fn a_later_epoch_takes_nothing_before_the_earlier_one_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = world(dir.path());
    epoch(&mut world, (0, 5));
    world.node.advance(DAY_MS * 3 / 4).unwrap();
    epoch(&mut world, (1, 2));
    world.node.advance(DAY_MS / 2).unwrap();
    world.node.debit_epoch(SECOND).unwrap();
    assert_eq!(
        available(&world),
        1_000_000,
        "the first one's window is over"
    );
    assert!(world.node.finish_epoch(FIRST).unwrap());
    assert_eq!(inflow(&world), 5 * PRICE);
    world.node.debit_epoch(SECOND).unwrap();
    assert_eq!(available(&world), 1_000_000 - 7 * PRICE);
    world.node.advance(DAY_MS).unwrap();
    assert!(world.node.finish_epoch(SECOND).unwrap());
    assert_eq!(inflow(&world), 7 * PRICE);
}

/// A funder who disputes an honest debit holds everything up until somebody rules, since the pot
/// lacks it. Whatever the arbiter says then, and if he says nothing, the work is paid.
#[test]
fn a_dispute_of_what_the_tree_says_ends_with_the_work_paid() {
    for granted in [None, Some(0), Some(4 * PRICE)] {
        let dir = tempfile::tempdir().unwrap();
        let mut world = world(dir.path());
        epoch(&mut world, (0, 4));
        world.node.debit_epoch(FIRST).unwrap();
        escrow(&mut world, &funder(), ("dispute(uint64,uint64)", &[1, 1]));
        world.node.advance(2 * DAY_MS).unwrap();
        let why = world.node.finish_epoch(FIRST).unwrap_err().to_string();
        let what = "disputes what epoch 1 has debited of deposit 1 there";
        assert!(why.contains(what), "{why}");
        let lapses_s = world.node.chain().dispute_lapses_at_s(1, 1).unwrap();
        let until = node::export::iso(lapses_s.unwrap() * 1_000);
        assert!(why.contains(&format!("is over at {until}: then")), "{why}");
        assert_eq!(inflow(&world), 0, "it is held");
        assert!(!world.node.state().epochs[0].released);
        match granted {
            None => world.node.advance(8 * DAY_MS).unwrap(),
            Some(units) => {
                let arbiter = world.node.keys().wallet("arbiter");
                let call = ("ruleDispute(uint64,uint64,uint96)", &[1, 1, units][..]);
                escrow(&mut world, &arbiter, call);
            }
        }
        // On the devnet what was shown is there at once, and noted with the next look.
        let done = world.node.finish_epoch(FIRST).unwrap();
        assert!(done || world.node.finish_epoch(FIRST).unwrap());
        let forfeited = granted == Some(4 * PRICE);
        let bond = u128::from(forfeited) * (4 * PRICE / 20 + 1);
        assert_eq!(inflow(&world), 4 * PRICE + bond, "{granted:?}");
        assert_eq!(available(&world), 1_000_000 - 4 * PRICE);
        // And the next one pays it.
        let last = world.node.close_epoch().unwrap();
        assert!(world.node.finish_epoch(last.id).unwrap());
        assert_eq!(world.node.claim_all(&last).unwrap().0, amount(4 * PRICE));
    }
}
