//! Waivers over HTTP: offered by an owner, seen by a developer, used by one child, and traced.

use serde_json::{Value, json};

use crate::door::House;
use crate::market::{Trader, house};
use crate::person::EXPIRES_MS;
use crate::raw::Reply;

const WAIVERS: &str = "api/v1/assets/0/waivers";

/// Account 2 may register one child that pays 1 % to asset 0 instead of 5 %, for 250 units.
fn offer() -> Value {
    json!({"account": 2, "floor_ppm": 10_000, "price_units": "250", "expires_ms": EXPIRES_MS})
}

fn offers(house: &House, ann: &mut Trader) {
    let drawn = ann.post(house, WAIVERS, &offer());
    assert_eq!(drawn.status, 200, "{}", drawn.said());
    ann.enter(house, &drawn.json());
}

fn model(house: &House, bob: &mut Trader, title: &str) -> Value {
    let content = bob.put(house, title.as_bytes());
    json!({"kind": "model", "title": title, "content": content["sha256"],
        "purposes": ["query"], "parents": [0]})
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

#[test]
fn an_offer_that_the_log_would_refuse_is_refused_before_it_is_signed() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    assert_eq!(bob.post(&house, WAIVERS, &offer()).said(), "403 not_owner");
    let nowhere = ann.post(&house, "api/v1/assets/7/waivers", &offer());
    assert_eq!(nowhere.said(), "404 not_found");
    let outside = house.ask(("POST", WAIVERS), &[], &[]);
    assert_eq!(outside.said(), "401 not_logged_in");
    for (field, value) in [
        ("account", json!(99)),
        ("floor_ppm", json!(50_000)),
        ("floor_ppm", json!(1_000_001)),
        ("price_units", json!("79228162514264337593543950336")),
        ("expires_ms", json!(0)),
    ] {
        let mut wrong = offer();
        wrong[field] = value;
        let reply = ann.post(&house, WAIVERS, &wrong);
        assert_eq!(reply.said(), "400 bad_asset", "{field}");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(field), "{detail}");
    }
    // Nothing can be lowered where no floor is demanded.
    let mut free = model(&house, &mut ann, "free");
    free["parents"] = json!([]);
    ann.register(&house, &free);
    let reply = ann.post(&house, "api/v1/assets/1/waivers", &offer());
    assert_eq!(reply.said(), "400 bad_asset");
    let none = bob.get(&house, "api/v1/waivers").json();
    assert_eq!(none, json!({"waivers": [], "next": null}));
    house.stop();
}

#[test]
fn a_waiver_is_offered_used_by_one_child_and_paid_for_then() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    bob.buy(&house, 0, &json!({"purpose": "train", "fund": 1}));
    offers(&house, &mut ann);
    offers(&house, &mut ann);
    let open = bob.get(&house, "api/v1/waivers?account=2&open=true").json();
    assert_eq!(
        open["waivers"][1],
        json!({"waiver": 0, "asset": 0, "title": "parcels & <b>complaints</b>", "owner": 1,
            "account": 2, "floor_ppm": 10_000, "demanded_ppm": 50_000, "price_units": "250",
            "token": 0, "expires_ms": EXPIRES_MS, "used_by": null, "open": true})
    );
    let mut child = model(&house, &mut bob, "child");
    child["waivers"] = json!([0]);
    child["fund"] = json!(1);
    // It is bob's: nobody else registers under it.
    let mut others = model(&house, &mut ann, "own");
    others["waivers"] = json!([0]);
    let refused = ann.post(&house, "api/v1/assets", &others);
    assert_eq!(refused.said(), "409 unknown_waiver");
    bob.register(&house, &child);
    let again = bob.post(&house, "api/v1/assets", &child);
    assert_eq!(again.said(), "409 unknown_waiver");
    let second = model(&house, &mut bob, "second");
    bob.register(&house, &second);
    let tree = ann.get(&house, "api/v1/assets/0/lineage").json();
    let paid = |ppm| json!({"kind": "floor", "ppm": ppm});
    assert_eq!(
        tree["edges"],
        json!([{"parent": 0, "child": 1, "demand": paid(10_000)},
            {"parent": 0, "child": 2, "demand": paid(50_000)}])
    );
    let used = tree["waivers"].as_array().unwrap();
    assert_eq!(
        (used.len(), &used[0]["used_by"], &used[0]["open"]),
        (1, &json!(1), &json!(false))
    );
    let own = ann.get(&house, "api/v1/assets/1").json();
    assert_eq!(own["listing"]["waivers"], json!([0]));
    is_told(&house, &mut bob);
    let newest = bob.get(&house, "api/v1/waivers?asset=0&limit=1").json();
    assert_eq!(
        (&newest["waivers"][0]["waiver"], &newest["next"]),
        (&json!(1), &json!(1))
    );
    let older = bob
        .get(&house, "api/v1/waivers?asset=0&limit=1&before=1")
        .json();
    assert_eq!(older["waivers"][0]["waiver"], 0);
    let closed = bob.get(&house, "api/v1/waivers?open=false").json();
    assert_eq!(closed["waivers"].as_array().unwrap().len(), 1);
    house.stop();
}

