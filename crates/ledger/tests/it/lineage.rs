//! Royalties: floors are inherited, counted once, never diluted; no more is paid than came in.

use crate::kit::{ppm, terms};
use crate::world::World;
use ledger::claims;
use proptest::prelude::*;
use protocol::event::{PurseOwner, RoyaltyTo};
use protocol::terms::{Demand, Terms};
use protocol::{AssetId, Event, Rejection};
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: [&str; 4] = ["ann", "bob", "cat", "dan"];

fn world() -> World {
    let mut world = World::new(1);
    PEOPLE.iter().chain(&["user"]).for_each(|name| {
        world.join(name);
    });
    world.deposit("user", 0, 1 << 60, 1 << 60).unwrap();
    world
}

fn floor(parts: u32) -> Terms {
    terms(Demand::Floor(ppm(parts)), 1)
}

/// Charges `gross` for an asset of `owner` and closes the epoch; what was paid, to whom, from whom.
fn sell(world: &mut World, owner: &str, asset: u32, gross: u32) -> Vec<(AssetId, RoyaltyTo, u128)> {
    let allowance = u32::try_from(world.state.allowances.len()).unwrap();
    world
        .allow("user", asset, 1, u128::from(gross), 1_000)
        .unwrap();
    world.meter(owner, asset, allowance, gross).unwrap();
    world.epoch().unwrap();
    let paid = |event: &Event| match event {
        Event::RoyaltyPaid {
            from, to, amount, ..
        } => Some((*from, *to, amount.units())),
        _ => None,
    };
    world.last.iter().filter_map(paid).collect()
}

fn floors(paid: &[(AssetId, RoyaltyTo, u128)], of: u32) -> BTreeMap<u32, u128> {
    let mut sums = BTreeMap::new();
    for (from, to, amount) in paid {
        if let RoyaltyTo::Floor(ancestor) = to
            && from.0 == of
        {
            *sums.entry(ancestor.0).or_default() += amount;
        }
    }
    sums
}

#[test]
fn a_grandparent_over_two_paths_is_paid_once() {
    let mut world = world();
    world.asset("ann", floor(200_000), &[]).unwrap();
    world.asset("bob", floor(0), &[0]).unwrap();
    world.asset("cat", floor(0), &[0]).unwrap();
    world.asset("dan", floor(0), &[0, 1, 2]).unwrap();
    sell(&mut world, "dan", 3, 1_000);
    assert_eq!((world.earned("ann", 0), world.earned("dan", 0)), (200, 800));
    world.replay();
}

#[test]
fn a_parent_named_twice_or_unsorted_is_refused() {
    let mut world = world();
    world.asset("ann", floor(200_000), &[]).unwrap();
    world.asset("ann", floor(200_000), &[]).unwrap();
    for parents in [&[0, 0][..], &[1, 0], &[0, 1, 1]] {
        assert_eq!(
            world.asset("bob", floor(0), parents),
            Err(Rejection::BadList)
        );
    }
    let many: Vec<u32> = (0..1_001).map(|_| 0).collect();
    assert_eq!(world.asset("bob", floor(0), &many), Err(Rejection::BadList));
}

#[test]
fn demands_above_the_whole_are_refused_to_the_last_part() {
    let mut world = world();
    world.asset("ann", floor(600_000), &[]).unwrap();
    world.asset("bob", floor(400_000), &[]).unwrap();
    world.asset("cat", floor(1), &[]).unwrap();
    assert_eq!(world.asset("dan", floor(0), &[0, 1]), Ok(()));
    assert_eq!(
        world.asset("dan", floor(0), &[0, 1, 2]),
        Err(Rejection::DemandTooHigh)
    );
    assert_eq!(
        world.asset("dan", floor(0), &[2, 3]),
        Err(Rejection::DemandTooHigh)
    );
    let flow = |parts| terms(Demand::Flow(ppm(parts)), 1);
    world.asset("ann", flow(999_999), &[]).unwrap();
    world.asset("ann", flow(2), &[]).unwrap();
    assert_eq!(
        world.asset("dan", floor(0), &[4, 5]),
        Err(Rejection::DemandTooHigh)
    );
}

#[test]
fn ten_thousand_parents_are_each_paid() {
    let mut world = world();
    world.checked = false;
    for _ in 0..10_000 {
        world.asset("ann", floor(50), &[]).unwrap();
    }
    let all: Vec<u32> = (0..10_000).collect();
    world.asset("bob", floor(0), &all).unwrap();
    let paid = sell(&mut world, "bob", 10_000, 1_000_000);
    let floors = floors(&paid, 10_000);
    assert_eq!(floors.len(), 10_000);
    assert!(floors.values().all(|amount| *amount == 50));
    assert_eq!(
        (world.earned("ann", 0), world.earned("bob", 0)),
        (500_000, 500_000)
    );
    assert_eq!(world.state.book.imbalance(), None);
}

