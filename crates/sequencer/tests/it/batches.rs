//! Group commit: what a batch holds, when it counts, and that a log gives its state back.

use crate::world::{NoDocuments, SPACE, START_MS, admit, credit, disclose, opened};
use ledger::State;
use proptest::prelude::*;
use protocol::{Entry, codec};
use sequencer::Sequencer;

#[test]
fn entries_count_when_their_batch_is_durable_and_not_before() {
    let mut sequencer = opened();
    assert_eq!(sequencer.durable(), 2);
    admit(&mut sequencer, START_MS, credit(1, 1)).unwrap();
    assert_eq!((sequencer.state().size, sequencer.durable()), (3, 2));
    let first = sequencer.take_batch();
    admit(&mut sequencer, START_MS, credit(2, 2)).unwrap();
    let second = sequencer.take_batch();
    assert_eq!((first.end, second.end, sequencer.durable()), (3, 4, 2));
    sequencer.confirm(second.end);
    sequencer.confirm(first.end);
    assert_eq!(
        sequencer.durable(),
        4,
        "a late word on an earlier batch takes nothing back"
    );
}

#[test]
fn a_later_offer_of_a_batch_is_judged_against_the_earlier() {
    let mut sequencer = opened();
    admit(&mut sequencer, START_MS, disclose(1, 1, 5)).unwrap();
    let again = admit(&mut sequencer, START_MS, disclose(1, 1, 6));
    assert_eq!(again, Err(protocol::Rejection::AlreadyDisclosed));
    assert_eq!(sequencer.take_batch().records.len(), 1);
}

#[test]
fn a_clock_that_goes_back_keeps_nobody_out_and_log_time_stands_still() {
    let mut sequencer = opened();
    for (fund, now_ms) in [
        (1, START_MS + 5),
        (2, START_MS - 9),
        (3, 0),
        (4, START_MS + 6),
    ] {
        admit(&mut sequencer, now_ms, credit(fund, fund)).unwrap();
    }
    let times = sequencer.take_batch().records.into_iter().map(|record| {
        codec::decode::<Entry>(&record.entry)
            .expect("its own entry")
            .time_ms
            - START_MS
    });
    assert_eq!(times.collect::<Vec<_>>(), [5, 5, 5, 6]);
}

proptest! {
    /// Clocks that jump, batches of any size, repetitions and clashes: log time never falls,
    /// entries are dense, and what was written gives the same state from any state on the way.
    #[test]
    fn the_log_gives_its_state_back(
        steps in prop::collection::vec((0..2_000_000u64, 1..12u64, any::<bool>()), 1..60),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut sequencer = opened();
        let begin = sequencer.state().clone();
        let mut written: Vec<Vec<u8>> = Vec::new();
        let (mut fund, mut states) = (1, vec![begin.clone()]);
        for (now_ms, nonce, commit) in steps {
            let before = sequencer.state().clone();
            match admit(&mut sequencer, now_ms, credit(fund, nonce)) {
                Ok(admission) if admission.seq() == before.size => fund += 1,
                _ => prop_assert_eq!(sequencer.state(), &before),
            }
            if commit {
                let batch = sequencer.take_batch();
                written.extend(batch.records.into_iter().map(|record| record.entry));
                prop_assert_eq!(begin.size + written.len() as u64, batch.end);
                sequencer.confirm(batch.end);
                prop_assert_eq!(sequencer.durable(), batch.end);
                states.push(sequencer.state().clone());
            }
        }
        let mut last_ms = START_MS;
        for (seq, bytes) in (begin.size..).zip(&written) {
            let entry: Entry = codec::decode(bytes).expect("its own entry");
            prop_assert_eq!(entry.seq, seq);
            prop_assert!(entry.time_ms >= last_ms);
            last_ms = entry.time_ms;
        }
        let durable = states.last().expect("the begin");
        for from in [&begin, cut.get(&states)] {
            let mut restored = Sequencer::new((*from).clone());
            for bytes in &written[(from.size - begin.size) as usize..] {
                restored.recover(bytes, &NoDocuments).expect("an entry that was admitted");
            }
            prop_assert_eq!(restored.state().root(), durable.root());
            prop_assert_eq!(restored.durable(), durable.size);
        }
    }
}

#[test]
fn an_entry_of_another_place_is_not_recovered() {
    let mut sequencer = opened();
    admit(&mut sequencer, START_MS, credit(1, 1)).unwrap();
    let batch = sequencer.take_batch();
    let bytes = &batch.records[0].entry;
    let mut other = opened();
    other.recover(bytes, &NoDocuments).unwrap();
    assert!(other.recover(bytes, &NoDocuments).is_err(), "twice");
    assert!(
        Sequencer::new(State::new(SPACE))
            .recover(bytes, &NoDocuments)
            .is_err(),
        "too early"
    );
    assert!(opened().recover(&bytes[1..], &NoDocuments).is_err(), "torn");
}
