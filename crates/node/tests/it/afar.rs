//! Stakes on a first chain that is another's, too: noted once final, and never upon half of it.

use crate::beside::{STAKE, noted, pool, slashing, work_through};
use crate::house::House;
use crate::twin::Twin;
use crate::world::{DAY_MS, Person, START_MS};
use chain::Wallet;
use chain::stake::Sums;
use ledger::chain::FIRST;
use node::beside::Beside;
use node::{Keyring, Node};
use proof::hash::sha256;
use protocol::{Address, Amount, Scope};
use std::path::Path;
use std::sync::Arc;
use store::Place;

const ID: u64 = 7_778;
const EXIT_S: u64 = 330 * 86_400;
const KEPT: Beside = Beside {
    votes: false,
    stake_exit_s: Some(EXIT_S),
};

fn wallet(person: &Person) -> Wallet {
    Wallet::new(&sha256(&[b"person", &person.account.0.to_be_bytes()])).unwrap()
}

struct Afar {
    house: House,
    twin: Arc<Twin>,
    person: Person,
}

impl Afar {
    fn new(dir: &Path) -> Self {
        let twin = Twin::new(ID);
        twin.with_factory();
        let place = Place::directory(dir);
        let (keys, chain) = (Keyring::from_seed(b"business"), twin.open(dir).unwrap());
        drop(Node::create_on(&place, keys, START_MS, chain).unwrap());
        let house = House::start_on(dir, KEPT, (Vec::new(), Some(twin.opener(dir))));
        let space = house.host.read(|state| state.space);
        let mut person = Person::upon(ID, space, 1, Scope::WORK);
        house.accepted(person.join());
        house.accepted(person.disclose());
        let mut afar = Self {
            house,
            twin,
            person,
        };
        afar.goes_on();
        afar
    }

    /// Both clocks go on, and the chain has another block.
    fn goes_on(&mut self) {
        goes_on(&self.twin, &mut self.house, 1_000);
    }

    fn again(self, dir: &Path) -> Self {
        self.house.stop();
        let opener = Some(self.twin.opener(dir));
        let house = House::start_on(dir, KEPT, (Vec::new(), opener));
        Self { house, ..self }
    }

    fn contract(&self) -> [u8; 20] {
        let terms = self
            .house
            .host
            .read(|state| state.sections.lines.stakes.terms);
        terms.unwrap().contract.0
    }

    /// What the log knows of the stake: ever staked, active, on its way out.
    fn noted(&self) -> Option<[u128; 3]> {
        let own = Address(self.person.wallet);
        self.house.host.read(|state| {
            let stake = state.sections.lines.stakes.wallets.get(&own)?;
            Some([stake.staked, stake.active, stake.queued].map(Amount::units))
        })
    }

    fn problems(&self) -> String {
        self.house.steward.beside_problems().unwrap_or_default()
    }
}

fn goes_on(twin: &Twin, house: &mut House, milliseconds: u64) {
    twin.till((house.host.now_ms() + milliseconds) / 1_000);
    house.advance(milliseconds);
}

#[test]
fn stakes_are_noted_as_they_become_final() {
    let dir = tempfile::tempdir().unwrap();
    let mut afar = Afar::new(dir.path());
    assert_eq!(afar.problems(), "");
    let terms = afar
        .house
        .host
        .read(|state| state.sections.lines.stakes.terms);
    assert_eq!(terms.unwrap().exit_ms, EXIT_S * 1_000, "known to everybody");
    assert_eq!(afar.noted(), None);
    let (own, contract) = (wallet(&afar.person), afar.contract());
    afar.twin.stake(&own, contract, 500);
    afar.goes_on();
    assert_eq!(afar.noted(), Some([500, 500, 0]));
    let kept = afar.house.host.durable();
    afar.goes_on();
    assert_eq!(afar.house.host.durable(), kept, "once");
    let mut afar = afar.again(dir.path());
    afar.twin.request_exit(&own, contract, 200);
    afar.goes_on();
    assert_eq!(
        (afar.noted(), afar.contract()),
        (Some([500, 300, 200]), contract)
    );
    assert_eq!(afar.problems(), "");
    afar.house.stop();
}

#[test]
fn what_a_server_leaves_out_is_not_taken_for_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut afar = Afar::new(dir.path());
    let (own, contract) = (wallet(&afar.person), afar.contract());
    afar.twin.stake(&own, contract, 500);
    afar.goes_on();
    afar.twin.hides(true);
    afar.twin.request_exit(&own, contract, 200);
    afar.goes_on();
    assert_eq!(afar.noted(), Some([500, 500, 0]));
    let problems = afar.problems();
    assert!(problems.contains("leaves events out"), "{problems}");
    afar.twin.hides(false);
    let mut afar = afar.again(dir.path());
    afar.goes_on();
    afar.goes_on();
    assert_eq!(afar.noted(), Some([500, 300, 200]), "{}", afar.problems());
    assert_eq!(afar.problems(), "");
    afar.house.stop();
}