/// Waiver 0 stands among uses, page by page too, and among revenue.
fn is_told(house: &House, bob: &mut Trader) {
    let uses = "api/v1/assets/0/uses";
    let all = bob.get(house, uses).json();
    let rows = all["uses"].as_array().unwrap();
    let own = rows.iter().find(|row| row["kind"] == "waiver").unwrap();
    let said = ["number", "account", "child", "floor_ppm", "amount_units"];
    assert_eq!(
        said.map(|field| own[field].clone()),
        [json!(0), json!(2), json!(1), json!(10_000), json!("250")]
    );
    assert_eq!(rows.len(), 2, "a grant beside it");
    let first = bob.get(house, &format!("{uses}?limit=1")).json();
    let next = first["next"].as_str().unwrap();
    let second = bob.get(house, &format!("{uses}?before={next}")).json();
    assert_eq!(
        [&first["uses"][0], &second["uses"][0]],
        [&rows[0], &rows[1]]
    );
    assert_eq!(second["next"], Value::Null);
    let csv = text(&bob.get(house, "api/v1/assets/0/revenue.csv"));
    assert!(
        csv.contains("account:2,asset:0,waivers,0,250,false"),
        "{csv}"
    );
}

#[test]
fn pages_let_an_owner_offer_and_a_developer_use_a_waiver() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let asset = "assets/0";
    assert!(text(&ann.get(&house, asset)).contains("id=\"waiver\""));
    assert!(!text(&bob.get(&house, asset)).contains("id=\"waivers\""));
    offers(&house, &mut ann);
    let page = text(&bob.get(&house, asset));
    assert!(page.contains("href=\"/register?waiver=0\""), "{page}");
    assert!(
        !page.contains("id=\"waiver\""),
        "who does not own it offers nothing"
    );
    assert!(!text(&ann.get(&house, asset)).contains("/register?waiver"));
    let form = text(&bob.get(&house, "register?waiver=0"));
    for part in [
        "name=\"waiver\" value=\"0\" data-units=\"250\" data-token=\"0\" checked",
        "name=\"parents\" value=\"0\"",
        "1 % instead of 5 %, for 0.00025",
        "parcels &amp; &lt;b&gt;",
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
    let plain = text(&bob.get(&house, "register"));
    assert!(
        plain.contains("data-units=\"250\" data-token=\"0\">"),
        "{plain}"
    );
    assert!(!text(&ann.get(&house, "register")).contains("name=\"waiver\""));
    bob.buy(&house, 0, &json!({"purpose": "train", "fund": 1}));
    let mut child = model(&house, &mut bob, "child");
    child["waivers"] = json!([0]);
    child["fund"] = json!(1);
    bob.register(&house, &child);
    let page = text(&bob.get(&house, "assets/1"));
    assert!(page.contains("of all it takes, not 5 %"), "{page}");
    let page = text(&bob.get(&house, asset));
    for part in [
        "used by <a href=\"/assets/1\">asset 1</a>",
        "asset 1 at 1 %",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!text(&bob.get(&house, "register")).contains("name=\"waiver\""));
    house.stop();
}
