//! Passkeys: vectors of a foreign program, every rule broken once, and no byte that may change.

use proof::passkey::{
    self, Asked, Assertion, Authenticator, Client, Credential, Kind, PublicKey, SoftKey,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{array, bytes};

const PARTY: &str = "data.example.org";

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../vectors/passkey.json")).unwrap()
}

fn belongs(origin: &str) -> bool {
    passkey::belongs(origin, PARTY)
}

fn key(vectors: &Value) -> PublicKey {
    PublicKey {
        x: array(&vectors["x"]),
        y: array(&vectors["y"]),
    }
}

#[test]
fn assertions_are_those_of_the_vectors() {
    let vectors = vectors();
    let key = key(&vectors);
    for case in vectors["assertions"].as_array().unwrap() {
        let signature = passkey::signature_of(&bytes(&case["der"])).unwrap();
        assert_eq!(signature, array::<64>(&case["signature"]));
        let assertion = Assertion {
            authenticator: &bytes(&case["authenticator"]),
            client: &bytes(&case["client"]),
            signature: &signature,
        };
        let challenge = bytes(&case["challenge"]);
        let asked = Asked {
            party: PARTY,
            challenge: &challenge,
        };
        let found = passkey::verify(&key, asked, assertion, belongs);
        assert_eq!(found.is_ok(), case["good"], "{}: {found:?}", case["name"]);
        let high = case["name"] == "high s";
        assert_eq!(passkey::is_low(&signature), !high);
    }
}

#[test]
fn a_registration_is_that_of_the_vectors() {
    let vectors = vectors();
    let made = &vectors["registration"];
    let challenge = bytes(&vectors["payout"]["challenge"]);
    let asked = Asked {
        party: PARTY,
        challenge: &challenge,
    };
    let (authenticator, client) = (bytes(&made["authenticator"]), bytes(&made["client"]));
    let (credential, said) = passkey::register(asked, (&authenticator, &client), belongs).unwrap();
    assert_eq!(credential.id, bytes(&made["id"]));
    assert_eq!(credential.key, key(&vectors));
    assert_eq!((said.counter, said.is_backed_up()), (0, false));
    assert_eq!(credential.bytes(PARTY), authenticator);
    for end in 0..authenticator.len() {
        let cut = &authenticator[..end];
        assert!(passkey::register(asked, (cut, &client), belongs).is_err());
        let mut bent = authenticator.clone();
        bent[end] ^= 1;
        let found = passkey::register(asked, (&bent, &client), belongs);
        // The model, the counter and the id are whatever they are; the curve is not.
        let free = (33..53).contains(&end) || (55..87).contains(&end);
        assert_eq!(found.is_ok(), free, "byte {end}");
    }
    let elsewhere = passkey::register(asked, (&authenticator, &client), |_| false);
    assert!(elsewhere.is_err());
    let other = Asked {
        challenge: b"another",
        ..asked
    };
    assert!(passkey::register(other, (&authenticator, &client), belongs).is_err());
}

/// RFC 6979, A.2.5: `sample` with SHA-256.
#[test]
fn the_curve_is_the_standards() {
    let secret = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let soft = SoftKey::from_secret(&secret.unwrap().try_into().unwrap()).unwrap();
    let public = soft.public();
    assert_eq!(
        hex::encode(public.x),
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    );
    assert_eq!(
        hex::encode(public.y),
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    );
    assert!(public.check().is_ok());
    let off = PublicKey {
        y: public.x,
        ..public
    };
    assert!(off.check().is_err());
    for bad in [[0; 32], [0xff; 32]] {
        assert!(SoftKey::from_secret(&bad).is_err());
        let off = PublicKey { x: bad, y: bad };
        assert!(off.check().is_err());
    }
}

