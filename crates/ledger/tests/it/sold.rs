//! All that is paid for grants and uses is earned by somebody, whatever people do.

use crate::market::{MODEL, TRAIN, listing, market_terms, world};
use crate::world::World;
use proptest::prelude::*;
use protocol::AssetId;

#[derive(Clone, Debug)]
enum Step {
    Register(usize, Vec<u32>, u32, u16),
    Buy(usize, u32, u64),
    Revoke(usize, u32),
    Use(u32, u32),
    Epoch,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0usize..4;
    let parents = prop::collection::btree_set(0u32..6, 0..3);
    let step = prop_oneof![
        3 => (who.clone(), parents, 0u32..400_000, 0u16..200)
            .prop_map(|(who, parents, floor, flat)| {
                Step::Register(who, parents.into_iter().collect(), floor, flat)
            }),
        4 => (who.clone(), 0u32..6, 0u64..12)
            .prop_map(|(who, asset, rows)| Step::Buy(who, asset, rows)),
        1 => (who, 0u32..6).prop_map(|(who, grant)| Step::Revoke(who, grant)),
        2 => (0u32..6, 1u32..500).prop_map(|(asset, uses)| Step::Use(asset, uses)),
        1 => Just(Step::Epoch),
    ];
    prop::collection::vec(step, 1..24)
}

const PEOPLE: [&str; 4] = ["ann", "bob", "cat", "user"];

/// Takes a step, whether it is refused or not; what a buyer of a grant has paid.
fn take(world: &mut World, step: &Step) -> u128 {
    match step {
        Step::Register(who, parents, floor, flat) => {
            let listing = listing(u128::from(*flat), 2);
            let _refused =
                world.register(PEOPLE[*who], MODEL, market_terms(*floor), parents, listing);
        }
        Step::Buy(who, asset, rows) => {
            let listing = world.state.sections.market.listings.get(&AssetId(*asset));
            let price = listing.map(|listing| listing.prices[0]);
            let all = if *rows == 0 { 10 } else { *rows };
            let sum = price.map_or(0, |price| price.of(all).unwrap().units());
            if world.buy(PEOPLE[*who], *asset, TRAIN, *rows, sum).is_ok() {
                return sum;
            }
        }
        Step::Revoke(who, grant) => {
            let _refused = world.ungrant(PEOPLE[*who], *grant);
        }
        Step::Use(asset, uses) => {
            let owner = world
                .state
                .asset(AssetId(*asset))
                .map(|asset| asset.registered.owner);
            let owner = PEOPLE.iter().find(|name| Some(world.id(name)) == owner);
            let allowance = u32::try_from(world.state.allowances.len()).unwrap();
            if let Some(owner) = owner
                && world
                    .allow("user", *asset, 1, u128::from(*uses), 1_000)
                    .is_ok()
            {
                world.meter(owner, *asset, allowance, *uses).unwrap();
                return u128::from(*uses);
            }
        }
        Step::Epoch => world.epoch().unwrap(),
    }
    0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The world checks conservation, debits and claims after each step; in the end all that was
    /// paid for grants and uses has been earned by somebody, to the unit.
    #[test]
    fn what_is_paid_for_grants_is_earned_to_the_unit(steps in steps()) {
        let mut world = world();
        let paid: u128 = steps.iter().map(|step| take(&mut world, step)).sum();
        world.epoch().unwrap();
        let earned: u128 = PEOPLE.iter().map(|name| world.earned(name, 0)).sum();
        prop_assert_eq!(earned, paid);
        world.replay();
    }
}
