//! Facts of the contracts that the ledger does not bear out, one at a time.

use crate::script::{build, honest};
use crate::twin::check_files;
use crate::world::Lie;
use audit::ChainFacts;
use audit::source::{Claimed, Debit, Posted};
use protocol::event::PurseOwner;
use protocol::{FundId, TokenId};

fn fault_of(change: impl FnOnce(&mut ChainFacts)) -> &'static str {
    let mut directory = honest().clone();
    change(&mut directory.facts);
    check_files(&directory)
        .expect_err("false facts never verify")
        .code
}

#[test]
fn other_contracts_than_the_genesis_names() {
    assert_eq!(fault_of(|facts| facts.chain_id = 0), "chain_unreadable");
    assert_eq!(fault_of(|facts| facts.chain_id += 1), "other_contracts");
    assert_eq!(
        fault_of(|facts| facts.settlement[0] ^= 1),
        "other_contracts"
    );
    assert_eq!(fault_of(|facts| facts.escrow[0] ^= 1), "other_contracts");
    assert_eq!(fault_of(|facts| facts.tokens.clear()), "other_contracts");
}

#[test]
fn deposits_and_refunds_that_differ() {
    assert_eq!(
        fault_of(|facts| facts.deposits.retain(|it| it.id != 3)),
        "deposit_unknown"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[1].account += 1),
        "deposit_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[1].token[0] ^= 1),
        "deposit_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[1].amount -= 1),
        "deposit_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[1].epoch_cap += 1),
        "deposit_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[1].closes_ms += 1),
        "deposit_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[1].refunded += 1_000_000_000),
        "refund_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.deposits[4].refunded = 0),
        "refund_differs"
    );
}

#[test]
fn a_refund_of_free_money_waits_for_the_ledger() {
    let mut directory = honest().clone();
    let state = build(Lie::None).state;
    let free = |id: u64| {
        state
            .book
            .balance(PurseOwner::Fund(FundId(id)), TokenId(0))
            .units()
    };
    let deposits = &mut directory.facts.deposits;
    let place = deposits.iter().position(|it| free(it.id) > 0).unwrap();
    let more = free(deposits[place].id);
    deposits[place].refunded += more;
    check_files(&directory).unwrap();
    directory.facts.deposits[place].refunded += 1;
    assert_eq!(check_files(&directory).unwrap_err().code, "refund_differs");
}

#[test]
fn a_newer_deposit_waits_for_the_ledger() {
    let mut directory = honest().clone();
    let mut newer = directory.facts.deposits[0];
    newer.id = directory.facts.deposits.len() as u64 + 1;
    directory.facts.deposits.push(newer);
    let report = check_files(&directory).unwrap();
    assert_eq!(report.money[0].deposited, 2_300_000);
}

#[test]
fn posted_epochs_that_differ() {
    let posted = |change: fn(&mut Posted)| fault_of(|facts| change(&mut facts.posted[1]));
    assert_eq!(posted(|it| it.id = 0), "epoch_unknown");
    assert_eq!(posted(|it| it.id = 3), "epoch_unknown");
    assert_eq!(posted(|it| it.root[0] ^= 1), "epoch_root");
    assert_eq!(posted(|it| it.totals[0].1 += 1), "epoch_totals");
    assert_eq!(posted(|it| it.totals.push(([9; 20], 1))), "epoch_totals");
    assert_eq!(posted(|it| it.parent = 0), "epoch_parent");
    assert_eq!(posted(|it| it.data_hash[0] ^= 1), "epoch_file");
    assert_eq!(posted(|it| it.checkpoint_root[0] ^= 1), "epoch_log");
    assert_eq!(posted(|it| it.log_size += 1), "epoch_log");
    assert_eq!(posted(|it| it.log_size = 1), "epoch_log");
    assert_eq!(posted(|it| it.log_size = u64::MAX), "epoch_log");
    assert_eq!(posted(|it| it.log_time_ms += 1), "epoch_time");
    let earlier = |facts: &mut ChainFacts| {
        let root = facts.posted[0].checkpoint_root;
        (facts.posted[1].checkpoint_root, facts.posted[1].log_size) =
            (root, facts.posted[0].log_size);
    };
    assert_eq!(fault_of(earlier), "epoch_log");
}

