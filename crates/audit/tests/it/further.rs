//! A second chain with the addresses of the first: each is held against its own side of the log.

use crate::money::{close_epoch, posted_on, uses};
use crate::script::{DEVELOPER, PAYER, build, terms};
use crate::twin::{Directory, check_files};
use crate::world::{CHAIN, FAR_MS, Lie, TOKEN, World};
use audit::source::{Claimed, Deposit};
use audit::{ChainCount, ChainFacts};
use protocol::chain::{Contracts, FurtherChain};
use protocol::command::{CreditDeposit, GrantAllowance};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::Demand;
use protocol::{
    AccountId, Address, AllowanceId, Amount, AssetId, ChainIndex, Command, EpochId, FundId, Hash,
    Ppm, TokenId,
};

const SECOND: ChainIndex = ChainIndex(1);
const DEPOSITED: u128 = 50_000;

/// An economy that goes on with eight uses which are paid from a deposit on the second chain.
fn world() -> World {
    let mut world = build(Lie::None);
    let join = FurtherChain::Join(Contracts {
        chain_id: CHAIN + 1,
        settlement: Address([0x11; 20]),
        escrow: Address([0x22; 20]),
        tokens: vec![TOKEN],
    });
    world.push(0, Command::FurtherChain(join));
    let units = |units| Amount::new(units).unwrap();
    let credit = CreditDeposit {
        fund: FundId(6),
        account: AccountId(PAYER),
        token: TokenId(1),
        amount_units: units(DEPOSITED),
        epoch_cap_units: units(DEPOSITED),
        closes_ms: FAR_MS,
    };
    let credit = FurtherChain::Credit(SECOND, credit);
    world.push(0, Command::FurtherChain(credit));
    let asset = AssetId(world.state.assets.len() as u32);
    let mut terms = terms(1_000, Demand::Flow(Ppm::ZERO));
    terms.token = TokenId(1);
    world.push(
        DEVELOPER,
        Command::RegisterAsset(RegisterAsset {
            kind: AssetKind::Model,
            title: "Another model".to_owned(),
            content: Hash([9; 32]),
            terms,
            parents: ParentList::Inline(Vec::new()),
            listing: None,
        }),
    );
    world.push(
        PAYER,
        Command::GrantAllowance(GrantAllowance {
            asset,
            fund: FundId(6),
            cap_units: units(20_000),
            expires_ms: FAR_MS - ledger::state::SETTLING_MS - 1,
        }),
    );
    uses(&mut world, (asset, AllowanceId(1)));
    close_epoch(&mut world, 3);
    let release = FurtherChain::Release(SECOND, EpochId(3));
    world.push(0, Command::FurtherChain(release));
    close_epoch(&mut world, 4);
    world
}

/// What stands on the second chain: every epoch, and the developer has claimed nearly all.
fn there(world: &World) -> ChainFacts {
    let mut facts = ChainFacts {
        chain_id: CHAIN + 1,
        settlement: [0x11; 20],
        escrow: [0x22; 20],
        tokens: vec![TOKEN.0],
        deposits: vec![Deposit {
            id: 1,
            account: PAYER,
            token: TOKEN.0,
            amount: DEPOSITED,
            epoch_cap: DEPOSITED,
            closes_ms: FAR_MS,
            refunded: 0,
        }],
        ..ChainFacts::default()
    };
    for (id, epoch) in (1..).zip(&world.state.epochs) {
        let (posted, debits) = posted_on(world, SECOND, id, epoch);
        facts.posted.push(posted);
        facts.debits.extend(debits);
    }
    let statement = ledger::claims::statement(&world.state).unwrap();
    let leaf = &statement.further[0].1[0];
    let amount = leaf.lines[0].cumulative - 1;
    facts.claimed.push(Claimed {
        account: leaf.account,
        token: TOKEN.0,
        amount,
    });
    facts.paid.push((TOKEN.0, amount));
    facts
}

fn directory() -> Directory {
    let world = world();
    let there = there(&world);
    let mut directory = world.directory();
    directory.further.push(there);
    directory
}

fn fault_of(change: impl FnOnce(&mut ChainFacts)) -> &'static str {
    let mut directory = directory();
    change(&mut directory.further[0]);
    let checked = check_files(&directory);
    checked.expect_err("false facts never verify").code
}

#[test]
fn both_are_held_against_the_log_and_each_has_its_own_sums() {
    let report = check_files(&directory()).unwrap();
    let count = |chain_id, why: &str| ChainCount {
        chain_id,
        checked: true,
        roots_matched: 4,
        vetoed: 0,
        beside_checked: false,
        beside_why: Some(why.to_owned()),
    };
    let alone = "stakes and votes stand on the first chain alone";
    let expected = [count(CHAIN, "not read"), count(CHAIN + 1, alone)];
    assert_eq!(report.chains, expected);
    let [here, there] = report.money[..] else {
        panic!("a token on each chain")
    };
    assert_eq!((here.token, there.token), (TOKEN.0, TOKEN.0));
    assert_eq!((there.deposited, there.payable), (DEPOSITED, 8_000));
    assert_eq!(there.claimed, Some(7_999));
    assert_ne!(here.claimed, there.claimed);
}

#[test]
fn a_chain_that_is_not_given_is_not_said_to_be_checked() {
    let whole = directory();
    for (without_chain, expected) in [(false, [true, false]), (true, [false, true])] {
        let mut directory = whole.clone();
        directory.without_chain = without_chain;
        if !without_chain {
            directory.further.clear();
        }
        let report = check_files(&directory).unwrap();
        let checked: Vec<bool> = report.chains.iter().map(|it| it.checked).collect();
        let claimed: Vec<bool> = report.money.iter().map(|it| it.claimed.is_some()).collect();
        assert_eq!((&checked[..], &claimed[..]), (&expected[..], &expected[..]));
    }
}

#[test]
fn what_is_false_on_the_second_chain_is_found() {
    assert_eq!(fault_of(|it| it.chain_id += 1), "other_contracts");
    assert_eq!(fault_of(|it| it.escrow[0] ^= 1), "other_contracts");
    assert_eq!(fault_of(|it| it.deposits.clear()), "deposit_unknown");
    assert_eq!(fault_of(|it| it.deposits[0].amount += 1), "deposit_differs");
    assert_eq!(fault_of(|it| it.posted[3].root[0] ^= 1), "epoch_root");
    assert_eq!(
        fault_of(|it| it.posted[2].totals.push((TOKEN.0, 1))),
        "epoch_totals"
    );
    assert_eq!(fault_of(|it| it.debits[0].amount += 1), "debit_unknown");
    assert_eq!(fault_of(|it| it.debits.clear()), "debit_missing");
    assert_eq!(
        fault_of(|it| it.debits[0].released = false),
        "release_unknown"
    );
    assert_eq!(fault_of(|it| it.paid[0].1 += 1), "paid_differs");
}

#[test]
fn a_line_of_one_chain_is_not_claimed_on_another() {
    let more = |units: u128| {
        fault_of(|it| {
            it.claimed[0].amount += units;
            it.paid[0].1 += units;
        })
    };
    // What the developer has on the first chain would cover it.
    assert_eq!(more(2), "claim_above_line");
    let mut directory = directory();
    let here = directory.facts.claimed[1];
    directory.further[0].claimed.push(here);
    directory.further[0].paid[0].1 += here.amount;
    let fault = check_files(&directory).unwrap_err();
    assert_eq!(fault.code, "claim_above_line");
}
