//! The few things that a decision touches: an array while they are few, a tree beyond.

use alloc::collections::BTreeMap;

/// How many most decisions need.
const FEW: usize = 4;

/// A map that allocates nothing before its fifth key.
pub(crate) struct Touched<K, V> {
    few: [Option<(K, V)>; FEW],
    many: BTreeMap<K, V>,
}

impl<K: Copy + Ord, V: Copy> Touched<K, V> {
    /// Nothing is touched.
    pub(crate) fn new() -> Self {
        Self {
            few: [None; FEW],
            many: BTreeMap::new(),
        }
    }

    /// What a key stands for now.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let few = self.few.iter().flatten();
        let found = few.into_iter().find(|(held, _)| held == key);
        match found {
            Some((_, value)) => Some(*value),
            None if self.many.is_empty() => None,
            None => self.many.get(key).copied(),
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.few.iter().flatten().count() + self.many.len()
    }

    /// Puts a value in the place of the key's last one.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        // Places fill in order and none is ever freed, so a free one says that the key is new.
        let place = self
            .few
            .iter_mut()
            .find(|place| place.as_ref().is_none_or(|(held, _)| *held == key));
        match place {
            Some(place) => *place = Some((key, value)),
            None => {
                self.many.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((0u8..9, any::<u16>()), 0..40)) {
            let (mut touched, mut map) = (Touched::new(), BTreeMap::new());
            for (key, value) in steps {
                touched.insert(key, value);
                map.insert(key, value);
                prop_assert_eq!(touched.len(), map.len());
                for key in 0..9 {
                    prop_assert_eq!(touched.get(&key), map.get(&key).copied());
                }
            }
        }
    }
}
