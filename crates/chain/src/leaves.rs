//! The leaves of a posted root in their tree: what is claimed of them, and the faults within.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use proof::claim::{Debit, Debits, Domain, Leaf, Line, Tree, file};

use crate::settlement::Claim;

/// The leaves that one contract pays, and the tree over these and those of other chains.
#[derive(Clone, Debug)]
pub struct Leaves {
    leaves: Vec<Leaf>,
    /// Where each of them stands in the tree.
    places: Vec<usize>,
    hashes: Vec<[u8; 32]>,
    /// What the epoch debits on this chain.
    debits: Vec<Debit>,
    /// Where the first of them stands in the tree.
    debits_from: usize,
    tree: Tree,
}

impl Leaves {
    /// The leaves of a public file; `None` where it does not read, or holds a leaf that no contract
    /// pays.
    pub fn read(file: &[u8], own: &Domain) -> Option<Leaves> {
        let parts = file::read(file)?;
        let alone = parts.len() == 1;
        let named = parts.iter().map(|part| {
            // A file of one chain need not say which.
            let of = part.domain.as_ref().or(alone.then_some(own))?;
            Some((of, &part.leaves[..], &part.debits))
        });
        let named: Vec<_> = named.collect::<Option<_>>()?;
        Leaves::within(named.into_iter(), own)
    }

    /// The tree over the leaves of all chains in their order and then over all debits, of which
    /// those of `own` are kept; `None` where no contract pays one of them.
    pub fn within<'a>(
        parts: impl Iterator<Item = (&'a Domain, &'a [Leaf], &'a Debits)> + Clone,
        own: &Domain,
    ) -> Option<Leaves> {
        let (mut all, mut leaves, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (domain, part, _) in parts.clone() {
            for leaf in part {
                if domain == own {
                    leaves.push(leaf.clone());
                    places.push(all.len());
                }
                all.push(leaf.hash(domain).ok()?);
            }
        }
        let hashes = places.iter().map(|place| all[*place]).collect();
        let (mut debits, mut debits_from) = (Vec::new(), all.len());
        for (domain, _, part) in parts {
            if domain == own {
                (debits, debits_from) = (part.rows.clone(), all.len());
            }
            for hash in part.hashes(domain.chain_id) {
                all.push(hash.ok()?);
            }
        }
        let tree = Tree::new(all);
        Some(Leaves {
            leaves,
            places,
            hashes,
            debits,
            debits_from,
            tree,
        })
    }

    /// What the epoch debits of each deposit of this chain, all earlier debits with it, and the
    /// proof of that.
    pub fn debits(&self) -> impl Iterator<Item = (Debit, Vec<[u8; 32]>)> {
        let placed = (self.debits_from..).zip(&self.debits);
        placed.filter_map(|(place, debit)| Some((*debit, self.tree.proof(place)?)))
    }

    /// The same of one deposit.
    pub fn debit_of(&self, id: u64) -> Option<(Debit, Vec<[u8; 32]>)> {
        let place = self.debits.iter().position(|it| it.id == id)?;
        let proof = self.tree.proof(self.debits_from + place)?;
        Some((self.debits[place], proof))
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

    /// The leaf of an account with its proof; the first where there are several.
    pub fn claim_of(&self, account: [u8; 20]) -> Option<Claim> {
        let place = self.leaves.iter().position(|it| it.account == account)?;
        self.claim(place)
    }

    /// Every leaf with its proof, in the order of the tree.
    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        (0..self.leaves.len()).filter_map(|place| self.claim(place))
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
