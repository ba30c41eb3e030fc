//! Listings that are not taken: lists out of order, numbers out of range, versions of others.

use crate::kit::ppm;
use crate::market::{free, listing, market_terms, world};
use crate::world::units;
use protocol::market::{License, Listing, ParentShare, Price};
use protocol::{AssetId, Rejection, WaiverId};

fn wrong_lists() -> Vec<(Rejection, Listing)> {
    let price = listing(1, 1).prices[0];
    vec![
        (
            Rejection::BadList,
            Listing {
                prices: vec![price, price],
                ..free()
            },
        ),
        (
            Rejection::BadList,
            Listing {
                shares: vec![ParentShare {
                    parent: AssetId(0),
                    share: ppm(1),
                }],
                ..free()
            },
        ),
        (
            Rejection::BadList,
            Listing {
                waivers: vec![WaiverId(0)],
                ..free()
            },
        ),
        (
            Rejection::UnknownPurpose,
            Listing {
                prices: vec![Price {
                    purpose: 5,
                    row_units: units(0),
                    ..price
                }],
                ..free()
            },
        ),
        (
            Rejection::LineageCycle,
            Listing {
                version_of: Some(AssetId(0)),
                ..free()
            },
        ),
        (
            Rejection::UnknownAsset,
            Listing {
                version_of: Some(AssetId(7)),
                ..free()
            },
        ),
    ]
}

fn wrong_amounts() -> Vec<(Rejection, Listing)> {
    let price = listing(1, 1).prices[0];
    vec![
        (
            Rejection::OutOfRange,
            Listing {
                prices: vec![price],
                rows: 0,
                ..free()
            },
        ),
        (
            Rejection::OutOfRange,
            Listing {
                license: Some(License::Spdx("a/b".into())),
                ..free()
            },
        ),
        (
            Rejection::OutOfRange,
            Listing {
                license: Some(License::Spdx(String::new())),
                ..free()
            },
        ),
        (
            Rejection::OutOfRange,
            Listing {
                prices: vec![Price {
                    lasts_ms: Some(0),
                    ..price
                }],
                rows: 1,
                ..free()
            },
        ),
        (
            Rejection::AmountTooLarge,
            Listing {
                prices: vec![Price {
                    row_units: units(1 << 90),
                    ..price
                }],
                rows: 1 << 40,
                ..free()
            },
        ),
    ]
}

#[test]
fn a_listing_is_in_order_and_in_range() {
    let mut world = world();
    world.asset("ann", market_terms(0), &[]).unwrap();
    let bad = wrong_amounts().into_iter().chain(wrong_lists());
    for (number, (why, listing)) in bad.enumerate() {
        assert_eq!(world.list("ann", 0, listing), Err(why), "{number}");
    }
}
