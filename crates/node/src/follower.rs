//! The follower: a second state, of durable entries only, that reads are answered from.

use crate::Error;
use crate::documents::StoredDocuments;
use crate::log::not_replayed;
use crate::shared::Shared;
use ledger::State;
use protocol::Rejection;
use protocol::codec;
use protocol::entry::Entry;
use std::sync::PoisonError;
use std::sync::mpsc::Receiver;
use store::snapshot::{Snapshot, Snapshots};

/// Entries that are applied before readers get a turn.
const STRIDE: usize = 256;

/// Durable entries in log order.
#[derive(Debug)]
pub(crate) struct Fed {
    pub first_seq: u64,
    pub entries: Vec<Vec<u8>>,
}

/// Applies what the writer feeds it until the writer ends, then saves a snapshot.
pub(crate) fn run(
    shared: &Shared,
    feed: &Receiver<Fed>,
    documents: &StoredDocuments,
    snapshots: &Snapshots,
) -> Result<(), Error> {
    let mut saved = shared.applied.through();
    while let Ok(fed) = feed.recv() {
        apply(shared, &fed, documents)?;
        let through = shared.applied.through();
        if through - saved >= shared.settings.snapshot_every {
            save(shared, snapshots);
            saved = through;
        }
    }
    if shared.applied.through() > saved {
        save(shared, snapshots);
    }
    Ok(())
}

fn apply(shared: &Shared, fed: &Fed, documents: &StoredDocuments) -> Result<(), Error> {
    let mut seq = fed.first_seq;
    for part in fed.entries.chunks(STRIDE) {
        let mut state = shared.state.write().unwrap_or_else(PoisonError::into_inner);
        for entry in part {
            step(&mut state, entry, documents).map_err(|why| not_replayed(seq, why))?;
            seq += 1;
        }
        drop(state);
        shared.applied.advance(seq);
    }
    Ok(())
}

/// Decides an entry again and applies it.
pub(crate) fn step(
    state: &mut State,
    bytes: &[u8],
    documents: &StoredDocuments,
) -> Result<(), Rejection> {
    let entry: Entry = codec::decode(bytes).map_err(|_| Rejection::Malformed)?;
    let events = ledger::decide(state, &entry, documents)?;
    ledger::apply::apply(state, &entry, &events);
    Ok(())
}

/// Saves the state. The next start replays more if it fails, which is all that is lost.
fn save(shared: &Shared, snapshots: &Snapshots) {
    let state = shared.state.read().unwrap_or_else(PoisonError::into_inner);
    let snapshot = Snapshot {
        log_size: state.size,
        bytes: state.to_bytes(),
    };
    drop(state);
    let saved = snapshots.save(&snapshot);
    shared.report("snapshot", saved.err().map(|error| error.to_string()));
}
