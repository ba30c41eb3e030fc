//! How long a node takes to start on a directory of a million entries.

use crate::clock::time;
use crate::header::scratch;
use crate::row::{Goal, Table};
use crate::world::{World, enter};
use node::{Keyring, Node};
use std::path::Path;
use store::snapshot::Snapshot;
use store::{Place, Record, Store};

const ENTRIES: u64 = 1_000_000;
const TAIL: u64 = 100_000;
const PAYERS: u32 = 10_000;
const GROUP: u64 = 8_192;

/// With a snapshot of everything, then with one that the last 100,000 entries are missing from.
pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let dir = scratch()?;
    let newest = build(dir.path())?;
    let (opened, spent) = time(|| Node::open(dir.path()));
    let opened = opened?;
    anyhow::ensure!(
        opened.node.state().size == ENTRIES && opened.replayed == 0,
        "not whole"
    );
    table.seconds(
        "start: a node of 1 M entries, snapshot at the end",
        spent,
        Goal::Seconds(2.0),
    );
    drop(opened);
    std::fs::remove_file(newest)?;
    let (opened, spent) = time(|| Node::open(dir.path()));
    let opened = opened?;
    anyhow::ensure!(
        opened.node.state().size == ENTRIES && opened.replayed == TAIL,
        "not whole"
    );
    table.seconds(
        "start: the same, replaying the last 100,000 entries",
        spent,
        Goal::None,
    );
    Ok(())
}

/// A node made by `Node::create`, then entries as the sequencer would write them, unsigned: a start
/// does not check signatures again. Returns the path of the newest snapshot.
fn build(dir: &Path) -> anyhow::Result<std::path::PathBuf> {
    let keys = Keyring::from_seed(b"bench");
    let mut node = Node::create(dir, keys.clone(), 1_767_603_600_000)?;
    node.close()?;
    let mut state = node.state().clone();
    drop(node);
    let (mut store, _) = Store::open(&Place::directory(dir))?;
    let world = World::new(keys.operator(), PAYERS, false);
    append(&mut store, world.setup(&mut state))?;
    let mut grants = 0;
    while state.size < ENTRIES {
        let mut entries = Vec::new();
        let end = (state.size + GROUP).min(if state.size < ENTRIES - TAIL {
            ENTRIES - TAIL
        } else {
            ENTRIES
        });
        while state.size < end {
            let signed = world.grant(&state, grants);
            entries.push(enter(&mut state, signed));
            grants += 1;
        }
        append(&mut store, entries)?;
        if state.size == ENTRIES - TAIL || state.size == ENTRIES {
            let snapshot = Snapshot {
                log_size: state.size,
                bytes: state.to_bytes(),
            };
            store.snapshots().save(&snapshot)?;
        }
    }
    store.publish(&keys.log_signer())?;
    Ok(dir.join(format!("snapshot/{ENTRIES:020}.snap")))
}

fn append(store: &mut Store, entries: Vec<Vec<u8>>) -> anyhow::Result<()> {
    let record = |entry| Record {
        entry,
        ..Record::default()
    };
    let records: Vec<Record> = entries.into_iter().map(record).collect();
    for part in records.chunks(GROUP as usize) {
        store.append(part)?;
    }
    Ok(())
}
