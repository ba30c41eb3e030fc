//! A request that is sent again under its key is answered again, and nothing is done twice.

use serde_json::{Value, json};

use crate::door::{Browser, DAY_MS, House, OWN, joined, joins};
use crate::person::Person;
use crate::raw::Reply;

const KEY: &str = "5e8f0e9c-1c5b-4b58-9a55-0a2c9f0c7c11";
const KEYS: (&str, &str) = ("POST", "api/v1/me/keys");

fn post(
    house: &House,
    browser: &mut Browser,
    request: (&str, &str),
    key: &str,
    body: &Value,
) -> Reply {
    let csrf = browser.csrf.clone();
    let headers = [OWN, ("hw-csrf", &*csrf), ("idempotency-key", key)];
    browser.send(house, request, &headers, body)
}

fn count(house: &House, browser: &mut Browser) -> usize {
    let list = browser.ask(house, ("GET", "api/v1/me/keys"), &Value::Null);
    list.json()["keys"].as_array().unwrap().len()
}

#[test]
fn the_same_request_is_answered_again_for_a_day_and_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let wish = json!({"name": "export"});
    let first = post(&house, &mut ann, KEYS, KEY, &wish);
    assert_eq!(first.status, 201);
    let again = post(&house, &mut ann, KEYS, KEY, &wish);
    assert_eq!((again.status, again.json()), (201, first.json()));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(count(&house, &mut ann), 1);
    house.stop();

    let house = House::start(dir.path());
    let later = post(&house, &mut ann, KEYS, KEY, &wish);
    assert_eq!(
        later.json(),
        first.json(),
        "the secret too: it is sealed under the client's key"
    );
    let kept = std::fs::read(dir.path().join("replies.sqlite")).unwrap();
    let secret = first.json()["key"].as_str().unwrap().to_owned();
    let shows = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(!shows(&secret) && !shows(KEY));
    house.pass(DAY_MS + 1);
    ann = joins_again(&house, "ann");
    let new = post(&house, &mut ann, KEYS, KEY, &wish);
    assert_ne!(
        new.json()["key"],
        first.json()["key"],
        "a day later it is another request"
    );
    assert_eq!(count(&house, &mut ann), 2);
    house.stop();
}

/// The browser of somebody who has an account.
fn joins_again(house: &House, name: &str) -> Browser {
    let person = Person::new(house.served.space, name);
    let mut browser = Browser::default();
    assert_eq!(
        browser.enter(house, &person.wallet, Value::Null).status,
        200
    );
    browser
}

#[test]
fn a_key_is_for_one_request_of_one_person() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut ann = joins(&house, &Person::requester(house.served.space, "ann"));
    let (_, mut bob) = joined(&house, "bob");
    let settings = json!({"title": "moods", "classes": ["good", "bad"], "price_units": "1000"});
    let plans = ("POST", "api/v1/plans");
    // What was refused has done nothing: the key is free for the same or another request.
    let refused = post(&house, &mut ann, plans, KEY, &json!({"title": ""}));
    assert_eq!(refused.said(), "400 bad_plan");
    let made = post(&house, &mut ann, plans, KEY, &settings);
    assert_eq!(made.status, 201, "{}", made.said());
    let mut other = settings.clone();
    other["title"] = json!("other");
    for (request, body) in [(plans, &other), (KEYS, &json!({"name": "x"}))] {
        let reply = post(&house, &mut ann, request, KEY, body);
        assert_eq!(reply.said(), "409 idempotency_conflict");
    }
    let list = ann
        .ask(&house, ("GET", "api/v1/plans"), &Value::Null)
        .json();
    assert_eq!(list["plans"].as_array().unwrap().len(), 1);
    let own = post(&house, &mut bob, KEYS, KEY, &json!({"name": "bob's"}));
    assert_eq!(own.status, 201, "his key is not hers");
    for key in ["short", "", "with a space in it", &"x".repeat(129)] {
        let reply = post(&house, &mut ann, plans, key, &settings);
        assert_eq!(reply.said(), "400 invalid_key", "{key}");
    }
    // Where nothing is made the header says nothing.
    let pause = post(
        &house,
        &mut ann,
        ("POST", "api/v1/campaigns/7/pause"),
        "short",
        &Value::Null,
    );
    assert_eq!(pause.said(), "404 not_found");
    house.stop();
}
