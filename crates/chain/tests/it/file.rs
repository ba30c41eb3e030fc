//! The file of transactions: restart, torn tails, and damage anywhere.

use std::fs;
use std::path::Path;

use chain::devnet::GAS_CAP;
use chain::error::ErrorKind;
use chain::{Chain, Devnet, Error};
use proptest::prelude::*;

use crate::world::{World, create, wallet};

/// A chain with a few of everything on it; returns the bytes of its file.
fn busy(world: &mut World) -> Vec<u8> {
    world.fill_pot(100);
    let (root, claims) = world.claims(&[([1; 20], 60), ([2; 20], 40)]);
    let epoch = world.post(root, 100);
    world.settle(epoch);
    world
        .chain
        .claim_many(&world.anyone, epoch, &claims)
        .expect("claimed");
    assert!(
        world.finalize(epoch).is_err(),
        "a reverted transaction is kept too"
    );
    fs::read(world.directory.path().join("transactions")).expect("the file")
}

fn with_file(bytes: &[u8]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a place");
    fs::write(directory.path().join("transactions"), bytes).expect("written");
    directory
}

fn same(one: &Devnet, other: &Devnet) -> bool {
    one.receipts() == other.receipts() && one.head_hash() == other.head_hash()
}

#[test]
fn a_chain_comes_back_as_it_was() {
    let mut world = World::new();
    busy(&mut world);
    let World {
        chain: before,
        directory,
        ..
    } = world;
    let Chain {
        devnet: before,
        deployment,
    } = before;
    let reader = Devnet::open_readonly(directory.path()).expect("read beside the writer");
    assert!(same(&reader, &before));
    drop(before);
    let devnet = Devnet::open(directory.path()).expect("opened");
    assert!(same(&reader, &devnet));
    let mut chain = Chain { devnet, deployment };
    let token = chain.deployment.token();
    assert_eq!(chain.paid(token).expect("an answer"), 100);
    chain
        .mint(&wallet(7), token, [3; 20], 5)
        .expect("it goes on");
    assert_eq!(chain.balance(token, [3; 20]).expect("an answer"), 5);
}

#[test]
fn one_process_writes() {
    let world = World::new();
    let error = Devnet::open(world.directory.path()).expect_err("held");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(
        error.to_string().contains("another process holds it"),
        "{error}"
    );
}

#[test]
fn a_reader_cannot_send() {
    let world = World::new();
    let mut reader = Devnet::open_readonly(world.directory.path()).expect("read");
    let raw = wallet(7).sign(0, Some([1; 20]), vec![]);
    assert_eq!(
        reader.send(&raw).expect_err("refused").kind,
        ErrorKind::Invalid
    );
}

#[test]
fn a_torn_tail_is_cut_at_every_length() {
    let mut world = World::new();
    let bytes = busy(&mut world);
    let records = chain::transactions::read(world.directory.path()).expect("whole");
    let last = 16 + records.last().expect("some").raw.len();
    for kept in [1, 4, 8, 15, 16, 17, last / 2, last - 1] {
        let cut = &bytes[..bytes.len() - last + kept];
        let directory = with_file(cut);
        let refused = Devnet::open_readonly(directory.path()).expect_err("a reader is told");
        assert_eq!(refused.kind, ErrorKind::Corrupt);
        let devnet = Devnet::open(directory.path()).expect("the rest stands");
        assert_eq!(devnet.height(), records.len() as u64 - 1);
        drop(devnet);
        let left = fs::read(directory.path().join("transactions")).expect("the file");
        assert_eq!(left, bytes[..bytes.len() - last]);
        Devnet::open_readonly(directory.path()).expect("clean again");
    }
}

#[test]
fn damage_before_the_tail_is_never_cut_away() {
    let mut world = World::new();
    let bytes = busy(&mut world);
    for at in [0, 3, 5, 9, 40] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        let directory = with_file(&damaged);
        let error = Devnet::open(directory.path()).expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Corrupt);
        assert!(error.to_string().contains("record 0 at byte 0"), "{error}");
        assert_eq!(
            fs::read(directory.path().join("transactions")).expect("the file"),
            damaged
        );
    }
}

#[test]
fn a_well_framed_transaction_that_the_chain_refuses_is_damage() {
    let world = World::new();
    let bytes = fs::read(world.directory.path().join("transactions")).expect("the file");
    let twice = [&bytes[..], &bytes[..]].concat();
    let error = Devnet::open_readonly(with_file(&twice).path()).expect_err("nonces repeat");
    let expected = format!(
        "record {} at byte {}",
        world.chain.devnet.height(),
        bytes.len()
    );
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.to_string().contains(&expected), "{error}");
}

fn refused(devnet: &mut Devnet, raw: &[u8]) -> Error {
    let (height, hash) = (devnet.height(), devnet.head_hash());
    let error = devnet.send(raw).expect_err("refused");
    assert_eq!((devnet.height(), devnet.head_hash()), (height, hash));
    assert_eq!(error.kind, ErrorKind::Invalid);
    error
}

#[test]
fn what_no_block_can_hold_leaves_no_trace() {
    let mut world = World::new();
    let before = fs::metadata(world.directory.path().join("transactions"))
        .expect("it")
        .len();
    let devnet = &mut world.chain.devnet;
    let good = wallet(30).sign(0, Some([1; 20]), vec![]);
    refused(devnet, &[]);
    refused(devnet, &[2, 3, 4]);
    refused(devnet, &[&good[..], &[0]].concat());
    refused(devnet, &wallet(30).sign(1, Some([1; 20]), vec![]));
    let error = refused(devnet, &wallet(30).sign(0, Some([1; 20]), vec![1; 200_000]));
    assert!(
        error.to_string().contains("more than 131072 bytes"),
        "{error}"
    );
    let now = fs::metadata(world.directory.path().join("transactions"))
        .expect("it")
        .len();
    assert_eq!(now, before);
    world.chain.devnet.send(&good).expect("sent");
    refused(&mut world.chain.devnet, &good);
    assert_eq!(GAS_CAP, 1 << 24);
}

#[test]
fn time_never_goes_back() {
    let mut world = World::new();
    let now = world.chain.devnet.time_s();
    assert_eq!(
        world.chain.devnet.set_time(now - 1).expect_err("past").kind,
        ErrorKind::Invalid
    );
    world.chain.devnet.advance(10);
    assert_eq!(world.chain.devnet.time_s(), now + 10);
    let anyone = world.anyone.clone();
    create(&mut world.chain.devnet, &anyone, "SilentToken");
    assert_eq!(
        world.chain.devnet.receipts().last().expect("one").time_s,
        now + 10
    );
}

fn flipped(bytes: &[u8], at: usize, bit: u32) -> Result<Devnet, Error> {
    let mut damaged = bytes.to_vec();
    damaged[at] ^= 1 << bit;
    Devnet::open_readonly(with_file(&damaged).path())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn a_flipped_bit_anywhere_is_refused(
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 64),
    ) {
        let mut world = World::new();
        let bytes = busy(&mut world);
        for (place, bit) in places {
            let error = flipped(&bytes, place.index(bytes.len()), bit).expect_err("damage");
            prop_assert_eq!(error.kind, ErrorKind::Corrupt);
            prop_assert!(error.to_string().contains("record "));
        }
    }
}

#[test]
fn the_file_is_found_where_it_is_said_to_be() {
    let error = Devnet::open_readonly(Path::new("/nowhere/at/all")).expect_err("nothing there");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        "cannot read `/nowhere/at/all/transactions`"
    );
}
