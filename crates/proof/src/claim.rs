//! The claim tree: what every account was ever owed, under one root that Settlement pays from.
//!
//! Byte for byte OpenZeppelin's `StandardMerkleTree` over `(uint256 chainId, address contract,
//! address account, (uint8 kind, address token, uint96 cumulative)[])`: leaves are hashed twice,
//! sorted by hash, and pairs are sorted before they are hashed. `docs/spec/settlement.md` has the
//! formulas.

pub mod file;

mod hashes;

pub use hashes::Hashes;

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::hash::keccak256;
use crate::keccak::keccak256_four;

/// The largest cumulative amount of a line, in base units: what a `uint96` holds.
pub const LARGEST_CUMULATIVE: u128 = (1 << 96) - 1;

/// How many lines one leaf may carry; the contract refuses more.
pub const MOST_LINES: usize = 8;

/// Words of an encoded leaf before its lines, and of each line.
const HEAD_WORDS: usize = 5;
const LINE_WORDS: usize = 3;

/// What a line gives its account, or takes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LineKind {
    /// Money that the Settlement contract transfers; the only kind it pays.
    Pay = 1,
    /// What the Stake contract takes from the account's stake in the token.
    Slash = 2,
    /// Votes that the PoolVotes contract, which stands in the token's place, mints.
    Vote = 3,
}

impl LineKind {
    /// The kind with this number in a leaf; `None` where there is none.
    pub fn of(number: u8) -> Option<LineKind> {
        [LineKind::Pay, LineKind::Slash, LineKind::Vote]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

/// One cumulative amount: all that the account was ever owed in this token, claimed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the amount is for.
    pub kind: LineKind,
    /// ERC-20 contract on the leaf's chain.
    pub token: [u8; 20],
    /// Base units, at most [`LARGEST_CUMULATIVE`].
    pub cumulative: u128,
}

/// The one leaf of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The address that is paid.
    pub account: [u8; 20],
    /// Strictly ascending by kind and token, at most [`MOST_LINES`].
    pub lines: Vec<Line>,
}

/// Which contract on which chain a leaf is good for; without it a leaf could be claimed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// EIP-155 number of the chain.
    pub chain_id: u64,
    /// Address of the Settlement contract; of the Escrow for a [`Debit`].
    pub contract: [u8; 20],
}

/// What the ledger ever charged a deposit, up to an epoch that charges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debit {
    /// The deposit's number in the Escrow of the leaf's chain.
    pub id: u64,
    /// Base units, at most [`LARGEST_CUMULATIVE`].
    pub cumulative: u128,
}

/// What a tree holds of the deposits of one chain; empty where nothing was said of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debits {
    /// The Escrow that holds them.
    pub escrow: [u8; 20],
    /// One for each deposit that the epoch debits, ascending by number.
    pub rows: Vec<Debit>,
}

impl Debits {
    /// The hash of each, on this chain.
    pub fn hashes(&self, chain_id: u64) -> impl Iterator<Item = Result<[u8; 32], LeafFault>> {
        let contract = self.escrow;
        let domain = Domain { chain_id, contract };
        self.rows.iter().map(move |debit| debit.hash(&domain))
    }
}

impl Debit {
    /// The hash that stands in the tree: `keccak(keccak(abi.encode(chainId, escrow, id,
    /// cumulative)))`; the contract of the domain is the Escrow.
    pub fn hash(&self, domain: &Domain) -> Result<[u8; 32], LeafFault> {
        if self.cumulative > LARGEST_CUMULATIVE {
            return Err(LeafFault::CumulativeTooLarge);
        }
        let encoded = [
            word(&domain.chain_id.to_be_bytes()),
            word(&domain.contract),
            word(&self.id.to_be_bytes()),
            word(&self.cumulative.to_be_bytes()),
        ];
        Ok(keccak256(&[&keccak256(&[encoded.as_flattened()])]))
    }
}

/// Why a leaf has no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafFault {
    /// More than [`MOST_LINES`] lines: the contract would never pay the leaf.
    TooManyLines,
    /// Lines out of order, or two of one kind for one token.
    LinesNotAscending,
    /// An amount that a `uint96` cannot hold.
    CumulativeTooLarge,
}

impl fmt::Display for LeafFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            LeafFault::TooManyLines => "a leaf holds at most 8 lines",
            LeafFault::LinesNotAscending => {
                "the lines of a leaf must strictly ascend by kind and token"
            }
            LeafFault::CumulativeTooLarge => "a cumulative amount must be below 2^96",
        })
    }
}

impl core::error::Error for LeafFault {}

impl Leaf {
    /// The hash that stands in the tree: `keccak(keccak(abi.encode(chainId, contract, account,
    /// lines)))`. [`Hashes`] makes many of them sooner.
    pub fn hash(&self, domain: &Domain) -> Result<[u8; 32], LeafFault> {
        let mut words = Vec::with_capacity(HEAD_WORDS + LINE_WORDS * self.lines.len());
        self.encode(domain, &mut words)?;
        Ok(keccak256(&[&keccak256(&[words.as_flattened()])]))
    }

