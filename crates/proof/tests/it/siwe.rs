//! Sign-in messages: read back as they were written, refused in every other form, never a panic.

use proof::siwe::{Message, checksummed, digest};
use proptest::prelude::*;

/// The example of EIP-4361 with every field, on an address in the form of EIP-55.
const WHOLE: &str = "https://example.com:8080 wants you to sign in with your Ethereum account:
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login?next=%2Fme#top
Version: 1
Chain ID: 8453
Nonce: 32891756abc
Issued At: 2026-01-05T09:00:00Z
Expiration Time: 2026-01-05T09:10:00Z
Not Before: 2026-01-05T08:59:00Z
Request ID: some-id:1
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json";

fn written(message: &Message) -> String {
    let scheme = message.scheme.iter().map(|scheme| format!("{scheme}://"));
    let mut text: String = scheme.collect();
    text += &format!(
        "{} wants you to sign in with your Ethereum account:\n{}\n\n",
        message.domain,
        checksummed(&message.address)
    );
    if let Some(line) = &message.statement {
        text += &format!("{line}\n");
    }
    text += &format!(
        "\nURI: {}\nVersion: 1\nChain ID: {}\nNonce: {}\nIssued At: {}",
        message.uri,
        message.chain_id,
        message.nonce,
        date(message.issued_ms)
    );
    for (name, ms) in [
        ("Expiration Time", message.expires_ms),
        ("Not Before", message.not_before_ms),
    ] {
        text += &ms.map_or(String::new(), |ms| format!("\n{name}: {}", date(ms)));
    }
    if let Some(id) = &message.request_id {
        text += &format!("\nRequest ID: {id}");
    }
    if !message.resources.is_empty() {
        text += "\nResources:";
    }
    for resource in &message.resources {
        text += &format!("\n- {resource}");
    }
    text
}

