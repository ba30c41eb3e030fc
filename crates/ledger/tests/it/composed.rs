//! Composed calls: who may declare what, and which money pays for what a call has used.

use crate::kit::{ppm, terms};
use crate::refused::{Outcome, world};
use crate::world::{World, units};
use ledger::State;
use ledger::section::Part as _;
use proptest::prelude::*;
use protocol::event::{PurseOwner, RoyaltyTo};
use protocol::market::Listing;
use protocol::service::ComposeAsset;
use protocol::terms::Demand;
use protocol::{AllowanceId, AssetId, Command, Event, Rejection, TokenId};

impl World {
    pub fn compose(&mut self, name: &str, asset: u32, components: &[u32], most: u128) -> Outcome {
        let compose = ComposeAsset {
            asset: AssetId(asset),
            components: components.iter().copied().map(AssetId).collect(),
            most_units: units(most),
        };
        self.ask(name, Command::ComposeAsset(compose))
    }

    fn gross(&self, asset: u32) -> u128 {
        let owner = PurseOwner::Gross(AssetId(asset));
        let purse = self.state.book.find(owner, TokenId(0));
        purse.map_or(0, |id| self.state.book.purse(id).balance.units())
    }

    fn rest(&self, allowance: u32) -> u128 {
        let hold = self.state.allowances[allowance as usize].hold;
        self.state.book.hold(hold).rest.units()
    }
}

/// Assets 0 to 2 of `ann` at 10 units a use, 3 of `bob` at 5, all in service.
fn served() -> World {
    let mut world = world();
    world.join("bob");
    for (asset, (owner, price)) in (0..).zip([("ann", 10), ("ann", 10), ("ann", 10), ("bob", 5)]) {
        world
            .asset(owner, terms(Demand::Floor(ppm(0)), price), &[])
            .unwrap();
        world.serve(owner, asset, (0, 0)).unwrap();
    }
    world
}

#[test]
fn an_allowance_pays_for_what_its_asset_may_use_and_nothing_else() {
    let mut world = served();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    world.compose("bob", 3, &[0, 1], 30).unwrap();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    world.meter("operator", 3, 1, 1).unwrap();
    world.meter("operator", 0, 1, 2).unwrap();
    assert_eq!((world.gross(3), world.gross(0), world.rest(1)), (5, 20, 75));
    let unknown = Err(Rejection::UnknownAllowance);
    // Not named; granted before anything was named; and the other way round.
    assert_eq!(world.meter("operator", 2, 1, 1), unknown);
    assert_eq!(world.meter("operator", 0, 0, 1), unknown);
    world.allow("req", 0, 1, 100, 1_000_000_000).unwrap();
    assert_eq!(world.meter("operator", 3, 2, 1), unknown);
    // All that is left, and no unit more.
    assert_eq!(
        world.meter("operator", 1, 1, 8),
        Err(Rejection::AllowanceExhausted)
    );
    world.meter("operator", 1, 1, 7).unwrap();
    assert_eq!(world.rest(1), 5);
    let charged = |asset: u32| world.state.asset(AssetId(asset)).unwrap().charged_units;
    assert_eq!([charged(3), charged(0), charged(1)], [5, 20, 70].map(units));
    let read = State::from_bytes(&world.state.to_bytes()).unwrap();
    assert_eq!(read, world.state);
    world.replay();
}

#[test]
fn only_the_gateway_charges_what_a_call_has_used() {
    let mut world = served();
    world.compose("bob", 3, &[0], 30).unwrap();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    world.withdraw("ann", 0).unwrap();
    world.meter("operator", 0, 0, 1).unwrap();
    world.time_ms += ledger::service::UPLOAD_GRACE_MS;
    // From here on the owner posts uses of it, by its own word.
    assert_eq!(
        world.meter("ann", 0, 0, 1),
        Err(Rejection::UnknownAllowance)
    );
    assert_eq!(world.rest(0), 90);
}

#[test]
fn an_allowance_keeps_what_was_declared_when_it_was_granted() {
    let mut world = served();
    world.compose("bob", 3, &[2], 1).unwrap();
    world.compose("bob", 3, &[0], 30).unwrap();
    let declared = &world.state.sections.compositions.assets[&AssetId(3)];
    assert_eq!(declared.len(), 1, "nobody has relied on the first");
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    world.compose("bob", 3, &[1], 40).unwrap();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    world.compose("bob", 3, &[], 0).unwrap();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    let of = |world: &World, id: u32| {
        let found = world.state.composition(AllowanceId(id)).unwrap().clone();
        (found.components, found.most_units.units())
    };
    assert_eq!(of(&world, 0), (vec![AssetId(0)], 30));
    assert_eq!(of(&world, 1), (vec![AssetId(1)], 40));
    assert_eq!(of(&world, 2), (vec![], 0));
    world.meter("operator", 0, 0, 1).unwrap();
    world.meter("operator", 1, 1, 1).unwrap();
    let unknown = Err(Rejection::UnknownAllowance);
    assert_eq!(world.meter("operator", 1, 0, 1), unknown);
    assert_eq!(world.meter("operator", 0, 2, 1), unknown);
}

