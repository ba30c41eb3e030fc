//! Webhooks over HTTP: whose they are, what may be asked, and that a secret is shown once.

use serde_json::{Value, json};

use crate::door::{Browser, House, joined};

const HOOKS: &str = "api/v1/webhooks";

fn create(house: &House, browser: &mut Browser, wish: &Value) -> crate::raw::Reply {
    browser.ask(house, ("POST", HOOKS), wish)
}

#[test]
fn a_webhook_is_its_owners() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let ((_, mut ann), (_, mut bob)) = (joined(&house, "ann"), joined(&house, "bob"));
    let wish = json!({"url": "https://example.org/in", "kinds": ["seal_answers"], "after": 0});
    let made = create(&house, &mut ann, &wish);
    assert_eq!(made.status, 201, "{}", made.said());
    let made = made.json();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        (&made["next"], &made["campaign"]),
        (&json!(1), &Value::Null)
    );
    let path = format!("{HOOKS}/{}", made["id"]);
    let shown = ann.ask(&house, ("GET", &path), &Value::Null).json();
    assert_eq!(
        (&shown["url"], &shown["secret"]),
        (&wish["url"], &Value::Null)
    );
    let list = ann.ask(&house, ("GET", HOOKS), &Value::Null).json();
    assert_eq!(list["webhooks"], json!([shown]));
    assert_eq!(
        bob.ask(&house, ("GET", HOOKS), &Value::Null).json()["webhooks"],
        json!([])
    );
    let (replay, log) = (
        format!("{path}/replay?after=0"),
        format!("{path}/deliveries"),
    );
    for request in [
        ("GET", &path),
        ("DELETE", &path),
        ("POST", &replay),
        ("GET", &log),
    ] {
        let reply = bob.ask(&house, (request.0, request.1), &Value::Null);
        assert_eq!(reply.said(), "404 not_found", "{request:?}");
    }
    let moved = ann.ask(&house, ("POST", &replay), &Value::Null).json();
    assert_eq!(moved["next"], 1);
    let late = format!("{path}/replay?after=99999");
    let moved = ann.ask(&house, ("POST", &late), &Value::Null).json();
    assert_eq!(moved["next"], 3, "no further than the log is");
    assert_eq!(
        ann.ask(&house, ("GET", &log), &Value::Null).json()["deliveries"],
        json!([])
    );
    assert_eq!(ann.ask(&house, ("DELETE", &path), &Value::Null).status, 204);
    assert_eq!(
        ann.ask(&house, ("GET", &path), &Value::Null).said(),
        "404 not_found"
    );
    house.stop();
}

#[test]
fn what_cannot_be_told_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let url = "https://example.org/in";
    for (wish, said) in [
        (json!({"url": "https://localhost/in"}), "400 bad_url"),
        (json!({"url": "http://example.org/in"}), "400 bad_url"),
        (
            json!({"url": format!("https://example.org/{}", "x".repeat(2_048))}),
            "400 bad_url",
        ),
        (json!({"kinds": []}), "400 malformed"),
        (json!({"url": url, "kinds": ["Seal"]}), "400 malformed"),
        (json!({"url": url, "kinds": vec!["x"; 65]}), "400 malformed"),
        (json!({"url": url, "campaign": -1}), "400 malformed"),
        (json!({"url": url, "secret": "mine"}), "400 malformed"),
    ] {
        assert_eq!(create(&house, &mut ann, &wish).said(), said, "{wish}");
    }
    let id = create(&house, &mut ann, &json!({"url": url})).json()["id"].clone();
    let replay = format!("{HOOKS}/{id}/replay");
    let reply = ann.ask(&house, ("POST", &replay), &Value::Null);
    assert_eq!(reply.said(), "400 invalid_query");
    for _ in 1..20 {
        assert_eq!(create(&house, &mut ann, &json!({"url": url})).status, 201);
    }
    assert_eq!(
        create(&house, &mut ann, &json!({"url": url})).said(),
        "409 too_many"
    );
    house.stop();
}
