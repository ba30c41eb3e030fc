//! Every rule of deposits, debits, release, restoration and refunds, and its refusal.

use chain::escrow::{Debit, Opening};
use chain::settlement::Status;

use crate::world::{CLOSES_S, START_S, WINDOW_S, World, refusal, wallet};

const REFUND_DELAY_S: u64 = 30 * 24 * 3600;

fn veto(world: &mut World, id: u64) {
    world
        .chain
        .halt(&world.guardian, id, "wrong")
        .expect("halted");
    world.chain.rule(&world.arbiter, id, true).expect("vetoed");
}

fn available(world: &World, id: u64) -> u128 {
    world.chain.deposits().expect("an answer")[id as usize - 1].available
}

#[test]
fn deposits_are_numbered_from_one_and_read_back() {
    let mut world = World::new();
    let own = Opening {
        account: [4; 32],
        max_per_epoch: 3,
        ..world.opening(10)
    };
    assert_eq!(
        world
            .chain
            .open_deposit(&world.funder, world.token(), &own)
            .expect("opened"),
        1
    );
    let gifts: Vec<Opening> = (1..=400_u32)
        .map(|number| Opening {
            funder: [number as u8 | 1; 20],
            account: [5; 32],
            amount: number.into(),
            ..own
        })
        .collect();
    let token = world.token();
    assert_eq!(
        world
            .chain
            .open_deposits(&world.funder, token, &gifts)
            .expect("opened"),
        2
    );
    let deposits = world.chain.deposits().expect("an answer");
    assert!(deposits.iter().map(|deposit| deposit.id).eq(1..=401));
    assert_eq!(deposits[0].opening, own);
    assert!(
        deposits[1..]
            .iter()
            .map(|deposit| &deposit.opening)
            .eq(&gifts)
    );
    assert!(
        deposits
            .iter()
            .all(|deposit| deposit.available == deposit.opening.amount)
    );
    let escrow = world.chain.deployment.escrow;
    assert_eq!(world.balance(escrow), 10 + 400 * 401 / 2);
}

#[test]
fn a_deposit_must_be_one_that_can_pay_and_close() {
    let mut world = World::new();
    let (good, token) = (world.opening(10), world.token());
    let changed = |change: fn(&mut Opening)| {
        let mut opening = good.clone();
        change(&mut opening);
        opening
    };
    let cases = [
        (changed(|bad| bad.amount = 0), "AmountZero"),
        (changed(|bad| bad.max_per_epoch = 0), "CapZero"),
        (changed(|bad| bad.closes_at_s = START_S), "AlreadyClosed"),
        (changed(|bad| bad.funder = [0; 20]), "FunderZero"),
        (
            changed(|bad| bad.amount = 1 << 61),
            "ERC20InsufficientAllowance",
        ),
    ];
    for (opening, name) in cases {
        let batch = [good.clone(), opening.clone()];
        assert_eq!(
            refusal(world.chain.open_deposits(&world.funder, token, &batch)),
            name
        );
        if name != "FunderZero" {
            assert_eq!(
                refusal(world.chain.open_deposit(&world.funder, token, &opening)),
                name
            );
        }
    }
    let stranger = [0x77; 20];
    assert_eq!(
        refusal(world.chain.open_deposit(&world.funder, stranger, &good)),
        "TokenNotListed"
    );
    assert_eq!(
        refusal(world.chain.open_deposits(&world.funder, stranger, &[good])),
        "TokenNotListed"
    );
    assert_eq!(world.chain.deposits().expect("an answer"), []);
}

#[test]
fn amounts_over_96_bits_never_reach_the_chain() {
    let mut world = World::new();
    let (opening, token) = (world.opening(1 << 96), world.token());
    let height = world.chain.devnet.height();
    let error = world
        .chain
        .open_deposit(&world.funder, token, &opening)
        .expect_err("too large");
    assert_eq!(
        error.to_string(),
        format!("cannot move `{}` units: at most 2^96 - 1", 1_u128 << 96)
    );
    assert_eq!(world.chain.devnet.height(), height);
}

#[test]
fn only_the_debitor_debits_and_only_what_is_there() {
    let mut world = World::new();
    let id = world.deposit(100);
    let epoch = world.post([0; 32], 0);
    let debit = [Debit { id, amount: 1 }];
    assert_eq!(
        refusal(world.chain.debit(&world.poster, epoch, &debit)),
        "NotDebitor"
    );
    assert_eq!(refusal(world.debit(epoch, id + 1, 1)), "DepositUnknown");
    assert_eq!(refusal(world.debit(epoch, 0, 1)), "DepositUnknown");
    assert_eq!(refusal(world.debit(epoch, id, 0)), "AmountZero");
    assert_eq!(refusal(world.debit(epoch, id, 101)), "BudgetExceeded");
    world.debit(epoch, id, 100).expect("debited");
    assert_eq!(refusal(world.debit(epoch, id, 1)), "BudgetExceeded");
    assert_eq!(available(&world, id), 0);
}

