//! Calls under idempotency keys that were charged: the newest of each key, for a day.

use std::collections::{BTreeMap, BTreeSet};

use super::reserve::MOST_USES;
use crate::record::{Answered, Once};

/// For how long such a call is known, in milliseconds.
const KNOWN_MS: u64 = 24 * 3_600_000;
/// Most calls of one key that are known, the newest ones.
const MOST_CALLS: usize = 1_000;
/// Most uses within calls of one key that are known: as many as the calls may have.
const MOST_WITHIN: usize = MOST_CALLS * MOST_USES;

/// A key of the gateway, and whether within calls.
type Own = (i64, bool);

/// What is known, found by its key, and forgotten by its age.
#[derive(Debug, Default)]
pub(super) struct Known {
    calls: BTreeMap<(i64, [u8; 32]), Answered>,
    ages: BTreeSet<(u64, i64, [u8; 32])>,
    owns: BTreeMap<Own, BTreeSet<(u64, [u8; 32])>>,
}

impl Known {
    /// One more is known; whatever is too old by its time is forgotten, of any key.
    pub fn add(&mut self, answered: Answered) {
        let (key, scope, time_ms) = (answered.key, answered.once.scope, answered.time_ms);
        self.forget((key, scope));
        while let Some(&(age_ms, key, scope)) = self.ages.first() {
            if age_ms.saturating_add(KNOWN_MS) > time_ms {
                break;
            }
            self.forget((key, scope));
        }
        let own = (key, answered.once.within);
        let most = if own.1 { MOST_WITHIN } else { MOST_CALLS };
        let full = self.owns.get(&own).filter(|it| it.len() >= most);
        if let Some(&(_, oldest)) = full.and_then(BTreeSet::first) {
            self.forget((key, oldest));
        }
        self.calls.insert((key, scope), answered);
        self.ages.insert((time_ms, key, scope));
        self.owns.entry(own).or_default().insert((time_ms, scope));
    }

    /// The call that a key was charged for under an idempotency key.
    pub fn find(&self, key: i64, once: &Once) -> Option<Answered> {
        self.calls.get(&(key, once.scope)).copied()
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Answered> {
        let ages = self.ages.iter();
        ages.filter_map(|(_, key, scope)| self.calls.get(&(*key, *scope)))
    }

    fn forget(&mut self, call: (i64, [u8; 32])) {
        let Some(gone) = self.calls.remove(&call) else {
            return;
        };
        let (key, scope) = call;
        self.ages.remove(&(gone.time_ms, key, scope));
        let own = (key, gone.once.within);
        if let Some(known) = self.owns.get_mut(&own) {
            known.remove(&(gone.time_ms, scope));
            if known.is_empty() {
                self.owns.remove(&own);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proof::hash::sha256;

    fn answered(key: i64, word: u32, (within, time_ms): (bool, u64)) -> Answered {
        let once = Once {
            scope: sha256(&[&word.to_be_bytes()]),
            body: [0; 32],
            within,
        };
        Answered {
            key,
            once,
            receipt: [1; 32],
            time_ms,
        }
    }

    fn knows(known: &Known, it: &Answered) -> bool {
        known.find(it.key, &it.once).is_some()
    }

    #[test]
    fn what_is_a_day_old_is_forgotten_whoever_comes_next() {
        let mut known = Known::default();
        let idle = answered(1, 1, (false, 5));
        known.add(idle);
        known.add(answered(2, 2, (false, 4 + KNOWN_MS)));
        assert!(knows(&known, &idle));
        known.add(answered(2, 3, (true, 5 + KNOWN_MS)));
        assert!(!knows(&known, &idle), "its key has not come again");
        assert_eq!((known.all().count(), known.owns.len()), (2, 2));
        // The same one again takes its own place.
        known.add(answered(2, 3, (true, 6 + KNOWN_MS)));
        assert_eq!((known.all().count(), known.ages.len()), (2, 2));
    }

    #[test]
    fn uses_within_calls_push_no_call_out() {
        let mut known = Known::default();
        let first = answered(1, u32::MAX, (false, 1));
        known.add(first);
        for word in 0..=u32::try_from(MOST_WITHIN).unwrap() {
            known.add(answered(1, word, (true, 2)));
        }
        assert!(knows(&known, &first));
        assert_eq!(known.all().count(), 1 + MOST_WITHIN);
        let words = u32::try_from(MOST_WITHIN).unwrap() + 1;
        for word in words..words + u32::try_from(MOST_CALLS).unwrap() {
            known.add(answered(1, word, (false, 3)));
        }
        assert!(!knows(&known, &first));
        assert_eq!(known.all().count(), MOST_CALLS + MOST_WITHIN);
    }
}
