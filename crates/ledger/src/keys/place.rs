//! Where each session key stands: found by its first eight bytes, whole keys only where they clash.

use super::Key;
use alloc::collections::BTreeMap;
use protocol::SessionKey;

type Row = (SessionKey, Key);

/// Places in the rows of [`super::Keys`].
#[derive(Clone, Default)]
pub(super) struct Places {
    /// By the first eight bytes, in the order of all bytes: the key that came first with them.
    first: BTreeMap<u64, u32>,
    /// Keys that begin as an earlier one does; somebody has made them so.
    clashing: BTreeMap<SessionKey, u32>,
}

impl Places {
    /// Where a key stands.
    pub(super) fn find(&self, key: &SessionKey, rows: &[Row]) -> Option<u32> {
        let place = *self.first.get(&beginning(key))?;
        if rows[place as usize].0 == *key {
            return Some(place);
        }
        self.clashing.get(key).copied()
    }

    /// Notes the place of a key that has none.
    pub(super) fn insert(&mut self, key: &SessionKey, place: u32) {
        let first = *self.first.entry(beginning(key)).or_insert(place);
        if first != place {
            self.clashing.insert(*key, place);
        }
    }

    /// All places, ascending by the keys.
    pub(super) fn ascending(&self, rows: &[Row]) -> impl Iterator<Item = u32> {
        let mut first = self.first.values().peekable();
        let mut clashing = self.clashing.iter().peekable();
        core::iter::from_fn(move || {
            let place = match (first.peek(), clashing.peek()) {
                (Some(place), Some((key, _))) if rows[**place as usize].0 > **key => None,
                (Some(_), _) => first.next(),
                (None, _) => None,
            };
            place
                .or_else(|| clashing.next().map(|(_, place)| place))
                .copied()
        })
    }
}

fn beginning(key: &SessionKey) -> u64 {
    u64::from_be_bytes(*key.0.first_chunk().expect("a key has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use crate::keys::{Key, Keys};
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;
    use proptest::prelude::*;
    use protocol::{AccountId, Scope, SessionKey};

    proptest! {
        #[test]
        fn keys_that_begin_alike_are_a_map_too(
            names in prop::collection::vec((0u8..3, 0u8..5), 0..40),
        ) {
            let (mut keys, mut map) = (Keys::default(), BTreeMap::new());
            for (number, (begins, ends)) in (0..).zip(names) {
                let mut name = [begins; 32];
                name[31] = ends;
                let key = Key::new(AccountId(number), Scope::WORK, 9);
                keys.insert(SessionKey(name), key.clone());
                map.insert(SessionKey(name), key);
            }
            prop_assert_eq!(keys.len(), map.len());
            prop_assert_eq!(keys.iter().collect::<Vec<_>>(), map.iter().collect::<Vec<_>>());
            for (begins, ends) in (0..3).flat_map(|begins| (0..5).map(move |ends| (begins, ends))) {
                let mut name = [begins; 32];
                name[31] = ends;
                let name = SessionKey(name);
                prop_assert_eq!(keys.get(&name), map.get(&name));
                prop_assert_eq!(keys.known_mut(&name).cloned(), map.get(&name).cloned());
            }
            let bytes = postcard::to_allocvec(&keys).unwrap();
            prop_assert_eq!(&bytes, &postcard::to_allocvec(&map).unwrap());
            prop_assert_eq!(postcard::from_bytes::<Keys>(&bytes).unwrap(), keys);
        }
    }
}
