//! What a listing asks a price for is called by whoever has bought a grant, and by its owner.

use crate::house::House;
use crate::rows::none;
use crate::world::{Person, amount, asset};
use node::service::GatewayParts;
use protocol::market::{BuyGrant, Listing, Price, RegisterAsset};
use protocol::{AccountId, AssetId, Command, Scope};

const ASKED: u128 = 500;

fn listing(buyers: Vec<AccountId>) -> Listing {
    Listing {
        license: None,
        prices: vec![Price {
            purpose: 0,
            flat_units: amount(ASKED),
            row_units: amount(0),
            lasts_ms: None,
        }],
        rows: 0,
        revocable: false,
        buyers,
        card: None,
        version_of: None,
        shares: Vec::new(),
        waivers: Vec::new(),
        fund: None,
    }
}

#[test]
fn a_purpose_with_a_price_needs_a_grant() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let space = house.host.read(|state| state.space);
    let mut owner = Person::new(space, 1, Scope::PUBLISH);
    let mut buyer = Person::new(space, 2, Scope::SPEND);
    house.accepted(owner.join());
    house.accepted(buyer.join());
    let fund = house.give(&buyer, ASKED);
    let only = vec![owner.account];
    let listings = [None, Some(listing(Vec::new())), Some(listing(only))];
    for (number, listing) in (0..).zip(listings) {
        let content = protocol::Hash([number; 32]);
        let registered = RegisterAsset {
            content,
            listing: listing.map(Box::new),
            ..asset()
        };
        house.accepted(owner.sign(Command::RegisterAsset(registered)));
    }
    let parts = GatewayParts::open(&house.host, (&house.place, none()), 60_000).unwrap();
    let may = |asset, account| parts.books.licensed(AssetId(asset), account, "research");
    let (own, other) = (Some(owner.account), Some(buyer.account));
    assert_eq!(may(0, None), Ok(None), "without a listing all are free");
    assert_eq!(may(1, own), Ok(None));
    for account in [None, other] {
        let refused = may(1, account).unwrap_err();
        assert!(refused.contains("grant"), "{refused}");
        let refused = may(2, account).unwrap_err();
        assert!(refused.contains("others"), "{refused}");
    }
    let buy = BuyGrant {
        asset: AssetId(1),
        purpose: 0,
        rows: 0,
        amount_units: amount(ASKED),
        fund: Some(fund),
    };
    house.accepted(buyer.sign(Command::BuyGrant(buy)));
    assert_eq!(may(1, other), Ok(None));
    assert!(may(1, None).is_err() && may(2, other).is_err());
    drop(parts);
    house.stop();
}