#[test]
fn a_later_listing_undoes_no_allowance_that_was_granted_before() {
    let mut world = served();
    let others = |world: &World| Listing {
        buyers: vec![world.id("bob")],
        ..Listing::default()
    };
    // Nobody's calls use 2: its listing leaves no trace but itself.
    let only = others(&world);
    world.list("ann", 2, only.clone()).unwrap();
    assert!(world.state.sections.compositions.is_empty());
    world.compose("bob", 3, &[0, 1, 2], 30).unwrap();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    world.list("ann", 0, only).unwrap();
    world.list("ann", 1, Listing::default()).unwrap();
    world.allow("req", 3, 1, 100, 1_000_000_000).unwrap();
    // What the gateway served of 0 before the listing is charged after it.
    world.meter("operator", 0, 0, 1).unwrap();
    let refused = Err(Rejection::NotOffered);
    assert_eq!(world.meter("operator", 0, 1, 1), refused);
    assert_eq!(world.meter("operator", 2, 0, 1), refused);
    assert_eq!(world.meter("operator", 2, 1, 1), refused);
    world.meter("operator", 1, 0, 1).unwrap();
    world.meter("operator", 1, 1, 1).unwrap();
    let read = State::from_bytes(&world.state.to_bytes()).unwrap();
    assert_eq!(read, world.state);
    world.replay();
}

#[test]
fn a_declaration_that_cannot_be_kept_is_refused() {
    let mut world = served();
    for (name, asset, components, most, why) in [
        ("ann", 3, vec![0], 1, Rejection::NotOwner),
        ("bob", 9, vec![0], 1, Rejection::UnknownAsset),
        ("bob", 3, vec![3], 1, Rejection::LineageCycle),
        ("ann", 0, vec![3], 1, Rejection::LineageCycle),
        ("bob", 3, vec![1, 0], 1, Rejection::BadList),
        ("bob", 3, vec![0, 0], 1, Rejection::BadList),
        ("bob", 3, (0..65).collect(), 1, Rejection::BadList),
        ("bob", 3, vec![], 1, Rejection::OutOfRange),
        ("bob", 3, vec![0], 0, Rejection::OutOfRange),
    ] {
        let refused = world.compose(name, asset, &components, most);
        assert_eq!(refused, Err(why), "{components:?} at {most}");
    }
    assert!(world.state.sections.compositions.assets.is_empty());
    let mut other = terms(Demand::Floor(ppm(0)), 1);
    other.token = TokenId(1);
    world.asset("bob", other, &[]).unwrap();
    let refused = world.compose("bob", 4, &[0], 1);
    assert_eq!(refused, Err(Rejection::UnknownToken));
    let mut ends = terms(Demand::Floor(ppm(0)), 1);
    ends.expires_ms = Some(world.time_ms + 10);
    world.asset("ann", ends, &[]).unwrap();
    world
        .asset("bob", terms(Demand::Floor(ppm(0)), 1), &[])
        .unwrap();
    world.time_ms += 10;
    assert_eq!(
        world.compose("bob", 6, &[5], 1),
        Err(Rejection::TermsExpired)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever was used, each asset's owner gets what its uses cost, and the payer pays the sum.
    #[test]
    fn what_is_used_is_the_revenue_of_what_was_used(uses in prop::array::uniform4(0u32..6)) {
        let mut world = served();
        world.compose("bob", 3, &[0, 1, 2], 1_000).unwrap();
        world.allow("req", 3, 1, 400, 1_000_000_000).unwrap();
        let mut sum = 0;
        for (asset, uses) in (0..4).zip(uses) {
            if uses > 0 {
                world.meter("operator", asset, 0, uses).unwrap();
            }
            let price = if asset == 3 { 5 } else { 10 };
            prop_assert_eq!(world.gross(asset), u128::from(uses * price));
            sum += u128::from(uses * price);
        }
        prop_assert_eq!(world.rest(0), 400 - sum);
        world.epoch().unwrap();
        let to = [("ann", uses[0] + uses[1] + uses[2], 10), ("bob", uses[3], 5)];
        for (name, uses, price) in to {
            let account = world.id(name);
            let paid: u128 = world.last.iter().filter_map(|event| match event {
                Event::RoyaltyPaid { to: RoyaltyTo::Owner(owner), amount, .. }
                    if *owner == account => Some(amount.units()),
                _ => None,
            }).sum();
            prop_assert_eq!(paid, u128::from(uses * price));
        }
    }
}
