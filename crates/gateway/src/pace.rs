//! How long models take until an answer begins, over their newest calls.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::AssetId;

/// Calls of a model that are remembered.
const REMEMBERED: usize = 512;

/// What has been observed of a model since the node has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// Calls that it rests on, the newest ones.
    pub calls: usize,
    /// Half of them began to be answered within so many microseconds.
    pub median_us: u64,
    /// 95 of 100 of them did within so many.
    pub p95_us: u64,
}

/// The newest calls of all models.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<BTreeMap<AssetId, VecDeque<u64>>>);

impl Pace {
    /// A call of a model was answered, or its answer has begun, after so long.
    pub(crate) fn note(&self, asset: AssetId, took: Duration) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = held.entry(asset).or_default();
        if calls.len() == REMEMBERED {
            calls.pop_front();
        }
        calls.push_back(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// What is known of a model; `None` before its first call.
    pub(crate) fn of(&self, asset: AssetId) -> Option<Latency> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut calls: Vec<u64> = held.get(&asset)?.iter().copied().collect();
        drop(held);
        calls.sort_unstable();
        let last = calls.len().checked_sub(1)?;
        Some(Latency {
            calls: calls.len(),
            median_us: calls[last / 2],
            p95_us: calls[last * 95 / 100],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_calls_of_each_model_are_known() {
        let pace = Pace::default();
        assert_eq!(pace.of(AssetId(1)), None);
        for call in 0..600 {
            pace.note(AssetId(1), Duration::from_micros(call));
        }
        pace.note(AssetId(2), Duration::from_millis(5));
        let known = pace.of(AssetId(1)).unwrap();
        assert_eq!(
            (known.calls, known.median_us, known.p95_us),
            (512, 88 + 255, 88 + 485)
        );
        let other = pace.of(AssetId(2)).unwrap();
        assert_eq!(
            (other.calls, other.median_us, other.p95_us),
            (1, 5_000, 5_000)
        );
    }
}
