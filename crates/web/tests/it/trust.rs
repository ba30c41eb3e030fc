//! The audit, the operator's page, dashboards, and whose data made an answer.

use std::time::Duration;

use protocol::operation::SetRoles;
use protocol::{AccountId, Command, Role, Roles};
use serde_json::{Value, json};

use crate::door::{House, OWN};
use crate::market::{Trader, deposit, house};
use crate::raw::Reply;

/// Texts that other people's pages have broken on: tags, attributes, entities, scripts in
/// addresses, controls, text that runs backwards, and a name that is far too long.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "</title></textarea></style><iframe>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#x3c;i&#x3e;",
    "{{7*7}}${7*7}<%= 7 %>",
    "\u{202e}gnihtyna\u{202c} \u{200b}\u{feff}",
    "👩‍👩‍👧‍👦 zalgo̷̢͝",
];

/// A page as text, in which nothing of others is a tag and nothing is inline.
fn read(reply: &Reply) -> String {
    let page = String::from_utf8(reply.body.clone()).unwrap();
    for tag in ["<img", "<iframe", "<svg onload", "<b>", " style=", "NaN"] {
        let found = page.find(tag);
        assert_eq!(found, None, "{tag} in {:.300}", &page[found.unwrap_or(0)..]);
    }
    for script in page.split("<script").skip(1) {
        assert!(script.contains(" src=\"/static/"), "inline: {script:.80}");
    }
    assert!(!page.contains("href=\"javascript"), "{page}");
    page
}

fn asks(house: &House, path: &str) -> (u16, String) {
    let reply = house.ask(("GET", path), &[], &[]);
    (reply.status, read(&reply))
}

/// A campaign of ann's that nobody works on, named and labelled in hostile words.
fn campaign(house: &House, ann: &mut Trader) {
    deposit(house, ann.account, 2);
    let classes: Vec<&str> = HOSTILE.iter().take(7).copied().collect();
    let plan = json!({"title": HOSTILE[0], "classes": classes, "price_units": "1000"});
    let drawn = ann.post(house, "api/v1/plans", &plan);
    assert_eq!(drawn.status, 201, "{}", drawn.said());
    let id = drawn.json()["id"].as_u64().unwrap();
    let unit = json!({"name": HOSTILE[1], "text": HOSTILE[2]}).to_string();
    let put = ann.put_rows(house, &format!("api/v1/plans/{id}/units"), unit.as_bytes());
    assert_eq!(put.status, 200, "{}", put.said());
    let path = format!("api/v1/plans/{id}/prepare");
    let prepared = ann.post(house, &path, &json!({"fund": 2}));
    assert_eq!(prepared.status, 200, "{}", prepared.said());
    ann.enter(house, &prepared.json());
}

#[test]
fn the_audit_shows_what_follows_from_the_log_and_adds_up() {
    let dir = tempfile::tempdir().unwrap();
    let (house, ..) = house(dir.path());
    let (status, page) = asks(&house, "audit");
    assert_eq!(status, 200);
    for words in [
        "The newest checkpoint",
        "It adds up to the unit: 1.00 came in, and 1.00 is accounted for",
        "No epoch has closed yet",
        "Nobody but the operator signs this log",
        "proves nothing against that operator",
        "headwater audit https://THIS-NODE --log-key",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let (_, page) = asks(&house, "audit/entry");
    assert!(
        page.contains("It is the only entry"),
        "one is published: {page}"
    );
    house.served.publish();
    let size = house.served.host.published();
    for index in 0..size {
        let (status, page) = asks(&house, &format!("audit/entry?index={index}"));
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("that the log&#39;s key has signed") || page.contains("has signed."));
        assert!(!page.contains("data-state=\"bad\""), "{index}: {page}");
    }
    let (status, page) = asks(&house, &format!("audit/entry?index={size}"));
    assert_eq!(status, 404, "{page}");
    assert!(page.contains("numbered from 0"), "{page}");
    assert_eq!(asks(&house, "audit/entry?index=x").0, 400);
    let (_, page) = asks(&house, "audit/check?receipt=2");
    assert!(page.contains("data-receipt=\"2\"") && page.contains("Verify everything"));
    assert!(
        page.contains("<noscript>"),
        "it says what to do without scripts"
    );
    assert_eq!(asks(&house, "audit/check?receipt=%3Cb%3E").0, 400);
    house.stop();
}

