//! The witness: foreign requests, every answer, and which fault is named when there are two.
use proof::cosignature::{self, Algorithm};
use proof::merkle::{self, Head};
use proof::note::{self, Note, Signer};
use proof::witness::{AddCheckpoint, Answer, Refusal, judge};

use crate::world::{LOG, World, cosigner, keys};
use crate::{array, foreign};

#[test]
fn foreign_requests_read_back_and_are_cosigned() {
    let world = World::new();
    for case in foreign()["witness"].as_array().unwrap() {
        let [old, size] = ["old", "size"].map(|name| case[name].as_u64().unwrap());
        let body = case["body"].as_str().unwrap();
        let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
        assert_eq!(request, world.request(old, size));
        assert_eq!(request.text(), body);
        assert_eq!(request.origin(), LOG);
        let root = array(&case["old_root"]);
        let known = Head { size: old, root };
        let known = (old > 0).then_some(&known);
        let accepted = judge(known, &[world.key().clone()], &request).unwrap();
        assert_eq!(accepted.head, world.heads[size as usize]);
        assert_eq!(accepted.text(), world.checkpoint(size).text());
    }
}

/// Its form; the keys of the example are not published.
#[test]
fn the_example_of_the_specification_reads_back() {
    let vectors = crate::vectors();
    let body = vectors["witness"]["body"].as_str().unwrap();
    let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
    assert_eq!(request.text(), body);
    assert_eq!(request.origin(), "example.com/behind-the-sofa");
    assert_eq!(judge(None, &[], &request), Err(Refusal::UnknownLog));
}

fn status(refusal: Refusal) -> u16 {
    Answer::Refused(refusal).status()
}

/// Each request breaks one rule and all rules behind it; the answer names the first.
#[test]
fn the_first_broken_rule_decides() {
    let world = World::new();
    let keys = [world.key().clone()];
    let known = Some(&world.heads[5]);
    let judged = |known, note: String, old, proof| {
        let request = AddCheckpoint::new(old, proof, note).unwrap();
        judge(known, &keys, &request).map_err(status)
    };
    let empty = |root| {
        let mut checkpoint = world.checkpoint(0);
        checkpoint.head.root = root;
        checkpoint.sign(&world.signer).unwrap()
    };
    let junk = vec![[7; 32]];
    let stranger = Signer::from_seed(LOG, &[9; 32]).unwrap();
    let unsigned = note::sign(&world.checkpoint(3).text(), &[&stranger]).unwrap();
    let other = Signer::from_seed("log.example/other", &[9; 32]).unwrap();
    let unknown = note::sign(&world.checkpoint(3).text().replace(LOG, "x"), &[&other]).unwrap();
    assert_eq!(judged(known, unknown, 4, junk.clone()), Err(404));
    assert_eq!(judged(known, unsigned, 4, junk.clone()), Err(403));
    assert_eq!(judged(known, world.note(3), 4, junk.clone()), Err(400));
    assert_eq!(judged(known, world.note(7), 4, junk.clone()), Err(409));
    assert_eq!(judged(known, world.note(7), 0, junk.clone()), Err(409));
    assert_eq!(
        judged(None, world.note(7), 5, world.consistency(5, 7)),
        Err(409)
    );
    assert_eq!(judged(known, world.note(7), 5, junk.clone()), Err(422));
    assert_eq!(
        judged(known, world.note(7), 5, world.consistency(4, 7)),
        Err(422)
    );
    assert_eq!(judged(None, empty([1; 32]), 0, Vec::new()), Err(422));
    assert_eq!(judged(None, world.note(7), 0, junk.clone()), Err(422));
    assert_eq!(judged(known, world.note(5), 5, junk), Err(422));
    let fork = Head {
        size: 5,
        root: [5; 32],
    };
    assert_eq!(judged(Some(&fork), world.note(5), 5, Vec::new()), Err(422));
    for accepted in [
        judged(known, world.note(5), 5, Vec::new()),
        judged(known, world.note(7), 5, world.consistency(5, 7)),
        judged(None, world.note(7), 0, Vec::new()),
        judged(None, empty(merkle::empty_root()), 0, Vec::new()),
    ] {
        accepted.unwrap();
    }
}

/// Every pair of sizes against every known size: accepted exactly if the old size is the known one
/// and the proof leads on; otherwise the code of the first broken rule.
#[test]
fn all_small_trees_are_judged_by_the_order_of_the_rules() {
    let world = World::new();
    let keys = [world.key().clone()];
    for known in 0..=9u64 {
        for old in 0..=9u64 {
            for new in 0..=9u64 {
                let proof = if old <= new {
                    world.consistency(old, new)
                } else {
                    Vec::new()
                };
                let request = AddCheckpoint::new(old, proof, world.note(new)).unwrap();
                let record = (known > 0).then_some(&world.heads[known as usize]);
                let verdict = judge(record, &keys, &request).map(|accepted| accepted.head);
                let expected = match () {
                    () if old > new => Err(400),
                    () if old != known => Err(409),
                    () => Ok(world.heads[new as usize]),
                };
                assert_eq!(verdict.map_err(status), expected, "{known} {old} {new}");
            }
        }
    }
}

