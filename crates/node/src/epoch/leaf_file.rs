//! The public file of an epoch's leaves, read back to claim one of them.

use chain::settlement::Claim;
use proof::claim::{Domain, Leaf, Line, LineKind, Tree};
use serde_json::Value;

/// All leaves of an epoch with their chains, in the order of the tree.
pub(crate) struct LeafFile {
    leaves: Vec<(Domain, Leaf)>,
    tree: Tree,
}

impl LeafFile {
    /// An account's leaf on one chain, with its proof.
    pub fn claim(&self, domain: &Domain, account: [u8; 20]) -> Option<Claim> {
        let own = |(of, leaf): &(Domain, Leaf)| of == domain && leaf.account == account;
        let place = self.leaves.iter().position(own)?;
        let (leaf, proof) = (self.leaves[place].1.clone(), self.tree.proof(place)?);
        Some(Claim { leaf, proof })
    }

    /// Every leaf of one chain with its proof, in the order of the tree.
    pub fn claims(&self, domain: Domain) -> impl Iterator<Item = Claim> {
        let own = self.leaves.iter().enumerate();
        let own = own.filter(move |(_, (of, _))| *of == domain);
        own.filter_map(|(place, (_, leaf))| {
            let proof = self.tree.proof(place)?;
            Some(Claim {
                leaf: leaf.clone(),
                proof,
            })
        })
    }
}

/// Reads a file (`docs/spec/settlement.md`); `None` where it is none.
pub(crate) fn read(file: &[u8]) -> Option<LeafFile> {
    let file: Value = serde_json::from_slice(file).ok()?;
    let further = match &file["further"] {
        Value::Null => &[][..],
        further => further.as_array()?,
    };
    let mut leaves = Vec::new();
    for part in [&file].into_iter().chain(further) {
        let domain = Domain {
            chain_id: part["chainId"].as_u64()?,
            contract: address(&part["settlement"])?,
        };
        for own in part["leaves"].as_array()? {
            leaves.push((domain, leaf(own)?));
        }
    }
    let hashes = leaves.iter().map(|(domain, leaf)| leaf.hash(domain).ok());
    let tree = Tree::new(hashes.collect::<Option<_>>()?);
    Some(LeafFile { leaves, tree })
}

fn leaf(value: &Value) -> Option<Leaf> {
    let lines = value["lines"].as_array()?.iter().map(line);
    Some(Leaf {
        account: address(&value["account"])?,
        lines: lines.collect::<Option<_>>()?,
    })
}

fn line(value: &Value) -> Option<Line> {
    Some(Line {
        kind: LineKind::of(u8::try_from(value["kind"].as_u64()?).ok()?)?,
        token: address(&value["token"])?,
        cumulative: value["cumulative"].as_str()?.parse().ok()?,
    })
}

fn address(value: &Value) -> Option<[u8; 20]> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let bytes: Option<Vec<u8>> = (0..20)
        .map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok())
        .collect();
    bytes?.try_into().ok()
}
