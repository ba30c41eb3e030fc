//! Passkeys: join, log in, several of them, and every rule of a login broken once.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::passkey::Kind;
use serde_json::{Value, json};

use crate::device::{Device, JOIN, LOGIN, PARTY, Words, as_holder, entered, joins};
use crate::door::{Browser, House, joined};

const MINE: &str = "api/v1/me/passkeys";

#[test]
fn who_has_no_wallet_joins_logs_out_and_logs_in_without_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut device = Device::new(7);
    let mut browser = joins(&house, &device);
    let me = browser
        .ask(&house, ("GET", "api/v1/me"), &Value::Null)
        .json();
    assert_eq!((&me["account"], &me["wallet"]), (&json!(1), &Value::Null));
    let holder = format!("passkey:{}", BASE64.encode(&device.handle));
    assert_eq!(me["holder"], holder);
    assert_eq!(
        me["payout"],
        json!({
            "wallet": null, "disclosed": false, "number": 0, "announced": null,
        })
    );
    assert_eq!(
        me["binding"],
        device.opening(&house, device.point())["body"]
    );
    let out = browser.ask(&house, ("POST", "api/v1/me/logout"), &json!({}));
    assert_eq!(out.status, 204);
    assert!(browser.session.is_none());
    device.counter = 1;
    let reply = device.enters(&house, &mut browser);
    assert_eq!(reply.json()["account"], 1, "{}", reply.said());
    // The key of another authenticator that counts lower is a copy.
    device.counter = 1;
    let reply = device.enters(&house, &mut Browser::default());
    assert_eq!(reply.said(), "401 passkey_cloned");
    let signers = browser.ask(&house, ("GET", "api/v1/me/signers"), &Value::Null);
    let signers = signers.json()["signers"].clone();
    assert_eq!(signers.as_array().unwrap().len(), 1);
    assert_eq!(
        (&signers[0]["scope"], &signers[0]["revoked"]),
        (&json!("work"), &json!(false))
    );
    house.stop();

    let house = House::start(dir.path());
    device.counter = 2;
    let reply = device.enters(&house, &mut Browser::default());
    assert_eq!(reply.json()["account"], 1, "passkeys outlive the process");
    house.stop();
}

type Bend = fn(&Device, &mut Value, &mut Words, &str);

/// A house that knows one passkey, and lets everybody try often.
fn known(dir: &Path) -> (House, Device) {
    let house = House::with(dir, |settings| settings.logins.burst = 1_000, None);
    let device = Device::new(7);
    joins(&house, &device);
    (house, device)
}

#[test]
fn a_login_is_by_a_recognised_person_on_a_page_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let (house, device) = known(dir.path());
    type Case = (&'static str, fn(&mut Words), &'static str);
    let words: &[Case] = &[
        ("as it is", |_| (), "200"),
        (
            "another site",
            |it| it.origin = "https://evil.org".into(),
            "401 wrong_domain",
        ),
        (
            "below us",
            |it| it.origin = format!("https://a.{PARTY}"),
            "401 wrong_domain",
        ),
        (
            "without TLS",
            |it| it.origin = format!("http://{PARTY}"),
            "401 wrong_domain",
        ),
        (
            "another party",
            |it| it.party = "example.org".into(),
            "401 bad_passkey",
        ),
        ("a new key", |it| it.kind = Kind::Create, "401 bad_passkey"),
        ("nobody there", |it| it.flags = Some(4), "401 bad_passkey"),
        ("not recognised", |it| it.flags = Some(1), "401 bad_passkey"),
    ];
    for (name, bend, expected) in words {
        let mut browser = Browser::default();
        let mut said = Words::default();
        bend(&mut said);
        let body = device.answers(&browser.nonce(&house), &said);
        let reply = entered(&mut browser, &house, LOGIN, &body);
        assert_eq!(&reply.said(), expected, "{name}");
        assert_eq!(browser.session.is_some(), *expected == "200", "{name}");
    }
    house.stop();
}

