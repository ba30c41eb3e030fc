//! Witnessed time: whose word counts, and what it was.

use super::Context;
use super::operation::log_key;
use crate::draft::Draft;
use crate::operation::WitnessedTime;
use alloc::string::String;
use alloc::vec::Vec;
use proof::cosignature::{CosignerKey, Policy, reached_s, verified};
use proof::{Checkpoint, note};
use protocol::operation::{NoteWitness, SetWitnesses};
use protocol::{Event, Rejection};

/// Most keys of witnesses.
const MOST_KEYS: usize = 32;

impl Context<'_> {
    /// What has been witnessed stays. Before the first witnesses nothing bounds the log's time, so
    /// theirs begins with this entry's.
    pub(super) fn set_witnesses(
        &self,
        draft: &mut Draft<'_>,
        set: &SetWitnesses,
    ) -> Result<(), Rejection> {
        if !(1..=MOST_KEYS).contains(&set.keys.len()) || !super::asset::ascending(&set.keys) {
            return Err(Rejection::BadList);
        }
        let keys = cosigners(&set.keys)?;
        Policy::new(keys, usize::from(set.quorum)).map_err(|_| Rejection::OutOfRange)?;
        if set.quorum == 0 {
            return Err(Rejection::OutOfRange);
        }
        let before = self.state.witnessed.as_ref();
        draft.note(Event::WitnessesSet {
            keys: set.keys.clone(),
            quorum: set.quorum,
            time_ms: before.map_or(self.entry.time_ms, |before| before.time_ms),
        });
        Ok(())
    }

    /// The root is not checked here: witnesses have checked that it continues what they saw before,
    /// and an audit has the tree.
    pub(super) fn note_witness(
        &self,
        draft: &mut Draft<'_>,
        witness: &NoteWitness,
    ) -> Result<(), Rejection> {
        let before = self.state.witnessed.as_ref();
        let before = before.ok_or(Rejection::NoWitnesses)?;
        let size = self.signed_size(&witness.checkpoint)?;
        if size > self.state.size || size <= before.size {
            return Err(Rejection::CheckpointOutOfOrder);
        }
        let seen_ms = seen(&witness.checkpoint, before)?;
        draft.note(Event::WitnessNoted {
            size,
            time_ms: before.time_ms.max(seen_ms),
        });
        Ok(())
    }

    /// The size of a checkpoint that this log has signed with its key of that size.
    fn signed_size(&self, checkpoint: &str) -> Result<u64, Rejection> {
        let bytes = checkpoint.as_bytes();
        let claimed = note::text_unverified(bytes).and_then(Checkpoint::parse);
        let claimed = claimed.map_err(|_| Rejection::BadCheckpoint)?;
        let key = self.state.log_key(claimed.head.size);
        let key = log_key(key.ok_or(Rejection::GenesisMisplaced)?)?;
        let opened = Checkpoint::open(bytes, &key).map_err(|_| Rejection::BadCheckpoint)?;
        Ok(opened.head.size)
    }
}

/// What a quorum has seen to be over, in milliseconds.
fn seen(checkpoint: &str, witnessed: &WitnessedTime) -> Result<u64, Rejection> {
    let keys = cosigners(&witnessed.keys)?;
    let signed = verified(checkpoint.as_bytes(), &keys).map_err(|_| Rejection::BadCheckpoint)?;
    let time_s = reached_s(&signed, usize::from(witnessed.quorum));
    let time_s = time_s.ok_or(Rejection::QuorumShort)?;
    time_s.checked_mul(1_000).ok_or(Rejection::OutOfRange)
}

/// Reads the keys of witnesses.
fn cosigners(texts: &[String]) -> Result<Vec<CosignerKey>, Rejection> {
    let read = |text: &String| text.parse().map_err(|_| Rejection::BadKey);
    texts.iter().map(read).collect()
}
