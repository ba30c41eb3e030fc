//! Wealth: a betting account that grows only for answers that follow the truth.

/// The skills that the bet is spread over, with their shares. A worker of skill x knows the truth
/// with probability x and else guesses uniformly. No single answer can cost more than a factor of
/// 10, however sure the consensus seems.
const SKILLS: [(f64, f64); 3] = [(0.5, 0.25), (0.7, 0.5), (0.9, 0.25)];
/// Wealth above this is thrown away (which can only make the rule stricter), so that no product
/// overflows.
const CEILING: f64 = 1e100;

/// One answer whose truth is known with some probability.
#[derive(Clone, Copy)]
pub(super) struct Odds {
    /// K times the probability that the chosen class is the truth.
    pub(super) truth: f64,
    /// K times the frequency of the chosen class among the evidence units not yet seen.
    pub(super) chance: f64,
}

/// Wealth by skill level.
#[derive(Clone, Copy, Default)]
pub(super) struct Wealth([f64; SKILLS.len()]);

impl Wealth {
    /// Adds fresh wealth, spread by the shares.
    pub(super) fn bring_in(&mut self, amount: f64) {
        for (part, (_, share)) in self.0.iter_mut().zip(SKILLS) {
            *part += amount * share;
        }
    }

    /// Multiplies every level by its likelihood ratio P(answer | skill x, truth) / P(answer | skill
    /// x, chance).
    pub(super) fn bet(&mut self, odds: Odds) {
        for (part, (x, _)) in self.0.iter_mut().zip(SKILLS) {
            *part *= (1.0 - x + x * odds.truth) / (1.0 - x + x * odds.chance);
        }
        self.keep_at_most(CEILING);
    }

    /// Takes `cost` away, from all levels in proportion; what is missing is forgiven.
    pub(super) fn pay(&mut self, cost: f64) {
        self.keep_at_most((self.total() - cost).max(0.0));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bet_is_fair_for_every_constant_answer() {
        // Classes 88 / 12, truth known for certain: the expectation over the truth is 1 for both
        // answers.
        for (own, frequency) in [(0, 0.88), (1, 0.12)] {
            let mut expected = 0.0;
            for (truth, probability) in [(0, 0.88), (1, 0.12)] {
                let mut wealth = Wealth::default();
                wealth.bring_in(1.0);
                let right = if truth == own { 1.0 } else { 0.0 };
                wealth.bet(Odds {
                    truth: 2.0 * right,
                    chance: 2.0 * frequency,
                });
                expected += probability * wealth.total();
            }
            assert!((expected - 1.0).abs() < 1e-12, "answer {own}: {expected}");
        }
    }

    #[test]
    fn wealth_stays_finite() {
        let mut wealth = Wealth::default();
        wealth.bring_in(1.0);
        for _ in 0..10_000 {
            wealth.bet(Odds {
                truth: 65_535.0,
                chance: 1.0,
            });
        }
        assert!(wealth.total() <= CEILING * 1.000_001, "{}", wealth.total());
        wealth.pay(f64::MAX);
        assert_eq!(wealth.total(), 0.0);
    }
}
