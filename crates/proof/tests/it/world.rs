//! The log behind `vectors/proof.json`: 23 small entries, its signer, its witnesses, its proofs.
use std::collections::BTreeMap;

use proof::cosignature::{Algorithm, Cosigner, CosignerKey};
use proof::merkle::{self, Frontier, Head};
use proof::note::{Signer, VerifierKey};
use proof::receipt::Receipt;
use proof::witness::AddCheckpoint;
use proof::{Checkpoint, Fault, Hash};

pub const LOG: &str = "log.example/vectors";
pub const SIZE: u64 = 23;

pub struct World {
    pub signer: Signer,
    pub heads: Vec<Head>,
    nodes: BTreeMap<(u8, u64), Hash>,
}

impl World {
    pub fn new() -> Self {
        let seed = core::array::from_fn(|at| at as u8);
        let mut frontier = Frontier::default();
        let mut nodes = BTreeMap::new();
        let mut heads = vec![head(&frontier)];
        for seq in 0..SIZE {
            let leaf = merkle::leaf_hash(&entry(seq));
            frontier.append_with(leaf, |level, index, hash| {
                nodes.insert((level, index), hash);
            });
            heads.push(head(&frontier));
        }
        Self {
            signer: Signer::from_seed(LOG, &seed).unwrap(),
            heads,
            nodes,
        }
    }

    pub fn key(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    pub fn checkpoint(&self, size: u64) -> Checkpoint {
        let head = self.heads[size as usize];
        let origin = LOG.into();
        Checkpoint { origin, head }
    }

    pub fn note(&self, size: u64) -> String {
        self.checkpoint(size).sign(&self.signer).unwrap()
    }

    fn node(&self, level: u8, index: u64) -> Result<Hash, Fault> {
        Ok(self.nodes[&(level, index)])
    }

    pub fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        merkle::prove_consistency(old, new, |level, index| self.node(level, index)).unwrap()
    }

    pub fn request(&self, old: u64, new: u64) -> AddCheckpoint {
        AddCheckpoint::new(old, self.consistency(old, new), self.note(new)).unwrap()
    }

    pub fn receipt(&self, index: u64, size: u64) -> Receipt {
        let node = |level, at| self.node(level, at);
        Receipt {
            index,
            extra: Some(entry(index)),
            path: merkle::prove_inclusion(index, size, node).unwrap(),
            checkpoint: self.note(size),
        }
    }
}

pub fn entry(seq: u64) -> Vec<u8> {
    format!("entry {seq}").into_bytes()
}

pub fn cosigner(name: &str, algorithm: Algorithm, seed: u8) -> Cosigner {
    Cosigner::from_seed(name, algorithm, &[seed; 32]).unwrap()
}

pub fn keys(cosigners: &[&Cosigner]) -> Vec<CosignerKey> {
    cosigners.iter().map(|one| one.key().clone()).collect()
}

fn head(frontier: &Frontier) -> Head {
    Head {
        size: frontier.size(),
        root: frontier.root(),
    }
}
