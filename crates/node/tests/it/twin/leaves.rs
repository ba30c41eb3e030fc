//! What a twin's contracts make of leaves: roots over their own hashes, and proofs to these.

use super::{Twin, wallet};
use chain::deployment::LOG_ID;
use chain::devnet::CHAIN_ID;
use chain::leaves::Leaves;
use chain::objection::Signed;
use proof::claim::{Domain, file};
use std::fs;
use std::path::Path;

impl Twin {
    /// From now on the roots that a node posts, whose directory this is, are those over the same
    /// leaves as the contracts hash them: what stands in a leaf is carried out here, too.
    pub fn with_leaves(&self, dir: &Path) {
        *self.claims.lock().unwrap() = Some(dir.join("claims"));
    }

    /// What is called, as the devnet has it, with the poster's signature over what a post says
    /// here.
    pub(super) fn stated_here(&self, to: [u8; 20], calldata: &[u8]) -> ([u8; 20], Vec<u8>) {
        if let Some(signed) = Signed::in_post(calldata) {
            self.name_leaves(&signed);
        }
        let (to, mut calldata) = self.here(to, calldata);
        if let Some(signed) = Signed::in_post(&calldata) {
            let anew = wallet(2).sign_digest(&signed.statement.digest(&LOG_ID));
            let mut places = calldata.windows(anew.len());
            let at = places.position(|it| it == signed.signature).unwrap();
            calldata[at..at + anew.len()].copy_from_slice(&anew);
        }
        (to, calldata)
    }

    /// The root of a log's only chain, and the way to it of each leaf: both trees are sorted by
    /// their hashes, so that the ways differ as a whole.
    fn name_leaves(&self, signed: &Signed) {
        let claims = self.claims.lock().unwrap().clone();
        let Some(claims) = claims else {
            return;
        };
        let name = format!("{}.json", signed.statement.epoch);
        let file = fs::read(claims.join(name)).unwrap();
        let [theirs, ours] = [self.id, CHAIN_ID].map(|chain_id| {
            let contract = self.deployment.settlement;
            over(&file, &Domain { chain_id, contract })
        });
        let root: [u8; 32] = signed.statement.root.into();
        assert_eq!(theirs.root(), root);
        self.name(&root, &ours.root());
        for (theirs, ours) in theirs.claims().zip(ours.claims()) {
            let ways = [theirs.proof, ours.proof];
            if ways.iter().all(|way| !way.is_empty()) {
                let [theirs, ours] = ways.map(|way| encoded(&way));
                self.name(&theirs, &ours);
            }
        }
    }
}

/// The leaves of a file as a chain hashes them.
fn over(claims: &[u8], domain: &Domain) -> Leaves {
    let parts = file::read(claims).unwrap();
    let parts = parts.iter();
    let named = parts.map(|part| (domain, &part.leaves[..], &part.debits));
    Leaves::within(named, domain).unwrap()
}

/// A list of words, as it ends calldata.
fn encoded(words: &[[u8; 32]]) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    bytes.extend((words.len() as u64).to_be_bytes());
    bytes.extend(words.as_flattened());
    bytes
}
