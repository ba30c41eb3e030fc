//! Cosignatures: foreign vectors for both algorithms, refused lines and keys, quorums.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::cosignature::{self, Algorithm, Cosigner, CosignerKey, Policy};
use proof::note;
use proptest::prelude::*;

use crate::world::{World, cosigner, keys};
use crate::{array, foreign};

const BOTH: [Algorithm; 2] = [Algorithm::Ed25519, Algorithm::MlDsa44];
const WRONG: &str = "the cosignature of a trusted witness does not match the checkpoint";

#[test]
fn foreign_programs_cosign_the_same_bytes() {
    let world = World::new();
    for case in foreign()["cosignature"].as_array().unwrap() {
        let text = |name: &str| case[name].as_str().unwrap();
        let algorithm = match text("algorithm") {
            "ed25519" => Algorithm::Ed25519,
            _ => Algorithm::MlDsa44,
        };
        let ours = Cosigner::from_seed(text("name"), algorithm, &array(&case["seed"])).unwrap();
        let key: CosignerKey = text("key").parse().unwrap();
        assert_eq!(ours.key(), &key);
        assert_eq!(key.to_string(), text("key"));
        assert_eq!(key.algorithm(), algorithm);
        let time_s = case["time_s"].as_u64().unwrap();
        assert_eq!(ours.cosign(text("text"), time_s).unwrap(), text("line"));
        let signed = note::sign(text("text"), &[&world.signer]).unwrap();
        let longer = cosignature::add(&signed, text("line"), std::slice::from_ref(&key)).unwrap();
        assert_eq!(longer, format!("{signed}{}", text("line")));
        let keys = [key];
        let verified = cosignature::verified(longer.as_bytes(), &keys).unwrap();
        assert_eq!(verified.len(), 1);
        assert_eq!(
            (verified[0].witness, verified[0].time_s),
            (&keys[0], time_s)
        );
    }
}

/// Signed by a log without saying when, as logs may: accepted as a cosignature, but not as what a
/// witness answers.
#[test]
fn a_checkpoint_of_another_implementation_verifies() {
    let vectors = crate::vectors();
    let case = &vectors["cosignature"];
    let note = case["note"].as_str().unwrap();
    let keys: [CosignerKey; 1] = [case["key"].as_str().unwrap().parse().unwrap()];
    let verified = cosignature::verified(note.as_bytes(), &keys).unwrap();
    assert_eq!((verified.len(), verified[0].time_s), (1, 0));
    let line = &note[note.find("\n\n").unwrap() + 2..];
    let error = cosignature::add(note, line, &keys).unwrap_err();
    assert_eq!(error.rule, "a witness's answer must name its time");
    let other = note.replace("log\n1\n", "log\n2\n");
    assert!(cosignature::verified(other.as_bytes(), &keys).is_err());
}

/// Its form; the keys of the example are not published.
#[test]
fn the_example_of_the_specification_reads_back() {
    let vectors = crate::vectors();
    let text = vectors["cosigned_example"]["note"].as_str().unwrap();
    let note = note::Note::parse(text.as_bytes()).unwrap();
    assert_eq!(note.keeping(|_| true), text);
    let checkpoint = proof::Checkpoint::parse(note.text).unwrap();
    assert_eq!(checkpoint.head.size, 20_852_163);
    let cosignature = &note.lines[1];
    assert_eq!(cosignature.name, "witness.example.com/w1");
    assert_eq!(cosignature.signature.len(), 8 + 64);
    let time = cosignature.signature.first_chunk::<8>().unwrap();
    assert_eq!(u64::from_be_bytes(*time), 1_679_315_147);
}