#[test]
fn a_chain_that_stands_still_is_not_noted_as_if_it_were_now() {
    let dir = tempfile::tempdir().unwrap();
    let mut afar = Afar::new(dir.path());
    let (own, contract) = (wallet(&afar.person), afar.contract());
    afar.house.advance(2 * 3_600_000);
    afar.twin.stake(&own, contract, 500);
    afar.house.advance(0);
    assert_eq!(afar.noted(), None);
    let problems = afar.problems();
    assert!(problems.contains("minutes old"), "{problems}");
    afar.goes_on();
    assert_eq!(afar.noted(), Some([500, 500, 0]));
    assert_eq!(afar.problems(), "");
    afar.house.stop();
}

/// Five more people, whose deposits are on their way.
fn with_deposits(house: &House, twin: &Arc<Twin>) -> Vec<Person> {
    let space = house.host.read(|state| state.space);
    let scope = Scope::WORK.and(Scope::REQUEST);
    let people = (2..=6).map(|number| Person::upon(ID, space, number, scope));
    let mut people: Vec<Person> = people.collect();
    for person in &mut people {
        house.accepted(person.join());
        house.accepted(person.disclose());
        twin.deposit(person.account, 10_000_000);
    }
    people
}

/// The contract has taken a part of 700, and the pot has it beside what the epoch has debited.
fn assert_taken(house: &House, contract: [u8; 20], own: [u8; 20]) {
    let taken = Sums {
        staked: 700,
        active: 200,
        queued: 0,
        slashed: STAKE,
    };
    let chain = house.steward.chain();
    assert_eq!(chain.stake_of(contract, own).unwrap(), taken);
    let debited = house.host.read(|state| {
        let debits = state.epochs[0].debits.iter();
        debits.map(|(_, amount)| amount.units()).sum::<u128>()
    });
    let inflow = chain.inflow(chain.deployment.token()).unwrap();
    assert_eq!(inflow, debited + STAKE);
}

/// From answers that are wrong to what the contract takes and the pot has, by a node that runs.
#[test]
fn a_slash_of_the_ledger_is_taken_there_and_pays_those_who_worked() {
    let dir = tempfile::tempdir().unwrap();
    let afar = Afar::new(dir.path());
    afar.twin.with_leaves(dir.path());
    let contract = afar.contract();
    let Afar {
        mut house,
        twin,
        person: erring,
    } = afar;
    let mut others = with_deposits(&house, &twin);
    // The stake stands for the work; a block has a deposit all the same.
    twin.deposit(erring.account, 10_000_000);
    let own = wallet(&erring);
    twin.stake(&own, contract, 700);
    goes_on(&twin, &mut house, 1_000);
    assert_eq!(noted(&house, own.address()), [700, 700, 0, 0, 0]);
    let mut requester = others.remove(0);
    let fund = house.host.read(|state| state.fund_on(FIRST, 1)).unwrap();
    let campaign = house.campaign(&mut requester, fund, &slashing());
    others.push(erring);
    work_through(&house, campaign, &mut others);
    assert_eq!(noted(&house, own.address()), [700, 700, 0, 0, STAKE]);
    goes_on(&twin, &mut house, 1_000);
    goes_on(&twin, &mut house, 3_700_000);
    assert_eq!(noted(&house, own.address()), [700, 700, 0, STAKE, 0]);
    let before = pool(&house);
    goes_on(&twin, &mut house, DAY_MS);
    assert_eq!(
        noted(&house, own.address())[2],
        0,
        "the epoch is not final yet"
    );
    for _ in 0..4 {
        goes_on(&twin, &mut house, 70_000);
    }
    let told = house.steward.beside_problems();
    assert_eq!(
        told,
        None,
        "and the chain: {:?}",
        house.steward.chain_words()
    );
    assert_eq!(noted(&house, own.address()), [700, 200, STAKE, STAKE, 0]);
    assert_eq!(pool(&house), before + STAKE);
    assert_eq!(house.host.read(|state| state.book.imbalance()), None);
    assert_taken(&house, contract, own.address());
    let kept = house.host.durable();
    goes_on(&twin, &mut house, 1_000);
    assert_eq!(house.host.durable(), kept, "what was done is done once");
    house.stop();
}
