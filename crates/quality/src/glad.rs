//! GLAD: able workers are right more often, and on difficult units everyone is right less often.
//!
//! Whitehill, Ruvolo, Wu, Bergsma and Movellan 2009, "Whose Vote Should Count More": P(right) =
//! sigma(ability * exp(ease)), a wrong answer is any other class with equal chances, and normal
//! priors of mean 1 and variance 1 stand over abilities and eases. The maximisation is a
//! limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.5).

mod ascent;

use crate::consensus::Consensus;
use crate::one_coin::normalise;
use crate::table::Answers;
use ascent::{Slope, climb};

/// Rounds of expectation and maximisation at most.
const ROUNDS: u32 = 100;
/// The rounds end when the objective grows by less than this per answer and class.
const TOLERANCE: f64 = 1e-6;
/// ln sqrt(2 pi): with it the objective is the one that crowd-kit reports.
const LOG_NORMAL: f64 = 0.918_938_533_204_672_8;
const PRIOR_MEAN: f64 = 1.0;

/// Labels, and what was learnt about workers and units.
#[derive(Clone, Debug, PartialEq)]
pub struct Glad {
    /// Labels with probabilities.
    pub consensus: Consensus,
    /// Per worker: 0 answers by chance, below 0 against the truth.
    pub abilities: Vec<f64>,
    /// Per unit the logarithm of how much an ability counts on it.
    pub eases: Vec<f64>,
    /// Expected log-likelihood of answers with the priors of abilities and eases, for the
    /// posteriors of `consensus`.
    pub objective: f64,
}

/// Expectation maximisation from abilities and eases of 1.
pub fn glad(answers: &Answers) -> Glad {
    let workers = answers.workers() as usize;
    let mut run = Run {
        answers,
        width: answers.classes() as usize,
        rows: vec![0.0; answers.units() as usize * answers.classes() as usize],
        point: vec![PRIOR_MEAN; workers + answers.units() as usize],
    };
    let (mut objective, mut iterations) = (f64::NEG_INFINITY, 0);
    while !answers.rows().is_empty() {
        iterations += 1;
        run.expect();
        let start = std::mem::take(&mut run.point);
        let (point, new) = climb(&run.slope(), start);
        run.point = point;
        let cells = answers.rows().len() as f64 * run.width as f64;
        let settled = (new - objective) / cells < TOLERANCE;
        objective = new;
        if settled || iterations == ROUNDS {
            break;
        }
    }
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    let eases = run.point.split_off(workers);
    Glad {
        consensus: Consensus::new(answers.classes(), run.rows, decided, iterations),
        abilities: run.point,
        eases,
        objective: if iterations == 0 { 0.0 } else { objective },
    }
}

struct Run<'a> {
    answers: &'a Answers,
    width: usize,
    rows: Vec<f64>,
    /// Abilities of all workers, then eases of all units.
    point: Vec<f64>,
}

impl Run<'_> {
    /// ln of the number of wrong classes; one class alone has none and counts as having one.
    fn log_others(&self) -> f64 {
        libm::log((self.width as f64 - 1.0).max(1.0))
    }

    fn expect(&mut self) {
        let log_others = self.log_others();
        let (abilities, eases) = self.point.split_at(self.answers.workers() as usize);
        let rows = self.rows.chunks_exact_mut(self.width).zip(eases);
        for (unit, (row, ease)) in (0..).zip(rows) {
            let pairs = self.answers.pairs_of_unit(unit);
            if pairs.is_empty() {
                continue;
            }
            row.fill(0.0);
            let scale = libm::exp(*ease);
            for pair in pairs {
                let (worker, label) = self.answers.pairs()[*pair as usize];
                // ln sigma(x) - ln sigma(-x) is x; what all classes have in common drops out.
                row[label as usize] += abilities[worker as usize] * scale + log_others;
            }
            normalise(row);
        }
    }

    /// The objective at a point for the posteriors as they stand.
    fn slope(&self) -> impl Slope + '_ {
        let workers = self.answers.workers() as usize;
        let log_others = self.log_others();
        move |point: &[f64], gradient: &mut [f64]| {
            let (abilities, eases) = point.split_at(workers);
            let (by_ability, by_ease) = gradient.split_at_mut(workers);
            let mut objective = 0.0;
            let priors = [(abilities, &mut *by_ability), (eases, &mut *by_ease)];
            for (values, slopes) in priors {
                for (value, slope) in values.iter().zip(slopes) {
                    let off = value - PRIOR_MEAN;
                    objective -= 0.5 * off * off + LOG_NORMAL;
                    *slope = -off;
                }
            }
            let rows = self.rows.chunks_exact(self.width).zip(eases);
            for ((unit, (row, ease)), by_ease) in (0..).zip(rows).zip(by_ease) {
                let scale = libm::exp(*ease);
                for pair in self.answers.pairs_of_unit(unit) {
                    let (worker, label) = self.answers.pairs()[*pair as usize];
                    let ability = abilities[worker as usize];
                    let right = row[label as usize];
                    let [log_right, log_wrong, sigma] = logistic(ability * scale);
                    objective += right * log_right + (1.0 - right) * (log_wrong - log_others);
                    let off = (right - sigma) * scale;
                    by_ability[worker as usize] += off;
                    *by_ease += off * ability;
                }
            }
            objective
        }
    }
}

/// ln sigma(x), ln sigma(-x) and sigma(x), without overflow for any x.
fn logistic(x: f64) -> [f64; 3] {
    let small = libm::exp(-x.abs());
    let log = libm::log1p(small);
    let sure = 1.0 / (1.0 + small);
    if x >= 0.0 {
        [-log, -x - log, sure]
    } else {
        [x - log, -log, small * sure]
    }
}
