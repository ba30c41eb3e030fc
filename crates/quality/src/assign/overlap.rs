//! How many units any two workers share: capped, so that no pair can settle a campaign together.

use std::collections::BTreeMap;

/// Counts of common units by pair of workers.
#[derive(Clone, Debug, Default)]
pub struct Overlap(BTreeMap<(u32, u32), u32>);

impl Overlap {
    /// Whether `worker` may get a unit that the `others` have answered: no pair may then have more
    /// than `cap` units in common.
    pub fn allows(&self, worker: u32, others: &[u32], cap: u32) -> bool {
        others.iter().all(|other| self.common(worker, *other) < cap)
    }

    /// Notes that `worker` has got a unit that the `others` have answered.
    pub fn share(&mut self, worker: u32, others: &[u32]) {
        for other in others {
            *self.0.entry(pair(worker, *other)).or_insert(0) += 1;
        }
    }

    /// Units that both have got.
    pub fn common(&self, a: u32, b: u32) -> u32 {
        self.0.get(&pair(a, b)).copied().unwrap_or(0)
    }
}

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}
