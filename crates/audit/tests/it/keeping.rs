//! The log's own keeping: new log keys with their receipts, and what is erased beside the log.

use crate::script::build;
use crate::twin::{Directory, log_key, opening, signer};
use crate::world::{Lie, World};
use audit::{Audit, Fault, Options, Report};
use proof::merkle;
use proof::note::VerifierKey;
use proof::receipt::Receipt;
use protocol::operation::{EraseReason, Erasure, RotateLogKey};
use protocol::{Command, Hash, Scope};

const RECEIPT: &str = "log/rotations/1.tlog-proof";

fn check(directory: &Directory, key: VerifierKey) -> Result<Report, Fault> {
    let mut audit = Audit::new(directory, key.into(), Options::default());
    audit.advance(&mut |_| ())?;
    audit.report()
}

/// The newest entry's receipt under the key that has signed so far.
fn receipt(world: &World) -> Receipt {
    let mut directory = world.directory.clone();
    directory.publish(&world.entries, &signer(99));
    let leaves: Vec<_> = world
        .entries
        .iter()
        .map(|it| merkle::leaf_hash(it))
        .collect();
    let size = leaves.len() as u64;
    let node = |level: u8, index: u64| -> Result<[u8; 32], proof::Fault> {
        let nodes = (index << level) as usize..((index + 1) << level) as usize;
        Ok(merkle::root(&leaves[nodes]))
    };
    Receipt {
        index: size - 1,
        extra: world.entries.last().cloned(),
        path: merkle::prove_inclusion(size - 1, size, node).unwrap(),
        checkpoint: String::from_utf8(directory.read("log/checkpoint").unwrap()).unwrap(),
    }
}

/// A log whose key has changed, published under this key.
fn rotated(signed_by: u8) -> Directory {
    let mut world = build(Lie::None);
    let key = signer(77).verifier().to_string();
    world.push(0, Command::RotateLogKey(RotateLogKey { key }));
    let receipt = receipt(&world);
    world.open_account(Scope::WORK, 3);
    let mut directory = world.directory;
    directory.publish(&world.entries, &signer(signed_by));
    let text = receipt.text().into_bytes();
    directory.files.insert(RECEIPT.to_owned(), text);
    directory
}

#[test]
fn receipts_lead_from_an_earlier_key_to_the_newest() {
    let directory = rotated(77);
    for key in [log_key(), signer(77).verifier().clone()] {
        assert_eq!(check(&directory, key).unwrap().log_size, 531);
    }
    let stranger = signer(76).verifier().clone();
    assert_eq!(
        check(&directory, stranger).unwrap_err().code,
        "other_log_key"
    );
    let fault = check(&rotated(99), log_key()).unwrap_err();
    assert_eq!(fault.code, "log_key_differs");
}

#[test]
fn a_new_key_without_its_receipt_or_with_another() {
    let newest = signer(77).verifier().clone();
    let mut directory = rotated(77);
    let text = directory.files.remove(RECEIPT).unwrap();
    assert_eq!(
        check(&directory, log_key()).unwrap_err().code,
        "other_log_key"
    );
    let fault = check(&directory, newest.clone()).unwrap_err();
    assert_eq!((fault.code, fault.at), ("rotation_missing", Some(529)));
    assert_eq!(fault.file.as_deref(), Some(RECEIPT));
    let text = String::from_utf8(text).unwrap();
    for changed in [
        text.replace("index 529", "index 528"),
        "no receipt".to_owned(),
    ] {
        let bytes = changed.into_bytes();
        directory.files.insert(RECEIPT.to_owned(), bytes);
        let fault = check(&directory, newest.clone()).unwrap_err();
        assert_eq!(fault.code, "rotation_malformed");
        assert_eq!(fault.file.as_deref(), Some(RECEIPT));
    }
}

/// A log whose campaign is settled, with the name of the openings of its last round.
fn settled() -> (World, Hash) {
    let world = build(Lie::None);
    let openings = world.state.campaigns[0].rounds.last().unwrap().openings;
    (world, openings.unwrap())
}

fn erase(world: &mut World, openings: Hash) {
    let what = Erasure::Openings(openings);
    let reason = EraseReason::Request;
    let erase = world.state.tombstone(what, reason);
    world.push(0, Command::Erase(erase));
}

#[test]
fn openings_with_a_tombstone_may_be_gone() {
    let (mut world, openings) = settled();
    erase(&mut world, openings);
    let mut directory = world.directory();
    let there = check(&directory, log_key()).unwrap();
    assert_eq!((there.erased, there.scores_recomputed), (0, 2));
    directory.files.remove(&opening(&openings.0)).unwrap();
    let gone = check(&directory, log_key()).unwrap();
    assert_eq!(
        (gone.erased, gone.scores_recomputed, gone.scores_erased),
        (1, 1, 1)
    );
    assert_eq!((gone.state_roots_matched, gone.state_roots_erased), (0, 1));
    assert_eq!(gone.money, there.money);
    assert_eq!((gone.blocks_released, gone.blocks_rejected), (4, 2));
}

#[test]
fn openings_without_a_tombstone_may_not() {
    let (world, openings) = settled();
    let mut directory = world.directory();
    directory.files.remove(&opening(&openings.0)).unwrap();
    let fault = check(&directory, log_key()).unwrap_err();
    assert_eq!((fault.code, fault.at), ("document_missing", Some(26)));
}

#[test]
fn a_tombstone_behind_another_fault_still_excuses() {
    let (mut world, openings) = settled();
    world.open_account(Scope::WORK, 9);
    let forged = world.entries.len() - 1;
    erase(&mut world, openings);
    *world.entries[forged].last_mut().unwrap() ^= 1;
    let without = world.entries.len() - 1;
    let mut directory = world.directory;
    directory.files.remove(&opening(&openings.0)).unwrap();
    directory.publish(&world.entries, &signer(99));
    let fault = check(&directory, log_key()).unwrap_err();
    assert_eq!(
        (fault.code, fault.at),
        ("bad_signature", Some(forged as u64))
    );
    directory.publish(&world.entries[..without], &signer(99));
    let fault = check(&directory, log_key()).unwrap_err();
    assert_eq!((fault.code, fault.at), ("document_missing", Some(26)));
}