#[test]
fn a_page_belongs_to_the_party_whose_host_it_has_or_is_below() {
    let good = [
        "https://data.example.org",
        "https://data.example.org:8443",
        "https://a.data.example.org",
    ];
    for origin in good {
        assert!(belongs(origin), "{origin}");
    }
    let bad = [
        "http://data.example.org",
        "https://example.org",
        "https://evildata.example.org",
        "https://.data.example.org",
        "https://data.example.org.evil.org",
        "https://data.example.org@evil.org",
        "https://evil.org/.data.example.org",
        "https://evil.org?.data.example.org",
        "https://data.example.org/",
        "https://data.example.org:",
        "https://data.example.org:1:2",
        "https://data.example.org:999999",
        "HTTPS://data.example.org",
        "https://Data.example.org",
        "android:apk-key-hash:x",
        "null",
        "",
    ];
    for origin in bad {
        assert!(!belongs(origin), "{origin}");
    }
    assert!(passkey::belongs("http://localhost:8448", "localhost"));
    assert!(passkey::belongs("http://a.localhost:8448", "a.localhost"));
    assert!(!passkey::belongs(
        "http://localhost.evil.org",
        "localhost.evil.org"
    ));
    assert!(!passkey::belongs("https://x", ""));
}

#[test]
fn the_browsers_words_are_one_object_with_nothing_twice() {
    let read = |text: &str| Client::read(text.as_bytes(), Kind::Get);
    let good = [
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"https://a.org"}"#,
        r#" { "origin" : "https:\/\/a.org" , "challenge":"AQI","type":"webauthn.get" } "#,
        concat!(
            r#"{"type":"webauthn.get","challenge":"AQI","origin":"https:\u002f\u002Fa.org","#,
            r#""crossOrigin":false,"x":[1,-2.5e+3,{"y":[null,true]},"\ud83d\ude00"],"z":{}}"#
        ),
    ];
    for text in good {
        let client = read(text).unwrap();
        assert_eq!(client.challenge, [1, 2], "{text}");
        assert_eq!(client.origin, "https://a.org");
    }
    let bad = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"type":"webauthn.create","challenge":"AQI","origin":"https://a.org"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI=","origin":"https://a.org"}"#,
        r#"{"type":"webauthn.get","challenge":"AQ I","origin":"https://a.org"}"#,
        r#"{"type":"webauthn.get","challenge":"AQJ","origin":"https://a.org"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"https://a.org","origin":"b"}"#,
        r#"{"type":"webauthn.get","type":"webauthn.get","challenge":"AQI","origin":"a"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":["https://a.org"]}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","crossOrigin":true}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","crossOrigin":null}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","crossOrigin":"false"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","topOrigin":"a"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a",}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a"}x"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a"}{}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a""#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","x":01}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","x":1.}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","x":[1,]}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","x":"\ud83d"}"#,
        r#"{"type":"webauthn.get","challenge":"AQI","origin":"a","x":"\x"}"#,
        "{\"type\":\"webauthn.get\",\"challenge\":\"AQI\",\"origin\":\"a\nb\"}",
        "\u{feff}{\"type\":\"webauthn.get\",\"challenge\":\"AQI\",\"origin\":\"a\"}",
    ];
    for text in bad {
        assert!(read(text).is_err(), "{text}");
    }
    let deep = |levels| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        read(&format!(
            r#"{{"type":"webauthn.get","challenge":"AQI","origin":"a","x":{open}{close}}}"#
        ))
    };
    assert!(deep(8).is_ok());
    assert!(deep(9).is_err());
    assert!(deep(900).is_err());
    assert!(Client::read(&[0xff, 0xfe], Kind::Get).is_err());
    let long = format!("{}{}", good[0], " ".repeat(2_048));
    assert!(read(&long).is_err());
}