#[test]
fn a_login_is_by_a_known_passkey_and_its_signature() {
    let dir = tempfile::tempdir().unwrap();
    let (house, device) = known(dir.path());
    let bodies: &[(&str, Bend, &str)] = &[
        (
            "another's id",
            |_, it, _, _| it["id"] = json!(BASE64.encode([9; 24])),
            "401 unknown_passkey",
        ),
        (
            "another's handle",
            |_, it, _, _| it["handle"] = json!(BASE64.encode([9; 32])),
            "401 unknown_passkey",
        ),
        (
            "without a handle",
            |_, it, _, _| it["handle"] = Value::Null,
            "200",
        ),
        (
            "another signature",
            |_, it, _, _| it["signature"] = json!(BASE64.encode([0x30, 6, 2, 1, 1, 2, 1, 1])),
            "401 bad_passkey",
        ),
        (
            "no signature",
            |_, it, _, _| it["signature"] = json!(""),
            "401 bad_passkey",
        ),
        (
            "no base64",
            |_, it, _, _| it["id"] = json!("?"),
            "400 malformed",
        ),
        (
            "another challenge",
            |own, it, words, _| *it = own.answers("ab", words),
            "401 no_challenge",
        ),
        (
            "a field more",
            |_, it, _, _| it["more"] = json!(1),
            "400 malformed",
        ),
    ];
    for (name, bend, expected) in bodies {
        let mut browser = Browser::default();
        let nonce = browser.nonce(&house);
        let mut said = Words::default();
        let mut body = device.answers(&nonce, &said);
        bend(&device, &mut body, &mut said, &nonce);
        let reply = entered(&mut browser, &house, LOGIN, &body);
        assert_eq!(&reply.said(), expected, "{name}");
    }
    house.stop();
}

#[test]
fn a_challenge_is_for_one_browser_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let (house, device) = known(dir.path());
    let mut browser = Browser::default();
    let body = device.answers(&browser.nonce(&house), &Words::default());
    let stolen = entered(&mut Browser::default(), &house, LOGIN, &body);
    assert_eq!(stolen.said(), "401 no_challenge");
    let mut again = browser.clone();
    assert_eq!(entered(&mut browser, &house, LOGIN, &body).status, 200);
    let twice = entered(&mut again, &house, LOGIN, &body);
    assert_eq!(twice.said(), "401 no_challenge");
    let body = device.answers(&again.nonce(&house), &Words::default());
    assert_eq!(entered(&mut again, &house, LOGIN, &body).status, 200);
    let foreign = [("sec-fetch-site", "cross-site")];
    let reply = again.send(&house, LOGIN, &foreign, &body);
    assert_eq!(reply.said(), "403 csrf");
    house.stop();
}

#[test]
fn a_new_passkey_is_of_nobody_yet_and_opens_an_account_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.logins.burst = 1_000, None);
    let (device, other) = (Device::new(7), Device::new(8));
    joins(&house, &device);
    let join = |body: &dyn Fn(&str) -> Value| {
        let mut browser = Browser::default();
        let body = body(&browser.nonce(&house));
        entered(&mut browser, &house, JOIN, &body).said()
    };
    let known = join(&|nonce| device.joins(nonce, Value::Null));
    assert_eq!(known, "409 passkey_known");
    let same_handle = join(&|nonce| {
        let mut body = other.joins(nonce, Value::Null);
        body["handle"] = json!(BASE64.encode(&device.handle));
        body
    });
    assert_eq!(same_handle, "409 passkey_known");
    let short = join(&|nonce| {
        let mut body = other.joins(nonce, Value::Null);
        body["handle"] = json!(BASE64.encode([1; 31]));
        body
    });
    assert_eq!(short, "400 malformed");
    let unnamed = join(&|nonce| {
        let mut body = other.joins(nonce, Value::Null);
        body["name"] = json!("");
        body
    });
    assert_eq!(unnamed, "400 malformed");
    let elsewhere = join(&|_| other.joins("ab", Value::Null));
    assert_eq!(elsewhere, "401 no_challenge");
    // The account is bound to the passkey that joins, and to no other.
    let foreign = join(&|nonce| other.joins(nonce, other.opening(&house, device.point())));
    assert_eq!(foreign, "400 malformed");
    let mut browser = Browser::default();
    let reply = other.enters(&house, &mut browser).json();
    assert_eq!(
        reply["account"],
        Value::Null,
        "it is known, without an account"
    );
    let open = ("POST", "api/v1/me/account");
    let wrong = browser.ask(&house, open, &other.opening(&house, device.point()));
    assert_eq!(wrong.said(), "400 malformed");
    let right = browser.ask(&house, open, &other.opening(&house, other.point()));
    assert_eq!(right.json()["account"], 2, "{}", right.json());
    house.stop();
}

