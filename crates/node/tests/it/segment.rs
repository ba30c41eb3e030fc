//! Rows that an audit would refuse do not enter the log, whoever owns the asset.

use crate::gate::Gate;
use crate::world::{CLOSES_MS, PRICE, World, asset};
use node::meter;
use proof::hash::sha256;
use protocol::command::GrantAllowance;
use protocol::usage::UsageRow;
use protocol::{Amount, AssetId, Command, FundId, Hash, Rejection};
use std::fs;

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

#[test]
fn a_receipt_that_another_asset_has_repeated_is_charged_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    world.calls(3);
    let own = world.developer.sign(Command::RegisterAsset(asset()));
    let grant = GrantAllowance {
        asset: AssetId(1),
        fund: FundId(2),
        cap_units: Amount::new(PRICE).unwrap(),
        expires_ms: CLOSES_MS - ledger::state::SETTLING_MS - 1,
    };
    let grant = world.user.sign(Command::GrantAllowance(grant));
    world.accept(vec![own, grant]);
    let poached = row(&world, 9);
    let repeated = UsageRow {
        allowance: 1,
        ..poached
    };
    let segment = meter::segment(AssetId(1), 0, vec![repeated]).unwrap();
    let segment = segment.unwrap();
    let mut offer = world.developer.sign(Command::PostSegment(segment.command));
    offer.attachments = vec![segment.rows];
    world.accept(vec![offer]);
    for _ in 0..2 {
        let posted = post(&mut world, vec![poached], |bytes| bytes);
        // All that stands in its way is the money, which `calls` has used up.
        assert_eq!(posted, Err(Rejection::AllowanceExhausted));
        world = world.crash(dir.path());
    }
    let charged = row(&world, 2);
    let posted = post(&mut world, vec![charged], |bytes| bytes);
    assert_eq!(posted, Err(Rejection::SegmentMismatch));
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

/// A running node stores what earlier entries have brought while it decides.
#[test]
fn rows_that_appear_while_their_segment_is_decided_are_looked_at_or_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    world.calls(3);
    let charged = vec![row(&world, 2)];
    let segment = meter::segment(AssetId(0), 1, charged).unwrap().unwrap();
    world.node.store().attachments().put(&segment.rows).unwrap();
    let (place, gate) = Gate::around(dir.path());
    let mut world = world.crash_in(&place);
    let mut post = || {
        let command = Command::PostSegment(segment.command.clone());
        let offer = world.developer.sign(command);
        world.node.submit(vec![offer]).unwrap().pop().unwrap()
    };
    gate.let_one_be_late();
    assert_eq!(post(), Err(Rejection::MissingDocument));
    assert_eq!(post(), Err(Rejection::SegmentMismatch));
}

#[test]
fn a_receipt_is_charged_once_however_many_follow_and_whatever_becomes_of_the_index() {
    const USES: u32 = 131_072;
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let all = PRICE * u128::from(USES);
    world.deposit_of(all, all);
    world.node.credit_deposits().unwrap();
    world.calls(USES);
    let charged: Vec<UsageRow> = (0..USES).step_by(40_000).map(|n| row(&world, n)).collect();
    let refused = |world: &mut World| {
        for row in &charged {
            let posted = post(world, vec![*row], |bytes| bytes);
            assert_eq!(posted, Err(Rejection::SegmentMismatch));
        }
    };
    refused(&mut world);
    let mut world = world.crash(dir.path());
    let files = || {
        let files = fs::read_dir(dir.path().join("receipts")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    assert_eq!(files().len(), 1, "{:?}", files());
    refused(&mut world);
    // Each block is damaged, but not what stands behind them, so the file opens.
    let whole = fs::read(&files()[0]).unwrap();
    let mut damaged = whole.clone();
    damaged[..whole.len() - 10_000].fill(1);
    fs::write(&files()[0], damaged).unwrap();
    let mut world = world.crash(dir.path());
    refused(&mut world);
    let mut world = world.crash(dir.path());
    let again = fs::read(&files()[0]).unwrap();
    let same = again[..again.len() - 100] == whole[..whole.len() - 100];
    assert!(same, "the index was not made again");
    fs::remove_dir_all(dir.path().join("receipts")).unwrap();
    refused(&mut world);
    let fresh = row(&world, USES);
    let posted = post(&mut world, vec![fresh], |bytes| bytes);
    assert_eq!(posted, Err(Rejection::AllowanceExhausted));
}
