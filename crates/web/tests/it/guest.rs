//! Guests: a wallet that the node makes, where it gives test money and nowhere else.

use proof::eip712::{Delegation, delegation_digest};
use proof::signature::{WalletKey, recover};
use proof::siwe;
use serde_json::{Value, json};

use crate::door::{Browser, House};

const LOGIN: (&str, &str) = ("POST", "api/v1/login/guest");
const KEY: [u8; 32] = [7; 32];
const EXPIRES_S: u64 = 2_000_000_000;

fn asked() -> Value {
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"key": key, "scope": 15, "expires_s": EXPIRES_S})
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let digits = value.as_str().unwrap().strip_prefix("0x").unwrap();
    let pair = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    assert_eq!(digits.len(), 2 * N);
    std::array::from_fn(pair)
}

#[test]
fn a_guest_is_somebody_with_a_wallet_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.guests = true, None);
    let mut browser = Browser::default();
    let reply = browser.ask(&house, LOGIN, &asked());
    let said = reply.json();
    assert_eq!(reply.status, 200, "{said}");
    let wallet = WalletKey::from_secret(&bytes(&said["secret"])).unwrap();
    assert_eq!(said["wallet"], siwe::checksummed(&wallet.address()));
    let mut space = [0; 32];
    space[..16].copy_from_slice(&house.served.space.0);
    let delegation = Delegation {
        space,
        session_key: KEY,
        scope: "work request publish spend",
        expires_at: EXPIRES_S,
    };
    let digest = delegation_digest(chain::devnet::CHAIN_ID, &delegation);
    let signer = recover(&digest, &bytes(&said["delegation"]));
    assert_eq!(signer, Ok(wallet.address()));
    let me = browser.ask(&house, ("GET", "api/v1/me"), &Value::Null);
    assert_eq!(me.json()["wallet"], said["wallet"]);

    // The secret is the visitor's: with it they are the same person again, without it another.
    let mut again = asked();
    again["secret"] = said["secret"].clone();
    let second = Browser::default().ask(&house, LOGIN, &again).json();
    assert_eq!(second["wallet"], said["wallet"]);
    let third = Browser::default().ask(&house, LOGIN, &asked()).json();
    assert_ne!(third["wallet"], said["wallet"]);
    house.stop();
}

#[test]
fn what_is_no_guest() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.guests = true, None);
    let broken = [
        ("key", json!("07"), "400 malformed"),
        ("scope", json!(31), "400 malformed"),
        ("secret", json!("0x00"), "400 malformed"),
        ("secret", json!(format!("0x{:064}", 0)), "400 malformed"),
        ("more", json!(1), "400 malformed"),
    ];
    for (field, value, expected) in broken {
        let mut body = asked();
        body[field] = value;
        let reply = Browser::default().ask(&house, LOGIN, &body);
        assert_eq!(reply.said(), expected, "{field}");
    }
    let other = [("sec-fetch-site", "cross-site")];
    let reply = Browser::default().send(&house, LOGIN, &other, &asked());
    assert_eq!(reply.said(), "403 csrf");
    house.stop();

    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let reply = Browser::default().ask(&house, LOGIN, &asked());
    assert_eq!(reply.said(), "403 no_guests", "without test money");
    house.stop();
}

#[test]
fn a_challenge_tells_the_capitals_of_an_address() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let nonce = ("POST", "api/v1/login/nonce");
    let lower = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    let mut browser = Browser::default();
    let reply = browser.ask(&house, nonce, &json!({"wallet": lower})).json();
    // The first example of EIP-55.
    let expected = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    assert_eq!(reply["wallet"], expected);
    let reply = browser.ask(&house, nonce, &json!({"wallet": "0x12"}));
    assert_eq!(reply.said(), "400 malformed");
    house.stop();
}
