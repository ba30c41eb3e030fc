//! What parents ask of a child: purposes, grants, shares, waivers; and no asset below itself.

use crate::kit::ppm;
use crate::market::{DATASET, MODEL, TRAIN, free, listing, market_terms, world};
use crate::world::World;
use protocol::event::PurseOwner;
use protocol::market::{AssetKind, Listing, ParentShare};
use protocol::terms::Terms;
use protocol::{AssetId, FundId, Rejection, WaiverId};

#[test]
fn a_parent_says_what_is_made_of_it() {
    let mut world = world();
    let only = |words: &[&str]| Terms {
        purposes: words.iter().map(|word| (*word).to_owned()).collect(),
        ..market_terms(0)
    };
    world
        .register("ann", DATASET, only(&["query", "train"]), &[], free())
        .unwrap();
    let mut child = |name, kind| world.register(name, kind, market_terms(0), &[0], free());
    assert_eq!(child("bob", MODEL), Ok(()));
    for kind in [DATASET, AssetKind::Prompt, AssetKind::Program] {
        assert_eq!(
            child("bob", kind),
            Err(Rejection::PurposeForbidden),
            "{kind:?}"
        );
    }
    // Its owner is not bound by it, and plain terms of old say nothing about it.
    assert_eq!(child("ann", DATASET), Ok(()));
    world.asset("ann", only(&["query"]), &[]).unwrap();
    assert_eq!(
        world.register("bob", MODEL, market_terms(0), &[3], free()),
        Ok(())
    );
}

#[test]
fn a_share_is_not_below_the_demand_and_may_be_above() {
    let mut world = world();
    world
        .register("ann", DATASET, market_terms(100_000), &[], free())
        .unwrap();
    let child = |world: &mut World, share: u32, of: u32| {
        let parent = AssetId(of);
        let shares = vec![ParentShare {
            parent,
            share: ppm(share),
        }];
        world.register(
            "bob",
            MODEL,
            market_terms(0),
            &[0],
            Listing { shares, ..free() },
        )
    };
    assert_eq!(child(&mut world, 99_999, 0), Err(Rejection::ShareTooLow));
    assert_eq!(
        child(&mut world, 100_000, 5),
        Err(Rejection::BadList),
        "no parent"
    );
    assert_eq!(child(&mut world, 300_000, 0), Ok(()));
    // What was promised above the demand binds what is built on the child, too.
    world
        .register("cat", MODEL, market_terms(0), &[1], free())
        .unwrap();
    world.allow("user", 2, 1, 1_000, 1_000).unwrap();
    world.meter("cat", 2, 0, 1_000).unwrap();
    world.epoch().unwrap();
    assert_eq!((world.earned("ann", 0), world.earned("cat", 0)), (300, 700));
}

#[test]
fn an_asset_is_built_on_what_is_there_and_not_on_itself() {
    let mut world = world();
    world.asset("ann", market_terms(0), &[]).unwrap();
    assert_eq!(
        world.asset("ann", market_terms(0), &[1]),
        Err(Rejection::LineageCycle)
    );
    assert_eq!(
        world.asset("ann", market_terms(0), &[0, 2]),
        Err(Rejection::UnknownAsset)
    );
}

