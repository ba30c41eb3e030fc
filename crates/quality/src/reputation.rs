//! Reputation: what is known of a worker's accuracy in one skill, with forgetting.

use crate::beta;
use crate::consensus::to_ppm;

/// Right and wrong answers before any evidence: Beta(2, 2). A new wallet starts here, below anybody
/// who has shown something, so starting anew never helps.
const PRIOR: f64 = 2.0;
/// What remains of the counts after an epoch, in thousandths.
const KEPT_MILLI: u64 = 980;
/// Weight of an answer whose truth is known by consensus only, in thousandths.
const SOFT_MILLI: u64 = 200;
/// The bound that is shown and used: this quantile of the accuracy.
const LEVEL: f64 = 0.05;
/// Counts are kept in millionths of an answer.
const MICRO: u64 = 1_000_000;
/// Counts above this many answers are scaled down; it also keeps sums in range.
const LIMIT: u64 = 100_000;

/// Weighted counts of right and wrong answers in one skill. Integers, so that they may be logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reputation {
    /// Right answers, in millionths.
    pub right_micro: u64,
    /// Wrong answers, in millionths.
    pub wrong_micro: u64,
}

/// What a worker may be trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not yet shown to be better than guessing.
    Novice,
    /// Better than guessing.
    Contributor,
    /// Knows at least half of what guessing leaves open.
    Skilled,
    /// Knows at least three quarters of it.
    Expert,
}

/// Accuracy above chance: 0 for guessing, 1 for always right, below 0 for worse than guessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// 5 % quantile, in ppm.
    pub low_ppm: i32,
    /// What is expected of it, in ppm.
    pub mean_ppm: i32,
    /// 95 % quantile, in ppm.
    pub high_ppm: i32,
}

/// What so many right answers of so many show of the accuracy above chance, (p - 1/K) / (1 - 1/K)
/// with K `classes` (Cohen 1960 for even classes), with p from Beta(1 + right, 1 + wrong).
pub fn corrected(right: u32, seen: u32, classes: u32) -> Corrected {
    let (good, bad) = (
        f64::from(right.min(seen)),
        f64::from(seen - right.min(seen)),
    );
    let chance = 1.0 / f64::from(classes.max(2));
    let ppm = |share: f64| {
        let known = (share - chance) / (1.0 - chance);
        // At least -1 for two classes, at most 1; rounded half away from zero.
        let scaled = known * 1e6;
        (if scaled < 0.0 {
            scaled - 0.5
        } else {
            scaled + 0.5
        }) as i32
    };
    Corrected {
        low_ppm: ppm(beta::quantile(good + 1.0, bad + 1.0, LEVEL)),
        mean_ppm: ppm((good + 1.0) / (good + bad + 2.0)),
        high_ppm: ppm(beta::quantile(good + 1.0, bad + 1.0, 1.0 - LEVEL)),
    }
}

impl Reputation {
    /// Takes one gold answer in, with weight 1.
    pub fn gold(&mut self, right: bool) {
        self.add(MICRO * u64::from(right), MICRO * u64::from(!right));
    }

    /// Takes an answer in that consensus holds for right with `probability_ppm`, with weight .2.
    pub fn soft(&mut self, probability_ppm: u32) {
        let right = u64::from(probability_ppm.min(1_000_000)) * SOFT_MILLI / 1_000;
        self.add(right, SOFT_MILLI * MICRO / 1_000 - right);
    }

    /// Forgets 2 % at the end of an epoch: people change, and sleepers must keep working.
    pub fn forget(&mut self) {
        for count in [&mut self.right_micro, &mut self.wrong_micro] {
            *count = *count / 1_000 * KEPT_MILLI + *count % 1_000 * KEPT_MILLI / 1_000;
        }
    }

    /// Lower 5 % quantile of the accuracy, in ppm; 135,350 without evidence.
    pub fn lower_ppm(&self) -> u32 {
        to_ppm(self.lower())
    }

    /// Expected accuracy, in ppm.
    pub fn mean_ppm(&self) -> u32 {
        let (right, wrong) = self.counts();
        to_ppm((right + PRIOR) / (right + wrong + 2.0 * PRIOR))
    }

