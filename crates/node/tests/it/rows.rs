//! Rows of data sets and label sets: read for whoever has brought them and may read them.

use crate::business::work_through;
use crate::house::{House, draft};
use crate::world::{DAY_MS, Person, START_MS, amount, asset, terms};
use gateway::rows::{Page, Unread, Wanted};
use node::content::Contents;
use node::draft::Draft;
use node::service::{GatewayParts, Labels};
use proof::hash::sha256;
use protocol::market::{AssetKind, BuyGrant, Listing, Price, RegisterAsset};
use protocol::service::ServeAsset;
use protocol::terms::Terms;
use protocol::{Amount, AssetId, Command, FundId, GrantId, Hash, Scope};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

const CSV: &[u8] = b"text,label\nlate,delivery\nlost,delivery\nwrong sum,invoice\n";

/// Of a house without label sets.
pub fn none() -> Labels {
    Arc::new(|_| Err("there are no labels".to_owned()))
}

fn all() -> Wanted {
    Wanted {
        from: 0,
        limit: 100,
        cells: Vec::new(),
        licensed: None,
    }
}

fn open(house: &House, labels: Labels) -> GatewayParts {
    GatewayParts::open(&house.host, (&house.place, labels), 60_000).unwrap()
}

fn absent(read: Result<Page, Unread>) -> String {
    match read.unwrap_err() {
        Unread::Absent(why) => why,
        other => panic!("{other:?}"),
    }
}

fn serve(house: &House, owner: &mut Person, asset: AssetId) {
    let tokens = None;
    house.accepted(owner.sign(Command::ServeAsset(ServeAsset { asset, tokens })));
}

/// A data set with this content for the purpose `query`, whose terms end in ten days.
fn data_set(content: &[u8], listing: Option<Listing>) -> Command {
    Command::RegisterAsset(RegisterAsset {
        kind: AssetKind::Dataset,
        content: Hash(sha256(&[content])),
        terms: Terms {
            purposes: vec!["query".to_owned()],
            expires_ms: Some(START_MS + 10 * DAY_MS),
            ..terms()
        },
        listing: listing.map(Box::new),
        ..asset()
    })
}

/// An owner and a buyer with money, in a house with a data set of which both may read rows.
struct Market {
    house: House,
    owner: Person,
    buyer: Person,
    fund: FundId,
}

const DATA: AssetId = AssetId(0);
const LARGE: AssetId = AssetId(1);

fn market(dir: &Path, large: &[u8]) -> Market {
    let mut house = House::start(dir);
    let space = house.host.read(|state| state.space);
    let mut owner = Person::new(space, 1, Scope::PUBLISH);
    let mut buyer = Person::new(space, 2, Scope::SPEND);
    house.accepted(owner.join());
    house.accepted(buyer.join());
    let fund = house.give(&buyer, 20);
    let by_the_row = Price {
        purpose: 0,
        flat_units: Amount::ZERO,
        row_units: amount(10),
        lasts_ms: None,
    };
    let listing = Listing {
        prices: vec![by_the_row],
        rows: 3,
        revocable: true,
        ..Listing::default()
    };
    for (id, command) in [
        (DATA, data_set(CSV, Some(listing))),
        (LARGE, data_set(large, None)),
    ] {
        house.accepted(owner.sign(command));
        serve(&house, &mut owner, id);
    }
    Market {
        house,
        owner,
        buyer,
        fund,
    }
}

#[test]
fn what_the_owner_has_brought_is_read_until_the_terms_end() {
    let dir = tempfile::tempdir().unwrap();
    let large = vec![b'a'; (16 << 20) + 1];
    let Market { house, owner, .. } = market(dir.path(), &large);
    let parts = open(&house, none());
    let books = &parts.books;
    let why = absent(books.rows(DATA, &all()));
    assert!(why.contains("has not uploaded"), "{why}");
    assert_eq!(books.absence(DATA), Some(why));
    let contents = Contents::open(&dir.path().join("content")).unwrap();
    for bytes in [CSV, &large] {
        contents.put(owner.account, &mut &*bytes, 1 << 30).unwrap();
    }
    let page = books.rows(DATA, &all()).unwrap();
    assert_eq!(page.rows[1], json!({"text": "lost", "label": "delivery"}));
    assert_eq!((page.rows.len(), page.next), (3, None));
    assert_eq!(books.absence(DATA), None);
    let why = absent(books.rows(LARGE, &all()));
    assert!(why.contains("at most 16777216"), "{why}");
    house.clock.pass(10 * DAY_MS);
    assert_eq!(books.absence(DATA).as_deref(), Some("its terms have ended"));
    drop(parts);
    house.stop();
}

#[test]
fn a_listing_with_a_price_lets_read_what_was_bought() {
    let dir = tempfile::tempdir().unwrap();
    let market = market(dir.path(), b"a");
    let (house, fund) = (market.house, market.fund);
    let (mut owner, mut buyer) = (market.owner, market.buyer);
    let parts = open(&house, none());
    let may = |person: &Person| parts.books.licensed(DATA, Some(person.account), "query");
    assert_eq!(may(&owner), Ok(None));
    let why = may(&buyer).unwrap_err();
    assert!(why.contains("grant buy"), "{why}");
    let buy = BuyGrant {
        asset: DATA,
        purpose: 0,
        rows: 2,
        amount_units: amount(20),
        fund: Some(fund),
    };
    house.accepted(buyer.sign(Command::BuyGrant(buy)));
    assert_eq!(may(&buyer), Ok(Some(2)), "the rows that were bought");
    house.accepted(owner.sign(Command::RevokeGrant(GrantId(0))));
    let why = may(&buyer).unwrap_err();
    assert!(why.contains("revoked"), "{why}");
    drop(parts);
    house.stop();
}

#[test]
fn a_label_set_needs_no_upload() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(4);
    let (requester, crowd) = people.split_first_mut().unwrap();
    let free = Draft {
        price_units: Amount::ZERO,
        ..draft()
    };
    let campaign = house.campaign(requester, FundId(0), &free);
    work_through(&house, campaign, crowd);
    house.advance(0);
    let closed = |state: &ledger::State| state.campaign(campaign).unwrap().asset.unwrap();
    let set = house.host.read(closed);
    serve(&house, requester, set);
    let parts = open(&house, none());
    let why = absent(parts.books.rows(set, &all()));
    assert_eq!(why, "there are no labels");
    drop(parts);
    let lines = Arc::new(move |id| match id == set {
        true => Ok(b"{\"id\":\"task-0\",\"label\":\"even\"}\n".to_vec()),
        false => Err("another".to_owned()),
    });
    let parts = open(&house, lines);
    let page = parts.books.rows(set, &all()).unwrap();
    assert_eq!(page.rows, [json!({"id": "task-0", "label": "even"})]);
    assert_eq!(parts.books.absence(set), None);
    drop(parts);
    house.stop();
}
