//! Session keys and the nonces they have used, packed so that a million of them fit in memory.

mod place;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use place::Places;
use protocol::{AccountId, Scope, SessionKey};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nonces that are remembered per session key.
pub const NONCE_WINDOW: usize = 64;

/// A session key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Whose.
    pub account: AccountId,
    /// What it may do.
    pub scope: Scope,
    /// Log time in milliseconds after which it signs nothing more.
    pub expires_ms: u64,
    /// True once it signs nothing more, whatever the time.
    pub revoked: bool,
    /// What it has used.
    pub nonces: Nonces,
}

impl Key {
    /// A key that has signed nothing yet.
    pub fn new(account: AccountId, scope: Scope, expires_ms: u64) -> Self {
        Self {
            account,
            scope,
            expires_ms,
            revoked: false,
            nonces: Nonces::default(),
        }
    }
}

/// A nonce that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedNonce {
    /// The client's number.
    pub nonce: u64,
    /// The entry it led to.
    pub seq: u64,
    /// First 8 bytes of the SHA-256 of the signed bytes: tells a repetition from a clash.
    pub digest: u64,
}

/// The newest [`NONCE_WINDOW`] nonces of a session key. Most keys only ever use the first, which
/// needs no memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nonces(Window);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Window {
    #[default]
    None,
    One(UsedNonce),
    Many(Box<Many>),
}

/// Of two or more nonces; the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Many {
    used: VecDeque<UsedNonce>,
    forgotten: Option<u64>,
    /// The highest of `used`: most clients count upwards, and then nothing need be searched.
    highest: u64,
}

impl Many {
    fn new(used: VecDeque<UsedNonce>, forgotten: Option<u64>) -> Box<Self> {
        let highest = used.iter().map(|used| used.nonce).max().unwrap_or(0);
        Box::new(Self {
            used,
            forgotten,
            highest,
        })
    }

    fn push(&mut self, used: UsedNonce) {
        // The oldest goes first, so that the newest takes its place and no room is added.
        if self.used.len() >= NONCE_WINDOW
            && let Some(oldest) = self.used.pop_front()
        {
            self.forgotten = self.forgotten.max(Some(oldest.nonce));
            if oldest.nonce == self.highest {
                let left = self.used.iter().map(|used| used.nonce);
                self.highest = left.max().unwrap_or(0);
            }
        }
        self.highest = self.highest.max(used.nonce);
        self.used.push_back(used);
    }
}

impl Nonces {
    /// What a nonce was used for, while it is remembered.
    pub fn find(&self, nonce: u64) -> Option<&UsedNonce> {
        match &self.0 {
            Window::None => None,
            Window::One(used) => Some(used).filter(|used| used.nonce == nonce),
            Window::Many(many) if nonce > many.highest => None,
            Window::Many(many) => many.used.iter().find(|used| used.nonce == nonce),
        }
    }

    /// Those that are remembered, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &UsedNonce> {
        let (one, many) = match &self.0 {
            Window::None => (None, None),
            Window::One(used) => (Some(used), None),
            Window::Many(many) => (None, Some(&many.used)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// The highest nonce that has fallen out of the window: it and all below are refused.
    pub fn forgotten(&self) -> Option<u64> {
        match &self.0 {
            Window::Many(many) => many.forgotten,
            _ => None,
        }
    }

    /// Takes one more; the oldest falls out of a full window.
    pub fn push(&mut self, used: UsedNonce) {
        match &mut self.0 {
            Window::None => self.0 = Window::One(used),
            Window::One(first) => {
                let used = VecDeque::from([*first, used]);
                self.0 = Window::Many(Many::new(used, None));
            }
            Window::Many(many) => many.push(used),
        }
    }
}

/// As the list of those that are remembered and the highest forgotten one.
impl Serialize for Nonces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let forgotten = self.forgotten();
        match &self.0 {
            Window::None => (&[] as &[UsedNonce], forgotten).serialize(serializer),
            Window::One(used) => (core::slice::from_ref(used), forgotten).serialize(serializer),
            Window::Many(many) => (&many.used, forgotten).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Nonces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (used, forgotten) = <(VecDeque<UsedNonce>, Option<u64>)>::deserialize(deserializer)?;
        Ok(Self(match (used.len(), forgotten) {
            (0, None) => Window::None,
            (1, None) => Window::One(used[0]),
            _ => Window::Many(Many::new(used, forgotten)),
        }))
    }
}

/// Every session key of a space.
#[derive(Clone, Default)]
pub struct Keys {
    /// In the order of joining.
    rows: Vec<(SessionKey, Key)>,
    /// Where each stands in `rows`.
    places: Places,
}

impl Keys {
    /// What is known of a key.
    pub fn get(&self, key: &SessionKey) -> Option<&Key> {
        self.place(key).map(|place| &self.at(place).1)
    }

