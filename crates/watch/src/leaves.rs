//! The leaves of a posted root: from the public file or the ledger, and the faults within them.

use audit::epoch::Statement;
use chain::settlement::Claim;
use proof::claim::{Domain, Leaf, Line, LineKind, Tree};
use serde_json::Value;
use std::collections::BTreeMap;

/// Leaves with the tree over them.
#[derive(Clone, Debug)]
pub struct Leaves {
    leaves: Vec<Leaf>,
    hashes: Vec<[u8; 32]>,
    tree: Tree,
}

impl Leaves {
    /// The leaves of a public file (`docs/spec/settlement.md`); `None` where it does not read, or
    /// holds a leaf that no contract pays.
    pub fn read(file: &[u8], domain: &Domain) -> Option<Leaves> {
        let file: Value = serde_json::from_slice(file).ok()?;
        let leaves = file["leaves"].as_array()?.iter().map(leaf);
        Leaves::new(leaves.collect::<Option<_>>()?, domain)
    }

    /// What the ledger owes.
    pub fn of(statement: &Statement) -> Option<Leaves> {
        Leaves::new(statement.leaves.clone(), &statement.domain)
    }

    /// The tree over leaves in their order.
    pub fn new(leaves: Vec<Leaf>, domain: &Domain) -> Option<Leaves> {
        let hashes: Result<Vec<_>, _> = leaves.iter().map(|leaf| leaf.hash(domain)).collect();
        let hashes = hashes.ok()?;
        let tree = Tree::new(hashes.clone());
        Some(Leaves {
            leaves,
            hashes,
            tree,
        })
    }

    /// The root over them.
    pub fn root(&self) -> [u8; 32] {
        self.tree.root()
    }

    /// A leaf with its proof, by its place.
    pub fn claim(&self, place: usize) -> Option<Claim> {
        let (leaf, proof) = (self.leaves.get(place)?.clone(), self.tree.proof(place)?);
        Some(Claim { leaf, proof })
    }

    /// Two different leaves of one account, the smallest such account's.
    pub fn duplicate(&self) -> Option<(Claim, Claim)> {
        let mut first: BTreeMap<[u8; 20], usize> = BTreeMap::new();
        let mut found: BTreeMap<[u8; 20], (usize, usize)> = BTreeMap::new();
        for (place, leaf) in self.leaves.iter().enumerate() {
            let before = *first.entry(leaf.account).or_insert(place);
            if self.hashes[before] != self.hashes[place] {
                found.entry(leaf.account).or_insert((before, place));
            }
        }
        let (one, other) = found.into_values().next()?;
        self.claim(one).zip(self.claim(other))
    }

    /// An account's leaf here and in the parent's tree, where a line of it has fallen since. That
    /// an account has no leaf any more cannot be proven by leaves.
    pub fn decrease(&self, before: &Leaves) -> Option<(Claim, Claim)> {
        let now = self.leaves.iter().enumerate();
        let now: BTreeMap<[u8; 20], usize> = now.map(|(at, leaf)| (leaf.account, at)).collect();
        let fallen = before.leaves.iter().enumerate().find_map(|(then, leaf)| {
            let at = *now.get(&leaf.account)?;
            falls(leaf, &self.leaves[at]).then_some((at, then))
        });
        let (at, then) = fallen?;
        self.claim(at).zip(before.claim(then))
    }
}

/// As the contract judges it: a line that is left out has fallen to zero, and the larger counts of
/// two for one token.
fn falls(before: &Leaf, now: &Leaf) -> bool {
    before.lines.iter().any(|line| {
        let same = |other: &&Line| (other.kind, other.token) == (line.kind, line.token);
        let most = now.lines.iter().filter(same).map(|other| other.cumulative);
        line.cumulative > most.max().unwrap_or(0)
    })
}

fn leaf(value: &Value) -> Option<Leaf> {
    let lines = value["lines"].as_array()?.iter().map(line);
    Some(Leaf {
        account: address(&value["account"])?,
        lines: lines.collect::<Option<_>>()?,
    })
}

fn line(value: &Value) -> Option<Line> {
    let kind = u8::try_from(value["kind"].as_u64()?).ok()?;
    Some(Line {
        kind: LineKind::of(kind)?,
        token: address(&value["token"])?,
        cumulative: value["cumulative"].as_str()?.parse().ok()?,
    })
}

fn address(value: &Value) -> Option<[u8; 20]> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    hex::decode(digits).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: Domain = Domain {
        chain_id: 1,
        contract: [3; 20],
    };

    fn leaves(rows: &[(u8, LineKind, u128)]) -> Leaves {
        let leaf = |&(account, kind, cumulative): &(u8, LineKind, u128)| Leaf {
            account: [account; 20],
            lines: vec![Line {
                kind,
                token: [9; 20],
                cumulative,
            }],
        };
        Leaves::new(rows.iter().map(leaf).collect(), &DOMAIN).unwrap()
    }

    #[test]
    fn a_line_that_rises_or_stays_is_no_fault() {
        let before = leaves(&[(1, LineKind::Pay, 5), (2, LineKind::Pay, 7)]);
        let now = leaves(&[(2, LineKind::Pay, 7), (1, LineKind::Pay, 6)]);
        assert_eq!(now.decrease(&before), None);
        assert_eq!(now.duplicate(), None);
    }

    #[test]
    fn a_line_that_falls_or_is_left_out_is_found_of_any_kind() {
        let before = leaves(&[(1, LineKind::Slash, 5), (2, LineKind::Pay, 7)]);
        let fallen = leaves(&[(1, LineKind::Slash, 4), (2, LineKind::Pay, 7)]);
        let (now, then) = fallen.decrease(&before).unwrap();
        assert_eq!((now.leaf.account, then.leaf.account), ([1; 20], [1; 20]));
        let other_kind = leaves(&[(1, LineKind::Pay, 5), (2, LineKind::Pay, 7)]);
        assert!(other_kind.decrease(&before).is_some());
        let without = leaves(&[(2, LineKind::Pay, 7)]);
        assert_eq!(without.decrease(&before), None, "absence has no proof");
    }

    #[test]
    fn two_leaves_of_an_account_are_found_unless_they_are_equal() {
        let equal = leaves(&[(1, LineKind::Pay, 5), (1, LineKind::Pay, 5)]);
        assert_eq!(equal.duplicate(), None);
        let two = leaves(&[
            (1, LineKind::Pay, 5),
            (2, LineKind::Pay, 5),
            (1, LineKind::Pay, 6),
        ]);
        let (one, other) = two.duplicate().unwrap();
        assert_eq!(one.leaf.account, other.leaf.account);
        assert_ne!(one.leaf, other.leaf);
    }

    #[test]
    fn files_that_are_no_leaf_files_do_not_read() {
        for file in [
            "",
            "[]",
            "{\"leaves\":[{}]}",
            "{\"leaves\":[{\"account\":\"0x01\",\"lines\":[]}]}",
            "{\"leaves\":7}",
        ] {
            assert!(Leaves::read(file.as_bytes(), &DOMAIN).is_none(), "{file}");
        }
        let empty = Leaves::read(b"{\"leaves\":[]}", &DOMAIN).unwrap();
        assert_eq!(empty.root(), [0; 32]);
    }
}
