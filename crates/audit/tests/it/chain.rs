//! Facts of the contracts that the ledger does not bear out, one at a time.

use crate::script::{build, honest};
use crate::twin::check_files;
use crate::world::Lie;
use audit::ChainFacts;
use audit::source::{Claimed, Debit, Posted};
use proptest::prelude::*;
use protocol::event::PurseOwner;
use protocol::{FundId, TokenId};
use std::collections::BTreeMap;

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
    // Unless the ruling upon a dispute has given it back.
    let id = directory.facts.deposits[place].id;
    directory.facts.returned.push((id, 1));
    check_files(&directory).unwrap();
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
    let chain = &report.chains[0];
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

/// The ledger charges it all the same, and so do the trees of later epochs.
#[test]
fn what_went_back_may_be_shown_to_be_owed_and_no_more() {
    let shown = |returned: u128, units: u128| {
        let mut directory = honest().clone();
        let (facts, fund) = (&mut directory.facts, honest().facts.debits[0].fund);
        facts.returned.push((fund, returned));
        facts.debits.push(Debit {
            epoch: 2,
            fund,
            amount: units,
            by_proof: true,
            released: true,
        });
        check_files(&directory)
            .map(drop)
            .map_err(|fault| fault.code)
    };
    assert_eq!(shown(0, 1), Err("debit_unknown"));
    assert_eq!(shown(5, 5), Ok(()), "a ruling has given it back");
    assert_eq!(shown(5, 6), Err("debit_unknown"));
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However much was debited in time, and whatever rulings gave back of it: what is missing must
    /// be shown, with whichever final epoch, and at most what went back may be shown beside it.
    #[test]
    fn all_that_is_missing_is_shown_and_no_more_than_went_back(
        parts in proptest::collection::vec((0_u32..=100, 0_u32..=100, 0_u32..=3), 16),
        place in 0_usize..16,
        beyond in -1_i64..=1,
    ) {
        let mut directory = honest().clone();
        let facts = &mut directory.facts;
        let (mut missing, mut back) = (BTreeMap::new(), BTreeMap::new());
        let part = |amount: u128, of: u32| amount * u128::from(of) / 100;
        for (debit, (kept, returned, _)) in facts.debits.iter_mut().zip(parts.iter().cycle()) {
            let taken = part(debit.amount, *kept);
            *missing.entry(debit.fund).or_insert(0) += debit.amount - taken;
            *back.entry(debit.fund).or_insert(0) += part(taken, *returned);
            debit.amount = taken;
        }
        let funds: Vec<u64> = missing.keys().copied().collect();
        let odd = funds[place % funds.len()];
        let mut expected = Ok(());
        for (fund, missing) in missing {
            let (_, _, more) = parts[fund as usize % 16];
            let back = back[&fund];
            let mut shown = missing + back * u128::from(more) / 3;
            if fund == odd && beyond > 0 {
                (shown, expected) = (missing + back + 1, Err("debit_unknown"));
            } else if fund == odd && beyond < 0 && missing > 0 {
                (shown, expected) = (missing - 1, Err("debit_missing"));
            }
            facts.returned.push((fund, back));
            for (epoch, amount) in [(1, shown / 2), (2, shown - shown / 2)] {
                facts.debits.push(Debit { epoch, fund, amount, by_proof: true, released: true });
            }
        }
        let found = check_files(&directory).map(drop).map_err(|fault| fault.code);
        prop_assert_eq!(found, expected);
    }
}
