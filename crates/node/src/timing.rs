//! How long things take, as counts in buckets: what a monitor draws its percentiles from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the buckets, in microseconds: a half to ten seconds, about three to a decade.
pub const ENDS_US: [u64; 14] = [
    500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    2_000_000, 5_000_000, 10_000_000,
];

/// Counts that any thread adds to.
#[derive(Debug, Default)]
pub struct Timing {
    /// One more than there are ends: the last is for what took longer than all of them.
    counts: [AtomicU64; ENDS_US.len() + 1],
    sum_us: AtomicU64,
}

/// What has been counted up to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timed {
    /// For each of [`ENDS_US`], how many took no longer than that.
    pub within: Vec<u64>,
    /// How many there were in all.
    pub count: u64,
    /// How long all of them took together, in microseconds.
    pub sum_us: u64,
}

impl Timing {
    /// Counts one.
    pub fn note(&self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let place = ENDS_US.partition_point(|end_us| *end_us < took_us);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// The counts of this moment.
    pub fn read(&self) -> Timed {
        let counts = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        let within: Vec<u64> = counts
            .scan(0, |sum, count| {
                *sum += count;
                Some(*sum)
            })
            .collect();
        Timed {
            count: within.last().copied().unwrap_or(0),
            within: within[..ENDS_US.len()].to_vec(),
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_in_its_bucket_and_above() {
        let timing = Timing::default();
        for us in [0, 500, 501, 9_999_999, 10_000_001] {
            timing.note(Duration::from_micros(us));
        }
        let timed = timing.read();
        assert_eq!(timed.within[..3], [2, 3, 3]);
        assert_eq!((timed.within[13], timed.count), (4, 5));
        assert_eq!(timed.sum_us, 20_001_001);
    }
}
