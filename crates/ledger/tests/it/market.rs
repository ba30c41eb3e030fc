//! What buyers and owners do on the market, and grants: what they pay, who may take them back.

use crate::kit::{ppm, salt, terms};
use crate::world::{World, units};
use ledger::market::Use;
use protocol::event::PurseOwner;
use protocol::market::{
    AssetKind, BuyGrant, License, ListAsset, Listing, PURPOSES, ParentList, Price, RegisterAsset,
    WaiveFloor,
};
use protocol::terms::{Demand, Terms};
use protocol::{AssetId, Command, GrantId, Rejection};

type Outcome = Result<(), Rejection>;

/// Positions in [`market_terms`], whose purposes are all that have a fixed meaning.
pub const REDISTRIBUTE: u16 = 3;
pub const TRAIN: u16 = 4;

pub fn market_terms(floor: u32) -> Terms {
    Terms {
        purposes: PURPOSES.iter().map(|word| (*word).to_owned()).collect(),
        ..terms(Demand::Floor(ppm(floor)), 1)
    }
}

/// A listing that asks `flat` and `row` for training, and offers ten rows.
pub fn listing(flat: u128, row: u128) -> Listing {
    Listing {
        license: Some(License::Spdx("CC-BY-4.0".into())),
        prices: vec![Price {
            purpose: TRAIN,
            flat_units: units(flat),
            row_units: units(row),
            lasts_ms: Some(5_000),
        }],
        rows: 10,
        revocable: true,
        ..Listing::default()
    }
}

impl World {
    /// Registers an asset of any kind with a listing.
    pub fn register(
        &mut self,
        name: &str,
        kind: AssetKind,
        terms: Terms,
        parents: &[u32],
        listing: Listing,
    ) -> Outcome {
        let asset = RegisterAsset {
            kind,
            title: "on the market".into(),
            content: salt(0),
            terms,
            parents: ParentList::Inline(parents.iter().copied().map(AssetId).collect()),
            listing: Some(Box::new(listing)),
        };
        self.ask(name, Command::RegisterAsset(asset))
    }

    pub fn buy(&mut self, name: &str, asset: u32, purpose: u16, rows: u64, sum: u128) -> Outcome {
        let asset = AssetId(asset);
        let buyer = self.id(name);
        let fund = self.state.funds.iter().find(|fund| fund.account == buyer);
        let buy = BuyGrant {
            asset,
            purpose,
            rows,
            amount_units: units(sum),
            fund: fund.map(|fund| fund.fund),
        };
        self.ask(name, Command::BuyGrant(buy))
    }

    pub fn ungrant(&mut self, name: &str, grant: u32) -> Outcome {
        self.ask(name, Command::RevokeGrant(GrantId(grant)))
    }

    pub fn waive(&mut self, name: &str, asset: u32, to: &str, floor: u32, price: u128) -> Outcome {
        let waive = WaiveFloor {
            asset: AssetId(asset),
            account: self.id(to),
            floor: ppm(floor),
            price_units: units(price),
            expires_ms: self.time_ms + 1_000,
        };
        self.ask(name, Command::WaiveFloor(waive))
    }

    pub fn list(&mut self, name: &str, asset: u32, listing: Listing) -> Outcome {
        let asset = AssetId(asset);
        self.ask(name, Command::ListAsset(ListAsset { asset, listing }))
    }
}

/// Commands of the market in a script.
pub fn command(world: &mut World, name: &str, words: &[&str]) -> Outcome {
    let number = |at: usize| words[at].parse::<u32>().unwrap();
    match words[0] {
        "list" => {
            let listing = Listing {
                prices: vec![Price {
                    purpose: 0,
                    ..listing(u128::from(number(3)), u128::from(number(4))).prices[0]
                }],
                ..listing(0, 0)
            };
            world.list(name, number(2), listing)
        }
        "buy" => {
            let sum = u128::from(number(4));
            world.buy(name, number(2), 0, u64::from(number(3)), sum)
        }
        "ungrant" => world.ungrant(name, number(2)),
        "compose" => {
            let named = words.get(3).into_iter().flat_map(|list| list.split(','));
            let components: Vec<u32> = named.filter_map(|it| it.parse().ok()).collect();
            let most = words.get(4).and_then(|word| word.strip_prefix("most="));
            let most = most.map_or(0, |most| most.parse().unwrap());
            world.compose(name, number(2), &components, most)
        }
        _ => world.waive(name, number(2), words[3], number(4), u128::from(number(5))),
    }
}