/// A random lineage: for each asset its parents, and whether its demand flows, with the parts.
type Shape = Vec<(BTreeSet<u32>, bool, u32)>;

fn shapes() -> impl Strategy<Value = Shape> {
    let demand = prop_oneof![4 => 0u32..120_000, 1 => Just(0), 1 => 0u32..=1_000_000];
    let asset = (
        prop::collection::btree_set(0u32..12, 0..5),
        any::<bool>(),
        demand,
    );
    prop::collection::vec(asset, 1..12)
}

/// Registers a shape, holding every registration against a search over all paths.
fn build(world: &mut World, shape: &Shape) -> Shape {
    let mut taken: Shape = Vec::new();
    for (parents, flows, parts) in shape {
        let id = u32::try_from(taken.len()).unwrap();
        let parents: BTreeSet<u32> = parents.iter().copied().filter(|p| *p < id).collect();
        let list: Vec<u32> = parents.iter().copied().collect();
        let demand = if *flows {
            Demand::Flow(ppm(*parts))
        } else {
            Demand::Floor(ppm(*parts))
        };
        let owner = PEOPLE[id as usize % PEOPLE.len()];
        let outcome = world.asset(owner, terms(demand, 1), &list);
        taken.push((parents, *flows, *parts));
        let owed: u32 = owed(&taken, id).values().sum();
        let flowing = taken[id as usize].0.iter().map(|p| &taken[*p as usize]);
        let flowing: u32 = flowing.filter(|p| p.1).map(|p| p.2).sum();
        if owed > 1_000_000 || flowing > 1_000_000 {
            assert_eq!(outcome, Err(Rejection::DemandTooHigh));
            taken.pop();
        } else {
            assert_eq!(outcome, Ok(()));
        }
    }
    taken
}

/// Floors of all ancestors, found by walking every path.
fn owed(shape: &Shape, id: u32) -> BTreeMap<u32, u32> {
    let mut owed = BTreeMap::new();
    let mut paths: Vec<u32> = shape[id as usize].0.iter().copied().collect();
    while let Some(ancestor) = paths.pop() {
        let (parents, flows, parts) = &shape[ancestor as usize];
        if !flows && *parts > 0 {
            owed.insert(ancestor, *parts);
        }
        paths.extend(parents);
    }
    owed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn floors_are_those_of_all_ancestors_and_no_more_is_paid_than_came_in(
        shape in shapes(), which in any::<u32>(), gross in 1u32..1_000_000_000,
    ) {
        let mut world = world();
        let shape = build(&mut world, &shape);
        let id = which % shape.len() as u32;
        let owner = PEOPLE[id as usize % PEOPLE.len()];
        let paid = sell(&mut world, owner, id, gross);
        let expected: BTreeMap<u32, u128> = owed(&shape, id)
            .into_iter()
            .map(|(ancestor, parts)| (ancestor, u128::from(gross) * u128::from(parts) / 1_000_000))
            .filter(|(_, amount)| *amount > 0)
            .collect();
        prop_assert_eq!(floors(&paid, id), expected);
        for asset in 0..shape.len() as u32 {
            let id = AssetId(asset);
            let left = [PurseOwner::Gross(id), PurseOwner::Pot(id), PurseOwner::Pool(id)];
            prop_assert!(left.iter().all(|purse| world.balance(*purse) == 0));
        }
        let due = claims::due(&world.state, |purse| purse.balance).unwrap();
        let sum: u128 = due.iter().map(|amount| amount.units()).sum();
        prop_assert_eq!(sum, u128::from(gross));
        world.release(1).unwrap();
        world.replay();
    }

    #[test]
    fn neither_wrappers_nor_sock_puppets_dilute_a_floor(
        parts in 1u32..500_000, wrappers in 1u32..=10, puppets in 0u32..10,
        gross in 1u32..1_000_000_000, flows in any::<bool>(),
    ) {
        let mut world = world();
        world.asset("ann", floor(parts), &[]).unwrap();
        for wrapper in 0..wrappers {
            let floor = Demand::Floor(ppm(1_000));
            let demand = if flows { Demand::Flow(ppm(1_000_000)) } else { floor };
            world.asset("bob", terms(demand, 1), &[wrapper]).unwrap();
        }
        for _ in 0..puppets {
            world.asset("cat", floor(40_000), &[]).unwrap();
        }
        let mut parents: Vec<u32> = (wrappers + 1..=wrappers + puppets).collect();
        parents.insert(0, wrappers);
        world.asset("dan", floor(0), &parents).unwrap();
        sell(&mut world, "dan", wrappers + puppets + 1, gross);
        let least = u128::from(gross) * u128::from(parts) / 1_000_000;
        let got = world.earned("ann", 0);
        prop_assert!(got == least, "{} instead of {}", got, least);
    }
}
