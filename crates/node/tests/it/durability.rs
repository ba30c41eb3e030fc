//! What is acknowledged is on the disk, what is on the disk comes back, and nothing is taken twice.

use crate::world::{DAY_MS, Person, World};
use node::Node;
use node::log::append;
use protocol::{Rejection, Scope};
use sequencer::{Admission, Batch, Record};
use std::fs;
use store::{Place, Store};

#[test]
fn a_repetition_is_answered_with_its_entry_and_a_clash_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let disclose = world.developer.disclose();
    let size = world.node.state().size;
    let twice = world
        .node
        .submit(vec![disclose.clone(), disclose.clone()])
        .unwrap();
    assert_eq!(
        twice,
        [Ok(Admission::New(size)), Ok(Admission::Repeated(size))]
    );
    let mut world = world.crash(dir.path());
    assert_eq!(
        world.node.submit(vec![disclose]).unwrap(),
        [Ok(Admission::Repeated(size))]
    );
    world.developer.rewind();
    let clash = world
        .developer
        .sign(protocol::Command::CloseCampaign(protocol::CampaignId(0)));
    assert_eq!(
        world.node.submit(vec![clash]).unwrap(),
        [Err(Rejection::NonceReused)]
    );
    assert_eq!(world.node.state().size, size + 1);
}

#[test]
fn a_forged_signature_is_refused_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let root = world.node.state().root();
    let mut offer = world.developer.disclose();
    offer.signed.signature.0[7] ^= 1;
    assert_eq!(
        world.node.submit(vec![offer]).unwrap(),
        [Err(Rejection::BadSignature)]
    );
    assert_eq!(world.node.state().root(), root);
}

#[test]
fn a_batch_that_cannot_be_stored_is_not_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let (size, root) = (world.node.state().size, world.node.state().root());
    // A file where the folder of attachments must be: the disk refuses.
    let attachments = dir.path().join("attachments");
    fs::remove_dir(&attachments).unwrap();
    fs::write(&attachments, "").unwrap();
    let mut offer = world.developer.disclose();
    offer.attachments = vec![b"rows".to_vec()];
    let sent = offer.clone();
    assert!(world.node.submit(vec![offer]).is_err());
    fs::remove_file(&attachments).unwrap();
    // The state in memory is ahead of the disk now, so nothing more may be built on it.
    let error = world
        .node
        .submit(vec![world.user.disclose()])
        .unwrap_err()
        .to_string();
    assert!(error.contains("open the directory again"), "{error}");
    assert_eq!(world.node.store().head().size, size);
    let mut world = world.crash(dir.path());
    assert_eq!(world.node.state().root(), root);
    assert_eq!(
        world.node.submit(vec![sent]).unwrap(),
        [Ok(Admission::New(size))]
    );
}

#[test]
fn a_batch_behind_one_that_is_not_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(&Place::directory(dir.path())).unwrap();
    let batch = |end| Batch {
        records: vec![Record {
            entry: vec![7; 9],
            body: Vec::new(),
            attachments: Vec::new(),
        }],
        end,
    };
    assert_eq!(append(&mut store, batch(1)).unwrap(), [[7; 9]]);
    for end in [1, 3] {
        let error = append(&mut store, batch(end)).unwrap_err().to_string();
        let begins = format!("begins with entry {}", end - 1);
        assert!(error.contains(&begins), "{error}");
        assert!(error.contains("the journal ends at entry 1"), "{error}");
    }
    assert_eq!(store.head().size, 1);
}

#[test]
fn a_snapshot_with_the_tail_and_the_whole_journal_give_one_state() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    world.node.close().unwrap();
    let saved = world.node.state().size;
    world.calls(20);
    let (root, size) = (world.node.state().root(), world.node.state().size);
    drop(world);
    let opened = Node::open(dir.path()).unwrap();
    assert_eq!(
        (opened.replayed, opened.node.state().root()),
        (size - saved, root)
    );
    drop(opened);
    fs::remove_dir_all(dir.path().join("snapshot")).unwrap();
    fs::create_dir(dir.path().join("snapshot")).unwrap();
    let opened = Node::open(dir.path()).unwrap();
    assert_eq!((opened.replayed, opened.node.state().root()), (size, root));
}

#[test]
fn a_damaged_snapshot_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.node.close().unwrap();
    let (root, size) = (world.node.state().root(), world.node.state().size);
    drop(world);
    for snapshot in fs::read_dir(dir.path().join("snapshot")).unwrap() {
        let path = snapshot.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    let opened = Node::open(dir.path()).unwrap();
    assert_eq!((opened.replayed, opened.node.state().root()), (size, root));
    assert!(!opened.notices.is_empty());
}

#[test]
fn time_never_falls_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.node.advance(DAY_MS).unwrap();
    let offer = world.developer.disclose();
    world.accept(vec![offer]);
    let before = world.node.state().time_ms;
    let world = world.crash(dir.path());
    assert_eq!(world.node.now_ms(), before);
    assert_eq!(world.node.chain().devnet.time_s(), before / 1_000);
}

#[test]
fn many_accounts_share_batches_and_all_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    let space = world.node.keys().space();
    let joins = (3..4_203).map(|number| Person::new(space, number, Scope::WORK).join());
    world.accept(joins.collect());
    let root = world.node.state().root();
    let world = world.crash(dir.path());
    assert_eq!(
        (world.node.state().accounts.len(), world.node.state().root()),
        (4_203, root)
    );
}

#[test]
fn a_second_node_is_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let error = Node::open(dir.path()).err().unwrap().to_string();
    assert!(error.contains("another process writes in it"), "{error}");
    drop(world);
    Node::open(dir.path()).unwrap();
}
