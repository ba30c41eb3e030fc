//! Rotation: from key to key, and every link that does not hold.
use proof::cosignature::{Algorithm, Policy};
use proof::merkle::{self, Head};
use proof::note::{Signer, VerifierKey};
use proof::receipt::Receipt;
use proof::rotation::newest_key;
use proof::{Checkpoint, Fault};

use crate::world::{cosigner, keys};

const LOG: &str = "log.example/a";

fn signer(seed: u8) -> Signer {
    Signer::from_seed(LOG, &[seed; 32]).unwrap()
}

/// A log whose entries are the texts of keys, and the receipt of one of them.
fn statement(entries: &[String], index: u64, signer: &Signer) -> Receipt {
    let leaves: Vec<_> = entries
        .iter()
        .map(|text| merkle::leaf_hash(text.as_bytes()))
        .collect();
    let size = leaves.len() as u64;
    let root = merkle::root(&leaves);
    let node = |level: u8, at: u64| {
        let first = (at << level) as usize;
        Ok::<_, Fault>(merkle::root(&leaves[first..first + (1 << level)]))
    };
    let origin = signer.verifier().name().to_owned();
    let head = Head { size, root };
    Receipt {
        index,
        extra: Some(entries[index as usize].clone().into_bytes()),
        path: merkle::prove_inclusion(index, size, node).unwrap(),
        checkpoint: Checkpoint { origin, head }.sign(signer).unwrap(),
    }
}

fn successor(entry: &[u8]) -> Option<VerifierKey> {
    std::str::from_utf8(entry).unwrap().parse().ok()
}

#[test]
fn a_chain_of_receipts_leads_to_the_newest_key_and_no_broken_one_does() {
    let [one, two, three] = [1, 2, 3].map(signer);
    let elsewhere = Signer::from_seed("log.example/b", &[4; 32]).unwrap();
    let entries = ["work", "", "", "work", ""].map(String::from);
    let mut entries = entries.to_vec();
    entries[1] = two.verifier().to_string();
    entries[2] = elsewhere.verifier().to_string();
    entries[4] = three.verifier().to_string();
    let first = statement(&entries, 1, &one);
    let second = statement(&entries, 4, &two);
    let walk = |statements: &[Receipt]| newest_key(one.verifier(), statements, None, successor);
    assert_eq!(&walk(&[]).unwrap(), one.verifier());
    assert_eq!(&walk(std::slice::from_ref(&first)).unwrap(), two.verifier());
    assert_eq!(
        &walk(&[first.clone(), second.clone()]).unwrap(),
        three.verifier()
    );
    let refused = |statements: &[Receipt], rule: &str| {
        assert_eq!(walk(statements).unwrap_err().rule, rule);
    };
    refused(&[second.clone(), first.clone()], "no trusted key signed it");
    refused(std::slice::from_ref(&second), "no trusted key signed it");
    refused(
        &[statement(&entries, 0, &one)],
        "the entry must name a new log key",
    );
    refused(
        &[statement(&entries, 2, &one)],
        "the new key must have the log's name",
    );
    let back = statement(&entries, 1, &two);
    refused(
        &[first.clone(), back],
        "statements must stand in the order of the log",
    );
    let mut bare = first.clone();
    bare.extra = None;
    refused(
        &[bare],
        "it does not hold the entry's bytes, which must be given",
    );
    let mut forged = first;
    forged.extra = Some(three.verifier().to_string().into_bytes());
    refused(
        &[forged],
        "the path does not lead from the leaf to the root",
    );
}

#[test]
fn witnesses_stop_a_stolen_key_from_naming_its_successor() {
    let [old, thief] = [1, 2].map(signer);
    let witness = cosigner("w", Algorithm::Ed25519, 5);
    let policy = Policy::new(keys(&[&witness]), 1).unwrap();
    let mut forged = statement(&[thief.verifier().to_string()], 0, &old);
    let walk = |statement: &Receipt| {
        let statement = std::slice::from_ref(statement);
        newest_key(old.verifier(), statement, Some(&policy), successor)
    };
    let rule = "fewer witnesses have cosigned than the quorum asks for";
    assert_eq!(walk(&forged).unwrap_err().rule, rule);
    let text = proof::note::text_unverified(forged.checkpoint.as_bytes()).unwrap();
    let line = witness.cosign(text, 5).unwrap();
    forged.checkpoint.push_str(&line);
    assert_eq!(&walk(&forged).unwrap(), thief.verifier());
}
