//! From a submission to a durable entry: decide, apply, hash, append, fdatasync with group commit.

use crate::clock::{Spent, time};
use crate::header::scratch;
use crate::row::{Goal, Table};
use crate::world::{NoDocuments, World, enter};
use ledger::State;
use node::log::{TURN_SUBMISSIONS, TURNS, append, gather};
use proof::signature::SessionKey;
use protocol::Space;
use protocol::entry::Signed;
use sequencer::{Batch, Offer, Sequencer, Verified};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use store::{Place, Record, Store};

const ENTRIES: u64 = 200_000;

/// Grants of allowances by 1,000 payers, as they come and with their signatures.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (entries, writing, verifying) = run_once()?;
    let mut both = writing;
    both += verifying;
    let goal = Goal::Rate(1e5);
    let measure =
        "pipeline: decide, apply, hash, append, fdatasync for up to 16,384; signatures before";
    table.rate(measure, entries, writing, goal);
    table.rate(
        "pipeline: with signatures on the same core",
        entries,
        both,
        Goal::None,
    );
    Ok(())
}

/// How many entries, and what writing and verifying them has taken.
pub fn run_once() -> anyhow::Result<(u64, Spent, Spent)> {
    let world = World::new(SessionKey::from_seed(&[1; 32]), 1_000, true);
    let mut state = State::new(Space([7; 16]));
    let genesis = world.sign(&state, &world.operator, (None, 0), World::genesis());
    let mut entries = vec![enter(&mut state, genesis)];
    entries.extend(world.setup(&mut state));
    let dir = scratch()?;
    let mut store = Store::create(&Place::directory(dir.path()))?;
    let bare = |entry| Record {
        entry,
        ..Record::default()
    };
    store.append(&entries.into_iter().map(bare).collect::<Vec<_>>())?;
    let submissions: Vec<Signed> = (0..ENTRIES)
        .map(|number| world.grant(&state, number))
        .collect();
    let (offers, verifying) = time(|| -> Vec<Verified> {
        let offers = submissions.into_iter().map(Offer::from);
        let good = |offer| Verified::check(offer).expect("the world signs");
        offers.map(good).collect()
    });
    let mut sequencer = Sequencer::new(state);
    let writing = run(&mut sequencer, &mut store, offers)?;
    Ok((ENTRIES, writing, verifying))
}

/// Decides on this thread and makes durable on another, as a node does.
fn run(
    sequencer: &mut Sequencer,
    store: &mut Store,
    offers: Vec<Verified>,
) -> anyhow::Result<Spent> {
    let mut offers = offers.into_iter();
    let (done, mut spent) = time(|| -> anyhow::Result<(u64, Spent)> {
        let (decided, taken) = sync_channel::<Batch>(TURNS);
        thread::scope(|scope| {
            let storing = scope.spawn(move || time(|| commit(store, &taken)));
            loop {
                for offer in offers.by_ref().take(TURN_SUBMISSIONS) {
                    let admitted = sequencer.admit(1_767_603_600_000, offer, &NoDocuments);
                    admitted.expect("the world keeps the rules");
                }
                let batch = sequencer.take_batch();
                // After an error nobody takes it.
                if batch.records.is_empty() || decided.send(batch).is_err() {
                    break;
                }
            }
            drop(decided);
            let (size, storing) = storing.join().expect("the store does not panic");
            Ok((size?, storing))
        })
    });
    let (durable, storing) = done?;
    spent.cpu_s += storing.cpu_s;
    sequencer.confirm(durable);
    anyhow::ensure!(
        sequencer.durable() == sequencer.state().size,
        "an entry is missing"
    );
    Ok(spent)
}

/// Makes durable together what has been decided meanwhile; gives the size of the log.
fn commit(store: &mut Store, decided: &Receiver<Batch>) -> anyhow::Result<u64> {
    while let Some(batch) = gather(decided, |batch| batch, Batch::add) {
        append(store, batch)?;
    }
    Ok(store.head().size)
}