    /// Adds the words that are hashed; none where the leaf has no hash.
    fn encode(&self, domain: &Domain, words: &mut Vec<[u8; 32]>) -> Result<(), LeafFault> {
        if self.lines.len() > MOST_LINES {
            return Err(LeafFault::TooManyLines);
        }
        if !self
            .lines
            .is_sorted_by(|left, right| (left.kind, left.token) < (right.kind, right.token))
        {
            return Err(LeafFault::LinesNotAscending);
        }
        if self
            .lines
            .iter()
            .any(|line| line.cumulative > LARGEST_CUMULATIVE)
        {
            return Err(LeafFault::CumulativeTooLarge);
        }
        let head: [[u8; 32]; HEAD_WORDS] = [
            word(&domain.chain_id.to_be_bytes()),
            word(&domain.contract),
            word(&self.account),
            // Where the array starts, in bytes: behind the four words of the head.
            word(&[0x80]),
            word(&[self.lines.len() as u8]),
        ];
        words.extend(head);
        for line in &self.lines {
            let line: [[u8; 32]; LINE_WORDS] = [
                word(&[line.kind as u8]),
                word(&line.token),
                word(&line.cumulative.to_be_bytes()),
            ];
            words.extend(line);
        }
        Ok(())
    }
}

/// A claim tree in memory: 64 bytes and a position for each leaf.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The root first; the children of node `i` are `2i + 1` and `2i + 2`; the sorted leaves stand
    /// last, backwards.
    nodes: Vec<[u8; 32]>,
    /// Where in `nodes` each leaf stands, in the order the leaves were given.
    places: Vec<u32>,
}

impl Tree {
    /// Builds the tree over leaf hashes in any order; the order decides only what [`Tree::proof`]
    /// calls a position.
    ///
    /// # Panics
    /// With 2^31 leaves or more.
    pub fn new(leaf_hashes: Vec<[u8; 32]>) -> Tree {
        let count = leaf_hashes.len();
        assert!(count < 1 << 31, "a tree holds fewer than 2^31 leaves");
        let length = (2 * count).saturating_sub(1);
        let mut sorted: Vec<([u8; 32], u32)> = leaf_hashes
            .into_iter()
            .enumerate()
            .map(|(at, hash)| (hash, at as u32))
            .collect();
        // Equal hashes keep their given order, as in the reference library.
        sorted.sort_unstable();
        let mut nodes = vec![[0; 32]; length];
        let mut places = vec![0; count];
        for (rank, (hash, position)) in sorted.into_iter().enumerate() {
            let place = length - 1 - rank;
            nodes[place] = hash;
            places[position as usize] = place as u32;
        }
        let mut inner = length - count.min(length);
        // Four neighbours do not need each other from the tree's fourth node on.
        while inner >= 8 {
            inner -= 4;
            let children = [0, 1, 2, 3].map(|at| 2 * (inner + at) + 1);
            let four = pair_four(children.map(|left| [&nodes[left], &nodes[left + 1]]));
            nodes[inner..inner + 4].copy_from_slice(&four);
        }
        for place in (0..inner).rev() {
            nodes[place] = pair(&nodes[2 * place + 1], &nodes[2 * place + 2]);
        }
        Tree { nodes, places }
    }

    /// The hash that is posted; 32 zero bytes for a tree without leaves, from which nothing can be
    /// claimed.
    pub fn root(&self) -> [u8; 32] {
        self.nodes.first().copied().unwrap_or([0; 32])
    }

    /// The siblings from a leaf up to the root, or `None` if there is no such leaf.
    ///
    /// `position` counts the leaves as they were given to [`Tree::new`].
    pub fn proof(&self, position: usize) -> Option<Vec<[u8; 32]>> {
        let mut place = *self.places.get(position)? as usize;
        let mut proof = Vec::new();
        while place > 0 {
            // Left children are odd: 1 and 2 are siblings, 3 and 4, and so on.
            let sibling = if place % 2 == 1 { place + 1 } else { place - 1 };
            proof.push(self.nodes[sibling]);
            place = (place - 1) / 2;
        }
        Some(proof)
    }

    /// How many leaves the tree has.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is nothing to claim.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All nodes in the layout of the reference library's `dump().tree`.
    pub fn nodes(&self) -> &[[u8; 32]] {
        &self.nodes
    }
}

/// The root of [`Tree`] over these leaf hashes, in any order, without the memory of a tree.
pub fn root(mut leaf_hashes: Vec<[u8; 32]>) -> [u8; 32] {
    leaf_hashes.sort_unstable();
    // The sorted leaves are the tree's last nodes, backwards: what is paired next is always what
    // has waited longest.
    let mut waiting = VecDeque::from(leaf_hashes);
    while waiting.len() >= 8 {
        let next = |_| waiting.pop_front().expect("there are eight");
        let eight: [[u8; 32]; 8] = core::array::from_fn(next);
        waiting.extend(pair_four(
            [0, 2, 4, 6].map(|at| [&eight[at], &eight[at + 1]]),
        ));
    }
    while let Some(first) = waiting.pop_front() {
        let Some(second) = waiting.pop_front() else {
            return first;
        };
        waiting.push_back(pair(&first, &second));
    }
    [0; 32]
}

/// Whether `proof` leads from a leaf to the root.
pub fn verify(root: &[u8; 32], leaf_hash: &[u8; 32], proof: &[[u8; 32]]) -> bool {
    proof
        .iter()
        .fold(*leaf_hash, |hash, sibling| pair(&hash, sibling))
        == *root
}

fn pair(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    keccak256(&[&ordered([one, other])])
}

fn pair_four(pairs: [[&[u8; 32]; 2]; 4]) -> [[u8; 32]; 4] {
    let ordered = pairs.map(ordered);
    keccak256_four(ordered.each_ref().map(|pair| &pair[..]))
}

fn ordered([one, other]: [&[u8; 32]; 2]) -> [u8; 64] {
    let (low, high) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    let mut both = [0; 64];
    both[..32].copy_from_slice(low);
    both[32..].copy_from_slice(high);
    both
}

/// A big-endian number or address as one ABI word.
fn word(bytes: &[u8]) -> [u8; 32] {
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}

#[cfg(test)]
mod tests;
