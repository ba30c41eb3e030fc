//! Receipts: the exact text, verification offline, and texts that must be refused.
use std::collections::BTreeMap;

use proof::merkle::{self, Frontier, Head};
use proof::note::{Signer, VerifierKey};
use proof::receipt::Receipt;
use proof::{Checkpoint, Fault};

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
