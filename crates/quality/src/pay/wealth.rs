//! Wealth: a betting account that grows when answers follow the truth and shrinks in expectation when they do not.

/// How many skill levels the bet is spread over.
const LEVELS: usize = 8;
/// Wealth above this is thrown away (which can only make the rule stricter), so that no product overflows.
const CEILING: f64 = 1e100;

/// One answer whose truth is known with some probability.
#[derive(Clone, Copy)]
pub(super) struct Odds {
    /// K times the probability that the chosen class is the truth.
    pub(super) truth: f64,
    /// K times the frequency of the chosen class among the evidence units not yet seen.
    pub(super) chance: f64,
}

/// Wealth spread evenly over the skills x = 1/16, 3/16, .. 15/16, where a worker of skill x knows the truth with
/// probability x and else guesses uniformly.
#[derive(Clone, Copy, Default)]
pub(super) struct Wealth([f64; LEVELS]);

impl Wealth {
    /// Adds fresh wealth, the same amount to every level.
    pub(super) fn bring_in(&mut self, amount: f64) {
        self.0
            .iter_mut()
            .for_each(|part| *part += amount / LEVELS as f64);
    }

    /// Multiplies every level by its likelihood ratio P(answer | skill x, truth) / P(answer | skill x, chance).
    pub(super) fn bet(&mut self, odds: Odds) {
        for (level, part) in self.0.iter_mut().enumerate() {
            let x = (2 * level + 1) as f64 / (2 * LEVELS) as f64;
            *part *= (1.0 - x + x * odds.truth) / (1.0 - x + x * odds.chance);
        }
        self.keep_at_most(CEILING);
    }

    /// Takes `cost` away, from all levels in proportion; the wealth must reach it.
    pub(super) fn pay(&mut self, cost: f64) {
        let total = self.total();
        if total > 0.0 {
            let left = (total - cost).max(0.0) / total;
            self.0.iter_mut().for_each(|part| *part *= left);
        }
    }

    /// Throws away what exceeds `limit`.
    pub(super) fn keep_at_most(&mut self, limit: f64) {
        let total = self.total();
        if total > limit {
            self.0.iter_mut().for_each(|part| *part *= limit / total);
        }
    }

    /// The sum over all levels.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }
}
