//! Rejections of the market: one short scenario each.

use crate::kit::ppm;
use crate::market::{DATASET, MODEL, TRAIN, free, listing, market_terms, world};
use crate::refused::Outcome;
use crate::world::World;
use protocol::market::{Listing, ParentShare};
use protocol::terms::Terms;
use protocol::{AssetId, Rejection, WaiverId};

/// Asset 0 of `ann` asks 10 for training; `bob` and `user` have deposits.
pub fn market(rejection: Rejection) -> Option<Outcome> {
    let mut world = world();
    let firm = Listing {
        revocable: rejection != Rejection::NotRevocable,
        ..listing(10, 0)
    };
    let terms = match rejection {
        Rejection::PurposeForbidden => Terms {
            purposes: vec!["query".into()],
            ..market_terms(0)
        },
        _ => market_terms(100_000),
    };
    let firm = match rejection {
        Rejection::PurposeForbidden => free(),
        Rejection::NotOffered => Listing {
            buyers: vec![world.id("cat")],
            ..firm
        },
        _ => firm,
    };
    world.register("ann", DATASET, terms, &[], firm).unwrap();
    Some(match rejection {
        Rejection::PurposeForbidden
        | Rejection::GrantMissing
        | Rejection::UnknownWaiver
        | Rejection::LineageCycle
        | Rejection::ShareTooLow => child(&mut world, rejection),
        Rejection::GrantExpired => {
            world.buy("bob", 0, TRAIN, 0, 10).unwrap();
            world.time_ms += 5_000;
            child(&mut world, rejection)
        }
        Rejection::GrantRevoked => {
            world.buy("bob", 0, TRAIN, 0, 10).unwrap();
            world.ungrant("ann", 0).unwrap();
            child(&mut world, rejection)
        }
        Rejection::UnknownGrant => world.ungrant("ann", 0),
        Rejection::NotOffered => world.buy("bob", 0, TRAIN, 0, 10),
        Rejection::NotRevocable => {
            world.buy("bob", 0, TRAIN, 0, 10).unwrap();
            world.ungrant("ann", 0)
        }
        Rejection::PriceMismatch => world.buy("bob", 0, TRAIN, 0, 9),
        Rejection::NotListed => {
            world.asset("ann", market_terms(0), &[]).unwrap();
            world.buy("bob", 1, TRAIN, 0, 10)
        }
        Rejection::AlreadyListed => world.list("ann", 0, free()),
        _ => return None,
    })
}

/// Registers a model on asset 0, offered too little or on itself where the rejection says so.
fn child(world: &mut World, rejection: Rejection) -> Outcome {
    let own = match rejection {
        Rejection::ShareTooLow => Listing {
            shares: vec![ParentShare {
                parent: AssetId(0),
                share: ppm(99_999),
            }],
            ..free()
        },
        Rejection::UnknownWaiver => Listing {
            waivers: vec![WaiverId(0)],
            ..free()
        },
        _ => free(),
    };
    let parent = u32::from(rejection == Rejection::LineageCycle);
    // Her own asset asks nothing of `ann` but its share.
    let who = match rejection {
        Rejection::ShareTooLow => "ann",
        _ => "bob",
    };
    world.register(who, MODEL, market_terms(0), &[parent], own)
}