#[test]
fn passkeys_are_listed_added_renamed_and_removed_but_for_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.logins.burst = 1_000, None);
    let (device, phone) = (Device::new(7), Device::new(8));
    let mut browser = joins(&house, &device);
    let list = |browser: &mut Browser| {
        let reply = browser.ask(&house, ("GET", MINE), &Value::Null).json();
        reply["passkeys"].as_array().unwrap().clone()
    };
    let [first] = &list(&mut browser)[..] else {
        panic!("one passkey");
    };
    assert_eq!(
        (&first["name"], &first["pays"]),
        (&json!("laptop"), &json!(true))
    );
    let one = format!("{MINE}/{}", first["id"]);
    let last = browser.ask(&house, ("DELETE", &one), &Value::Null);
    assert_eq!(last.said(), "409 last_passkey");
    let made = phone.made(&browser.nonce(&house));
    let added = browser.ask(&house, ("POST", MINE), &made);
    assert_eq!(added.status, 201, "{}", added.said());
    let two = format!("{MINE}/{}", added.json()["id"]);
    let again = phone.made(&browser.nonce(&house));
    let again = browser.ask(&house, ("POST", MINE), &again);
    assert_eq!(again.said(), "409 passkey_known");
    let founding = browser.ask(&house, ("DELETE", &one), &Value::Null);
    assert_eq!(founding.said(), "409 passkey_pays");
    let renamed = browser.ask(&house, ("PUT", &two), &json!({"name": "phone"}));
    assert_eq!(renamed.status, 204);
    assert_eq!(list(&mut browser)[1]["name"], "phone");
    let long = json!({"name": "x".repeat(81)});
    assert_eq!(
        browser.ask(&house, ("PUT", &two), &long).said(),
        "400 malformed"
    );
    // Another person has nothing to do with them.
    let (_, mut ann) = joined(&house, "ann");
    assert_eq!(ann.ask(&house, ("DELETE", &two), &Value::Null).status, 404);
    assert_eq!(
        ann.ask(&house, ("PUT", &two), &json!({"name": "x"})).status,
        404
    );
    // Both log the same person in, until one is gone.
    let mut elsewhere = Browser::default();
    let mut as_owner = Device::new(8);
    as_owner.handle = device.handle.clone();
    let reply = as_owner.enters(&house, &mut elsewhere);
    assert_eq!(reply.json()["account"], 1, "{}", reply.said());
    assert_eq!(
        browser.ask(&house, ("DELETE", &two), &Value::Null).status,
        204
    );
    let gone = as_owner.enters(&house, &mut Browser::default());
    assert_eq!(gone.said(), "401 unknown_passkey");
    gives_all_up(&house, &mut ann, &phone);
    house.stop();
}

/// Somebody with a wallet may have passkeys, and give them all up.
fn gives_all_up(house: &House, ann: &mut Browser, phone: &Device) {
    let made = phone.made(&ann.nonce(house));
    let added = ann.ask(house, ("POST", MINE), &made);
    assert_eq!(added.status, 201, "{}", added.said());
    let reply = as_holder(phone).enters(house, &mut Browser::default());
    assert!(reply.json()["account"].is_u64(), "{}", reply.said());
    let own = format!("{MINE}/{}", added.json()["id"]);
    assert_eq!(ann.ask(house, ("DELETE", &own), &Value::Null).status, 204);
}
