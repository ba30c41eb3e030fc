//! The market over HTTP: registered, found, bought, read in parts, revoked; and who did what.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use protocol::command::CreditDeposit;
use protocol::{AccountId, Amount, Command, FundId, GrantId, TokenId, codec};
use serde_json::{Value, json};

use crate::door::{Browser, House, OWN, joins};
use crate::person::Person;
use crate::raw::Reply;
use crate::served::index;

pub const CSV: &[u8] = b"text,label\nwhere is it,lost\ntoo late,late\nbroken,damage\n";
pub const CARD: &str = "---\nlicense: cc-by-4.0\n---\n# Parcels <script>\n\nWhat people write.";

/// Somebody who trades: keys, browser, account, and the last nonce.
pub struct Trader {
    person: Person,
    browser: Browser,
    pub account: u32,
    nonce: u64,
}

impl Trader {
    fn new(house: &House, name: &str) -> Self {
        let person = Person::trader(house.served.space, name);
        let mut browser = joins(house, &person);
        let me = browser
            .ask(house, ("GET", "api/v1/me"), &Value::Null)
            .json();
        let account = u32::try_from(me["account"].as_u64().unwrap()).unwrap();
        Self {
            person,
            browser,
            account,
            nonce: 10,
        }
    }

    pub fn get(&mut self, house: &House, path: &str) -> Reply {
        self.browser.ask(house, ("GET", path), &Value::Null)
    }

    pub fn post(&mut self, house: &House, path: &str, body: &Value) -> Reply {
        self.browser.ask(house, ("POST", path), body)
    }

    pub fn put(&mut self, house: &House, bytes: &[u8]) -> Value {
        let csrf = self.browser.csrf.clone();
        let headers = [OWN, ("hw-csrf", csrf.as_str())];
        let asked = ("PUT", "api/v1/contents");
        let reply = self.browser.send_bytes(house, asked, &headers, bytes);
        assert_eq!(reply.status, 201, "{}", reply.said());
        reply.json()
    }

    /// Puts rows of JSON in a place.
    pub fn put_rows(&mut self, house: &House, path: &str, rows: &[u8]) -> Reply {
        let csrf = self.browser.csrf.clone();
        let kind = ("content-type", "application/jsonl");
        let headers = [OWN, ("hw-csrf", csrf.as_str()), kind];
        self.browser
            .send_bytes(house, ("PUT", path), &headers, rows)
    }

    /// Signs what the node has drawn up, and waits until everybody sees it.
    pub fn enter(&mut self, house: &House, drawn: &Value) {
        let bytes = BASE64.decode(drawn["command"].as_str().unwrap()).unwrap();
        self.does(house, codec::decode(&bytes).unwrap());
    }

    pub fn does(&mut self, house: &House, command: Command) {
        self.nonce += 1;
        let sent = self.person.asks(self.account, self.nonce, command);
        let entry = index(&house.served.submit(&[sent])[0]);
        seen(house, entry);
    }

    pub fn register(&mut self, house: &House, draft: &Value) {
        let drawn = self.post(house, "api/v1/assets", draft);
        assert_eq!(drawn.status, 200, "{}", drawn.said());
        self.enter(house, &drawn.json());
    }

    pub fn buy(&mut self, house: &House, asset: u32, wish: &Value) {
        let path = format!("api/v1/assets/{asset}/grants");
        let drawn = self.post(house, &path, wish);
        assert_eq!(drawn.status, 200, "{}", drawn.said());
        self.enter(house, &drawn.json());
    }
}

/// Waits until state and view have an entry.
fn seen(house: &House, entry: u64) {
    let host = &house.served.host;
    assert!(host.wait_for(entry, Duration::from_secs(30)));
    let viewed = host.viewed(entry).wait(Duration::from_secs(30));
    assert!(matches!(viewed, Some(Ok(_))));
}

pub fn deposit(house: &House, account: u32, fund: u64) {
    let credit = CreditDeposit {
        fund: FundId(fund),
        account: AccountId(account),
        token: TokenId(0),
        amount_units: Amount::new(1_000_000).unwrap(),
        epoch_cap_units: Amount::new(1_000_000).unwrap(),
        closes_ms: crate::person::EXPIRES_MS,
    };
    operate(house, Command::CreditDeposit(credit));
}

pub fn operate(house: &House, command: Command) {
    let operated = house.served.host.operate(command).unwrap();
    let operated = operated.wait(Duration::MAX).unwrap().unwrap();
    seen(house, operated.expect("the operator may"));
}

