//! Receipts: the exact text, verification offline, and texts that must be refused.
use std::collections::BTreeMap;

use proof::cosignature::{Algorithm, Policy};
use proof::merkle::{self, Frontier, Head};
use proof::note::{Signer, VerifierKey};
use proof::receipt::Receipt;
use proof::{Checkpoint, Fault};
use proptest::prelude::*;

use crate::foreign;
use crate::world::{World, cosigner, entry, keys};

fn receipt(index: u64) -> (Receipt, Signer) {
    let leaves: Vec<_> = (0..3u8).map(|entry| merkle::leaf_hash(&[entry])).collect();
    let node = |level: u8, at: u64| match level {
        0 => Ok::<_, Fault>(leaves[at as usize]),
        _ => Ok(merkle::node_hash(&leaves[0], &leaves[1])),
    };
    let signer = Signer::from_seed("log.example/a", &[3; 32]).unwrap();
    let head = Head {
        size: 3,
        root: merkle::root(&leaves),
    };
    let checkpoint = Checkpoint {
        origin: "log.example/a".into(),
        head,
    }
    .sign(&signer)
    .unwrap();
    let path = merkle::prove_inclusion(index, 3, node).unwrap();
    (
        Receipt {
            index,
            extra: None,
            path,
            checkpoint,
        },
        signer,
    )
}

#[test]
fn each_receipt_verifies_for_its_entry_only() {
    for index in 0..3 {
        let (receipt, signer) = receipt(index);
        let read = Receipt::parse(&receipt.text()).unwrap();
        assert_eq!(read, receipt);
        for entry in 0..3u8 {
            let bytes = [entry];
            let verified = read.verify(&bytes, signer.verifier(), None);
            assert_eq!(verified.is_ok(), u64::from(entry) == index);
        }
        let stranger = Signer::from_seed("log.example/a", &[4; 32]).unwrap();
        assert!(
            read.verify(&[index as u8], stranger.verifier(), None)
                .is_err()
        );
    }
}

#[test]
fn the_text_has_the_lines_of_the_specification() {
    let (receipt, _) = receipt(2);
    let text = receipt.text();
    let lines: Vec<&str> = text.split('\n').collect();
    assert_eq!(lines[..2], ["c2sp.org/tlog-proof@v1", "index 2"]);
    assert_eq!(lines[2].len(), 44);
    assert_eq!(lines[3..6], ["", "log.example/a", "3"]);
    let extra = text.replace("v1\n", "v1\nextra AAAA\n");
    let with_extra = Receipt {
        extra: Some(vec![0; 3]),
        ..receipt.clone()
    };
    assert_eq!(with_extra.text(), extra);
    assert_eq!(Receipt::parse(&extra).unwrap(), with_extra);
    for bad in [
        text.replace("@v1", "@v2"),
        text.replace("index 2", "index 02"),
        text.replace("index 2", "index -2"),
        text.replace("index 2\n", ""),
        text.replace("v1\n", "v1\nextra A\n"),
        text.replace("\n\n", "\n"),
        text.replace(lines[2], &lines[2][1..]),
    ] {
        assert!(Receipt::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn a_foreign_program_writes_the_same_checkpoint_and_receipt() {
    let log = &crate::vectors()["log"];
    let text = |name: &str| log[name].as_str().unwrap().to_owned();
    let key: VerifierKey = text("key").parse().unwrap();
    let signer = Signer::from_seed(key.name(), &crate::array(&log["seed"])).unwrap();
    assert_eq!(*signer.verifier(), key);
    let mut nodes = BTreeMap::new();
    let mut frontier = Frontier::default();
    for number in 0..300 {
        let leaf = merkle::leaf_hash(format!("entry {number}").as_bytes());
        frontier.append_with(leaf, |level, index, hash| {
            nodes.insert((level, index), hash);
        });
    }
    let head = Head {
        size: 300,
        root: frontier.root(),
    };
    let checkpoint = Checkpoint {
        origin: key.name().to_owned(),
        head,
    }
    .sign(&signer)
    .unwrap();
    assert_eq!(checkpoint, text("checkpoint"));
    let node = |level, index| Ok::<_, Fault>(nodes[&(level, index)]);
    let path = merkle::prove_inclusion(257, 300, node).unwrap();
    let receipt = Receipt {
        index: 257,
        extra: None,
        path,
        checkpoint,
    };
    assert_eq!(receipt.text(), text("receipt_257"));
    receipt.verify(b"entry 257", &key, None).unwrap();
}

#[test]
fn foreign_receipts_read_back_with_their_entries() {
    let world = World::new();
    for case in foreign()["receipt"].as_array().unwrap() {
        let index = case["index"].as_u64().unwrap();
        let text = case["text"].as_str().unwrap();
        let receipt = Receipt::parse(text).unwrap();
        assert_eq!(receipt.text(), text);
        let bytes = entry(index);
        let verified = receipt.verify(&bytes, world.key(), None).unwrap();
        assert_eq!(
            verified.checkpoint,
            world.checkpoint(verified.checkpoint.head.size)
        );
        let opened = receipt.open(world.key(), None);
        match &receipt.extra {
            Some(extra) if *extra == bytes => assert_eq!(opened.unwrap(), verified),
            Some(_) => assert_eq!(
                opened.unwrap_err().rule,
                "the path does not lead from the leaf to the root"
            ),
            None => assert_eq!(
                opened.unwrap_err().rule,
                "it does not hold the entry's bytes, which must be given"
            ),
        }
    }
}

#[test]
fn a_receipt_under_a_policy_needs_its_witnesses() {
    let world = World::new();
    let mut receipt = world.receipt(4, 9);
    let witness = cosigner("w", Algorithm::MlDsa44, 5);
    let policy = Policy::new(keys(&[&witness]), 1).unwrap();
    assert!(receipt.open(world.key(), None).is_ok());
    assert_eq!(
        receipt.open(world.key(), Some(&policy)).unwrap_err().form,
        "witness policy"
    );
    let line = witness.cosign(&world.checkpoint(9).text(), 5).unwrap();
    receipt.checkpoint.push_str(&line);
    let opened = receipt.open(world.key(), Some(&policy)).unwrap();
    assert_eq!(opened.entry, entry(4));
    assert_eq!(opened.cosignatures[0].time_s, 5);
    assert_eq!(Receipt::parse(&receipt.text()).unwrap(), receipt);
}

proptest! {
    #[test]
    fn any_flipped_bit_spoils_a_receipt(at: usize, bit in 0u8..8) {
        let world = World::new();
        let mut text = world.receipt(4, 9).text().into_bytes();
        let at = at % text.len();
        text[at] ^= 1 << bit;
        let read = str::from_utf8(&text).ok().and_then(|text| Receipt::parse(text).ok());
        let opened = read.as_ref().map(|receipt| receipt.open(world.key(), None).is_ok());
        prop_assert_ne!(opened, Some(true));
    }
}
