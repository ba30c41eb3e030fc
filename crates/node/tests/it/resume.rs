//! A crash after each step between log and chain: the next start ends where no crash would have.

use crate::world::{CLOSES_MS, PRICE, World};
use node::{Keyring, Node};
use protocol::{EpochId, Hash};
use std::path::Path;
use store::claims::Claims;
use store::{Place, Record, Store};

const STEPS: usize = 11;

/// What the first epoch does on the chain, in order.
const ON_CHAIN: [fn(&mut Node); 4] = [
    |node| assert!(node.post_epoch(EpochId(1)).unwrap() > 0),
    |node| assert!(!node.debit_epoch(EpochId(1)).unwrap().is_zero()),
    |node| assert!(node.finalize_epoch(EpochId(1)).unwrap()),
    |node| node.release_epoch(EpochId(1)).unwrap(),
];

/// The whole life of a space. Before step `stop` the process crashes; what [`Node::resume`] has
/// done by then, the script does not do again.
fn live(dir: &Path, stop: Option<usize>) -> (Hash, [u128; 4]) {
    let mut world = World::new(dir);
    let mut resumed = Vec::new();
    let mut step = 0;
    let mut crash = |world: World| -> World {
        step += 1;
        if stop != Some(step) {
            return world;
        }
        let mut world = world.crash(dir);
        resumed = world.node.resume().unwrap();
        assert!(
            world.node.resume().unwrap().is_empty(),
            "nothing is left to do"
        );
        world
    };
    world.deposit();
    world = crash(world);
    world.node.credit_deposits().unwrap();
    world.calls(50);
    world = crash(world);
    let first = EpochId(1);
    if world.node.state().epochs.is_empty() {
        let closing = world.node.write_claims().unwrap();
        assert_eq!(closing.epoch, first);
        world = crash(world);
        if world.node.state().epochs.is_empty() {
            world.node.log_epoch(closing).unwrap();
        }
    }
    for act in ON_CHAIN {
        world = crash(world);
        if !world.node.state().epochs[0].released {
            act(&mut world.node);
        }
    }
    world = crash(world);
    world.node.finish_epoch(first).unwrap();
    world = crash(world);
    let last_ms = CLOSES_MS.saturating_sub(world.node.now_ms());
    world.node.advance(last_ms).unwrap();
    let last = world.node.close_epoch().unwrap();
    world.node.finish_epoch(last.id).unwrap();
    world = crash(world);
    let relayer = world.node.keys().wallet("relayer");
    world.node.chain_mut().refund(&relayer, &[1, 2]).unwrap();
    world = crash(world);
    world.node.note_refunds().unwrap();
    world.node.claim_all(&last).unwrap();
    assert_eq!(step, STEPS, "every step has its crash");
    let finishing = matches!(stop, Some(1 | 3..=8 | 11));
    assert_eq!(finishing, !resumed.is_empty(), "stop {stop:?}: {resumed:?}");
    (world.node.state().root(), facts(&world))
}

/// Paid to the developer, inflow of the pot, refunded, and what the Escrow still holds.
fn facts(world: &World) -> [u128; 4] {
    let chain = world.node.chain();
    let token = chain.deployment.token();
    let deposits = chain.deposits().unwrap();
    [
        chain.claimed(world.developer.wallet, token).unwrap(),
        chain.inflow(token).unwrap(),
        deposits.iter().map(|deposit| deposit.refunded).sum(),
        chain.balance(token, chain.deployment.escrow).unwrap(),
    ]
}

#[test]
fn a_crash_after_any_step_ends_where_no_crash_would_have() {
    let whole = tempfile::tempdir().unwrap();
    let expected = live(whole.path(), None);
    assert_eq!(
        expected.1,
        [50 * PRICE, 50 * PRICE, 2_000_000 - 50 * PRICE, 0]
    );
    for stop in 1..=STEPS {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            live(dir.path(), Some(stop)),
            expected,
            "crash before step {stop}"
        );
    }
}

#[test]
fn a_log_without_its_first_entry_gets_one() {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keyring::from_seed(b"node tests");
    keys.save(dir.path()).unwrap();
    drop(Store::create(&Place::directory(dir.path())).unwrap());
    let mut node = Node::open(dir.path()).unwrap().node;
    assert_eq!(node.resume().unwrap().len(), 1);
    assert_eq!(node.state().accounts.len(), 1);
    let head = node
        .store()
        .public()
        .checkpoint(&keys.log_key())
        .unwrap()
        .head;
    assert_eq!(head.size, 1);
}

/// A start that finds the files alone must not take the log for one that settles somewhere.
#[test]
fn a_log_has_begun_with_its_first_entry_and_not_with_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::directory(dir.path());
    let begun = || Node::has_begun(&place).unwrap();
    assert!(!begun());
    Keyring::from_seed(b"node tests").save(dir.path()).unwrap();
    drop(Store::create(&place).unwrap());
    assert!(Node::exists(dir.path()) && !begun());
    let (mut store, _) = Store::open(&place).unwrap();
    let first = Record {
        entry: vec![1],
        ..Record::default()
    };
    store.append(&[first]).unwrap();
    drop(store);
    assert!(begun(), "also where it is not published yet");
}

/// The note comes last of all, so that behind it nothing is left to be sent.
#[test]
fn a_release_that_was_noted_is_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    world.calls(5);
    let closed = world.node.close_epoch().unwrap();
    assert!(world.node.finish_epoch(closed.id).unwrap());
    let height = |world: &mut World| {
        let devnet = world.node.chain_mut().devnet.devnet();
        devnet.unwrap().height()
    };
    let before = height(&mut world);
    assert!(world.node.finish_epoch(closed.id).unwrap());
    assert_eq!(height(&mut world), before);
}

#[test]
fn keys_are_saved_once_and_never_exchanged() {
    let dir = tempfile::tempdir().unwrap();
    let (keys, others) = (Keyring::from_seed(b"one"), Keyring::from_seed(b"other"));
    keys.save(dir.path()).unwrap();
    keys.save(dir.path()).unwrap();
    let error = others.save(dir.path()).unwrap_err().to_string();
    assert!(error.contains("another seed"), "{error}");
    assert_eq!(Keyring::open(dir.path()).unwrap().log_key(), keys.log_key());
    assert!(Node::create(dir.path(), others, 0).is_err());
    assert!(!Node::exists(dir.path()));
}

/// Whatever was decided between the file of leaves and the entry that closes the epoch.
#[test]
fn a_file_of_leaves_that_the_log_did_not_follow_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    world.calls(5);
    let claims = Claims::new(world.node.store().files());
    claims.put(1, &|out| out.write_all(b"left")).unwrap();
    let closed = world.node.close_epoch().unwrap();
    let file = claims.read(1).unwrap().unwrap();
    let [part] = &proof::claim::file::read(&file).unwrap()[..] else {
        panic!("one chain")
    };
    assert_eq!(
        (closed.leaves, part.leaves.len()),
        (0, 0),
        "nothing is released"
    );
    let debits: Vec<_> = part.debits.rows.iter().map(|it| it.cumulative).collect();
    assert_eq!(debits, [5 * PRICE]);
    assert!(world.node.finish_epoch(closed.id).unwrap());
}
