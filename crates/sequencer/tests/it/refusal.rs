//! A refusal can be checked: a replay to the size it names refuses the same for the same reason.

use crate::world::{NoDocuments, START_MS, admit, binding, credit, disclose, join, opened};
use ledger::{State, refused};
use proptest::prelude::*;
use protocol::{Rejection, Signature};
use sequencer::{Offer, Verified};

/// An offer of one of several kinds, some of which are always wrong.
fn offer(kind: u8, number: u64) -> Offer {
    match kind {
        0 => credit(number, number),
        1 => disclose(1, 1, 5),
        2 => disclose(1, 0, number),
        3 => join(2 + number as u8, &binding(2 + number as u8)),
        4 => join(2, &binding(3)),
        _ => Offer {
            signed: protocol::Signed {
                signature: Signature([number as u8; 64]),
                ..credit(number, number).signed
            },
            ..credit(number, number)
        },
    }
}

#[test]
fn an_offer_with_another_signature_is_never_verified() {
    let mut bent = credit(1, 1);
    assert!(Verified::check(bent.clone()).is_ok_and(|good| good.offer().signed == bent.signed));
    bent.signed.submission.nonce += 1;
    assert_eq!(Verified::check(bent).err(), Some(Rejection::BadSignature));
}

#[test]
fn whoever_asks_again_hears_no_refusal_of_what_was_taken() {
    let mut sequencer = opened();
    let ask = |state: &State, offer| refused(state, START_MS, &offer, &NoDocuments);
    assert_eq!(ask(sequencer.state(), credit(1, 1)), None);
    admit(&mut sequencer, START_MS, credit(1, 1)).unwrap();
    assert_eq!(
        ask(sequencer.state(), credit(1, 1)),
        None,
        "it is a repetition"
    );
    assert_eq!(
        ask(sequencer.state(), credit(2, 1)),
        Some(Rejection::NonceReused)
    );
    assert_eq!(
        ask(sequencer.state(), credit(3, 2)),
        Some(Rejection::DepositOutOfOrder)
    );
    assert_eq!(
        ask(sequencer.state(), offer(5, 2)),
        Some(Rejection::BadSignature)
    );
}

#[test]
fn the_time_of_a_refusal_counts_too() {
    let sequencer = opened();
    let late = 9_000_000_000;
    let ask = |now_ms| {
        refused(
            sequencer.state(),
            now_ms,
            &join(2, &binding(2)),
            &NoDocuments,
        )
    };
    assert_eq!(
        (ask(late - 1), ask(late)),
        (None, Some(Rejection::KeyExpired))
    );
}

proptest! {
    /// What was refused at a size and a time is refused there by whoever has the public entries,
    /// and by the same code; what was taken is refused by nobody.
    #[test]
    fn a_replay_to_the_size_of_a_refusal_gives_its_code(
        steps in prop::collection::vec((0..6u8, 1..9u64, 0..20_000_000_000u64), 1..40),
    ) {
        let mut sequencer = opened();
        let begin = sequencer.state().clone();
        let mut answers = Vec::new();
        for (kind, number, now_ms) in steps {
            let size = sequencer.state().size;
            let time_ms = sequencer.state().next_ms(now_ms);
            let answer = admit(&mut sequencer, now_ms, offer(kind, number));
            answers.push((kind, number, size, time_ms, answer.err()));
        }
        let mut replayed = sequencer::Sequencer::new(begin);
        let mut log = sequencer.take_batch().records.into_iter();
        for (kind, number, size, time_ms, code) in answers {
            while replayed.state().size < size {
                let record = log.next().expect("the log reaches every refusal");
                replayed.recover(&record.entry, &NoDocuments).unwrap();
            }
            let again = refused(replayed.state(), time_ms, &offer(kind, number), &NoDocuments);
            prop_assert_eq!(again, code);
        }
    }
}
