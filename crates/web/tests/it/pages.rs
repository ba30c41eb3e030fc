//! Lists come in pages that hold every row once, whatever is added meanwhile.

use serde_json::{Value, json};

use crate::door::{Browser, House, joined, joins};
use crate::person::Person;

/// Numbers of all rows, page by page of two, with `between` done after the first page.
fn walk(
    house: &House,
    browser: &mut Browser,
    path: &str,
    between: impl Fn(&mut Browser),
) -> Vec<u64> {
    let name = path.rsplit('/').next().unwrap();
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let asked = format!("{path}?limit=2{cursor}");
        let reply = browser.ask(house, ("GET", &asked), &Value::Null);
        assert_eq!(reply.status, 200, "{}", reply.said());
        let page = reply.json();
        let rows = page[name].as_array().unwrap();
        assert!(rows.len() <= 2);
        found.extend(rows.iter().map(|row| row["id"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
        if found.len() == 2 {
            between(browser);
        }
    }
}

#[test]
fn every_row_stands_on_one_page() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut ann = joins(&house, &Person::requester(house.served.space, "ann"));
    let settings = json!({"title": "moods", "classes": ["good", "bad"], "price_units": "1000"});
    let draw = |browser: &mut Browser| {
        let reply = browser.ask(&house, ("POST", "api/v1/plans"), &settings);
        assert_eq!(reply.status, 201, "{}", reply.said());
    };
    (0..5).for_each(|_| draw(&mut ann));
    let plans = walk(&house, &mut ann, "api/v1/plans", draw);
    assert_eq!(
        plans,
        [5, 4, 3, 2, 1],
        "the sixth came later and stands before them"
    );
    for name in ["a", "b", "c"] {
        crate::keys::issue(&house, &mut ann, json!({"name": name}));
    }
    let keys = walk(&house, &mut ann, "api/v1/me/keys", |browser| {
        crate::keys::issue(&house, browser, json!({"name": "late"}));
    });
    assert_eq!(keys, [3, 2, 1]);
    house.stop();
}

#[test]
fn what_is_no_page_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    for (query, said) in [
        ("limit=0", "400 invalid_query"),
        ("limit=101", "400 invalid_query"),
        ("limit=-1", "400 invalid_query"),
        ("cursor=", "400 invalid_cursor"),
        ("cursor=7", "400 invalid_cursor"),
        ("before=7", "400 invalid_query"),
    ] {
        for list in ["api/v1/campaigns", "api/v1/me/keys", "api/v1/me/deposits"] {
            let path = format!("{list}?{query}");
            let reply = ann.ask(&house, ("GET", &path), &Value::Null);
            assert_eq!(reply.said(), said, "{path}");
        }
    }
    house.stop();
}