    /// The level for a skill with so many `classes`, by the lower bound of the share of what is not
    /// guessed: (accuracy - 1 / K) / (1 - 1 / K) above 0, at least 1/2, at least 3/4.
    pub fn level(&self, classes: u32) -> Level {
        let chance = 1.0 / f64::from(classes.max(2));
        match (self.lower() - chance) / (1.0 - chance) {
            known if known >= 0.75 => Level::Expert,
            known if known >= 0.5 => Level::Skilled,
            known if known > 0.0 => Level::Contributor,
            _ => Level::Novice,
        }
    }

    fn lower(&self) -> f64 {
        let (right, wrong) = self.counts();
        beta::quantile(right + PRIOR, wrong + PRIOR, LEVEL)
    }

    fn counts(&self) -> (f64, f64) {
        let count = |micro: u64| micro.min(2 * LIMIT * MICRO) as f64 / MICRO as f64;
        (count(self.right_micro), count(self.wrong_micro))
    }

    fn add(&mut self, right: u64, wrong: u64) {
        self.right_micro = self.right_micro.saturating_add(right);
        self.wrong_micro = self.wrong_micro.saturating_add(wrong);
        while self.right_micro.saturating_add(self.wrong_micro) > LIMIT * MICRO {
            self.right_micro /= 2;
            self.wrong_micro /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(right: u32, wrong: u32) -> Reputation {
        let mut reputation = Reputation::default();
        (0..right).for_each(|_| reputation.gold(true));
        (0..wrong).for_each(|_| reputation.gold(false));
        reputation
    }

    #[test]
    fn bounds_are_quantiles_of_the_beta_distribution() {
        assert_eq!(Reputation::default().lower_ppm(), 135_350);
        assert_eq!(Reputation::default().mean_ppm(), 500_000);
        // scipy 1.17.1: beta.ppf(0.05, 42, 10).
        assert_eq!(after(40, 8).lower_ppm(), 712_252);
    }

    #[test]
    fn accuracy_above_chance_has_an_interval() {
        let nothing = corrected(0, 0, 2);
        assert_eq!(nothing.mean_ppm, 0);
        assert_eq!((nothing.low_ppm, nothing.high_ppm), (-900_000, 900_000));
        let nine = corrected(9, 10, 3);
        assert_eq!(nine.mean_ppm, 750_000);
        assert!(nine.low_ppm < nine.mean_ppm && nine.mean_ppm < nine.high_ppm);
        assert!(
            corrected(90, 100, 3).low_ppm > nine.low_ppm,
            "more shows more"
        );
        assert_eq!(
            corrected(20, 10, 2),
            corrected(10, 10, 2),
            "no more than all are right"
        );
    }

    #[test]
    fn levels_rise_with_evidence_and_fall_with_time() {
        assert_eq!(Reputation::default().level(2), Level::Novice);
        assert_eq!(after(8, 1).level(2), Level::Contributor);
        assert_eq!(after(40, 4).level(2), Level::Skilled);
        let mut expert = after(200, 6);
        assert_eq!(expert.level(2), Level::Expert);
        (0..400).for_each(|_| expert.forget());
        assert_eq!(expert.level(2), Level::Novice);
        assert!(expert.right_micro < MICRO);
    }

    #[test]
    fn soft_evidence_weighs_a_fifth() {
        let mut soft = Reputation::default();
        (0..5).for_each(|_| soft.soft(900_000));
        assert_eq!((soft.right_micro, soft.wrong_micro), (900_000, 100_000));
        soft.soft(u32::MAX);
        assert_eq!(soft.right_micro, 1_100_000);
    }

    #[test]
    fn no_count_overflows() {
        let mut most = Reputation {
            right_micro: u64::MAX,
            wrong_micro: u64::MAX,
        };
        assert!((480_000..520_000).contains(&most.lower_ppm()));
        most.gold(true);
        most.forget();
        assert!(most.right_micro + most.wrong_micro <= LIMIT * MICRO);
    }
}
