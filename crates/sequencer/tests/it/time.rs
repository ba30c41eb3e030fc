//! Log time under clocks that jump, with witnesses and without them.

use crate::world::{START_MS, admit, credit, note_witness, opened, set_witnesses};
use ledger::operation::LEAD_MS;
use proptest::prelude::*;
use protocol::{Entry, codec};
use sequencer::{Admission, Sequencer};

const DAY_MS: u64 = 24 * 3_600_000;

/// One that the operator has not used and is above all others: a key's oldest are forgotten.
fn nonce(sequencer: &Sequencer) -> u64 {
    100 + sequencer.state().size
}

/// The log time of the next entry, when the clock shows `now_ms`.
fn next(sequencer: &mut Sequencer, now_ms: u64) -> u64 {
    let fund = sequencer.state().funds.len() as u64 + 1;
    let nonce = nonce(sequencer);
    let admitted = admit(sequencer, now_ms, credit(fund, nonce));
    assert_eq!(admitted, Ok(Admission::New(sequencer.state().size - 1)));
    sequencer.state().time_ms
}

#[test]
fn a_clock_that_jumps_back_a_day_does_not_move_log_time_back() {
    let mut sequencer = opened();
    assert_eq!(next(&mut sequencer, START_MS + DAY_MS), START_MS + DAY_MS);
    assert_eq!(next(&mut sequencer, START_MS), START_MS + DAY_MS);
    assert_eq!(
        next(&mut sequencer, START_MS + DAY_MS + 1),
        START_MS + DAY_MS + 1
    );
}

#[test]
fn a_clock_that_jumps_ahead_is_bounded_by_the_witnesses() {
    let mut sequencer = opened();
    admit(&mut sequencer, START_MS, set_witnesses(1)).unwrap();
    assert_eq!(next(&mut sequencer, START_MS + 5), START_MS + 5);
    assert_eq!(next(&mut sequencer, START_MS + DAY_MS), START_MS + LEAD_MS);
    assert_eq!(next(&mut sequencer, u64::MAX), START_MS + LEAD_MS);
    assert_eq!(next(&mut sequencer, 0), START_MS + LEAD_MS);
}

#[test]
fn log_time_stands_still_while_witnesses_are_lost_and_the_log_goes_on() {
    let mut sequencer = opened();
    admit(&mut sequencer, START_MS, set_witnesses(1)).unwrap();
    for hours in 1..100 {
        let now_ms = START_MS + hours * 3_600_000;
        assert_eq!(next(&mut sequencer, now_ms), START_MS + LEAD_MS);
    }
    let now_ms = START_MS + 100 * 3_600_000;
    let size = sequencer.state().size;
    let back = note_witness(size, now_ms / 1_000, 1_000);
    assert_eq!(
        admit(&mut sequencer, now_ms, back),
        Ok(Admission::New(size))
    );
    assert_eq!(
        sequencer.state().time_ms,
        START_MS + LEAD_MS,
        "its own time is the old bound"
    );
    assert_eq!(next(&mut sequencer, now_ms), now_ms, "time goes on at once");
}

proptest! {
    /// Any clock, any witness: the log always goes on, its time never falls, and it is never more
    /// than ten minutes ahead of what has been witnessed.
    #[test]
    fn no_clock_stops_the_log(
        steps in prop::collection::vec((any::<u64>(), any::<Option<u32>>()), 1..40),
    ) {
        let mut sequencer = opened();
        admit(&mut sequencer, START_MS, set_witnesses(1)).unwrap();
        let mut seen_ms = START_MS;
        for (now_ms, witness_s) in steps {
            if let Some(time_s) = witness_s.filter(|time_s| *time_s > 0) {
                let size = sequencer.state().size;
                let offer = note_witness(size, u64::from(time_s), nonce(&sequencer));
                let before = sequencer.state().time_ms;
                admit(&mut sequencer, now_ms, offer).unwrap();
                prop_assert!(sequencer.state().time_ms >= before);
                prop_assert!(sequencer.state().time_ms <= seen_ms + LEAD_MS);
                seen_ms = seen_ms.max(u64::from(time_s) * 1_000);
            }
            let before = sequencer.state().time_ms;
            let time_ms = next(&mut sequencer, now_ms);
            prop_assert_eq!(time_ms, now_ms.min(seen_ms + LEAD_MS).max(before));
        }
        let mut replayed = opened();
        for record in sequencer.take_batch().records {
            replayed.recover(&record.entry, &crate::world::NoDocuments).unwrap();
            let entry: Entry = codec::decode(&record.entry).unwrap();
            prop_assert_eq!(entry.time_ms, replayed.state().time_ms);
        }
        prop_assert_eq!(replayed.state().root(), sequencer.state().root());
    }
}
