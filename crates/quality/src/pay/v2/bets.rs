//! How four bettors see one answer: three fixed skills, and one that learns how the worker errs.

use crate::pay::truth::Truth;

/// Number of bettors that a worker's wealth is spread over.
pub(crate) const EXPERTS: usize = 4;
/// Their shares of fresh wealth: the three skills, then the learner.
pub(crate) const SHARES: [f64; EXPERTS] = [0.2, 0.3, 0.2, 0.3];
/// A worker of skill x knows the truth with probability x and else guesses uniformly.
const SKILLS: [f64; EXPERTS - 1] = [0.5, 0.7, 0.9];
/// The learner bets this share and holds the rest back, so that no answer costs more than a factor
/// of 10, as with the skills.
const BET: f64 = 0.9;
/// With more classes the learner follows the middle skill: its matrix would be large and empty.
const LEARNT_CLASSES: u32 = 32;
/// Pseudo-counts of the learner's matrix, those of the consensus: right answers, each wrong one.
const PRIOR: (f64, f64) = (2.0, 0.5);

/// The bettors' view of one worker, with what the learner has seen up to now.
pub(crate) struct Bettors {
    classes: u32,
    /// Weighted occurrences by truth and answer, row-major; empty with too many classes.
    counts: Vec<f64>,
    /// Sums of the rows.
    totals: Vec<f64>,
}

impl Bettors {
    pub(crate) fn new(classes: u32) -> Self {
        let width = match classes {
            0..=LEARNT_CLASSES => classes as usize,
            _ => 0,
        };
        Self {
            classes,
            counts: vec![0.0; width * width],
            totals: vec![0.0; width],
        }
    }

    /// P(answer | bettor, truth as known) / P(answer | bettor, truth of a random unit), per bettor.
    ///
    /// The expectation over the truth is 1 for an answer that does not depend on it, whatever the
    /// bettor believes, because no bettor has seen this unit.
    /// `chance` gives the frequency of a class among the units that this one was drawn from.
    pub(crate) fn see(
        &mut self,
        label: u32,
        known: Truth<'_>,
        chance: impl Fn(u32) -> f64,
    ) -> [f64; EXPERTS] {
        let classes = f64::from(self.classes);
        let truth = classes * known.probability(label);
        let frequency = classes * chance(label);
        let [low, middle, high] = SKILLS.map(|x| (1.0 - x + x * truth) / (1.0 - x + x * frequency));
        let learnt = match self.counts.is_empty() {
            true => middle,
            false => self.learnt(label as usize, known, chance),
        };
        [low, middle, high, learnt]
    }

    /// The learner's ratio; then it takes the answer in.
    fn learnt(&mut self, label: usize, truth: Truth<'_>, chance: impl Fn(u32) -> f64) -> f64 {
        let width = self.totals.len();
        let all = PRIOR.0 + PRIOR.1 * (width as f64 - 1.0);
        let (mut known, mut expected) = (0.0, 0.0);
        for class in 0..width {
            let prior = if class == label { PRIOR.0 } else { PRIOR.1 };
            let count = self.counts[class * width + label];
            let probability = (count + prior) / (self.totals[class] + all);
            known += probability * truth.probability(class as u32);
            expected += probability * chance(class as u32);
        }
        match truth {
            Truth::Gold(class) => self.count(class as usize, label, 1.0),
            Truth::Peers(truth) => {
                for (class, q) in truth.iter().enumerate() {
                    self.count(class, label, *q);
                }
            }
        }
        if expected > 0.0 {
            1.0 - BET + BET * known / expected
        } else {
            1.0
        }
    }

    fn count(&mut self, class: usize, label: usize, weight: f64) {
        self.counts[class * self.totals.len() + label] += weight;
        self.totals[class] += weight;
    }
}