pub const DATASET: AssetKind = AssetKind::Dataset;
pub const MODEL: AssetKind = AssetKind::Model;

pub fn world() -> World {
    let mut world = World::new(1);
    for name in ["ann", "bob", "cat", "user"] {
        world.join(name);
    }
    world.deposit("user", 0, 1 << 60, 1 << 60).unwrap();
    world.deposit("bob", 0, 1 << 60, 1 << 60).unwrap();
    world
}

pub fn free() -> Listing {
    Listing::default()
}

#[test]
fn a_grant_pays_flat_and_by_row_and_its_price_flows_up() {
    let mut world = world();
    world
        .register("ann", DATASET, market_terms(250_000), &[], free())
        .unwrap();
    world
        .register("cat", DATASET, market_terms(0), &[0], listing(100, 3))
        .unwrap();
    // Ten rows, all of them, fewer, and more than there are.
    assert_eq!(world.buy("user", 1, TRAIN, 0, 130), Ok(()));
    assert_eq!(world.buy("user", 1, TRAIN, 4, 112), Ok(()));
    assert_eq!(
        world.buy("user", 1, TRAIN, 11, 133),
        Err(Rejection::OutOfRange)
    );
    for wrong in [0, 111, 113] {
        let outcome = world.buy("user", 1, TRAIN, 4, wrong);
        assert_eq!(outcome, Err(Rejection::PriceMismatch), "{wrong}");
    }
    assert_eq!(world.balance(PurseOwner::Gross(AssetId(1))), 242);
    world.epoch().unwrap();
    assert_eq!((world.earned("ann", 0), world.earned("cat", 0)), (60, 182));
    world.release(1).unwrap();
    world.replay();
}

#[test]
fn nothing_is_sold_that_is_not_on_offer() {
    let mut world = world();
    world.asset("ann", market_terms(0), &[]).unwrap();
    assert_eq!(world.buy("user", 0, TRAIN, 0, 0), Err(Rejection::NotListed));
    assert_eq!(
        world.buy("user", 9, TRAIN, 0, 0),
        Err(Rejection::UnknownAsset)
    );
    world.list("ann", 0, listing(5, 0)).unwrap();
    assert_eq!(
        world.buy("user", 0, 9, 0, 0),
        Err(Rejection::UnknownPurpose)
    );
    assert_eq!(
        world.buy("cat", 0, TRAIN, 0, 5),
        Err(Rejection::InsufficientFunds)
    );
    let mut named = listing(5, 0);
    named.buyers = vec![world.id("bob")];
    world
        .register("ann", DATASET, market_terms(0), &[], named)
        .unwrap();
    assert_eq!(
        world.buy("user", 1, TRAIN, 0, 5),
        Err(Rejection::NotOffered)
    );
    assert_eq!(world.buy("bob", 1, TRAIN, 0, 5), Ok(()));
    assert_eq!(
        world.allow("user", 1, 1, 50, 1_000),
        Err(Rejection::NotOffered)
    );
    let short = Terms {
        expires_ms: Some(world.time_ms + 10),
        ..market_terms(0)
    };
    world
        .register("ann", DATASET, short, &[], listing(5, 0))
        .unwrap();
    assert_eq!(world.buy("user", 2, TRAIN, 0, 5), Ok(()));
    world.time_ms += 10;
    assert_eq!(
        world.buy("user", 2, TRAIN, 0, 5),
        Err(Rejection::TermsExpired)
    );
    let held = &world.state.sections.market.grants;
    assert!(!held[1].lives(world.time_ms), "no grant outlives the terms");
    world.replay();
}

#[test]
fn a_listing_is_given_once_by_the_owner() {
    let mut world = world();
    world.asset("ann", market_terms(0), &[]).unwrap();
    assert_eq!(world.list("bob", 0, free()), Err(Rejection::NotOwner));
    assert_eq!(world.list("ann", 0, free()), Ok(()));
    assert_eq!(world.list("ann", 0, free()), Err(Rejection::AlreadyListed));
    let version = Listing {
        version_of: Some(AssetId(0)),
        ..free()
    };
    let mut next = |name| world.register(name, DATASET, market_terms(0), &[], version.clone());
    assert_eq!(next("bob"), Err(Rejection::NotOwner));
    assert_eq!(next("ann"), Ok(()));
}

