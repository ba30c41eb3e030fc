//! Rows that an audit would refuse do not enter the log, whoever owns the asset.

use crate::world::{PRICE, World};
use node::meter;
use proof::hash::sha256;
use protocol::usage::UsageRow;
use protocol::{AssetId, Command, Hash, Rejection};

fn row(world: &World, number: u32) -> UsageRow {
    UsageRow {
        receipt: sha256(&[&number.to_be_bytes()]),
        allowance: 0,
        purpose: 0,
        time_ms: world.node.now_ms(),
        amount_units: PRICE,
        input: [0; 32],
        output: [0; 32],
        tokens: None,
    }
}

/// The second segment of the model with these rows; `bend` makes another attachment of them.
fn post(
    world: &mut World,
    rows: Vec<UsageRow>,
    bend: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Result<(), Rejection> {
    let mut segment = meter::segment(AssetId(0), 1, rows).unwrap().unwrap();
    segment.rows = bend(segment.rows);
    segment.command.rows = Hash(sha256(&[&segment.rows]));
    let mut offer = world.developer.sign(Command::PostSegment(segment.command));
    offer.attachments = vec![segment.rows];
    world
        .node
        .submit(vec![offer])
        .unwrap()
        .pop()
        .unwrap()
        .map(drop)
}

#[test]
fn rows_that_do_not_fit_their_entry_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    world.calls(3);
    // What is left of the allowance would pay for nothing more, so only the rows are judged here.
    let mut world = world.crash(dir.path());
    let mismatch = Err(Rejection::SegmentMismatch);
    let (fresh, charged) = (row(&world, 9), row(&world, 2));
    let later = UsageRow {
        time_ms: fresh.time_ms + 1,
        ..fresh
    };
    let none = |bytes| bytes;
    assert_eq!(post(&mut world, vec![charged], none), mismatch);
    assert_eq!(post(&mut world, vec![fresh, fresh], none), mismatch);
    assert_eq!(post(&mut world, vec![later], none), mismatch);
    let other = move |_| {
        meter::write(&[UsageRow {
            input: [1; 32],
            ..fresh
        }])
        .unwrap()
    };
    assert_eq!(post(&mut world, vec![fresh], other), mismatch);
    let junk = |_| b"junk".to_vec();
    assert_eq!(
        post(&mut world, vec![fresh], junk),
        Err(Rejection::BadDocument)
    );
    assert_eq!(
        post(&mut world, vec![fresh], none),
        Err(Rejection::AllowanceExhausted)
    );
}
