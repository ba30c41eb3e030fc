//! An authenticator with one passkey, as browsers have them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use ledger::commitment;
use ledger::verify::sign;
use proof::passkey::{Client, Credential, Kind, SoftKey, plain_authenticator};
use proof::signature::SessionKey as Secret;
use protocol::command::OpenAccount;
use protocol::entry::Submission;
use protocol::passkey::{PasskeyBinding, PasskeyPoint};
use protocol::{Command, Hash, Scope, SessionKey, codec};
use serde_json::{Value, json};

use crate::door::{Browser, House, ORIGIN};
use crate::person::EXPIRES_MS;
use crate::raw::Reply;

pub const PARTY: &str = "data.example.org";
pub const JOIN: (&str, &str) = ("POST", "api/v1/login/passkey/new");
pub const LOGIN: (&str, &str) = ("POST", "api/v1/login/passkey");

/// An authenticator with one passkey.
pub struct Device {
    pub soft: SoftKey,
    pub id: Vec<u8>,
    pub handle: Vec<u8>,
    pub counter: u32,
}

/// What a device says; each part may be bent.
pub struct Words {
    pub origin: String,
    pub kind: Kind,
    pub party: String,
    pub flags: Option<u8>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            origin: ORIGIN.to_owned(),
            kind: Kind::Get,
            party: PARTY.to_owned(),
            flags: None,
        }
    }
}

impl Device {
    pub fn new(number: u8) -> Self {
        Self {
            soft: SoftKey::from_secret(&[number; 32]).unwrap(),
            id: vec![number; 24],
            handle: vec![number; 32],
            counter: 0,
        }
    }

    pub fn point(&self) -> PasskeyPoint {
        let key = self.soft.public();
        PasskeyPoint {
            x: Hash(key.x),
            y: Hash(key.y),
        }
    }

    pub fn made(&self, nonce: &str) -> Value {
        let client = Client {
            challenge: nonce.as_bytes().to_vec(),
            origin: ORIGIN.to_owned(),
        };
        let credential = Credential {
            id: self.id.clone(),
            key: self.soft.public(),
        };
        json!({
            "authenticator": BASE64.encode(credential.bytes(PARTY)),
            "client": BASE64.encode(client.bytes(Kind::Create)),
            "name": "laptop",
        })
    }

    pub fn joins(&self, nonce: &str, account: Value) -> Value {
        let mut body = self.made(nonce);
        body["handle"] = json!(BASE64.encode(&self.handle));
        if !account.is_null() {
            body["account"] = account;
        }
        body
    }

    pub fn answers(&self, nonce: &str, words: &Words) -> Value {
        let client = Client {
            challenge: nonce.as_bytes().to_vec(),
            origin: words.origin.clone(),
        };
        let client = client.bytes(words.kind);
        let mut authenticator = plain_authenticator(&words.party, self.counter);
        authenticator[32] = words.flags.unwrap_or(authenticator[32]);
        let signature = self.soft.sign(&authenticator, &client);
        json!({
            "id": BASE64.encode(&self.id),
            "authenticator": BASE64.encode(&authenticator),
            "client": BASE64.encode(&client),
            "signature": BASE64.encode(der(&signature)),
            "handle": BASE64.encode(&self.handle),
        })
    }

    pub fn enters(&self, house: &House, browser: &mut Browser) -> Reply {
        let nonce = browser.nonce(house);
        let body = self.answers(&nonce, &Words::default());
        entered(browser, house, LOGIN, &body)
    }

    /// The entry that opens an account for a session key, bound to a passkey.
    pub fn opening(&self, house: &House, point: PasskeyPoint) -> Value {
        let secret = Secret::from_seed(&[self.id[0]; 32]);
        let key = SessionKey(secret.public());
        let binding = PasskeyBinding {
            salt: Hash([1; 32]),
            party: PARTY.to_owned(),
            point,
        };
        let submission = Submission {
            space: house.served.space,
            account: None,
            key,
            nonce: 0,
            command: Command::OpenAccount(OpenAccount {
                scope: Scope::WORK,
                expires_ms: EXPIRES_MS,
            }),
            private: Some(commitment::passkey(house.served.space, key, &binding)),
        };
        let signed = codec::encode(&sign(submission, &secret));
        json!({
            "signed": BASE64.encode(signed),
            "body": BASE64.encode(codec::encode(&binding)),
        })
    }
}

pub fn entered(browser: &mut Browser, house: &House, route: (&str, &str), body: &Value) -> Reply {
    let reply = browser.ask(house, route, body);
    if reply.status == 200 {
        browser.csrf = reply.json()["csrf"].as_str().unwrap().to_owned();
    }
    reply
}

fn der(signature: &[u8; 64]) -> Vec<u8> {
    let number = |digits: &[u8]| {
        let first = digits.iter().position(|digit| *digit != 0).unwrap();
        let mut digits = digits[first..].to_vec();
        if digits[0] >= 0x80 {
            digits.insert(0, 0);
        }
        [&[2, u8::try_from(digits.len()).unwrap()][..], &digits].concat()
    };
    let both = [number(&signature[..32]), number(&signature[32..])].concat();
    [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()
}

/// Somebody who has joined with a device, and opened an account.
pub fn joins(house: &House, device: &Device) -> Browser {
    let mut browser = Browser::default();
    let nonce = browser.nonce(house);
    let body = device.joins(&nonce, device.opening(house, device.point()));
    let reply = entered(&mut browser, house, JOIN, &body);
    assert_eq!(reply.status, 200, "{}", reply.said());
    assert!(reply.json()["account"].is_u64(), "{}", reply.json());
    browser
}

/// The handle says nothing for somebody who is known by a wallet.
pub fn as_holder(device: &Device) -> Device {
    Device {
        soft: device.soft.clone(),
        id: device.id.clone(),
        handle: vec![1; 32],
        counter: 0,
    }
}