    /// The same, to be changed.
    pub fn known_mut(&mut self, key: &SessionKey) -> Option<&mut Key> {
        let place = self.place(key)?;
        Some(&mut self.rows[place as usize].1)
    }

    /// What is known of every key, to be changed; in the order of joining.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Key> {
        self.rows.iter_mut().map(|(_, known)| known)
    }

    /// Adds a key, or replaces what is known of it; returns where it stands.
    pub fn insert(&mut self, key: SessionKey, known: Key) -> u32 {
        if let Some(place) = self.place(&key) {
            self.rows[place as usize].1 = known;
            return place;
        }
        let place = u32::try_from(self.rows.len()).expect("fewer than 2^32 keys");
        self.places.insert(&key, place);
        self.rows.push((key, known));
        place
    }

    /// Where a key stands, which stays so.
    pub(crate) fn place(&self, key: &SessionKey) -> Option<u32> {
        self.places.find(key, &self.rows)
    }

    /// What stands there.
    pub(crate) fn at(&self, place: u32) -> &(SessionKey, Key) {
        &self.rows[place as usize]
    }

    /// All keys with where they stand, in the order of joining.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u32, &(SessionKey, Key))> {
        (0..).zip(&self.rows)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True before the first key.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All keys, ascending by their bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&SessionKey, &Key)> {
        let ascending = self.places.ascending(&self.rows);
        ascending.map(|place| {
            let (key, known) = self.at(place);
            (key, known)
        })
    }
}

/// The order of joining does not count: a snapshot does not have it.
impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Keys {}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// As a map, ascending by key.
impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, known) in self.iter() {
            map.serialize_entry(key, known)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from session keys to what is known of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Keys::default();
                while let Some((key, known)) = map.next_entry()? {
                    keys.insert(key, known);
                }
                Ok(keys)
            }
        }

        deserializer.deserialize_map(Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_newest_nonces_are_known_in_whatever_order_they_come(
            sent in prop::collection::vec(0u64..200, 0..200),
        ) {
            let (mut nonces, mut list) = (Nonces::default(), VecDeque::new());
            let mut forgotten = None;
            for (seq, nonce) in (0..).zip(sent) {
                let used = UsedNonce { nonce, seq, digest: !seq };
                nonces.push(used);
                list.push_back(used);
                if list.len() > NONCE_WINDOW {
                    forgotten = forgotten.max(list.pop_front().map(|used| used.nonce));
                }
            }
            prop_assert!(nonces.iter().eq(&list));
            prop_assert_eq!(nonces.forgotten(), forgotten);
            for nonce in 0..201 {
                let first = list.iter().find(|used| used.nonce == nonce);
                prop_assert_eq!(nonces.find(nonce), first);
            }
        }
    }

    #[test]
    fn a_full_window_takes_no_more_room() {
        let mut nonces = Nonces::default();
        for nonce in 0..1_000 {
            let (seq, digest) = (nonce, nonce);
            nonces.push(UsedNonce { nonce, seq, digest });
        }
        let Window::Many(many) = &nonces.0 else {
            panic!("there are many");
        };
        assert_eq!(many.used.len(), NONCE_WINDOW);
        assert!(many.used.capacity() < 2 * NONCE_WINDOW);
    }

    /// The forms that a snapshot had, and has.
    #[derive(Serialize)]
    struct Plain {
        account: AccountId,
        scope: Scope,
        expires_ms: u64,
        revoked: bool,
        nonces: VecDeque<UsedNonce>,
        forgotten: Option<u64>,
    }

    #[test]
    fn a_snapshot_has_a_map_of_keys_with_plain_lists_and_reads_back() {
        let (mut keys, mut plain) = (Keys::default(), BTreeMap::new());
        for (number, count) in [0, 1, 2, 64, 65, 200].into_iter().enumerate() {
            let name = SessionKey([200 - number as u8; 32]);
            let mut key = Key::new(AccountId(number as u32), Scope::WORK, 9);
            let (mut nonces, mut forgotten) = (VecDeque::new(), None);
            for nonce in 0..count {
                let (seq, digest) = (nonce + 3, nonce * 7);
                let used = UsedNonce { nonce, seq, digest };
                key.nonces.push(used);
                nonces.push_back(used);
                if nonces.len() > NONCE_WINDOW {
                    forgotten = nonces.pop_front().map(|used| used.nonce);
                }
            }
            assert!(key.nonces.iter().eq(&nonces));
            assert_eq!(key.nonces.forgotten(), forgotten);
            let (account, scope, revoked) = (key.account, key.scope, false);
            keys.insert(name, key);
            let row = Plain {
                account,
                scope,
                expires_ms: 9,
                revoked,
                nonces,
                forgotten,
            };
            plain.insert(name, row);
        }
        let bytes = postcard::to_allocvec(&keys).unwrap();
        assert_eq!(bytes, postcard::to_allocvec(&plain).unwrap());
        assert_eq!(postcard::from_bytes::<Keys>(&bytes).unwrap(), keys);
    }
}