/// Lines that differ in one thing only from a good one.
#[test]
fn what_is_not_signed_by_the_witness_is_refused() {
    let world = World::new();
    let note = world.note(7);
    let text = world.checkpoint(7).text();
    for algorithm in BOTH {
        let witness = cosigner("witness.example/w1", algorithm, 1);
        let good = witness.cosign(&text, 1_000).unwrap();
        let keys = keys(&[&witness]);
        let refused = |line: &str, rule: &str| {
            let error = cosignature::add(&note, line, &keys).unwrap_err();
            assert_eq!(error.rule, rule);
        };
        let bytes = BASE64
            .decode(good.trim_end().rsplit(' ').next().unwrap())
            .unwrap();
        let line = |bytes: &[u8]| format!("— witness.example/w1 {}\n", BASE64.encode(bytes));
        assert_eq!(line(&bytes), good);
        refused(
            &witness.cosign(&world.checkpoint(8).text(), 1_000).unwrap(),
            WRONG,
        );
        let mut later = bytes.clone();
        later[11] ^= 1;
        refused(&line(&later), WRONG);
        let mut reversed = bytes.clone();
        reversed[4..12].copy_from_slice(&1_000u64.to_le_bytes());
        refused(&line(&reversed), "the time must be below 2^63");
        refused(&line(&bytes[..bytes.len() - 1]), WRONG);
        refused(&line(&[&bytes[..], &[0]].concat()), WRONG);
        refused(&line(&bytes[..11]), "it must begin with a time of 8 bytes");
        let mut other_id = bytes.clone();
        other_id[0] ^= 1;
        refused(&line(&other_id), "no trusted witness made it");
        let stranger = cosigner("witness.example/w1", algorithm, 2);
        refused(
            &stranger.cosign(&text, 1_000).unwrap(),
            "no trusted witness made it",
        );
        refused(&good.replace("w1", "w2"), "no trusted witness made it");
        assert!(witness.cosign(&text, 0).is_err());
        assert!(witness.cosign(&text, 1 << 63).is_err());
        assert!(witness.cosign("no checkpoint\n", 1).is_err());
        assert!(cosignature::add(&note, "", &keys).is_err());
    }
}

/// A plain note signature (type 1) over the same bytes must not pass for a cosignature, nor one
/// algorithm's key for the other's; the name is part of what ML-DSA signs.
#[test]
fn signatures_of_one_kind_do_not_pass_for_another() {
    let world = World::new();
    let text = world.checkpoint(7).text();
    let seed = [1; 32];
    let plain = note::Signer::from_seed("witness.example/w1", &seed).unwrap();
    let witness = cosigner("witness.example/w1", Algorithm::Ed25519, 1);
    assert_eq!(plain.verifier().public(), &public_of(witness.key()));
    assert_ne!(plain.verifier().id(), witness.key().id());
    let timed = witness.cosign(&text, 5).unwrap();
    let bytes = BASE64
        .decode(timed.trim_end().rsplit(' ').next().unwrap())
        .unwrap();
    let forged = [&plain.verifier().id()[..], &bytes[12..]].concat();
    let forged = format!("{text}\n— witness.example/w1 {}\n", BASE64.encode(forged));
    assert!(note::open(forged.as_bytes(), &[plain.verifier().clone()]).is_err());
    let [one, other] = ["witness.example/w1", "witness.example/w2"]
        .map(|name| cosigner(name, Algorithm::MlDsa44, 1));
    let line = one.cosign(&text, 5).unwrap();
    let bytes = BASE64
        .decode(line.trim_end().rsplit(' ').next().unwrap())
        .unwrap();
    let moved = [&other.key().id()[..], &bytes[4..]].concat();
    let moved = format!("— witness.example/w2 {}\n", BASE64.encode(moved));
    let error = cosignature::add(&world.note(7), &moved, &keys(&[&other])).unwrap_err();
    assert_eq!(error.rule, WRONG);
    assert!(plain.verifier().to_string().parse::<CosignerKey>().is_err());
    assert!(
        witness
            .key()
            .to_string()
            .parse::<note::VerifierKey>()
            .is_err()
    );
}

fn public_of(key: &CosignerKey) -> [u8; 32] {
    let text = key.to_string();
    let typed = BASE64.decode(text.splitn(3, '+').nth(2).unwrap()).unwrap();
    typed[1..].try_into().unwrap()
}