/// A time of the first day of 1970.
fn date(ms: u64) -> String {
    let (s, ms) = (ms / 1_000, ms % 1_000);
    let (hour, minute, second) = (s / 3_600, s / 60 % 60, s % 60);
    format!("1970-01-01T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

prop_compose! {
    fn messages()(
        scheme in proptest::option::of("[a-z][a-z0-9+.-]{0,5}"),
        domain in "[a-z0-9-]{1,9}(\\.[a-z]{1,5}){0,2}(:[0-9]{1,5})?",
        address in any::<[u8; 20]>(),
        statement in proptest::option::of("[A-Za-z0-9 .,:!?@/-]{1,40}"),
        uri in "https://[a-z]{1,9}(/[a-z0-9._~-]{0,5}){0,2}(\\?[a-z=&]{0,6})?(#[a-z]{0,4})?",
        chain_id in any::<u64>(),
        nonce in "[A-Za-z0-9]{8,32}",
        times in (0_u64..86_400_000, proptest::option::of(0_u64..86_400_000)),
        not_before_ms in proptest::option::of(0_u64..86_400_000),
        request_id in proptest::option::of("[a-z0-9:@-]{0,9}"),
        resources in proptest::collection::vec("[a-z]{1,5}:[a-z0-9/]{0,9}", 0..3),
    ) -> Message {
        let (issued_ms, expires_ms) = times;
        Message {
            scheme, domain, address, statement, uri, chain_id, nonce, issued_ms, expires_ms,
            not_before_ms, request_id, resources,
        }
    }
}

proptest! {
    #[test]
    fn a_message_is_read_as_it_was_written(message in messages()) {
        prop_assert_eq!(Message::parse(&written(&message)), Ok(message));
    }

    /// No two texts have one meaning, but for times, which may be written in several ways.
    #[test]
    fn an_altered_message_is_another_or_none(
        message in messages(),
        place in any::<proptest::sample::Index>(),
        byte in 0_u8..128,
    ) {
        let text = written(&message);
        let mut altered = text.clone().into_bytes();
        let place = place.index(altered.len());
        altered[place] = byte;
        let altered = String::from_utf8(altered).unwrap();
        if altered != text && let Ok(other) = Message::parse(&altered) {
            prop_assert_ne!(other, message);
        }
        prop_assert!(Message::parse(&text[..place]) != Ok(Message::parse(&text).unwrap()));
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC*", lines in "[ -~\n]{0,300}") {
        for text in [&text, &lines, &format!("{WHOLE}{lines}"), &format!("{lines}{WHOLE}")] {
            let read = Message::parse(text);
            // What stands before the example may make another scheme of its own.
            prop_assert!(read.is_err() || text.contains("://example.com:8080 wants"));
        }
    }
}

#[test]
fn the_standards_own_example_is_read() {
    let message = Message::parse(WHOLE).unwrap();
    assert_eq!(message.scheme.as_deref(), Some("https"));
    assert_eq!(message.domain, "example.com:8080");
    assert_eq!(message.chain_id, 8453);
    assert_eq!(message.expires_ms, Some(1_767_604_200_000));
    assert_eq!(message.not_before_ms, Some(1_767_603_540_000));
    assert_eq!(message.resources.len(), 2);
    let lines: Vec<&str> = WHOLE.split('\n').collect();
    // Each line that is left out, doubled, or set in makes another message or none.
    for place in 0..lines.len() {
        let is_optional = matches!(place, 3 | 10..=12 | 14 | 15);
        let mut without = lines.clone();
        without.remove(place);
        let read = Message::parse(&without.join("\n"));
        assert_eq!(read.is_ok(), is_optional, "without line {place}");
        let mut twice = lines.clone();
        twice.insert(place, lines[place]);
        let read = Message::parse(&twice.join("\n"));
        assert_eq!(read.is_ok(), place >= 14, "twice line {place}");
        let mut set_in = lines.clone();
        let line = format!(" {}", lines[place]);
        set_in[place] = &line;
        // A statement may begin with a space.
        let read = Message::parse(&set_in.join("\n"));
        assert_eq!(read.is_ok(), place == 3, "line {place} set in");
    }
}

#[test]
fn what_the_grammar_forbids_is_refused() {
    let alterations = [
        ("https://example.com:8080 ", "//example.com:8080 "),
        ("https://example.com:8080 ", "1https://example.com:8080 "),
        ("https://example.com:8080 ", "https:// "),
        ("https://example.com:8080 ", "https://example.com/path "),
        ("https://example.com:8080 ", "https://[::1 "),
        ("https://example.com:8080 ", "https://example.com:port "),
        ("0x5aAeb6", "0x5aaeb6"),
        ("0x5aAeb6", "0X5aAeb6"),
        ("0x5aAeb6", "5aAeb6"),
        ("1BeAed", "1BeAe"),
        ("I accept", "I \"accept\""),
        ("I accept", "I acc\u{e9}pt"),
        ("I accept", "I\tacc"),
        ("URI: https", "URI: 1https"),
        ("login?next", "login next"),
        ("%2Fme", "%2"),
        ("%2Fme", "%zz"),
        ("#top", "#top#"),
        ("Version: 1", "Version: 01"),
        ("Chain ID: 8453", "Chain ID: 0x2105"),
        ("Chain ID: 8453", "Chain ID: +8453"),
        ("Chain ID: 8453", "Chain ID: 18446744073709551616"),
        ("Chain ID: 8453", "Chain ID: "),
        ("Nonce: 32891756abc", "Nonce: 3289175"),
        ("Nonce: 32891756abc", "Nonce: 32891756-abc"),
        ("Issued At: 2026-01-05T", "Issued At: 2026-01-05 "),
        ("Request ID: some-id:1", "Request ID: some id"),
        ("Resources:", "Resources: "),
        ("- ipfs:", "-ipfs:"),
        ("- https://example.com/my", "- my"),
    ];
    for (from, to) in alterations {
        assert!(WHOLE.contains(from), "{from}");
        let text = WHOLE.replacen(from, to, 1);
        assert!(Message::parse(&text).is_err(), "{to}");
    }
    assert!(Message::parse(&format!("{WHOLE}\n")).is_err());
    assert!(Message::parse(&format!("\n{WHOLE}")).is_err());
    assert!(Message::parse(&WHOLE.replace('\n', "\r\n")).is_err());
    let long = "x".repeat(4_096);
    assert!(Message::parse(&WHOLE.replace("I accept", &long)).is_err());
}

/// The test cases of EIP-55, and the digest of EIP-191's own prefix over a text of two digits.
#[test]
fn addresses_and_digests_of_the_standards() {
    for text in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        let mut address = [0; 20];
        hex::decode_to_slice(&text[2..], &mut address).unwrap();
        assert_eq!(checksummed(&address), text);
    }
    let parts: &[&[u8]] = &[b"\x19Ethereum Signed Message:\n", b"12", b"twelve bytes"];
    assert_eq!(digest("twelve bytes"), proof::hash::keccak256(parts));
}
