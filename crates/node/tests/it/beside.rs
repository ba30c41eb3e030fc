//! From the ledger's leaf to the contracts: a steward has a stake slashed, and votes minted.

use crate::house::{House, draft, seal_as};
use crate::world::{DAY_MS, Person};
use chain::Wallet;
use chain::stake::Sums;
use node::beside::Beside;
use node::draft::Draft;
use node::ticket::wait_for;
use node::{Keyring, Node};
use proof::hash::sha256;
use protocol::{Address, Amount, AssetId, CampaignId, TokenId};
use std::path::Path;

const KEPT: Beside = Beside {
    votes: true,
    stake_exit_s: Some(45 * 86_400),
};
const STAKE: u128 = 500;

/// The chain of a node that does not run.
fn with_chain<T>(dir: &Path, act: impl FnOnce(&mut node::office::Settling) -> T) -> T {
    let (_, mut chain, _) = Node::open(dir).unwrap().node.into_parts();
    act(&mut chain)
}

fn wallet(person: &Person) -> Wallet {
    Wallet::new(&sha256(&[b"person", &person.account.0.to_be_bytes()])).unwrap()
}

/// Everybody answers all that they are given, the last always wrongly.
fn work_through(house: &House, campaign: CampaignId, crowd: &mut [Person]) {
    let last = crowd.len() - 1;
    loop {
        let mut answered = 0;
        for (place, person) in crowd.iter_mut().enumerate() {
            let tasks = wait_for(house.workplace.lease(campaign, person.account, 4));
            for task in tasks.unwrap_or_default() {
                let unit = task.units[0].0;
                let truth = u16::from(!unit.is_multiple_of(2));
                let label = if place < last { truth } else { 1 - truth };
                house.accepted(seal_as(person, campaign, &[(unit, label)]));
                answered += 1;
            }
        }
        if answered == 0 {
            return;
        }
    }
}

/// What the log knows of a stake: staked, active, slashed there, slashed by the ledger, locked.
fn noted(house: &House, wallet: [u8; 20]) -> [u128; 5] {
    house.host.read(|state| {
        let stake = state.sections.lines.stakes.wallets[&Address(wallet)];
        let sums = [
            stake.staked,
            stake.active,
            stake.slashed,
            stake.due,
            stake.locked,
        ];
        sums.map(Amount::units)
    })
}

fn pool(house: &House) -> u128 {
    let owner = protocol::event::PurseOwner::Pool(AssetId(0));
    house
        .host
        .read(|state| state.book.balance(owner, TokenId(0)).units())
}

/// A campaign that slashes, in which the last of five errs, whose stake is in the contract.
fn slashed(dir: &Path) -> (House, Vec<Person>, [u8; 20]) {
    let mut house = House::start_with(dir, KEPT);
    let mut people = house.people(6);
    let fund = house.give(&people[0], 10_000_000);
    for person in &people[1..] {
        house.give(person, 1_000_000);
    }
    house.stop();
    let erring = wallet(&people[5]);
    let keys = Keyring::open(dir).unwrap();
    let contract = with_chain(dir, |chain| {
        let contract = chain
            .put_stake(&keys.wallet("stakes"), 45 * 86_400)
            .unwrap();
        let token = chain.deployment.token();
        chain.mint(&erring, token, erring.address(), 700).unwrap();
        chain.stake(&erring, contract, 700).unwrap();
        contract
    });
    let mut house = House::start_with(dir, KEPT);
    house.advance(0);
    assert_eq!(noted(&house, erring.address()), [700, 700, 0, 0, 0]);
    let slashing = Draft {
        overlap: 5,
        slash_below_ppm: 750_000,
        stake_units: Amount::new(STAKE).unwrap(),
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &slashing);
    work_through(&house, campaign, &mut people[1..]);
    assert_eq!(noted(&house, erring.address()), [700, 700, 0, 0, STAKE]);
    let held = house
        .host
        .read(|state| state.campaigns[0].conduct.stakes.len());
    assert_eq!(held, 4, "those without a stake there set a deposit aside");
    house.advance(0);
    house.advance(3_700_000);
    assert_eq!(noted(&house, erring.address()), [700, 700, 0, STAKE, 0]);
    (house, people, contract)
}

#[test]
fn a_slash_of_the_ledger_takes_the_stake_and_pays_those_who_worked() {
    let dir = tempfile::tempdir().unwrap();
    let (mut house, people, contract) = slashed(dir.path());
    let erring = wallet(&people[5]).address();
    let before = pool(&house);
    house.advance(DAY_MS);
    house.advance(11_000);
    let sums = |house: &House| house.steward.chain().stake_of(contract, erring).unwrap();
    let after = Sums {
        staked: 700,
        active: 200,
        queued: 0,
        slashed: STAKE,
    };
    assert_eq!(sums(&house), after);
    assert_eq!(noted(&house, erring), [700, 200, STAKE, STAKE, 0]);
    assert_eq!(pool(&house), before + STAKE);
    assert_eq!(house.host.read(|state| state.book.imbalance()), None);
    let kept = house.host.durable();
    house.advance(0);
    assert_eq!(
        house.host.durable(),
        kept,
        "what was done is not done again"
    );
    // Two epochs later the contributors can claim it, and the contract has it to pay.
    for _ in 0..2 {
        house.advance(DAY_MS);
        house.advance(11_000);
    }
    assert_eq!(
        sums(&house),
        after,
        "the line stands in each tree and takes once"
    );
    let (due, line) = house.host.read(|state| {
        let due = ledger::claims::due(state, |purse| purse.payable).unwrap();
        let statement = ledger::claims::statement(state).unwrap();
        (
            due[people[1].account.index()],
            statement.totals[0].amount_units,
        )
    });
    let chain = house.steward.chain();
    let token = chain.deployment.token();
    assert!(
        due.units() > 4 * 10_000,
        "work, and a part of the pool: {due}"
    );
    assert_eq!(chain.final_total(token).unwrap(), line.units());
    assert!(chain.inflow(token).unwrap() >= line.units());
    house.stop();
}

#[test]
fn contributors_of_a_real_epoch_have_votes() {
    let dir = tempfile::tempdir().unwrap();
    let (mut house, people, _) = slashed(dir.path());
    house.advance(DAY_MS);
    house.advance(11_000);
    let (contract, shares) = house.host.read(|state| {
        let asset = state.campaigns[0].asset.unwrap();
        let pools = &state.sections.lines.pools;
        assert_eq!((pools.len(), pools[0].asset), (1, asset));
        let shares = state.asset(asset).unwrap().registered.shares.clone();
        (pools[0].contract.0, shares)
    });
    let chain = house.steward.chain();
    assert!(chain.counts_votes(contract));
    assert_eq!(shares.len(), 4);
    for person in &people {
        let own = shares
            .iter()
            .find(|(account, _)| *account == person.account);
        let votes = chain.votes(contract, person.wallet).unwrap();
        assert_eq!(votes, own.map_or(0, |(_, share)| u128::from(*share)));
    }
    house.stop();
}
