//! How accurate a worker is, with a lower bound, from evidence that is partly uncertain.

use crate::beta;

/// Pseudo-counts of right and of wrong answers before any evidence: Beta(2, 2).
const PRIOR: f64 = 2.0;
/// Reputation is this quantile of the accuracy.
const REPUTATION_LEVEL: f64 = 0.05;
/// Pay follows this quantile of the accuracy.
pub(super) const PAY_LEVEL: f64 = 0.20;

/// Weighted counts of right and of all evidence answers of one worker.
#[derive(Clone, Copy)]
pub(super) struct Accuracy {
    right: f64,
    all: f64,
}

impl Accuracy {
    /// `sightings` are pairs (probability that the answer is right by gold or peers, weight 0..=1).
    ///
    /// What peers leave open is filled in with the worker's own accuracy, found by 12 rounds of
    /// expectation maximisation from .75.
    pub(super) fn new(sightings: &[(f64, f64)], classes: u32) -> Self {
        let others = f64::from(classes.max(2) - 1);
        let all: f64 = sightings.iter().map(|(_, weight)| weight).sum();
        let (mut accuracy, mut right) = (0.75, 0.0);
        for _ in 0..12 {
            right = 0.0;
            for (truth, weight) in sightings {
                let yes = accuracy * truth;
                let no = (1.0 - accuracy) * (1.0 - truth) / others;
                right += weight * yes / (yes + no).max(f64::MIN_POSITIVE);
            }
            accuracy = (right + PRIOR) / (all + 2.0 * PRIOR);
        }
        Self {
            right: right.min(all),
            all,
        }
    }

    /// The same with counts from elsewhere added: `right` of `all` answers.
    pub(super) fn with(self, right: f64, all: f64) -> Self {
        Self {
            right: self.right + right.min(all),
            all: self.all + all,
        }
    }

    /// Right and all answers in thousandths, both scaled down where there are more than `limit`
    /// answers.
    pub(super) fn milli(&self, limit: f64) -> (u32, u32) {
        let scale = 1e3 * (limit / self.all.max(limit));
        let milli = |count: f64| libm::floor(count * scale + 0.5) as u32;
        (milli(self.right).min(milli(self.all)), milli(self.all))
    }

    /// The value that the accuracy exceeds with probability 1 - `level`.
    fn lower(&self, level: f64) -> f64 {
        beta::quantile(self.right + PRIOR, self.all - self.right + PRIOR, level)
    }

    /// Lower 5 % quantile.
    pub(super) fn reputation(&self) -> f64 {
        self.lower(REPUTATION_LEVEL)
    }

    /// Share of the price: chance-corrected lower bound over chance-corrected `reference`, at most
    /// 1, at least 0.
    pub(super) fn pay_share(&self, reference: f64, classes: u32) -> f64 {
        let chance = 1.0 / f64::from(classes.max(1));
        if reference <= chance {
            return 0.0;
        }
        ((self.lower(PAY_LEVEL) - chance) / (reference - chance)).clamp(0.0, 1.0)
    }
}