#[test]
fn a_waiver_is_sold_to_one_account_for_one_child() {
    let mut world = world();
    world
        .register("ann", DATASET, market_terms(700_000), &[], free())
        .unwrap();
    world
        .register("cat", DATASET, market_terms(600_000), &[], free())
        .unwrap();
    let child = |world: &mut World, name: &str, waivers: &[u32]| {
        let waivers = waivers.iter().copied().map(WaiverId).collect();
        let fund = Some(FundId(2));
        world.register(
            name,
            MODEL,
            market_terms(0),
            &[0, 1],
            Listing {
                waivers,
                fund,
                ..free()
            },
        )
    };
    assert_eq!(child(&mut world, "bob", &[]), Err(Rejection::DemandTooHigh));
    assert_eq!(world.waive("cat", 0, "bob", 1, 1), Err(Rejection::NotOwner));
    assert_eq!(
        world.waive("ann", 0, "bob", 700_000, 1),
        Err(Rejection::OutOfRange)
    );
    world.waive("ann", 0, "bob", 100_000, 40).unwrap();
    assert_eq!(
        child(&mut world, "user", &[0]),
        Err(Rejection::UnknownWaiver)
    );
    assert_eq!(
        child(&mut world, "bob", &[0, 1]),
        Err(Rejection::UnknownWaiver)
    );
    assert_eq!(child(&mut world, "bob", &[0]), Ok(()));
    assert_eq!(
        child(&mut world, "bob", &[0]),
        Err(Rejection::UnknownWaiver),
        "used"
    );
    assert_eq!(world.balance(PurseOwner::Gross(AssetId(0))), 40);
    world.allow("user", 2, 1, 1_000, 1_000).unwrap();
    world.meter("bob", 2, 0, 1_000).unwrap();
    world.epoch().unwrap();
    let earned = ["ann", "cat", "bob"].map(|name| world.earned(name, 0));
    assert_eq!(earned, [140, 600, 300]);
    world.waive("ann", 0, "bob", 0, 0).unwrap();
    world.time_ms += 1_000;
    assert_eq!(
        child(&mut world, "bob", &[1]),
        Err(Rejection::UnknownWaiver),
        "expired"
    );
    world.replay();
}

#[test]
fn a_refusal_names_the_parent() {
    let mut world = world();
    world.asset("ann", market_terms(600_000), &[]).unwrap();
    world
        .register("ann", DATASET, market_terms(0), &[], listing(1, 0))
        .unwrap();
    world.asset("ann", market_terms(500_000), &[]).unwrap();
    let fault = |parents: &[u32], shares: &[(u32, u32)]| {
        let share = |(parent, share): &(u32, u32)| ParentShare {
            parent: AssetId(*parent),
            share: ppm(*share),
        };
        let listing = Listing {
            shares: shares.iter().map(share).collect(),
            ..free()
        };
        let child = ledger::lineage::Child {
            state: &world.state,
            owner: world.id("bob"),
            kind: MODEL,
            listing: Some(&listing),
            time_ms: world.time_ms,
        };
        let parents: Vec<_> = parents.iter().copied().map(AssetId).collect();
        let refused = child.lineage(&parents).unwrap_err();
        (refused.rejection, refused.parent.map(|id| id.0))
    };
    assert_eq!(fault(&[0, 1], &[]), (Rejection::GrantMissing, Some(1)));
    assert_eq!(fault(&[0, 2], &[]), (Rejection::DemandTooHigh, Some(2)));
    assert_eq!(fault(&[0], &[(0, 5)]), (Rejection::ShareTooLow, Some(0)));
    assert_eq!(fault(&[3], &[]), (Rejection::LineageCycle, Some(3)));
    assert_eq!(fault(&[9], &[]), (Rejection::UnknownAsset, Some(9)));
}

#[test]
fn a_hundred_generations_owe_the_first_its_floor() {
    let mut world = world();
    world.checked = false;
    world
        .register("ann", DATASET, market_terms(90_000), &[], listing(7, 0))
        .unwrap();
    world.buy("bob", 0, TRAIN, 0, 7).unwrap();
    for parent in 0..100 {
        world
            .register("bob", MODEL, market_terms(1_000), &[parent], free())
            .unwrap();
    }
    world
        .register("cat", MODEL, market_terms(0), &[100], free())
        .unwrap();
    world.allow("user", 101, 1, 1_000_000, 1_000).unwrap();
    world.meter("cat", 101, 0, 1_000_000).unwrap();
    world.epoch().unwrap();
    let earned = ["ann", "bob", "cat"].map(|name| world.earned(name, 0));
    assert_eq!(earned, [90_007, 100_000, 810_000]);
    world.replay();
}