#[test]
fn one_epoch_debits_at_most_the_cap() {
    let mut world = World::new();
    let (token, opening) = (
        world.token(),
        Opening {
            max_per_epoch: 30,
            ..world.opening(100)
        },
    );
    let id = world
        .chain
        .open_deposit(&world.funder, token, &opening)
        .expect("opened");
    let (first, second) = (world.post([0; 32], 0), world.post([0; 32], 0));
    assert_eq!(refusal(world.debit(first, id, 31)), "EpochCapExceeded");
    world.debit(first, id, 20).expect("debited");
    assert_eq!(refusal(world.debit(first, id, 11)), "EpochCapExceeded");
    world.debit(first, id, 10).expect("debited");
    assert_eq!(refusal(world.debit(first, id, 1)), "EpochCapExceeded");
    world.debit(second, id, 30).expect("debited");
    assert_eq!(
        world.chain.debits(first).expect("an answer"),
        [Debit { id, amount: 30 }]
    );
}

#[test]
fn a_debit_needs_an_epoch_whose_window_runs() {
    let mut world = World::new();
    let id = world.deposit(100);
    assert_eq!(refusal(world.debit(0, id, 1)), "EpochNotOpen");
    assert_eq!(refusal(world.debit(1, id, 1)), "EpochNotOpen");
    let epochs: Vec<u64> = (0..3).map(|_| world.post([0; 32], 0)).collect();
    world
        .chain
        .halt(&world.guardian, epochs[1], "wrong")
        .expect("halted");
    assert_eq!(refusal(world.debit(epochs[1], id, 1)), "EpochNotOpen");
    assert_eq!(refusal(world.debit(epochs[2], id, 1)), "EpochNotOpen");
    world
        .chain
        .rule(&world.arbiter, epochs[1], true)
        .expect("vetoed");
    assert_eq!(refusal(world.debit(epochs[1], id, 1)), "EpochNotOpen");
    world.chain.devnet.advance(WINDOW_S - 1);
    world
        .debit(epochs[0], id, 1)
        .expect("debited in the last second");
    world.chain.devnet.advance(1);
    assert_eq!(refusal(world.debit(epochs[0], id, 1)), "EpochNotOpen");
    world.finalize(epochs[0]).expect("final");
    assert_eq!(refusal(world.debit(epochs[0], id, 1)), "EpochNotOpen");
}

#[test]
fn release_waits_for_finality_and_happens_once() {
    let mut world = World::new();
    let (token, settlement) = (world.token(), world.chain.deployment.settlement);
    let id = world.deposit(100);
    let epoch = world.post([0; 32], 0);
    world.debit(epoch, id, 40).expect("debited");
    assert_eq!(refusal(world.release(epoch)), "EpochNotFinal");
    assert_eq!(refusal(world.release(epoch + 1)), "EpochNotFinal");
    world.settle(epoch);
    assert_eq!(world.chain.pending(epoch, token).expect("an answer"), 40);
    for _ in 0..2 {
        world.release(epoch).expect("released, or nothing to do");
        assert_eq!(world.chain.inflow(token).expect("an answer"), 40);
        assert_eq!(world.balance(settlement), 40);
    }
    assert_eq!(
        refusal(world.chain.restore(&world.anyone, epoch, &[id])),
        "EpochNotVetoed"
    );
}

#[test]
fn a_veto_returns_debits_to_their_budgets_once() {
    let mut world = World::new();
    let (one, two) = (world.deposit(100), world.deposit(50));
    let epoch = world.post([0; 32], 0);
    let child = world.post([0; 32], 0);
    world.debit(epoch, one, 70).expect("debited");
    world.debit(child, one, 30).expect("debited");
    world.debit(child, two, 50).expect("debited");
    assert_eq!(
        refusal(world.chain.restore(&world.anyone, child, &[one])),
        "EpochNotVetoed"
    );
    veto(&mut world, epoch);
    for _ in 0..2 {
        world
            .chain
            .restore(&world.anyone, child, &[one, two, one, 99])
            .expect("restored");
        assert_eq!((available(&world, one), available(&world, two)), (30, 50));
    }
    assert_eq!(refusal(world.release(child)), "EpochNotFinal");
    world
        .chain
        .restore(&world.anyone, epoch, &[one])
        .expect("restored");
    assert_eq!(available(&world, one), 100);
    assert_eq!(world.chain.debits(child).expect("an answer"), []);
    let next = world.post([0; 32], 0);
    world
        .debit(next, one, 100)
        .expect("the honest epoch debits again");
}

