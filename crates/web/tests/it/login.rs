//! Login with a wallet: once by the book, and every rule broken once.

use proof::siwe;
use serde_json::{Value, json};

use crate::door::{Browser, DAY_MS, House, date, message, opening};
use crate::person::Person;
use crate::served::START_MS;

#[test]
fn one_click_makes_a_session_and_an_account() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let ann = Person::new(house.served.space, "ann");
    let mut browser = Browser::default();
    let reply = browser.enter(&house, &ann.wallet, opening(&ann));
    let said = reply.json();
    assert_eq!((reply.status, &said["account"]), (200, &json!(1)), "{said}");
    assert_eq!(said["roles"], json!(["contributor"]));
    assert_eq!(said["entry"]["index"], 1);
    let me = browser.ask(&house, ("GET", "api/v1/me"), &Value::Null);
    let me = me.json();
    assert_eq!(me["wallet"], siwe::checksummed(&ann.wallet.address()));
    assert_eq!((&me["account"], &me["how"]), (&json!(1), &json!("session")));
    assert_eq!(me["binding"], opening(&ann)["body"]);
    // Another browser of the same person finds the account; the same opening is answered again.
    let mut other = Browser::default();
    assert_eq!(
        other.enter(&house, &ann.wallet, Value::Null).json()["account"],
        1
    );
    let again = other.enter(&house, &ann.wallet, opening(&ann)).json();
    assert_eq!(again["entry"]["repeated"], true);
    house.stop();

    let house = House::start(dir.path());
    let me = browser.ask(&house, ("GET", "api/v1/me"), &Value::Null);
    assert_eq!(me.json()["account"], 1, "a session outlives the process");
    house.stop();
}

#[test]
fn an_account_can_follow_later_and_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (ann, bob) = (
        Person::new(house.served.space, "ann"),
        Person::new(house.served.space, "bob"),
    );
    let mut browser = Browser::default();
    let reply = browser.enter(&house, &ann.wallet, Value::Null).json();
    assert_eq!(
        (&reply["account"], &reply["roles"]),
        (&Value::Null, &json!([]))
    );
    let open = ("POST", "api/v1/me/account");
    let reply = browser.ask(&house, open, &opening(&bob));
    assert_eq!(reply.said(), "400 malformed", "bob's wallet is not ann's");
    let mut forged = opening(&ann);
    forged["body"] = json!("AAAA");
    assert_eq!(browser.ask(&house, open, &forged).said(), "400 malformed");
    let reply = browser.ask(&house, open, &opening(&ann)).json();
    assert_eq!(reply["account"], 1, "{reply}");
    let second = ann.with_session("another");
    let reply = browser.ask(&house, open, &opening(&second));
    assert_eq!(reply.said(), "409 has_account");
    house.stop();
}

#[test]
fn a_wallet_that_is_disclosed_in_the_log_is_known_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let ann = Person::new(house.served.space, "ann");
    let sent = [ann.join(), ann.disclose(1, 1)];
    let index = house
        .served
        .submit(&sent)
        .iter()
        .map(crate::served::index)
        .max();
    assert!(
        house
            .served
            .host
            .wait_for(index.unwrap(), std::time::Duration::from_secs(30))
    );
    let mut browser = Browser::default();
    let reply = browser.enter(&house, &ann.wallet, Value::Null);
    assert_eq!(reply.json()["account"], 1);
    house.stop();
}

/// A message that is right but for one thing, and what is said of it.
type Broken = (&'static str, fn(&str) -> String, &'static str);

const BROKEN: &[Broken] = &[
    ("as it is", |text| text.to_owned(), "200"),
    (
        "another site's",
        |text| text.replacen("data.example.org", "data.example.com", 1),
        "401 wrong_domain",
    ),
    (
        "below another site",
        |text| text.replacen("data.example.org", "data.example.org.evil.org", 1),
        "401 wrong_domain",
    ),
    (
        "with a user before the host",
        |text| text.replacen("data.example.org", "data.example.org@evil.org", 1),
        "401 wrong_domain",
    ),
    (
        "another scheme",
        |text| format!("http://{text}"),
        "401 wrong_domain",
    ),
    (
        "another URI",
        |text| text.replace("https://data.example.org", "https://evil.org"),
        "401 wrong_domain",
    ),
    (
        "another chain",
        |text| text.replace("Chain ID: ", "Chain ID: 1"),
        "401 wrong_chain",
    ),
    (
        "another version",
        |text| text.replace("Version: 1", "Version: 2"),
        "400 bad_message",
    ),
    (
        "no nonce of ours",
        |text| text.replace("Nonce: ", "Nonce: a"),
        "401 no_challenge",
    ),
    (
        "of yesterday",
        |text| text.replace(&date(START_MS), &date(START_MS - DAY_MS)),
        "401 expired",
    ),
    (
        "of tomorrow",
        |text| text.replace(&date(START_MS), &date(START_MS + DAY_MS)),
        "401 clock",
    ),
    (
        "of a clock five minutes ahead",
        |text| text.replace(&date(START_MS), &date(START_MS + 300_000)),
        "200",
    ),
    (
        "expired",
        |text| format!("{text}\nExpiration Time: {}", date(START_MS - 300_000)),
        "401 expired",
    ),
    (
        "expires later",
        |text| format!("{text}\nExpiration Time: {}", date(START_MS + 1_000)),
        "200",
    ),
    (
        "not yet",
        |text| format!("{text}\nNot Before: {}", date(START_MS + 301_000)),
        "401 clock",
    ),
    (
        "lower-case address",
        |text| {
            let (at, rest) = text.split_once("0x").unwrap();
            format!("{at}0x{}{}", rest[..40].to_lowercase(), &rest[40..])
        },
        "400 bad_message",
    ),
    (
        "Windows lines",
        |text| text.replace('\n', "\r\n"),
        "400 bad_message",
    ),
];

