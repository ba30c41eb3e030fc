//! Notes and checkpoints: the published example, `signed_note` both ways, and refused forms.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::note::{self, Signer, VerifierKey};
use proof::{Checkpoint, merkle::Head};
use proptest::prelude::*;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};

use crate::vectors;

fn foreign_signer(name: &str, seed: &[u8; 32], key: &VerifierKey) -> StandardSigner {
    let secret = BASE64.encode([&[1], &seed[..]].concat());
    StandardSigner::new(&format!(
        "PRIVATE+KEY+{name}+{}+{secret}",
        hex::encode(key.id())
    ))
    .unwrap()
}

#[test]
fn the_published_note_opens() {
    let example = &vectors()["note"];
    let text = |name: &str| example[name].as_str().unwrap();
    let key: VerifierKey = text("key").parse().unwrap();
    assert_eq!(key.to_string(), text("key"));
    assert_eq!(
        note::open(text("note").as_bytes(), &[key]).unwrap(),
        text("text")
    );
}

#[test]
fn malformed_verifier_keys_are_refused() {
    let good = vectors()["note"]["key"].as_str().unwrap().to_string();
    let cases = [
        ("", "it must read `name+id+key`"),
        (
            &good.replace("530d903a", "530D903A"),
            "the id must be the hash of name and key",
        ),
        (
            &good.replace("530d903a", "530d903b"),
            "the id must be the hash of name and key",
        ),
        (
            &good.replace("foo", "fob"),
            "the id must be the hash of name and key",
        ),
        (
            &good.replace("foo", "f o"),
            "it must not be empty nor hold spaces or `+`",
        ),
        (
            &good.replace("+Ae", "+Be"),
            "the id must be the hash of name and key",
        ),
        (&good[..good.len() - 1], "the key must be base64"),
        (
            &good[..good.len() - 4],
            "the id must be the hash of name and key",
        ),
    ];
    for (text, rule) in cases {
        assert_eq!(
            text.parse::<VerifierKey>().unwrap_err().rule,
            rule,
            "{text}"
        );
    }
}

#[test]
fn malformed_notes_are_refused() {
    let signer = Signer::from_seed("log.example/a", &[7; 32]).unwrap();
    let keys = [signer.verifier().clone()];
    let refused = |note: &str, rule: &str| {
        let error = note::open(note.as_bytes(), &keys).unwrap_err();
        assert_eq!(error.rule, rule, "{note:.300}");
    };
    let good = note::sign("one\n\ntwo\n", &[&signer]).unwrap();
    assert_eq!(note::open(good.as_bytes(), &keys).unwrap(), "one\n\ntwo\n");
    let parted = "an empty line must part text and signatures";
    refused("", parted);
    refused(&good.replace('\n', "\r\n"), parted);
    refused(good.trim_end(), "it must end with a newline");
    refused(
        &good.replace("two", "twö"),
        "the signature of a trusted key does not match the text",
    );
    refused(
        &good.replace("two", "t\two"),
        "it must not hold control characters but newlines",
    );
    let line = "a signature line must read `\u{2014} name base64`";
    refused(&good.replace('\u{2014}', "-"), line);
    refused(&format!("{good}rest\n"), line);
    let unsigned = BASE64.encode(keys[0].id());
    refused(&format!("{good}\u{2014} log.example/a {unsigned}\n"), line);
    let other = Signer::from_seed("log.example/b", &[7; 32]).unwrap();
    let stranger = note::sign("one\n", &[&other]).unwrap();
    refused(&stranger, "no trusted key signed it");
    let many = format!("{}\n", stranger.lines().last().unwrap()).repeat(100);
    refused(
        &format!("{good}{many}"),
        "it must have at most 100 signatures",
    );
    let long = "x".repeat(note::MAX_NOTE_BYTES);
    refused(
        &format!("{long}{good}"),
        "it must have at most 1000000 bytes",
    );
    assert_eq!(
        note::open(b"\xff\n\n", &keys).unwrap_err().rule,
        "it must be UTF-8"
    );
    assert!(note::sign("no newline", &[&signer]).is_err());
}

