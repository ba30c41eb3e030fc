//! Whose a content is: hashes are public, and naming another's gives nobody its bytes.

use proof::hash::sha256;
use protocol::market::{AssetKind, Listing, ParentList, Price, RegisterAsset};
use protocol::service::ServeAsset;
use protocol::terms::{Demand, Terms};
use protocol::{Amount, AssetId, Command, Hash, Ppm, TokenId};
use serde_json::{Value, json};

use crate::market::{CARD, CSV, house};
use crate::raw::Reply;

/// A registration as its author signs it without asking the node: everybody may read it all.
fn signed(content: &[u8], card: &str) -> Command {
    let terms = Terms {
        purposes: vec!["display".to_owned(), "train".to_owned()],
        token: TokenId(0),
        price_units: Amount::ZERO,
        demand: Demand::Floor(Ppm::ZERO),
        contributors_share: Ppm::ZERO,
        expires_ms: None,
    };
    let listing = Listing {
        card: Some(Hash(sha256(&[card.as_bytes()]))),
        ..Listing::default()
    };
    Command::RegisterAsset(RegisterAsset {
        kind: AssetKind::Dataset,
        title: "parcels, cheaper".to_owned(),
        content: Hash(sha256(&[content])),
        terms,
        parents: ParentList::Inline(Vec::new()),
        listing: Some(Box::new(listing)),
    })
}

fn refusal(reply: &Reply) -> (String, String) {
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    (reply.said(), detail)
}

#[test]
fn what_only_another_has_uploaded_is_not_offered() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let known = bob.get(&house, "api/v1/assets/0").json();
    let card = Hash(sha256(&[CARD.as_bytes()])).to_string();
    let draft = |content: &Value, card: Option<&str>| {
        json!({"kind": "dataset", "title": "parcels, cheaper", "content": content,
            "card": card, "purposes": ["train"]})
    };
    let stolen = draft(&known["content"], None);
    let (said, detail) = refusal(&bob.post(&house, "api/v1/assets", &stolen));
    assert_eq!(said, "409 content_of_others");
    let next = format!("`PUT /api/v1/contents` as account {}", bob.account);
    assert!(detail.contains(&next), "{detail}");
    let own = bob.put(&house, b"a,b\n1,2\n");
    let carded = draft(&own["sha256"], Some(&card));
    let (said, detail) = refusal(&bob.post(&house, "api/v1/assets", &carded));
    assert_eq!(said, "409 content_of_others");
    assert!(detail.contains("this card"), "{detail}");
    let listing = json!({"card": card});
    let listed = bob.post(&house, "api/v1/assets/0/listing", &listing);
    assert_eq!(listed.said(), "409 content_of_others");
    let listed = ann.post(&house, "api/v1/assets/0/listing", &listing);
    assert_eq!(listed.status, 200, "{}", listed.said());
    // What lies elsewhere may be registered, and so may one's own.
    let elsewhere = draft(&json!("5".repeat(64)), None);
    for good in [elsewhere, draft(&own["sha256"], None)] {
        let drawn = bob.post(&house, "api/v1/assets", &good);
        assert_eq!(drawn.status, 200, "{}", drawn.said());
    }
    house.stop();
}

#[test]
fn no_grant_is_drawn_for_what_its_owner_has_not_uploaded() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let Command::RegisterAsset(mut asset) = signed(CSV, CARD) else {
        unreachable!("a registration")
    };
    let train = Price {
        purpose: 1,
        flat_units: Amount::new(10).unwrap(),
        row_units: Amount::ZERO,
        lasts_ms: None,
    };
    asset.listing.as_mut().unwrap().prices = vec![train];
    bob.does(&house, Command::RegisterAsset(asset));
    let grants = "api/v1/assets/1/grants";
    let wish = json!({"purpose": "train"});
    let (said, detail) = refusal(&ann.post(&house, grants, &wish));
    assert_eq!(said, "404 not_found");
    let why = "nothing was bought: the owner of asset 1, account 2, has not uploaded";
    assert!(detail.starts_with(why), "{detail}");
    // Once its owner has, it is sold; and so is what Ann has brought herself.
    bob.put(&house, CSV);
    for (trader, path) in [(&mut ann, grants), (&mut bob, "api/v1/assets/0/grants")] {
        let drawn = trader.post(&house, path, &wish);
        assert_eq!(drawn.status, 200, "{}", drawn.said());
    }
    house.stop();
}

#[test]
fn what_only_another_has_uploaded_is_neither_read_nor_served_through_ones_own_asset() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    bob.does(&house, signed(CSV, CARD));
    let (asset, tokens) = (AssetId(1), None);
    let serve = ServeAsset { asset, tokens };
    bob.does(&house, Command::ServeAsset(serve));
    let called = bob.get(&house, "v1/models/asset-1").json();
    let why = called["error"]["message"].as_str().unwrap();
    assert!(
        why.contains("its owner, account 2, has not uploaded"),
        "{why}"
    );
    let download = "api/v1/assets/1/download?purpose=train";
    for trader in [&mut ann, &mut bob] {
        let (said, detail) = refusal(&trader.get(&house, download));
        assert_eq!(said, "404 not_found");
        assert!(
            detail.starts_with("the owner of asset 1, account 2, has not uploaded"),
            "{detail}"
        );
        let card = trader.get(&house, "api/v1/assets/1/card");
        assert_eq!(card.said(), "404 not_found");
        let rows = trader.get(&house, "api/v1/assets/1/preview").json();
        assert_eq!(rows, json!({"rows": []}));
    }
    // Whoever has all of its bytes may offer them, too.
    bob.put(&house, CSV);
    bob.put(&house, CARD.as_bytes());
    assert_eq!(ann.get(&house, download).body, CSV);
    assert_eq!(
        ann.get(&house, "api/v1/assets/1/card").body,
        CARD.as_bytes()
    );
    house.stop();
}
