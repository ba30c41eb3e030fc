//! Plans over HTTP: settings that cannot be, uploads with bad rows, uploads that break off.

use serde_json::json;

use crate::door::{Browser, House, OWN, joins};
use crate::person::Person;

fn put(house: &House, browser: &mut Browser, path: &str, body: &[u8]) -> crate::raw::Reply {
    let csrf = browser.csrf.clone();
    browser.send_bytes(house, ("PUT", path), &[OWN, ("hw-csrf", &csrf)], body)
}

#[test]
fn an_upload_is_taken_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut ann = joins(&house, &Person::requester(house.served.space, "ann"));
    let mut bob = joins(&house, &Person::requester(house.served.space, "bob"));
    let settings = json!({"title": "moods", "classes": ["good", "bad"], "price_units": "1000"});
    let plan = ann.ask(&house, ("POST", "api/v1/plans"), &settings);
    assert_eq!(plan.status, 201, "{}", plan.said());
    let id = plan.json()["id"].as_u64().unwrap();
    let path = format!("api/v1/plans/{id}/units?id=key&known=truth");
    let csv = b"key,body,truth\nk1,fine,good\nk1,again,\nk2,awful,bad\n";
    let taken = put(&house, &mut ann, &path, csv).json();
    assert_eq!((&taken["tasks"], &taken["refused"]), (&json!(2), &json!(1)));
    assert_eq!(taken["faults"][0]["place"], 3);
    let tasks = |ann: &mut Browser| {
        let reply = ann.ask(&house, ("GET", &format!("api/v1/plans/{id}")), &json!(null));
        (reply.json()["tasks"].clone(), reply.json()["known"].clone())
    };
    assert_eq!(tasks(&mut ann), (json!(2), json!(2)));
    // It is a table as far as it goes.
    let open = br#"[{"key": "k1", "body": "so"}, {"key": "k2", "body": "la"}, {"key": "#;
    let path = format!("api/v1/plans/{id}/units?id=key");
    let broken = put(&house, &mut ann, &path, open);
    assert_eq!(broken.said(), "400 bad_table");
    assert_eq!(
        tasks(&mut ann),
        (json!(2), json!(2)),
        "what was there stays"
    );
    let foreign = put(&house, &mut bob, &path, csv);
    assert_eq!(foreign.said(), "404 not_found");
    let none = put(
        &house,
        &mut ann,
        &format!("api/v1/plans/{id}/units?id=nowhere"),
        csv,
    );
    assert_eq!(none.said(), "400 bad_table");
    assert_eq!(tasks(&mut ann), (json!(2), json!(2)));
    house.stop();
}

#[test]
fn settings_that_cannot_be_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut ann = joins(&house, &Person::requester(house.served.space, "ann"));
    // Unpaid work may earn shares in the label set; here it earns neither.
    let wrong = json!({
        "title": "", "classes": ["one"], "price_units": "0", "contributors_ppm": 0, "beta_ppm": 0,
    });
    let reply = ann.ask(&house, ("POST", "api/v1/plans"), &wrong);
    assert_eq!(reply.said(), "400 bad_plan");
    let said = reply.json()["detail"].as_str().unwrap().to_owned();
    for field in ["`title`", "`classes`", "`price_units`", "`beta_ppm`"] {
        assert!(said.contains(field), "{field} in {said}");
    }
    let unknown = ann.ask(&house, ("POST", "api/v1/plans"), &json!({"colour": "red"}));
    assert_eq!(unknown.said(), "400 malformed");
    let list = ann.ask(&house, ("GET", "api/v1/plans"), &json!(null));
    assert_eq!(list.json()["plans"], json!([]), "nothing was kept");
    house.stop();
}
