//! Repetitions find their entry, clashes and bodies that open nothing are refused.

use crate::world::{START_MS, admit, binding, credit, disclose, genesis, join, opened, submit};
use protocol::Rejection;
use sequencer::Admission;

#[test]
fn a_repetition_has_the_index_of_its_entry_before_and_after_durability() {
    let mut sequencer = opened();
    let mut admit = |offer| admit(&mut sequencer, START_MS, offer);
    assert_eq!(admit(disclose(1, 1, 5)), Ok(Admission::New(2)));
    assert_eq!(
        admit(disclose(1, 1, 5)),
        Ok(Admission::Repeated(2)),
        "not durable yet"
    );
    assert_eq!(admit(credit(1, 1)), Ok(Admission::New(3)));
    let batch = sequencer.take_batch();
    assert_eq!(
        (batch.records.len(), batch.end),
        (2, 4),
        "the repetition is written once"
    );
    sequencer.confirm(batch.end);
    let again = crate::world::admit(&mut sequencer, START_MS + 1, disclose(1, 1, 5));
    assert_eq!(again.map(Admission::seq), Ok(2));
    assert!(sequencer.take_batch().records.is_empty());
}

#[test]
fn another_command_under_a_used_nonce_is_refused() {
    let mut sequencer = opened();
    assert_eq!(
        admit(&mut sequencer, START_MS, credit(1, 1)),
        Ok(Admission::New(2))
    );
    let root = sequencer.state().root();
    let clash = admit(&mut sequencer, START_MS, credit(2, 1));
    assert_eq!(clash, Err(Rejection::NonceReused));
    assert_eq!(sequencer.state().root(), root, "a refusal changes nothing");
}

#[test]
fn a_nonce_that_has_left_the_window_is_too_old() {
    let mut sequencer = opened();
    for fund in 1..=70 {
        admit(&mut sequencer, START_MS, credit(fund, fund)).unwrap();
    }
    let old = admit(&mut sequencer, START_MS, credit(71, 1));
    assert_eq!(old, Err(Rejection::NonceTooOld));
    let kept = admit(&mut sequencer, START_MS, credit(70, 70));
    assert_eq!(kept, Ok(Admission::Repeated(71)));
}

#[test]
fn an_account_is_opened_only_with_the_body_that_it_commits_to() {
    let mut sequencer = opened();
    let mut admit = |offer| admit(&mut sequencer, START_MS, offer);
    assert_eq!(admit(join(2, &binding(3))), Err(Rejection::BindingMismatch));
    let mut bare = join(2, &binding(2));
    bare.body.clear();
    assert_eq!(admit(bare), Err(Rejection::BindingMismatch));
    assert_eq!(admit(join(2, &binding(2))), Ok(Admission::New(2)));
}

#[test]
fn the_space_is_opened_once() {
    let mut sequencer = opened();
    let second = submit(0, None, 9, genesis().signed.submission.command);
    let refused = admit(&mut sequencer, START_MS, second);
    assert_eq!(refused, Err(Rejection::GenesisMisplaced));
}
