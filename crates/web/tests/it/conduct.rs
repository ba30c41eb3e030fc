//! What people are told of rules, appeals and levels, and what settings are refused.

use serde_json::{Value, json};

use crate::door::{House, OWN, joined, joins};
use crate::person::Person;

#[test]
fn rules_that_cannot_be_are_named_and_good_ones_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut ann = joins(&house, &Person::requester(house.served.space, "ann"));
    let plan = |rules: Value| {
        json!({"title": "moods", "classes": ["good", "bad"], "price_units": "1000",
            "conduct": {"rules": rules, "least_level": "skilled"}})
    };
    let wrong = plan(json!([
        {"collector": "gold_pass", "is": "below", "value": 2_000_000, "after": 10,
            "action": "warn"},
        {"collector": "same_in_row", "is": "at_least", "value": 1, "action": "cool_down"},
    ]));
    let reply = ann.ask(&house, ("POST", "api/v1/plans"), &wrong);
    assert_eq!(reply.said(), "400 bad_plan");
    let said = reply.json()["detail"].as_str().unwrap().to_owned();
    for words in [
        "rule 1: `value` is a share",
        "rule 2: `value` is 2",
        "rule 2: a cool-down",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let rule = json!({"collector": "mood", "is": "below", "value": 1, "action": "warn"});
    let unknown = ann.ask(&house, ("POST", "api/v1/plans"), &plan(json!([rule])));
    assert_eq!(unknown.said(), "400 malformed");
    let rule = json!({"collector": "task_time", "is": "below", "value": 1_500, "after": 10,
        "action": "pause"});
    let kept = ann.ask(&house, ("POST", "api/v1/plans"), &plan(json!([rule])));
    assert_eq!(kept.status, 201, "{}", kept.said());
    let conduct = &kept.json()["settings"]["conduct"];
    assert_eq!(conduct["rules"][0]["collector"], "task_time");
    assert_eq!(conduct["least_level"], "skilled");
    house.stop();
}

#[test]
fn nobody_has_nothing_and_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let mut get = |path: &str| ann.ask(&house, ("GET", path), &Value::Null);
    assert_eq!(
        get("api/v1/me/appeals").json(),
        json!({"cases": [], "next": null})
    );
    assert_eq!(get("api/v1/appeals").json(), json!({"cases": [], "all": 0}));
    assert_eq!(get("api/v1/me/levels").json(), json!({"levels": []}));
    for path in ["standing", "reviews", "reviews.csv", "feedback/0"] {
        let reply = get(&format!("api/v1/campaigns/7/{path}"));
        assert_eq!(reply.said(), "404 not_found", "{path}");
    }
    let mut read = |path: &str| {
        let reply = ann.send(&house, ("GET", path), &[OWN], &Value::Null);
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let pages = [
        ("appeals", 200, "None of your work is rejected"),
        ("levels", 200, "judged to its end yet"),
        ("tasks/7/standing", 404, "The node says"),
        ("campaigns/7/people", 404, "The node says"),
        ("campaigns/7/disagreement", 404, "The node says"),
        ("campaigns/7/review", 404, "The node says"),
        ("campaigns/new", 200, "This node has no reviewers"),
    ];
    for (path, status, words) in pages {
        let (found, page) = read(path);
        assert_eq!(found, status, "{path}");
        assert!(page.contains(words), "`{path}`: {page}");
    }
    for path in [
        "appeals",
        "levels",
        "tasks/7/standing",
        "campaigns/7/review",
    ] {
        let reply = house.ask(("GET", path), &[], &[]);
        let page = String::from_utf8(reply.body).unwrap();
        assert!(page.contains("Log in first"), "{path}");
    }
    house.stop();
}