#[test]
fn a_vetoed_epoch_pays_nothing_and_is_only_counted() {
    let mut directory = honest().clone();
    let mut vetoed = directory.facts.posted[1].clone();
    (vetoed.id, vetoed.root, vetoed.vetoed, vetoed.final_) = (3, [5; 32], true, false);
    directory.facts.posted.push(vetoed);
    let debit = Debit {
        epoch: 3,
        fund: 1,
        amount: 5,
        by_proof: false,
        released: false,
    };
    directory.facts.debits.push(debit);
    let report = check_files(&directory).unwrap();
    let chain = report.chains[0];
    assert_eq!(
        (chain.roots_matched, chain.vetoed, report.epochs),
        (2, 1, 2)
    );
}

#[test]
fn debits_that_the_ledger_does_not_owe() {
    let debit = |epoch, fund, amount| Debit {
        epoch,
        fund,
        amount,
        by_proof: false,
        released: true,
    };
    assert_eq!(
        fault_of(|facts| facts.debits.push(debit(2, 1, 1))),
        "debit_unknown"
    );
    assert_eq!(
        fault_of(|facts| facts.debits.push(debit(9, 1, 1))),
        "debit_unknown"
    );
    assert_eq!(
        fault_of(|facts| facts.debits[0].amount += 1),
        "debit_unknown"
    );
    assert_eq!(
        fault_of(|facts| facts.debits[0].amount -= 1),
        "debit_missing"
    );
    assert_eq!(
        fault_of(|facts| facts.debits.retain(|it| it.fund != 1)),
        "debit_missing"
    );
    assert_eq!(
        fault_of(|facts| facts.debits[0].released = false),
        "release_unknown"
    );
    assert_eq!(
        fault_of(|facts| facts.posted[0].final_ = false),
        "release_unknown"
    );
}

#[test]
fn what_was_not_debited_in_time_is_made_up_for_by_proof_and_by_no_more() {
    let moved = |units: u128, epoch: u64| {
        let mut directory = honest().clone();
        let debits = &mut directory.facts.debits;
        let place = debits.iter().position(|it| it.epoch == 1).unwrap();
        let amount = std::mem::take(&mut debits[place].amount);
        debits.push(Debit {
            epoch,
            amount: amount - 1 + units,
            by_proof: true,
            released: true,
            ..debits[place]
        });
        check_files(&directory)
            .map(drop)
            .map_err(|fault| fault.code)
    };
    assert_eq!(moved(1, 1), Ok(()));
    assert_eq!(moved(1, 2), Ok(()), "shown with a later epoch");
    assert_eq!(moved(0, 1), Err("debit_missing"));
    assert_eq!(moved(2, 2), Err("debit_unknown"));
}

#[test]
fn debits_may_be_on_their_way_while_the_window_runs() {
    let mut directory = honest().clone();
    directory.facts.posted[1].final_ = false;
    directory.facts.debits.retain(|debit| debit.epoch == 1);
    directory.facts.claimed.clear();
    directory.facts.paid.clear();
    let report = check_files(&directory).unwrap();
    assert_eq!(report.money[0].claimed, Some(0));
}

#[test]
fn claims_beyond_the_final_line() {
    let more = |facts: &mut ChainFacts, units| {
        facts.claimed[1].amount += units;
        facts.paid[0].1 += units;
    };
    assert_eq!(fault_of(|facts| more(facts, 1_000_000)), "claim_above_line");
    assert_eq!(fault_of(|facts| facts.paid[0].1 += 1), "paid_differs");
    assert_eq!(
        fault_of(|facts| facts.paid.push(([9; 20], 1))),
        "paid_differs"
    );
    assert_eq!(
        fault_of(|facts| facts.posted[1].final_ = false),
        "claim_above_line"
    );
    let stranger = |facts: &mut ChainFacts| {
        let token = facts.tokens[0];
        facts.claimed.push(Claimed {
            account: [9; 20],
            token,
            amount: 1,
        });
    };
    assert_eq!(fault_of(stranger), "claim_above_line");
}