#[test]
fn the_record_keeps_trusted_signatures_only_and_cosigned_it_reads_as_the_log_wants_it() {
    let world = World::new();
    let stranger = Signer::from_seed("stranger", &[8; 32]).unwrap();
    let note = note::sign(&world.checkpoint(7).text(), &[&stranger, &world.signer]).unwrap();
    let request = AddCheckpoint::new(0, Vec::new(), note.clone()).unwrap();
    let accepted = judge(None, &[world.key().clone()], &request).unwrap();
    assert_eq!(accepted.note, world.note(7));
    let witness = cosigner("w", Algorithm::MlDsa44, 1);
    let line = witness.cosign(accepted.text(), 5).unwrap();
    let answer = Answer::Cosigned(line);
    let read = Answer::read(
        answer.status(),
        answer.content_type(),
        answer.body().as_bytes(),
    );
    let Ok(Answer::Cosigned(lines)) = read else {
        panic!("a cosigned answer reads as one")
    };
    let witnessed = cosignature::add(&note, &lines, &keys(&[&witness])).unwrap();
    assert_eq!(Note::parse(witnessed.as_bytes()).unwrap().lines.len(), 3);
}

#[test]
fn two_keys_of_one_log_are_both_trusted_and_one_wrong_signature_is_refused() {
    let world = World::new();
    let next = Signer::from_seed(LOG, &[9; 32]).unwrap();
    let keys = [world.key().clone(), next.verifier().clone()];
    let text = world.checkpoint(7).text();
    let judged = |note: String| {
        judge(
            None,
            &keys,
            &AddCheckpoint::new(0, Vec::new(), note).unwrap(),
        )
    };
    let both = note::sign(&text, &[&world.signer, &next]).unwrap();
    assert_eq!(judged(both.clone()).unwrap().note, both);
    let forged = note::sign(&world.checkpoint(6).text(), &[&next]).unwrap();
    let forged = format!("{}{}\n", world.note(7), forged.lines().last().unwrap());
    assert_eq!(judged(forged).map_err(status), Err(403));
}

#[test]
fn malformed_requests_are_refused() {
    let good = World::new().request(3, 7).text();
    let hash = good.lines().nth(1).unwrap();
    let long = format!("{}\n", hash).repeat(60);
    let cases = [
        (
            good.replace("old 3", "old 03"),
            "it must begin with `old` and a decimal number",
        ),
        (
            good.replace("old 3", "old  3"),
            "it must begin with `old` and a decimal number",
        ),
        (
            good.replace("old 3\n", ""),
            "it must begin with `old` and a decimal number",
        ),
        (
            good.replace(hash, &hash[1..]),
            "each proof line must be 32 bytes in base64",
        ),
        (
            good.replace("old 3\n", &format!("old 3\n{long}")),
            "it must have at most 63 proof lines",
        ),
        (
            good.replace("\n\n", "\n"),
            "an empty line must precede the checkpoint",
        ),
        (
            good.replace("vectors\n7\n", "vectors\n-7\n"),
            "the size must be a plain decimal number",
        ),
        (good.trim_end().to_owned(), "it must end with a newline"),
    ];
    for (body, rule) in cases {
        let error = AddCheckpoint::parse(body.as_bytes()).unwrap_err();
        assert_eq!(error.rule, rule, "{body:.200}");
    }
    let mut bytes = good.into_bytes();
    bytes[0] = 0xff;
    assert_eq!(
        AddCheckpoint::parse(&bytes).unwrap_err().rule,
        "it must be UTF-8"
    );
}

#[test]
fn answers_read_back_by_status_and_type() {
    let words = "why\n".to_owned();
    let why = "why".to_owned();
    for (answer, status, body) in [
        (
            Answer::Refused(Refusal::Malformed(why.clone())),
            400,
            words.clone(),
        ),
        (
            Answer::Refused(Refusal::Unsigned(why.clone())),
            403,
            words.clone(),
        ),
        (
            Answer::Refused(Refusal::UnknownLog),
            404,
            "this log is not known here\n".into(),
        ),
        (Answer::Refused(Refusal::OtherSize(42)), 409, "42\n".into()),
        (Answer::Refused(Refusal::Inconsistent(why)), 422, words),
    ] {
        assert_eq!((answer.status(), answer.body()), (status, body.clone()));
        let read = Answer::read(status, answer.content_type(), body.as_bytes());
        assert_eq!(read, Ok(answer));
    }
    let size = "text/x.tlog.size";
    assert_eq!(Answer::Refused(Refusal::OtherSize(1)).content_type(), size);
    for (status, content_type, body) in [
        (409, "text/plain", "42\n"),
        (409, size, "42"),
        (409, size, "042\n"),
        (409, size, "-1\n"),
        (200, "text/plain", ""),
        (200, "text/plain", "thanks\n"),
        (500, "text/plain", "sorry\n"),
    ] {
        assert!(
            Answer::read(status, content_type, body.as_bytes()).is_err(),
            "{status} {body}"
        );
    }
}