#[test]
fn a_message_is_for_this_node_this_chain_and_now() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.logins.burst = 1_000, None);
    let ann = Person::new(house.served.space, "ann");
    for (name, alter, expected) in BROKEN {
        let mut browser = Browser::default();
        let nonce = browser.nonce(&house);
        let text = alter(&message(&nonce, &ann.wallet, START_MS));
        let signature = ann.wallet.sign(&siwe::digest(&text));
        let reply = browser.show(&house, &text, &signature, Value::Null);
        assert_eq!(&reply.said(), expected, "{name}");
        assert_eq!(browser.session.is_some(), reply.status == 200, "{name}");
    }
    house.stop();
}

#[test]
fn a_signature_is_of_this_wallet_over_this_message() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.logins.burst = 1_000, None);
    let (ann, bob) = (
        Person::new(house.served.space, "ann"),
        Person::new(house.served.space, "bob"),
    );
    type Case<'a> = (&'a str, &'a dyn Fn(&str) -> Vec<u8>, &'a str);
    let cases: &[Case<'_>] = &[
        (
            "another wallet's",
            &|text| bob.wallet.sign(&siwe::digest(text)).to_vec(),
            "401 bad_signature",
        ),
        (
            "over another message",
            &|text| ann.wallet.sign(&siwe::digest(&format!("{text} "))).to_vec(),
            "401 bad_signature",
        ),
        (
            "over the bare text",
            &|text| {
                let digest = proof::hash::keccak256(&[text.as_bytes()]);
                ann.wallet.sign(&digest).to_vec()
            },
            "401 bad_signature",
        ),
        ("empty", &|_| Vec::new(), "401 bad_signature"),
        ("zeroes", &|_| vec![0; 65], "401 bad_signature"),
        (
            "with v of 0 or 1",
            &|text| {
                let mut signature = ann.wallet.sign(&siwe::digest(text));
                signature[64] -= 27;
                signature.to_vec()
            },
            "200",
        ),
        (
            "with one byte more",
            &|text| {
                let signature = ann.wallet.sign(&siwe::digest(text));
                [&signature[..], &[0]].concat()
            },
            "401 bad_signature",
        ),
    ];
    for (name, sign, expected) in cases {
        let mut browser = Browser::default();
        let text = message(&browser.nonce(&house), &ann.wallet, START_MS);
        let reply = browser.show(&house, &text, &sign(&text), Value::Null);
        assert_eq!(&reply.said(), expected, "{name}");
    }
    house.stop();
}

#[test]
fn a_challenge_is_for_one_browser_once_and_for_ten_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let ann = Person::new(house.served.space, "ann");
    let signed = |text: &str| ann.wallet.sign(&siwe::digest(text));
    let mut browser = Browser::default();
    let text = message(&browser.nonce(&house), &ann.wallet, START_MS);
    // Somebody who has overheard the message cannot use it, nor use it up.
    let mut thief = Browser::default();
    let reply = thief.show(&house, &text, &signed(&text), Value::Null);
    assert_eq!(reply.said(), "401 no_challenge");
    let mut used = browser.clone();
    let text = message(&used.nonce(&house), &ann.wallet, START_MS);
    assert_eq!(
        used.show(&house, &text, &signed(&text), Value::Null).status,
        200
    );
    let reply = browser.show(&house, &text, &signed(&text), Value::Null);
    assert_eq!(reply.said(), "401 no_challenge", "it was used");
    let mut late = Browser::default();
    let nonce = late.nonce(&house);
    house.pass(600_000);
    let text = message(&nonce, &ann.wallet, START_MS + 600_000);
    let reply = late.show(&house, &text, &signed(&text), Value::Null);
    assert_eq!(reply.said(), "401 no_challenge", "it is over");
    house.stop();
}