#[test]
fn the_operators_page_is_the_operators() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, _) = house(dir.path());
    let (status, page) = asks(&house, "operator");
    assert_eq!(status, 200);
    assert!(page.contains("Log in first"), "{page}");
    let refused = ann.get(&house, "operator");
    assert_eq!(refused.status, 403);
    assert!(read(&refused).contains("for accounts with the role"));
    let set = SetRoles {
        account: Some(AccountId(ann.account)),
        roles: Roles::of(&[Role::Operator]),
    };
    let operated = house.served.host.operate(Command::SetRoles(set)).unwrap();
    let index = operated.wait(Duration::MAX).unwrap().unwrap().unwrap();
    assert!(house.served.host.wait_for(index, Duration::from_secs(30)));
    let page = read(&ann.get(&house, "operator"));
    for words in [
        "There is nothing to look at",
        "view.sqlite",
        "Signs checkpoints",
        "No appeal waits for a panel",
        "No rule has fired",
        "The chain could not be asked",
        "People who have logged in",
        "Promised time to a checkpoint",
        "&lt;b&gt;nowhere&lt;/b&gt;",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    // What is wrong is said in the page's language, and behind it what a machine has said.
    let said = Some("the server says <no>".to_owned());
    house.served.host.report("stakes", said);
    let page = read(&ann.get(&house, "operator"));
    let told = "Stakes or votes do not go on. <span lang=\"en\">the server says &lt;no&gt;</span>";
    assert!(page.contains(told), "{page}");
    house.stop();
}

#[test]
fn a_dashboard_is_the_requesters_and_no_text_of_others_is_html() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    campaign(&house, &mut ann);
    let path = "api/v1/campaigns/0/dashboard";
    assert_eq!(bob.get(&house, path).said(), "403 not_owner");
    let own = ann.get(&house, path);
    assert_eq!(own.status, 200, "{}", own.said());
    let own = own.json();
    assert_eq!(own["classes"], json!(HOSTILE[..7]));
    assert_eq!(own["answers"]["sealed"], 0);
    assert_eq!(own["money"]["forecast_units"], Value::Null);
    assert_eq!(own["alarms"], json!([]), "no round runs yet");
    assert_eq!(own["agreement"]["pairs"], 0);
    let page = read(&ann.get(&house, "campaigns/0"));
    for words in [
        "Nobody has answered yet",
        "Nothing needs your attention",
        "No hidden check has been opened yet",
        "From a program",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let page = read(&bob.get(&house, "campaigns/0"));
    assert!(!page.contains("From a program") && page.contains("Nobody has answered yet"));
    let page = read(&ann.get(&house, "campaigns/0/disagreement"));
    assert!(page.contains("Nothing is judged yet"), "{page}");
    house.stop();
}

#[test]
fn a_market_of_hostile_names_is_drawn_as_text() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let content = ann.put(&house, b"{}\n");
    for (place, title) in HOSTILE.iter().enumerate() {
        let parents: &[u64] = if place == 0 { &[] } else { &[place as u64] };
        let draft = json!({"kind": "prompt", "title": title, "content": content["sha256"],
            "purposes": ["query", "train"], "parents": parents, "price_units": "100"});
        ann.register(&house, &draft);
    }
    for id in 1..=HOSTILE.len() {
        let page = read(&bob.get(&house, &format!("assets/{id}")));
        assert!(
            page.contains("class=\"dag\"") || page.contains("svg"),
            "{page}"
        );
        assert!(page.contains("The same for machines"), "{page}");
        let origin = read(&bob.get(&house, &format!("assets/{id}/origin")));
        assert!(origin.contains("to its owner, account 1"), "{origin}");
    }
    read(&bob.get(&house, "explore"));
    let csv = bob.get(&house, "api/v1/assets/1/lineage.csv");
    let csv = String::from_utf8(csv.body).unwrap();
    assert_eq!(csv.lines().count(), HOSTILE.len());
    assert!(csv.starts_with("parent,child,kind,ppm\n1,2,"), "{csv}");
    let none = bob.get(&house, "assets/1/origin?receipt=%3Cscript%3E");
    assert_eq!(none.status, 400);
    assert!(read(&none).contains("this is no receipt of a use"));
    assert_eq!(bob.get(&house, "assets/99/origin").status, 404);
    house.stop();
}

#[test]
fn nothing_waits_for_what_looks_at_every_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, _) = house(dir.path());
    campaign(&house, &mut ann);
    // Asked by many at once, it is worked out once and told to all, or they are told to come again.
    for _ in 0..20 {
        let reply = ann.get(&house, "api/v1/campaigns/0/dashboard");
        assert_eq!(reply.status, 200, "{}", reply.said());
    }
    let other = house.ask(("GET", "api/v1/campaigns/0/dashboard"), &[OWN], &[]);
    assert_eq!(other.said(), "401 not_logged_in");
    house.stop();
}
