//! Which names have been there before, in 16 bytes each.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Names by two keyed hashes, 128 bits together: whoever writes the table does not know the keys,
/// and by chance two of a million names meet once in 10^26 imports.
pub(crate) struct Seen {
    keys: [RandomState; 2],
    names: HashSet<u128>,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            keys: [RandomState::new(), RandomState::new()],
            names: HashSet::new(),
        }
    }

    /// Whether a name is new; it is not from now on.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        let [high, low] = [0, 1].map(|key| u128::from(self.keys[key].hash_one(name)));
        self.names.insert(high << 64 | low)
    }
}