/// A data set of `ann`: training costs 100 and 10 a row, evaluation nothing, rows are shown.
fn dataset(house: &House, ann: &mut Trader) -> Value {
    let (content, card) = (ann.put(house, CSV), ann.put(house, CARD.as_bytes()));
    let draft = json!({
        "kind": "dataset", "title": "parcels & <b>complaints</b>",
        "content": content["sha256"], "card": card["sha256"], "rows": 3,
        "purposes": ["train", "display", "evaluate"], "license": "CC-BY-4.0", "revocable": true,
        "prices": [{"purpose": "train", "flat_units": "100", "row_units": "10"}],
        "price_units": "5", "floor_ppm": 50_000,
    });
    ann.register(house, &draft);
    draft
}

pub fn house(dir: &Path) -> (House, Trader, Trader) {
    let house = House::start(dir);
    let (mut ann, bob) = (Trader::new(&house, "ann"), Trader::new(&house, "bob"));
    dataset(&house, &mut ann);
    deposit(&house, bob.account, 1);
    (house, ann, bob)
}

#[test]
fn an_asset_is_found_by_words_kind_purpose_and_price() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let content = ann.put(&house, b"{}\n");
    let model = json!({"kind": "model", "title": "router", "content": content["sha256"],
        "purposes": ["query"], "price_units": "900"});
    ann.register(&house, &model);
    let mut ids = |query: &str| -> Vec<u64> {
        let found = bob.get(&house, &format!("api/v1/assets?{query}"));
        assert_eq!(found.status, 200, "{}", found.said());
        let rows = found.json()["assets"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids(""), [1, 0]);
    assert_eq!(ids("text=parc"), [0]);
    assert_eq!(ids("text=complaints%20parcels"), [0]);
    assert_eq!(ids("text=data%20train"), [0]);
    assert_eq!(ids("text=data%20query"), [] as [u64; 0]);
    assert_eq!(ids("text=%00"), [] as [u64; 0]);
    assert_eq!(ids("text=dataset"), [0]);
    assert_eq!(ids("text=%22%20OR%20%2A"), [] as [u64; 0]);
    assert_eq!(ids("kind=model"), [1]);
    assert_eq!(ids("purpose=train"), [0]);
    assert_eq!(ids("purpose=train&max_units=130"), [0]);
    assert_eq!(ids("purpose=train&max_units=129"), [] as [u64; 0]);
    assert_eq!(ids("max_units=5"), [0]);
    assert_eq!(ids("limit=1"), [1]);
    assert_eq!(ids("limit=1&before=1"), [0]);
    let said = bob.get(&house, "api/v1/assets?kind=horse").said();
    assert_eq!(said, "400 invalid_query");
    assert_eq!(bob.get(&house, "api/v1/assets/7").said(), "404 not_found");
    house.stop();
}

#[test]
fn a_content_is_read_by_whom_the_terms_let_and_each_time_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let path = "api/v1/assets/0/download";
    let train = "api/v1/assets/0/download?purpose=train";
    assert_eq!(bob.get(&house, train).said(), "403 grant_missing");
    let nobody = house.ask(("GET", train), &[], &[]);
    assert_eq!(nobody.said(), "403 grant_missing");
    let free = bob.get(&house, "api/v1/assets/0/download?purpose=evaluate");
    assert_eq!((free.status, &free.body[..]), (200, CSV));
    let none = bob.get(&house, "api/v1/assets/0/download?purpose=query");
    assert_eq!(none.said(), "403 unknown_purpose");
    // The first two rows are bought, and no byte more is given.
    bob.buy(
        &house,
        0,
        &json!({"purpose": "train", "rows": 2, "fund": 1}),
    );
    let two = bob.get(&house, train);
    assert_eq!(two.body, b"text,label\nwhere is it,lost\ntoo late,late\n");
    let part = bob.browser.send(
        &house,
        ("GET", train),
        &[OWN, ("range", "bytes=11-")],
        &Value::Null,
    );
    assert_eq!((part.status, &part.body[..]), (206, &two.body[11..]));
    assert_eq!(part.header("content-range"), Some("bytes 11-41/42"));
    let beyond = [OWN, ("range", "bytes=42-50")];
    let beyond = bob
        .browser
        .send(&house, ("GET", train), &beyond, &Value::Null);
    assert_eq!(beyond.said(), "416 bad_range");
    bob.buy(&house, 0, &json!({"purpose": "train", "fund": 1}));
    assert_eq!(bob.get(&house, train).body, CSV);
    assert_eq!(ann.get(&house, path).body, CSV, "its owner reads it all");
    // Revoked: later reads stop, the trace stays.
    ann.does(&house, Command::RevokeGrant(GrantId(0)));
    ann.does(&house, Command::RevokeGrant(GrantId(1)));
    assert_eq!(bob.get(&house, train).said(), "403 grant_revoked");
    let uses = bob.get(&house, "api/v1/assets/0/uses").json();
    let rows = uses["uses"].as_array().unwrap().clone();
    let (grants, downloads) = (of_kind(&rows, "grant"), of_kind(&rows, "download"));
    assert_eq!((grants.len(), downloads.len()), (2, 5));
    assert_eq!(
        (&grants[1]["amount_units"], &grants[1]["rows"]),
        (&json!("120"), &json!(2))
    );
    assert_eq!(grants[1]["revoked_by"], ann.account);
    assert_eq!(
        (&downloads[3]["grant"], &downloads[3]["bytes"]),
        (&json!(0), &json!(42))
    );
    assert_eq!(paged(&house, &mut bob), rows, "by pages of two, the same");
    house.stop();
}

