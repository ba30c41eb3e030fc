//! From the ledger's leaf to the contracts: a steward has a stake slashed, and votes minted.

use crate::house::{House, draft, seal_as};
use crate::world::{DAY_MS, Person};
use chain::Wallet;
use chain::stake::Sums;
use ledger::chain::FIRST;
use node::beside::Beside;
use node::draft::Draft;
use node::ticket::wait_for;
use node::{Keyring, Node};
use proof::hash::sha256;
use protocol::line::OpenVotes;
use protocol::{AccountId, Address, Amount, AssetId, CampaignId, Command, Scope, TokenId};
use std::path::Path;

/// Longer than the campaign's deposit lasts, with appeals and a week.
const EXIT_S: u64 = 330 * 86_400;
const KEPT: Beside = Beside {
    votes: true,
    stake_exit_s: Some(EXIT_S),
};
pub const STAKE: u128 = 500;
/// Of the operator's key; the node counts from zero.
const FREE_NONCE: u64 = 1_000_000;

/// The chain of a node that does not run.
fn with_chain<T>(dir: &Path, act: impl FnOnce(&mut node::office::Settling) -> T) -> T {
    let (_, mut chain, _) = Node::open(dir).unwrap().node.into_parts();
    act(&mut chain)
}

fn wallet(person: &Person) -> Wallet {
    Wallet::new(&sha256(&[b"person", &person.account.0.to_be_bytes()])).unwrap()
}