#[test]
fn a_child_needs_a_grant_that_lives_for_the_purpose_and_for_all_rows() {
    let mut world = world();
    world
        .register("ann", DATASET, market_terms(0), &[], listing(10, 1))
        .unwrap();
    let child = |world: &mut World| world.register("bob", MODEL, market_terms(0), &[0], free());
    assert_eq!(child(&mut world), Err(Rejection::GrantMissing));
    assert_eq!(
        world.buy("bob", 0, REDISTRIBUTE, 0, 0),
        Ok(()),
        "another purpose"
    );
    assert_eq!(world.buy("bob", 0, TRAIN, 9, 19), Ok(()), "not all rows");
    assert_eq!(world.buy("user", 0, TRAIN, 0, 20), Ok(()), "another's");
    assert_eq!(child(&mut world), Err(Rejection::GrantMissing));
    assert_eq!(world.buy("bob", 0, TRAIN, 0, 20), Ok(()));
    assert_eq!(child(&mut world), Ok(()));
    world.time_ms += 4_999;
    assert_eq!(child(&mut world), Ok(()));
    world.time_ms += 1;
    assert_eq!(child(&mut world), Err(Rejection::GrantExpired));
    assert_eq!(world.buy("bob", 0, TRAIN, 0, 20), Ok(()));
    assert_eq!(
        child(&mut world),
        Ok(()),
        "the first is over, the second lives"
    );
    assert_eq!(world.ungrant("ann", 4), Ok(()));
    assert_eq!(child(&mut world), Err(Rejection::GrantRevoked));
    assert_eq!(world.state.assets.len(), 4, "children that were made stay");
    world.replay();
}

#[test]
fn of_several_grants_the_one_for_the_most_rows_counts() {
    let mut world = world();
    world
        .register("ann", DATASET, market_terms(0), &[], listing(10, 1))
        .unwrap();
    for rows in [2, 5, 3] {
        let sum = 10 + u128::from(rows);
        world.buy("bob", 0, TRAIN, rows, sum).unwrap();
    }
    let bob = world.id("bob");
    let used = Use::new(&world.state, AssetId(0), bob, world.time_ms);
    assert_eq!(used.allowed("train", false), Ok(Some(GrantId(1))));
    assert_eq!(used.allowed("train", true), Err(Rejection::GrantMissing));
}

#[test]
fn a_grant_is_revoked_by_whom_the_terms_let_and_leaves_its_trace() {
    let mut world = world();
    world
        .register("ann", DATASET, market_terms(0), &[], listing(10, 0))
        .unwrap();
    let firm = Listing {
        revocable: false,
        ..listing(10, 0)
    };
    world
        .register("ann", DATASET, market_terms(0), &[], firm)
        .unwrap();
    world.buy("user", 0, TRAIN, 0, 10).unwrap();
    world.buy("user", 1, TRAIN, 0, 10).unwrap();
    world.buy("user", 1, TRAIN, 0, 10).unwrap();
    assert_eq!(world.ungrant("bob", 0), Err(Rejection::NotOwner));
    assert_eq!(world.ungrant("ann", 1), Err(Rejection::NotRevocable));
    assert_eq!(world.ungrant("ann", 9), Err(Rejection::UnknownGrant));
    let before = world.balance(PurseOwner::Gross(AssetId(0)));
    assert_eq!(world.ungrant("ann", 0), Ok(()));
    assert_eq!(world.ungrant("user", 0), Err(Rejection::GrantRevoked));
    assert_eq!(
        world.ungrant("user", 1),
        Ok(()),
        "who holds it may give it up"
    );
    assert_eq!(world.balance(PurseOwner::Gross(AssetId(0))), before);
    let grant = world.state.sections.market.grants[0];
    assert_eq!(grant.revoked_ms, Some(world.time_ms));
    assert_eq!(grant.amount_units, units(10));
    world.time_ms += 5_000;
    assert_eq!(world.ungrant("user", 2), Err(Rejection::GrantExpired));
    world.replay();
}