fn of_kind(rows: &[Value], kind: &str) -> Vec<Value> {
    let of_it = rows.iter().filter(|row| row["kind"] == kind);
    of_it.cloned().collect()
}

/// Uses of asset 0 by pages of two.
fn paged(house: &House, bob: &mut Trader) -> Vec<Value> {
    let (mut rows, mut next) = (Vec::new(), String::new());
    loop {
        let path = format!("api/v1/assets/0/uses?limit=2&before={next}");
        let page = bob.get(house, &path).json();
        rows.extend(page["uses"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(cursor) => next = cursor.to_owned(),
            None => return rows,
        }
    }
}

#[test]
fn a_listing_is_drawn_up_only_of_what_is_understood() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, _) = house(dir.path());
    let mut said = |body: &Value| ann.post(&house, "api/v1/assets/0/listing", body).said();
    assert_eq!(said(&json!({"prises": []})), "400 malformed");
    let signed = "+f".repeat(32);
    assert_eq!(said(&json!({"card": signed})), "400 bad_asset");
    let drawn = ann.post(&house, "api/v1/assets/0/listing", &json!({"rows": 3}));
    assert_eq!(drawn.status, 200, "{}", drawn.said());
    house.stop();
}

#[test]
fn a_registration_that_a_parent_refuses_names_the_parent() {
    let dir = tempfile::tempdir().unwrap();
    let (house, mut ann, mut bob) = house(dir.path());
    let content = bob.put(&house, b"weights");
    let draft = |kind: &str, parents: Value| {
        json!({"kind": kind, "title": "child", "content": content["sha256"],
            "purposes": ["query"], "parents": parents})
    };
    let mut refused = |draft: &Value| {
        let reply = bob.post(&house, "api/v1/assets", draft);
        (
            reply.said(),
            reply.json()["detail"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let (said, detail) = refused(&draft("model", json!([0])));
    assert_eq!(said, "409 grant_missing");
    assert!(detail.starts_with("parent 0 (`parcels"), "{detail}");
    let (said, _) = refused(&draft("dataset", json!([0])));
    assert_eq!(said, "409 purpose_forbidden");
    let (said, detail) = refused(&draft("model", json!([9])));
    assert_eq!(
        (said.as_str(), detail.as_str()),
        ("409 unknown_asset", "parent 9: there is no such asset")
    );
    assert_eq!(refused(&draft("model", json!([1]))).0, "409 lineage_cycle");
    let mut low = draft("model", json!([0]));
    low["shares"] = json!([[0, 10]]);
    assert_eq!(refused(&low).0, "409 grant_missing");
    for (field, value) in [
        ("kind", json!("label_set")),
        ("content", json!("xyz")),
        ("floor_ppm", json!(1_000_001)),
        ("price_units", json!("-1")),
    ] {
        let mut wrong = draft("model", json!([]));
        wrong[field] = value;
        let (said, detail) = refused(&wrong);
        assert_eq!(said, "400 bad_asset", "{field}");
        assert!(detail.contains(field), "{detail}");
    }
    bob.buy(&house, 0, &json!({"purpose": "train", "fund": 1}));
    assert_eq!(
        bob.post(&house, "api/v1/assets", &low).said(),
        "409 share_too_low"
    );
    bob.register(&house, &draft("model", json!([0])));
    let tree = ann.get(&house, "api/v1/assets/0/lineage").json();
    assert_eq!(
        tree["edges"],
        json!([{"parent": 0, "child": 1,
        "demand": {"kind": "floor", "ppm": 50_000}}])
    );
    house.stop();
}
