//! Promises and refusals: foreign vectors, refused forms, what breaks one, and none is another.
use proof::note::{self, Signer};
use proof::promise::{self, Breach, Promise, Refusal};
use proof::{Checkpoint, Fault};
use proptest::prelude::*;

use crate::world::{LOG, World};
use crate::{array, bytes, foreign};

fn promise() -> Promise {
    Promise {
        origin: LOG.into(),
        submission: array(&foreign()["promise"]["submission"]),
        index: 17,
        arrived_ms: 1_700_000_000_000,
        merged_by_ms: 1_700_000_060_000,
    }
}

fn refusal() -> Refusal {
    Refusal {
        origin: LOG.into(),
        submission: promise().submission,
        code: "not_enough_balance".into(),
        size: 17,
        time_ms: 1_700_000_000_000,
    }
}

#[test]
fn a_foreign_program_writes_the_same_statements() {
    let world = World::new();
    let vector = &foreign()["promise"];
    let note = vector["note"].as_str().unwrap();
    let signature = array(&vector["signature"]);
    let submission = promise::submission(&bytes(&vector["signing_bytes"]), &signature);
    assert_eq!(submission, promise().submission);
    assert_eq!(promise().sign(&world.signer).unwrap(), note);
    assert_eq!(
        Promise::open(note.as_bytes(), world.key()).unwrap(),
        promise()
    );
    let vectors = foreign();
    let note = vectors["refusal"]["note"].as_str().unwrap();
    assert_eq!(refusal().sign(&world.signer).unwrap(), note);
    assert_eq!(
        Refusal::open(note.as_bytes(), world.key()).unwrap(),
        refusal()
    );
}

#[test]
fn another_logs_name_is_refused() {
    let other = Signer::from_seed("log.example/other", &[1; 32]).unwrap();
    let rule = "the origin must be the name of the log's key";
    assert_eq!(
        promise().sign(&other).unwrap_err(),
        Fault::new("promise", rule)
    );
    assert_eq!(
        refusal().sign(&other).unwrap_err(),
        Fault::new("refusal", rule)
    );
    let borrowed = note::sign(&promise().text(), &[&other]).unwrap();
    let error = Promise::open(borrowed.as_bytes(), other.verifier()).unwrap_err();
    assert_eq!(error.rule, rule);
    let borrowed = note::sign(&refusal().text(), &[&other]).unwrap();
    let error = Refusal::open(borrowed.as_bytes(), other.verifier()).unwrap_err();
    assert_eq!(error.rule, rule);
}

#[test]
fn malformed_statements_are_refused() {
    let text = promise().text();
    let digest = hex::encode(promise().submission);
    for bad in [
        text.replace("/v1", "/v2"),
        text.replace(LOG, ""),
        text.replace(&digest, &digest.to_uppercase()),
        text.replace(&digest, &digest[2..]),
        text.replace("index 17", "index 017"),
        text.replace("index 17\n", ""),
        text.replace("merged by", "merged"),
        text.replace("merged by 17", "merged by 16"),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{text}more\n"),
        String::new(),
    ] {
        assert!(Promise::parse(&bad).is_err(), "{bad}");
    }
    let text = refusal().text();
    for bad in [
        text.replace("not_enough", "Not enough"),
        text.replace("not_enough_balance", ""),
        text.replace("size 17", "size -1"),
        text.replace("time ", "times "),
    ] {
        assert!(Refusal::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn no_kind_of_statement_passes_for_another() {
    let world = World::new();
    let texts = [
        promise().text(),
        refusal().text(),
        world.checkpoint(7).text(),
    ];
    for (at, text) in texts.iter().enumerate() {
        let kinds = [
            Promise::parse(text).is_ok(),
            Refusal::parse(text).is_ok(),
            Checkpoint::parse_extended(text).is_ok(),
        ];
        let mut expected = [false; 3];
        expected[at] = true;
        assert_eq!(kinds, expected, "{text}");
    }
}

#[test]
fn a_promise_is_broken_by_absence_after_its_time_or_by_another_entry_at_any_time() {
    let world = World::new();
    let promise = promise();
    let kept = Some(&promise.submission);
    let (other, before, after) = ([1; 32], promise.merged_by_ms, promise.merged_by_ms + 1);
    let verdict = |size, time_ms, found| promise.broken_by(&world.checkpoint(size), time_ms, found);
    assert_eq!(verdict(17, before, None), Ok(None));
    assert_eq!(verdict(17, after, None), Ok(Some(Breach::Missing)));
    assert_eq!(verdict(0, after, None), Ok(Some(Breach::Missing)));
    assert_eq!(verdict(18, after, kept), Ok(None));
    assert_eq!(verdict(23, before, kept), Ok(None));
    assert_eq!(verdict(18, 0, Some(&other)), Ok(Some(Breach::OtherEntry)));
    assert_eq!(
        verdict(18, after, Some(&other)),
        Ok(Some(Breach::OtherEntry))
    );
    assert!(verdict(18, after, None).is_err());
    assert!(verdict(17, after, kept).is_err());
    let mut foreign = world.checkpoint(17);
    foreign.origin.push('x');
    assert!(promise.broken_by(&foreign, after, None).is_err());
}

proptest! {
    #[test]
    fn statements_come_back_and_no_origin_makes_one_a_checkpoint(
        origin in "[ -~é]{1,40}", submission: [u8; 32],
        numbers: [u64; 3], code in "[a-z0-9_]{1,30}",
    ) {
        let [index, one, other] = numbers;
        let promise = Promise {
            origin: origin.clone(),
            submission,
            index,
            arrived_ms: one.min(other),
            merged_by_ms: one.max(other),
        };
        let refusal = Refusal { origin, submission, code, size: index, time_ms: one };
        prop_assert_eq!(Promise::parse(&promise.text()), Ok(promise.clone()));
        prop_assert_eq!(Refusal::parse(&refusal.text()), Ok(refusal.clone()));
        for text in [promise.text(), refusal.text()] {
            prop_assert!(Checkpoint::parse_extended(&text).is_err());
        }
        prop_assert!(Refusal::parse(&promise.text()).is_err());
        prop_assert!(Promise::parse(&refusal.text()).is_err());
    }

    #[test]
    fn any_flipped_bit_spoils_a_promise_and_a_refusal(at: usize, bit in 0u8..8) {
        let world = World::new();
        let mut notes = [promise().sign(&world.signer), refusal().sign(&world.signer)]
            .map(|note| note.unwrap().into_bytes());
        for note in &mut notes {
            let at = at % note.len();
            note[at] ^= 1 << bit;
        }
        prop_assert!(Promise::open(&notes[0], world.key()).is_err());
        prop_assert!(Refusal::open(&notes[1], world.key()).is_err());
    }
}
