//! What pages show of an asset, and its money to the unit.

use protocol::{Command, EpochId};
use serde_json::{Value, json};

use crate::door::House;
use crate::market::{CARD, Trader, deposit, house, operate};
use crate::raw::Reply;

#[test]
fn pages_show_an_asset_and_nothing_of_others_is_html() {
    let dir = tempfile::tempdir().unwrap();
    let (house, _, mut bob) = house(dir.path());
    bob.buy(&house, 0, &json!({"purpose": "train", "fund": 1}));
    let text = |reply: &Reply| String::from_utf8(reply.body.clone()).unwrap();
    let page = text(&bob.get(&house, "assets/0"));
    for part in [
        "Parcels &lt;script&gt;",
        "parcels &amp; &lt;b&gt;",
        "where is it,lost",
        "CC-BY-4.0",
        "What is built on it",
        "5 %",
        "You hold grant 0",
        "stroke-width=\"220\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("<b>complaints") && !page.contains("# Parcels <script>"));
    let found = text(&bob.get(&house, "explore?text=parcels"));
    assert!(found.contains("/assets/0"), "{found}");
    let form = bob.get(&house, "register");
    assert_eq!(form.status, 200);
    let outside = text(&house.ask(("GET", "register"), &[], &[]));
    assert!(outside.contains("Log in first"), "{outside}");
    let card = house.ask(("GET", "api/v1/assets/0/card"), &[], &[]);
    assert_eq!(text(&card), CARD);
    let croissant = bob.get(&house, "api/v1/assets/0/croissant").json();
    assert_eq!(
        croissant["license"],
        "https://spdx.org/licenses/CC-BY-4.0.html"
    );
    let preview = bob.get(&house, "api/v1/assets/0/preview").json();
    assert_eq!(preview["rows"][1], "where is it,lost");
    let flows = bob.get(&house, "api/v1/assets/0/revenue").json();
    assert_eq!(
        flows["sums"],
        json!([{"token": 0, "came_units": "0", "went_units": "0",
        "waiting_units": "130"}])
    );
    let csv = text(&bob.get(&house, "api/v1/assets/0/revenue.csv"));
    assert_eq!(
        csv,
        "source,target,kind,token,units,settled\naccount:2,asset:0,grants,0,130,false\n"
    );
    let own = bob.get(&house, "api/v1/me/grants").json();
    assert_eq!(
        (&own["grants"][0]["purpose"], &own["grants"][0]["lives"]),
        (&json!("train"), &json!(true))
    );
    assert_eq!(
        bob.get(&house, "api/v1/me/royalties").json(),
        json!({"shares": []})
    );
    house.stop();
}

/// Closes the running epoch, as the operator does.
fn epoch(house: &House) {
    let close = house.served.host.read(|state| {
        let epoch = EpochId(state.epochs.len() as u64 + 1);
        ledger::claims::closing(state, epoch).unwrap()
    });
    operate(house, Command::CloseEpoch(close));
}

#[test]
fn revenue_adds_up_to_the_unit_by_the_rules_of_royalties() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    deposit(&house, ann.account, 2);
    bob.buy(&house, 0, &json!({"purpose": "train", "fund": 1}));
    let content = bob.put(&house, b"weights");
    let model = json!({"kind": "model", "title": "child", "content": content["sha256"],
        "purposes": ["query"], "prices": [{"purpose": "query", "flat_units": "1001"}],
        "parents": [0]});
    bob.register(&house, &model);
    ann.buy(&house, 1, &json!({"purpose": "query", "fund": 2}));
    epoch(&house);
    ann.buy(&house, 1, &json!({"purpose": "query", "fund": 2}));
    // A floor of 5 % of 1,001 is 50; the rest is the model owner's.
    let (sum, links) = sums(&house, &mut bob, 1);
    assert_eq!(
        sum,
        json!({"token": 0, "came_units": "1001", "went_units": "1001",
        "waiting_units": "1001"})
    );
    assert_eq!(
        links,
        [
            "account:1 asset:1 grants 1001",
            "account:1 asset:1 grants 1001",
            "asset:1 asset:0 floor 50",
            "asset:1 account:2 owner 951"
        ]
    );
    let (sum, links) = sums(&house, &mut bob, 0);
    assert_eq!(
        sum,
        json!({"token": 0, "came_units": "180", "went_units": "180",
        "waiting_units": "0"})
    );
    assert_eq!(
        links,
        [
            "account:2 asset:0 grants 130",
            "asset:1 asset:0 floor 50",
            "asset:0 account:1 owner 180"
        ]
    );
    house.stop();
}

/// The sums of an asset's first token, and its links in words.
fn sums(house: &House, bob: &mut Trader, id: u32) -> (Value, Vec<String>) {
    let path = format!("api/v1/assets/{id}/revenue");
    let flows = bob.get(house, &path).json();
    let links = flows["links"].as_array().unwrap().iter();
    let links = links.map(|link| {
        let word = |field: &str| link[field].as_str().unwrap().to_owned();
        let ends = [
            word("source"),
            word("target"),
            word("kind"),
            word("amount_units"),
        ];
        ends.join(" ")
    });
    (flows["sums"][0].clone(), links.collect())
}