#[test]
fn a_quorum_counts_witnesses_and_not_keys() {
    let world = World::new();
    let text = world.checkpoint(7).text();
    let [a, b] = ["a", "b"].map(|name| cosigner(name, Algorithm::Ed25519, name.as_bytes()[0]));
    let a_too = cosigner("a", Algorithm::MlDsa44, 9);
    let lines = |cosigners: &[&Cosigner]| {
        let made = cosigners.iter().map(|one| one.cosign(&text, 5).unwrap());
        format!("{}{}", world.note(7), made.collect::<String>())
    };
    let policy = Policy::new(keys(&[&a, &a_too, &b]), 2).unwrap();
    let fewer = "fewer witnesses have cosigned than the quorum asks for";
    let check = |note: String| policy.check(note.as_bytes()).map(|found| found.len());
    assert_eq!(check(lines(&[&a, &a_too])).unwrap_err().rule, fewer);
    assert_eq!(check(lines(&[&a, &a])).unwrap_err().rule, fewer);
    assert_eq!(check(lines(&[])).unwrap_err().rule, fewer);
    assert_eq!(check(lines(&[&a_too, &b])), Ok(2));
    assert_eq!(check(lines(&[&b, &a, &a_too])), Ok(3));
    assert_eq!((policy.quorum(), policy.witnesses().len()), (2, 3));
    assert!(Policy::new(keys(&[&a, &a_too]), 2).is_err());
    let a_again = cosigner("c", Algorithm::Ed25519, b'a');
    assert!(Policy::new(keys(&[&a, &a_again]), 2).is_err());
    let trusting = Policy::new(Vec::new(), 0).unwrap();
    assert_eq!(trusting.check(world.note(7).as_bytes()), Ok(Vec::new()));
}

#[test]
fn a_time_is_reached_once_so_many_witnesses_have_reached_it() {
    let world = World::new();
    let text = world.checkpoint(7).text();
    let named = |name: &str| cosigner(name, Algorithm::Ed25519, name.as_bytes()[0]);
    let [a, b, c] = ["a", "b", "c"].map(named);
    let a_too = cosigner("a", Algorithm::MlDsa44, 9);
    let signed = [(&a, 50), (&b, 20), (&a_too, 90_000), (&c, 30)];
    let lines = signed.map(|(one, time_s)| one.cosign(&text, time_s).unwrap());
    let note = format!("{}{}", world.note(7), lines.concat());
    let keys = keys(&[&a, &b, &a_too, &c]);
    let found = cosignature::verified(note.as_bytes(), &keys).unwrap();
    let reached = [0, 1, 2, 3, 4].map(|quorum| cosignature::reached_s(&found, quorum));
    let (one, two, three) = (Some(90_000), Some(30), Some(20));
    assert_eq!(reached, [one, one, two, three, None]);
    assert_eq!(cosignature::reached_s(&[], 1), None);
}

#[test]
fn lines_are_added_once() {
    let world = World::new();
    let note = world.note(7);
    let witness = cosigner("w", Algorithm::Ed25519, 1);
    let line = witness.cosign(&world.checkpoint(7).text(), 5).unwrap();
    let once = note::append(&note, &line).unwrap();
    assert_eq!(note::append(&once, &line).unwrap(), once);
    assert_eq!(once, format!("{note}{line}"));
    assert!(note::append(&note, line.trim_end()).is_err());
    assert!(note::append(&note, &line.repeat(2)).is_ok());
    let read = note::Note::parse(once.as_bytes()).unwrap();
    assert_eq!(read.keeping(|line| line.name != "w"), note);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_spoils_a_cosigned_checkpoint(at: usize, bit in 0u8..8, post: bool) {
        let world = World::new();
        let witness = cosigner("witness.example/w1", BOTH[usize::from(post)], 3);
        let line = witness.cosign(&world.checkpoint(7).text(), 77).unwrap();
        let policy = Policy::new(keys(&[&witness]), 1).unwrap();
        let mut note = format!("{}\n{line}", world.checkpoint(7).text()).into_bytes();
        policy.check(&note).unwrap();
        let at = at % note.len();
        note[at] ^= 1 << bit;
        prop_assert!(policy.check(&note).is_err());
    }

    #[test]
    fn keys_and_lines_come_back(
        seed: [u8; 32], name in "[a-z./0-9]{1,255}", time_s in 1..1u64 << 63,
    ) {
        for algorithm in BOTH {
            let witness = Cosigner::from_seed(&name, algorithm, &seed).unwrap();
            let key: CosignerKey = witness.key().to_string().parse().unwrap();
            prop_assert_eq!(&key, witness.key());
            let text = World::new().checkpoint(3).text();
            let note = format!("{text}\n{}", witness.cosign(&text, time_s).unwrap());
            let keys = [key];
            let verified = cosignature::verified(note.as_bytes(), &keys).unwrap();
            prop_assert_eq!(verified[0].time_s, time_s);
        }
    }
}
