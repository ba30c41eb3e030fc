//! Payments as other programs write them, whole and bent.

use super::*;
use proof::authorization::TokenDomain;
use proof::signature::WalletKey;
use proptest::prelude::*;
use protocol::TokenId;

fn terms() -> Terms {
    Terms {
        domain: TokenDomain {
            name: "Headwater test dollar",
            version: "1",
            chain_id: 412_348,
            token: [0xaa; 20],
        },
        token: TokenId(0),
        pay_to: [0xbb; 20],
        escrow: [0xcc; 20],
    }
}

fn document() -> Value {
    let terms = terms();
    let wallet = WalletKey::from_secret(&[7; 32]).unwrap();
    let authorization = Authorization {
        from: wallet.address(),
        to: terms.pay_to,
        value: 60,
        valid_after_s: 0,
        valid_before_s: 1_900_000_000,
        nonce: [3; 32],
    };
    let signature = wallet.sign(&authorization.digest(&terms.domain));
    let wanted = Wanted {
        terms: &terms,
        units: 60,
        url: "http://node/v1/completions".to_owned(),
        description: "words",
        stands: None,
    };
    json!({
        "x402Version": 2,
        "accepted": requirements(&wanted),
        "payload": {
            "signature": hex(&signature),
            "authorization": {
                "from": hex(&authorization.from),
                "to": hex(&authorization.to),
                "value": "60",
                "validAfter": "0",
                "validBefore": "1900000000",
                "nonce": hex(&authorization.nonce),
            },
        },
    })
}

fn asked(document: &Value) -> Result<Payment, Unfit> {
    match read(&BASE64.encode(document.to_string()), &terms())? {
        Brought::Transfer(payment) => Ok(payment),
        Brought::Voucher(_) => panic!("a voucher was read"),
    }
}

#[test]
fn a_payment_reads_and_each_thing_that_is_not_as_asked_has_its_word() {
    let payment = asked(&document()).unwrap();
    assert_eq!(payment.authorization.value, 60);
    let cases = [
        ("/x402Version", json!(1), "invalid_x402_version"),
        ("/accepted/scheme", json!("upto"), "unsupported_scheme"),
        ("/accepted/network", json!("eip155:1"), "invalid_network"),
        (
            "/accepted/asset",
            json!(hex(&[1; 20])),
            "invalid_payment_requirements",
        ),
        (
            "/accepted/payTo",
            json!(hex(&[1; 20])),
            "invalid_exact_evm_payload_recipient_mismatch",
        ),
        (
            "/payload/authorization/to",
            json!(hex(&[1; 20])),
            "invalid_exact_evm_payload_recipient_mismatch",
        ),
    ];
    for (place, value, word) in cases {
        let mut bent = document();
        *bent.pointer_mut(place).unwrap() = value;
        assert_eq!(asked(&bent).unwrap_err(), Unfit::Other(word), "{place}");
    }
    for (name, value) in [
        ("from", hex(&[1; 20])),
        ("value", "61".to_owned()),
        ("validAfter", "1".to_owned()),
        ("validBefore", "1".to_owned()),
        ("nonce", hex(&[4; 32])),
    ] {
        let mut bent = document();
        bent["payload"]["authorization"][name] = value.into();
        let word = Unfit::Other("invalid_exact_evm_payload_signature");
        assert_eq!(asked(&bent).unwrap_err(), word, "{name}");
    }
}

#[test]
fn what_does_not_read_is_told_so() {
    let unread = |header: &str| matches!(read(header, &terms()), Err(Unfit::Unread(_)));
    assert!(unread("") && unread("%") && unread(&BASE64.encode("no")));
    assert!(unread(&BASE64.encode(vec![b' '; MOST_BYTES])));
    for (place, value) in [
        ("value", json!("-1")),
        ("value", json!("1e3")),
        ("value", json!(60)),
        ("value", json!("9".repeat(60))),
        ("nonce", json!("0x33")),
        ("from", json!("bb")),
    ] {
        let mut bent = document();
        bent["payload"]["authorization"][place] = value;
        assert!(matches!(asked(&bent), Err(Unfit::Unread(_))), "{bent}");
    }
}

proptest! {
    #[test]
    fn no_header_makes_it_panic(
        text in ".{0,200}",
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        read(&text, &terms()).ok();
        read(&BASE64.encode(bytes), &terms()).ok();
    }

    /// Whatever byte of a good payment is another one, it is refused or still the same payment.
    #[test]
    fn a_bent_payment_is_none(at in 0_usize..600, bit in 0_u8..7) {
        let mut text = document().to_string().into_bytes();
        let at = at % text.len();
        text[at] ^= 1 << bit;
        if let Ok(read) = read(&BASE64.encode(&text), &terms()) {
            prop_assert_eq!(read, Brought::Transfer(asked(&document()).unwrap()));
        }
    }
}
