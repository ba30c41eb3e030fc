//! The hashes of many leaves, four at a time.

use super::{Domain, Leaf, LeafFault, MOST_LINES};
use crate::hash::keccak256;
use crate::keccak::keccak256_four;
use alloc::vec::Vec;

/// Hashes in the order in which leaves came. Those with the same number of lines wait for each
/// other, since only messages of one length are hashed at once.
#[derive(Clone, Debug, Default)]
pub struct Hashes {
    all: Vec<[u8; 32]>,
    /// By number of lines.
    waiting: [Waiting; MOST_LINES + 1],
}

/// Fewer than four leaves of one length.
#[derive(Clone, Debug, Default)]
struct Waiting {
    /// Of their hashes.
    places: Vec<usize>,
    /// What is hashed, one leaf behind the other.
    words: Vec<[u8; 32]>,
}

impl Hashes {
    /// Of no leaf yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next leaf: its hash will be the one of [`Leaf::hash`].
    ///
    /// # Errors
    /// Where the leaf has no hash; it takes no place then.
    pub fn push(&mut self, leaf: &Leaf, domain: &Domain) -> Result<(), LeafFault> {
        let Some(waiting) = self.waiting.get_mut(leaf.lines.len()) else {
            return Err(LeafFault::TooManyLines);
        };
        leaf.encode(domain, &mut waiting.words)?;
        waiting.places.push(self.all.len());
        self.all.push([0; 32]);
        if let [first, second, third, fourth] = waiting.places[..] {
            let length = waiting.words.len() / 4;
            let four = [0, 1, 2, 3].map(|at| &waiting.words[at * length..][..length]);
            let inner = keccak256_four(four.map(|words| words.as_flattened()));
            let outer = keccak256_four(inner.each_ref().map(|hash| &hash[..]));
            for (place, hash) in [first, second, third, fourth].into_iter().zip(outer) {
                self.all[place] = hash;
            }
            waiting.places.clear();
            waiting.words.clear();
        }
        Ok(())
    }

    /// How many leaves there were.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The hash of each leaf.
    pub fn finish(mut self) -> Vec<[u8; 32]> {
        for Waiting { places, words } in &self.waiting {
            let length = words.len() / places.len().max(1);
            for (place, words) in places.iter().zip(words.chunks(length.max(1))) {
                self.all[*place] = keccak256(&[&keccak256(&[words.as_flattened()])]);
            }
        }
        self.all
    }
}