#[test]
fn a_strangers_signature_does_no_harm_and_a_forged_one_spoils_the_note() {
    let signer = Signer::from_seed("log.example/a", &[7; 32]).unwrap();
    let keys = [signer.verifier().clone()];
    let good = note::sign("one\n", &[&signer]).unwrap();
    let other = Signer::from_seed("log.example/b", &[7; 32]).unwrap();
    let stranger = note::sign("one\n", &[&other]).unwrap();
    let both = format!("{good}{}\n", stranger.lines().last().unwrap());
    assert_eq!(note::open(both.as_bytes(), &keys).unwrap(), "one\n");
    let forged = note::sign("other\n", &[&signer]).unwrap();
    let spoilt = format!("{good}{}\n", forged.lines().last().unwrap());
    assert!(note::open(spoilt.as_bytes(), &keys).is_err());
}

#[test]
fn checkpoints_read_back_and_nothing_else_does() {
    let head = Head {
        size: 70_000,
        root: [9; 32],
    };
    let checkpoint = Checkpoint {
        origin: "log.example/a".into(),
        head,
    };
    let root = BASE64.encode([9; 32]);
    assert_eq!(checkpoint.text(), format!("log.example/a\n70000\n{root}\n"));
    assert_eq!(Checkpoint::parse(&checkpoint.text()).unwrap(), checkpoint);
    let bad = [
        format!("a\n70000\n{root}"),
        format!("a\n70000\n{root}\nextension\n"),
        format!("a\n7\n{root}\n\n"),
        format!("a\n7\n{root}\n\nextension\n"),
        format!("a\n070000\n{root}\n"),
        format!("a\n+7\n{root}\n"),
        format!("a\n\n{root}\n"),
        format!("a\n18446744073709551616\n{root}\n"),
        format!("\n7\n{root}\n"),
        format!("a\n7\n{}\n", &root[..43]),
        format!("a\n7\n{}\n", BASE64.encode([9; 31])),
    ];
    for text in bad {
        assert!(Checkpoint::parse(&text).is_err(), "{text}");
    }
    let signer = Signer::from_seed("log.example/a", &[1; 32]).unwrap();
    let note = checkpoint.sign(&signer).unwrap();
    assert_eq!(
        Checkpoint::open(note.as_bytes(), signer.verifier()).unwrap(),
        checkpoint
    );
    let other = Signer::from_seed("log.example/b", &[1; 32]).unwrap();
    assert!(checkpoint.sign(&other).is_err());
    assert!(Checkpoint::open(note.as_bytes(), other.verifier()).is_err());
    let borrowed = note::sign(&checkpoint.text(), &[&other]).unwrap();
    assert!(Checkpoint::open(borrowed.as_bytes(), other.verifier()).is_err());
}

proptest! {
    #[test]
    fn signed_note_and_we_write_and_open_the_same_bytes(
        seed: [u8; 32], name in "[a-z./0-9]{1,30}", text in "([ -~é]{0,40}\n){1,5}",
    ) {
        let ours = Signer::from_seed(&name, &seed).unwrap();
        let note = note::sign(&text, &[&ours]).unwrap();
        let verifier = StandardVerifier::new(&ours.verifier().to_string()).unwrap();
        let foreign = Note::from_bytes(note.as_bytes()).unwrap();
        let (verified, unknown) =
            foreign.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        prop_assert_eq!((verified.len(), unknown.len()), (1, 0));
        prop_assert_eq!(foreign.text(), text.as_bytes());
        let mut written = Note::new(text.as_bytes(), &[]).unwrap();
        written.add_sigs(&[&foreign_signer(&name, &seed, ours.verifier())]).unwrap();
        prop_assert_eq!(written.to_bytes(), note.as_bytes());
    }

    #[test]
    fn any_flipped_bit_spoils_a_note(seed: [u8; 32], at: usize, bit in 0u8..8) {
        let signer = Signer::from_seed("log.example/a", &seed).unwrap();
        let mut note = note::sign("line\n", &[&signer]).unwrap().into_bytes();
        let at = at % note.len();
        note[at] ^= 1 << bit;
        prop_assert!(note::open(&note, &[signer.verifier().clone()]).is_err());
    }
}