/// Everybody answers all that they are given, the last always wrongly.
pub fn work_through(house: &House, campaign: CampaignId, crowd: &mut [Person]) {
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
pub fn noted(house: &House, wallet: [u8; 20]) -> [u128; 5] {
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

pub fn pool(house: &House) -> u128 {
    let owner = protocol::event::PurseOwner::Pool(AssetId(0));
    house
        .host
        .read(|state| state.book.balance(owner, TokenId(0)).units())
}

/// Puts base units into the Stake contract, from a wallet that had none.
fn stake(dir: &Path, wallet: &Wallet, units: u128) -> [u8; 20] {
    let maker = Keyring::open(dir).unwrap().wallet("stakes");
    with_chain(dir, |chain| {
        let contract = chain.put_stake(&maker, EXIT_S).unwrap();
        let token = chain.deployment.token();
        chain.mint(wallet, token, wallet.address(), units).unwrap();
        chain.stake(wallet, contract, units).unwrap();
        contract
    })
}

/// Who errs in more than a quarter loses a stake.
pub fn slashing() -> Draft {
    Draft {
        overlap: 5,
        slash_below_ppm: 750_000,
        stake_units: Amount::new(STAKE).unwrap(),
        ..draft()
    }
}

/// A campaign that slashes has begun, with five who may work; the last has a stake of 700.
fn begun(dir: &Path, kept: Beside) -> (House, Vec<Person>, [u8; 20], CampaignId) {
    let mut house = House::start_with(dir, kept);
    let mut people = house.people(6);
    let fund = house.give(&people[0], 10_000_000);
    for person in &people[1..] {
        house.give(person, 1_000_000);
    }
    house.stop();
    let erring = wallet(&people[5]);
    let contract = stake(dir, &erring, 700);
    let mut house = House::start_with(dir, kept);
    house.advance(0);
    assert_eq!(noted(&house, erring.address()), [700, 700, 0, 0, 0]);
    let campaign = house.campaign(&mut people[0], fund, &slashing());
    (house, people, contract, campaign)
}

/// A campaign that slashes, in which the last of five errs, whose stake is in the contract.
fn slashed(dir: &Path, kept: Beside) -> (House, Vec<Person>, [u8; 20]) {
    let (mut house, mut people, contract, campaign) = begun(dir, kept);
    let erring = people[5].wallet;
    work_through(&house, campaign, &mut people[1..]);
    assert_eq!(noted(&house, erring), [700, 700, 0, 0, STAKE]);
    let held = house
        .host
        .read(|state| state.campaigns[0].conduct.stakes.len());
    assert_eq!(held, 4, "those without a stake there set a deposit aside");
    house.advance(0);
    house.advance(3_700_000);
    assert_eq!(noted(&house, erring), [700, 700, 0, STAKE, 0]);
    (house, people, contract)
}

#[test]
fn a_slash_of_the_ledger_takes_the_stake_and_pays_those_who_worked() {
    let dir = tempfile::tempdir().unwrap();
    let (mut house, people, contract) = slashed(dir.path(), KEPT);
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
    let (mut house, people, _) = slashed(dir.path(), KEPT);
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
    assert!(chain.counts_votes(contract).unwrap());
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

#[test]
fn a_stake_that_is_older_than_its_wallet_is_noted_once_that_is_disclosed() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start_with(dir.path(), KEPT);
    let scope = Scope::WORK.and(Scope::REQUEST);
    let mut late = Person::new(house.host.read(|state| state.space), 1, scope);
    house.accepted(late.join());
    house.stop();
    stake(dir.path(), &wallet(&late), 40);
    let mut house = House::start_with(dir.path(), KEPT);
    house.advance(0);
    let (known, terms) = house.host.read(|state| {
        let stakes = &state.sections.lines.stakes;
        let known = stakes.wallets.contains_key(&Address(late.wallet));
        (known, stakes.terms)
    });
    assert!(!known);
    assert_eq!(terms.unwrap().exit_ms, EXIT_S * 1_000, "known to everybody");
    house.accepted(late.disclose());
    house.advance(0);
    assert_eq!(noted(&house, late.wallet), [40, 40, 0, 0, 0]);
    house.stop();
}

#[test]
fn a_line_that_a_contract_refuses_keeps_no_slash_from_being_taken() {
    let dir = tempfile::tempdir().unwrap();
    let quiet = Beside {
        votes: false,
        ..KEPT
    };
    let (mut house, people, contract) = slashed(dir.path(), quiet);
    // Votes of a contract that mints none.
    let space = house.host.read(|state| state.space);
    let session = Keyring::open(dir.path()).unwrap().operator();
    let mut operator = Person::with_key((space, AccountId(0)), session, FREE_NONCE);
    let open = OpenVotes {
        asset: AssetId(0),
        contract: Address(house.steward.chain().deployment.escrow),
    };
    house.accepted(operator.sign(Command::OpenVotes(open)));
    house.advance(DAY_MS);
    house.advance(11_000);
    let sums = house.steward.chain().stake_of(contract, people[5].wallet);
    assert_eq!(sums.unwrap().slashed, STAKE);
    assert_eq!(noted(&house, people[5].wallet), [700, 200, STAKE, STAKE, 0]);
    let problems = house.steward.beside_problems().unwrap();
    assert!(problems.contains("votes of 0x"), "{problems}");
    assert_eq!(
        problems.matches("cannot be minted").count(),
        4,
        "{problems}"
    );
    house.advance(0);
    assert_eq!(house.steward.beside_problems(), Some(problems));
    house.stop();
}

#[test]
fn what_a_slash_could_not_take_is_taken_of_a_later_stake() {
    let dir = tempfile::tempdir().unwrap();
    let (house, people, contract) = slashed(dir.path(), KEPT);
    house.stop();
    let erring = wallet(&people[5]);
    // Sixty days without an epoch, in which the contract lets every stake go.
    with_chain(dir.path(), |chain| {
        let devnet = chain.devnet.devnet().unwrap();
        let later = devnet.time_s() + 61 * 86_400;
        devnet.set_time(later).unwrap();
        chain.withdraw_stake_unproven(&erring, contract).unwrap();
    });
    let mut house = House::start_with(dir.path(), KEPT);
    house.advance(62 * DAY_MS);
    house.advance(11_000);
    assert_eq!(house.host.read(|state| state.released_on(FIRST)), 1);
    assert_eq!(noted(&house, erring.address()), [700, 0, 0, STAKE, 0]);
    let before = pool(&house);
    house.stop();
    stake(dir.path(), &erring, 600);
    let mut house = House::start_with(dir.path(), KEPT);
    house.advance(0);
    assert_eq!(
        noted(&house, erring.address()),
        [1_300, 100, STAKE, STAKE, 0]
    );
    assert_eq!(pool(&house), before + STAKE);
    house.stop();
}

#[test]
fn campaigns_that_count_on_stakes_are_not_left_without_epochs() {
    let dir = tempfile::tempdir().unwrap();
    let (mut house, mut people, _, campaign) = begun(dir.path(), KEPT);
    let tasks = wait_for(house.workplace.lease(campaign, people[5].account, 1)).unwrap();
    let unit = tasks[0].units[0].0;
    house.accepted(seal_as(&mut people[5], campaign, &[(unit, 0)]));
    house.advance(DAY_MS);
    house.advance(11_000);
    let epochs = |house: &House| house.host.read(|state| state.epochs.len());
    let before = epochs(&house);
    house.advance(28 * DAY_MS);
    assert_eq!(epochs(&house), before, "there is nothing to settle");
    house.advance(2 * DAY_MS);
    assert_eq!(epochs(&house), before + 1);
    house.stop();
}