#[test]
fn a_signature_in_der_has_one_form() {
    let short = [0x30, 6, 2, 1, 1, 2, 1, 2];
    let both = passkey::signature_of(&short).unwrap();
    assert_eq!((both[31], both[63]), (1, 2));
    let bad: [&[u8]; 11] = [
        &[],
        &[0x30, 0],
        &[0x30, 7, 2, 1, 1, 2, 1, 2],
        &[0x30, 6, 2, 1, 1, 2, 1, 2, 0],
        &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 2],
        &[0x30, 7, 2, 2, 0, 1, 2, 1, 2],
        &[0x30, 6, 2, 1, 0x81, 2, 1, 2],
        &[0x30, 6, 2, 1, 0, 2, 1, 2],
        &[0x30, 5, 2, 0, 2, 1, 2],
        &[0x31, 6, 2, 1, 1, 2, 1, 2],
        &[0x30, 6, 3, 1, 1, 2, 1, 2],
    ];
    for der in bad {
        assert!(passkey::signature_of(der).is_err(), "{der:?}");
    }
    let long = [&[0x30, 38, 2, 33, 1][..], &[1; 32], &[2, 1, 2]].concat();
    assert!(passkey::signature_of(&long).is_err(), "33 bytes");
}

struct Signed {
    key: PublicKey,
    challenge: Vec<u8>,
    authenticator: Vec<u8>,
    client: Vec<u8>,
    signature: [u8; 64],
}

fn signed(secret: u8, challenge: Vec<u8>, counter: u32) -> Signed {
    let soft = SoftKey::from_secret(&[secret; 32]).unwrap();
    let origin = format!("https://{PARTY}");
    let client = Client {
        challenge: challenge.clone(),
        origin,
    };
    let client = client.bytes(Kind::Get);
    let authenticator = passkey::plain_authenticator(PARTY, counter);
    let signature = soft.sign(&authenticator, &client);
    Signed {
        key: soft.public(),
        challenge,
        authenticator,
        client,
        signature,
    }
}

impl Signed {
    fn verify(&self) -> Result<Authenticator, proof::Fault> {
        let asked = Asked {
            party: PARTY,
            challenge: &self.challenge,
        };
        let assertion = Assertion {
            authenticator: &self.authenticator,
            client: &self.client,
            signature: &self.signature,
        };
        passkey::verify(&self.key, asked, assertion, belongs)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_is_taken_and_no_bit_of_it_can_change(
        secret in 1u8..=254,
        challenge in prop::collection::vec(any::<u8>(), 1..64),
        counter: u32,
        part in 0usize..6,
        place: prop::sample::Index,
        bit in 0u8..8,
    ) {
        let mut signed = signed(secret, challenge, counter);
        prop_assert_eq!(signed.verify().unwrap().counter, counter);
        let bytes = match part {
            0 => &mut signed.challenge[..],
            1 => &mut signed.authenticator[..],
            2 => &mut signed.client[..],
            3 => &mut signed.signature[..],
            4 => &mut signed.key.x[..],
            _ => &mut signed.key.y[..],
        };
        bytes[place.index(bytes.len())] ^= 1 << bit;
        prop_assert!(signed.verify().is_err());
    }

    #[test]
    fn whatever_comes_is_read_or_refused(
        authenticator in prop::collection::vec(any::<u8>(), 0..200),
        client in "[{}\\[\\]\",:a-z0-9\\\\. ]{0,60}",
        der in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let _read = Authenticator::read(&authenticator);
        prop_assert!(Client::read(client.as_bytes(), Kind::Get).is_err());
        if let Ok(both) = passkey::signature_of(&der) {
            prop_assert!(both.iter().any(|byte| *byte != 0));
        }
    }

    #[test]
    fn a_new_key_comes_back(
        id in prop::collection::vec(any::<u8>(), 1..1_023),
        secret in 1u8..=254,
    ) {
        let key = SoftKey::from_secret(&[secret; 32]).unwrap().public();
        let credential = Credential { id, key };
        let read = Authenticator::read(&credential.bytes(PARTY)).unwrap();
        prop_assert_eq!(read.credential, Some(credential));
    }
}