#[test]
fn a_refund_needs_a_final_epoch_over_the_close() {
    let mut world = World::new();
    let id = world.deposit(100);
    world
        .chain
        .devnet
        .set_time(CLOSES_S - WINDOW_S)
        .expect("forward");
    let mut early = world.next_post([0; 32], 0);
    early.log_time_ms = CLOSES_S * 1000 - 1 - WINDOW_S * 1000;
    world.chain.post(&world.poster, &early).expect("posted");
    world.settle(early.id);
    assert_eq!(
        refusal(world.chain.refund(&world.anyone, &[id])),
        "NotClosed"
    );
    let mut late = world.next_post([0; 32], 0);
    late.log_time_ms = CLOSES_S * 1000;
    world.chain.post(&world.poster, &late).expect("posted");
    world.debit(late.id, id, 30).expect("debited");
    assert_eq!(
        refusal(world.chain.refund(&world.anyone, &[id])),
        "NotClosed"
    );
    world.settle(late.id);
    let before = world.balance(world.funder.address());
    let refunded = world.chain.refund(&world.anyone, &[id]);
    assert_eq!(refunded.expect("refunded"), [70]);
    assert_eq!(world.balance(world.funder.address()) - before, 70);
    assert_eq!(
        refusal(world.chain.refund(&world.anyone, &[id])),
        "NothingToRefund"
    );
    assert_eq!(
        refusal(world.chain.refund(&world.anyone, &[id + 1])),
        "DepositUnknown"
    );
}

#[test]
fn thirty_days_after_the_close_a_refund_needs_nobody() {
    let mut world = World::new();
    let id = world.deposit(100);
    world
        .chain
        .devnet
        .set_time(CLOSES_S + REFUND_DELAY_S - 1)
        .expect("forward");
    assert_eq!(
        refusal(world.chain.refund(&world.anyone, &[id])),
        "NotClosed"
    );
    world.chain.devnet.advance(1);
    let epoch = world.post([0; 32], 0);
    world.debit(epoch, id, 60).expect("debited");
    world.chain.refund(&world.anyone, &[id]).expect("refunded");
    veto(&mut world, epoch);
    world
        .chain
        .restore(&world.anyone, epoch, &[id])
        .expect("restored");
    world
        .chain
        .refund(&world.anyone, &[id])
        .expect("refunded the rest");
    assert_eq!(world.chain.deposits().expect("an answer")[0].refunded, 100);
    assert_eq!(world.balance(world.chain.deployment.escrow), 0);
    let posted = world
        .chain
        .posted(epoch)
        .expect("an answer")
        .expect("posted");
    assert_eq!(posted.status, Status::Vetoed);
}

#[test]
fn refunds_together_say_what_each_deposit_paid() {
    let mut world = World::new();
    let ids = [100, 250, 30].map(|amount| world.deposit(amount));
    world
        .chain
        .devnet
        .set_time(CLOSES_S + REFUND_DELAY_S)
        .expect("forward");
    let refunded = world.chain.refund(&world.anyone, &ids[..2]);
    assert_eq!(refunded.expect("refunded"), [100, 250]);
    let again = world.chain.refund(&world.anyone, &[ids[0], ids[2]]);
    assert_eq!(refusal(again), "NothingToRefund");
    assert_eq!(world.chain.deposits().expect("an answer")[2].refunded, 30);
}

#[test]
fn a_refund_goes_to_the_funder_of_record_and_not_to_who_paid() {
    let mut world = World::new();
    let owner = wallet(20).address();
    let (token, gift) = (
        world.token(),
        Opening {
            funder: owner,
            ..world.opening(100)
        },
    );
    let id = world
        .chain
        .open_deposits(&world.funder, token, &[gift])
        .expect("opened");
    let sponsor = world.balance(world.funder.address());
    world
        .chain
        .devnet
        .set_time(CLOSES_S + REFUND_DELAY_S)
        .expect("forward");
    world.chain.refund(&world.anyone, &[id]).expect("refunded");
    assert_eq!(
        (world.balance(owner), world.balance(world.funder.address())),
        (100, sponsor)
    );
}
