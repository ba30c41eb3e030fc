//! The leaves of a posted root: from the public file or the ledger, and the faults within them.

use audit::epoch::Statement;
use chain::settlement::Claim;
use proof::claim::{Domain, Leaf, Line, LineKind, Tree};
use serde_json::Value;
use std::collections::BTreeMap;

/// The leaves that one contract pays, and the tree over these and those of other chains.
#[derive(Clone, Debug)]
pub struct Leaves {
    leaves: Vec<Leaf>,
    /// Where each of them stands in the tree.
    places: Vec<usize>,
    hashes: Vec<[u8; 32]>,
    tree: Tree,
}

impl Leaves {
    /// The leaves of a public file (`docs/spec/settlement.md`); `None` where it does not read, or
    /// holds a leaf that no contract pays.
    pub fn read(file: &[u8], domain: &Domain) -> Option<Leaves> {
        let file: Value = serde_json::from_slice(file).ok()?;
        let further = match &file["further"] {
            Value::Null => &[][..],
            further => further.as_array()?,
        };
        let parts = [&file].into_iter().chain(further).map(|part| {
            // A file of one chain need not say which.
            let of = named(part).or(further.is_empty().then_some(*domain))?;
            let leaves = part["leaves"].as_array()?.iter().map(leaf);
            Some((of, leaves.collect::<Option<Vec<_>>>()?))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let parts = parts.iter().map(|(of, leaves)| (of, &leaves[..]));
        Leaves::within(parts, domain)
    }

    /// What the ledger owes on the chain of a domain.
    pub fn of(statement: &Statement, domain: &Domain) -> Option<Leaves> {
        Leaves::within(statement.parts(), domain)
    }

    /// The tree over leaves in their order, all of one chain.
    pub fn new(leaves: &[Leaf], domain: &Domain) -> Option<Leaves> {
        Leaves::within([(domain, leaves)].into_iter(), domain)
    }

    /// The tree over the leaves of all chains in their order, of which those of `own` are kept.
    fn within<'a>(
        parts: impl Iterator<Item = (&'a Domain, &'a [Leaf])>,
        own: &Domain,
    ) -> Option<Leaves> {
        let (mut all, mut leaves, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (domain, part) in parts {
            for leaf in part {
                if domain == own {
                    leaves.push(leaf.clone());
                    places.push(all.len());
                }
                all.push(leaf.hash(domain).ok()?);
            }
        }
        let hashes = places.iter().map(|place| all[*place]).collect();
        let tree = Tree::new(all);
        Some(Leaves {
            leaves,
            places,
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
        let (leaf, within) = (self.leaves.get(place)?.clone(), *self.places.get(place)?);
        let proof = self.tree.proof(within)?;
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

/// The chain and contract that a part of a file names.
fn named(part: &Value) -> Option<Domain> {
    Some(Domain {
        chain_id: part["chainId"].as_u64()?,
        contract: address(&part["settlement"])?,
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
        let leaves: Vec<Leaf> = rows.iter().map(leaf).collect();
        Leaves::new(&leaves, &DOMAIN).unwrap()
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
    fn leaves_of_another_chain_are_in_the_tree_and_no_duplicates() {
        let other = Domain {
            chain_id: 2,
            ..DOMAIN
        };
        let own = leaves(&[(1, LineKind::Pay, 5), (2, LineKind::Pay, 6)]).leaves;
        let theirs = leaves(&[(1, LineKind::Pay, 9)]).leaves;
        let parts = || [(&DOMAIN, &own[..]), (&other, &theirs[..])].into_iter();
        let (here, there) = (
            Leaves::within(parts(), &DOMAIN),
            Leaves::within(parts(), &other),
        );
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!(here.root(), there.root());
        assert_eq!((here.duplicate(), there.leaves.len()), (None, 1));
        for (tree, domain) in [(&here, DOMAIN), (&there, other)] {
            for place in 0..tree.leaves.len() {
                let claim = tree.claim(place).unwrap();
                let hash = claim.leaf.hash(&domain).unwrap();
                assert!(proof::claim::verify(&tree.root(), &hash, &claim.proof));
            }
        }
        let line = |cumulative: u32| {
            format!(
                "{{\"account\":\"0x{}\",\"lines\":[{{\"kind\":1,\"token\":\"0x{}\",\
                 \"cumulative\":\"{cumulative}\"}}]}}",
                "01".repeat(20),
                "09".repeat(20)
            )
        };
        let contract = "03".repeat(20);
        let part = |chain: u8, leaf: &str, behind: &str| {
            format!(
                "{{\"chainId\":{chain},\"settlement\":\"0x{contract}\",\
                 \"leaves\":[{leaf}]{behind}}}"
            )
        };
        let further = format!(",\"further\":[{}]", part(2, &line(9), ""));
        let file = part(1, &line(5), &further);
        let read = |domain| Leaves::read(file.as_bytes(), domain).unwrap();
        assert_eq!(read(&DOMAIN).root(), read(&other).root());
        assert_eq!(read(&DOMAIN).leaves, own[..1]);
        assert_eq!(read(&other).leaves, theirs);
        let twice = part(
            1,
            &line(5),
            &format!(",\"further\":[{}]", part(1, &line(9), "")),
        );
        let twice = Leaves::read(twice.as_bytes(), &DOMAIN).unwrap();
        assert!(twice.duplicate().is_some(), "hidden in a further part");
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
