//! API keys: what they may do, and that a key makes no keys.

use serde_json::{Value, json};

use crate::door::{Browser, DAY_MS, House, joined};
use crate::raw::Reply;

const KEYS: &str = "api/v1/me/keys";

fn bearer(house: &House, request: (&str, &str), key: &str) -> Reply {
    let value = format!("Bearer {key}");
    house.ask(request, &[("authorization", &value)], &[])
}

pub fn issue(house: &House, browser: &mut Browser, asked: Value) -> (String, i64) {
    let reply = browser.ask(house, ("POST", KEYS), &asked);
    assert_eq!(reply.status, 201, "{}", reply.said());
    let made = reply.json();
    (
        made["key"].as_str().unwrap().to_owned(),
        made["id"].as_i64().unwrap(),
    )
}

#[test]
fn a_key_is_shown_once_and_does_what_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let (key, id) = issue(
        &house,
        &mut ann,
        json!({"name": "export", "roles": ["requester"]}),
    );
    let me = bearer(&house, ("GET", "api/v1/me"), &key);
    assert_eq!(me.json()["how"], "key");
    assert_eq!(
        me.json()["roles"],
        json!([]),
        "ann is no requester, whatever the key says"
    );
    assert_eq!(me.json()["binding"], Value::Null);
    for request in [("GET", KEYS), ("GET", "api/v1/me/sessions"), ("POST", KEYS)] {
        let reply = bearer(&house, request, &key);
        assert_eq!(reply.said(), "403 key_lacks_right", "{request:?}");
    }
    let list = ann.ask(&house, ("GET", KEYS), &Value::Null).json();
    assert!(list["keys"][0]["begins"] == key[..9] && !list.to_string().contains(&key));
    assert!(list["keys"][0]["used_ms"].is_u64());
    let (_, mut bob) = joined(&house, "bob");
    let path = format!("{KEYS}/{id}");
    assert_eq!(
        bob.ask(&house, ("DELETE", &path), &Value::Null).said(),
        "404 not_found"
    );
    assert_eq!(
        ann.ask(&house, ("DELETE", &path), &Value::Null).said(),
        "204"
    );
    let reply = bearer(&house, ("GET", "api/v1/me"), &key);
    assert_eq!(reply.said(), "401 bad_api_key");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    house.stop();
}

#[test]
fn a_key_expires_and_others_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let (key, _) = issue(&house, &mut ann, json!({"name": "short", "days": 1}));
    let me = ("GET", "api/v1/me");
    assert_eq!(bearer(&house, me, &key).said(), "200");
    for wrong in [&key[..key.len() - 1], "hw_", "hw_x", "key", ""] {
        assert_eq!(
            bearer(&house, me, wrong).said(),
            "401 bad_api_key",
            "{wrong}"
        );
    }
    // A wrong key is told also where nobody need have one.
    let head = bearer(&house, ("GET", "api/v1/head"), "hw_x");
    assert_eq!(head.said(), "401 bad_api_key");
    house.pass(DAY_MS);
    assert_eq!(bearer(&house, me, &key).said(), "401 bad_api_key");
    for wrong in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "a", "days": 0}),
        json!({"name": "a", "days": 367}),
        json!({"name": "a", "roles": ["king"]}),
        json!({"name": "a", "right": "all"}),
        json!({"name": "a\nb"}),
    ] {
        let reply = ann.ask(&house, ("POST", KEYS), &wrong);
        assert_eq!(reply.said(), "400 malformed", "{wrong}");
    }
    house.stop();
}

#[test]
fn a_person_asks_only_so_often() {
    let dir = tempfile::tempdir().unwrap();
    let slow = |settings: &mut web::login::Settings| {
        settings.requests.burst = 3;
        settings.requests.every_ms = 1_500;
    };
    let house = House::with(dir.path(), slow, None);
    let (_, mut ann) = joined(&house, "ann");
    let me = ("GET", "api/v1/me");
    let said: Vec<_> = (0..4).map(|_| ann.ask(&house, me, &Value::Null)).collect();
    let words: Vec<_> = said.iter().map(Reply::said).collect();
    assert_eq!(words, ["200", "200", "200", "429 too_often"]);
    assert_eq!(said[3].header("retry-after"), Some("2"));
    let (_, mut bob) = joined(&house, "bob");
    assert_eq!(bob.ask(&house, me, &Value::Null).said(), "200");
    house.pass(1_500);
    assert_eq!(ann.ask(&house, me, &Value::Null).said(), "200");
    house.stop();
}
