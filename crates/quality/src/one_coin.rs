//! One-coin Dawid-Skene: each worker is right with one probability, whatever the class.
//!
//! The estimator and its stopping rule are those of crowd-kit 1.4.2 (`OneCoinDawidSkene`), which
//! follows Zhang, Chen, Zhou and Jordan 2014, section 3.

use crate::consensus::Consensus;
use crate::table::Answers;
use crate::vote;

/// Probabilities are never taken below this before a logarithm, nor above 1 less it.
const FLOOR: f64 = 1e-10;

/// Labels, and how often each worker is right.
#[derive(Clone, Debug, PartialEq)]
pub struct OneCoin {
    /// Labels with probabilities.
    pub consensus: Consensus,
    /// Per worker P(right), 0 to 1; `None` without answers.
    pub skills: Vec<Option<f64>>,
    /// Frequencies of the classes, summing to 1; zeros without answers.
    pub priors: Vec<f64>,
}

/// Expectation maximisation from the shares of votes: at most 100 rounds, until the bound grows by
/// less than 1e-5 or falls.
pub fn one_coin(answers: &Answers) -> OneCoin {
    let width = answers.classes() as usize;
    let mut run = Run {
        answers,
        width,
        rows: vote::shares(answers),
        priors: vec![0.0; width],
        skills: vec![None; answers.workers() as usize],
    };
    let mut iterations = 0;
    if !answers.rows().is_empty() {
        run.maximise();
        let mut bound = f64::NEG_INFINITY;
        loop {
            iterations += 1;
            run.expect();
            run.maximise();
            let new = run.bound() / answers.rows().len() as f64;
            run.rows.iter_mut().for_each(|q| *q = q.max(FLOOR));
            if new - bound < 1e-5 || iterations == 100 {
                break;
            }
            bound = new;
        }
    }
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    OneCoin {
        consensus: Consensus::new(answers.classes(), run.rows, decided, iterations),
        skills: run.skills,
        priors: run.priors,
    }
}

struct Run<'a> {
    answers: &'a Answers,
    width: usize,
    rows: Vec<f64>,
    priors: Vec<f64>,
    skills: Vec<Option<f64>>,
}

impl Run<'_> {
    /// Logarithms of P(right) and of P(one certain wrong answer), per worker.
    fn logs(&self) -> Vec<[f64; 2]> {
        let wrong = (self.width as f64 - 1.0).max(1.0);
        let log = |p: f64| libm::log(p.clamp(FLOOR, 1.0 - FLOOR));
        let of = |skill: &Option<f64>| {
            let skill = skill.unwrap_or(0.0);
            [log(skill), log((1.0 - skill) / wrong)]
        };
        self.skills.iter().map(of).collect()
    }

    fn log_priors(&self) -> Vec<f64> {
        let log = |prior: &f64| libm::log(prior.max(FLOOR));
        self.priors.iter().map(log).collect()
    }

    fn expect(&mut self) {
        let (logs, log_priors) = (self.logs(), self.log_priors());
        let rows = self.rows.chunks_exact_mut(self.width);
        for (unit, row) in (0..).zip(rows) {
            let pairs = self.answers.pairs_of_unit(unit);
            if pairs.is_empty() {
                continue;
            }
            row.copy_from_slice(&log_priors);
            for pair in pairs {
                let (worker, label) = self.answers.pairs()[*pair as usize];
                let [right, wrong] = logs[worker as usize];
                row.iter_mut().for_each(|sum| *sum += wrong);
                row[label as usize] += right - wrong;
            }
            normalise(row);
        }
    }

    fn maximise(&mut self) {
        let mut right = vec![[0.0; 2]; self.skills.len()];
        self.priors.fill(0.0);
        let mut answered = 0.0;
        for (unit, row) in (0..).zip(self.rows.chunks_exact(self.width)) {
            let pairs = self.answers.pairs_of_unit(unit);
            if pairs.is_empty() {
                continue;
            }
            answered += 1.0;
            let cells = self.priors.iter_mut().zip(row);
            cells.for_each(|(prior, q)| *prior += q);
            for pair in pairs {
                let (worker, label) = self.answers.pairs()[*pair as usize];
                let [sum, count] = &mut right[worker as usize];
                *sum += row[label as usize];
                *count += 1.0;
            }
        }
        self.priors.iter_mut().for_each(|prior| *prior /= answered);
        let share = |[sum, count]: [f64; 2]| (count > 0.0).then(|| (sum / count).min(1.0));
        self.skills = right.into_iter().map(share).collect();
    }

    /// Expected log-likelihood with the prior once per answer, as crowd-kit has it, and entropy.
    fn bound(&self) -> f64 {
        let (logs, log_priors) = (self.logs(), self.log_priors());
        let mut bound = 0.0;
        for (unit, row) in (0..).zip(self.rows.chunks_exact(self.width)) {
            let pairs = self.answers.pairs_of_unit(unit);
            if pairs.is_empty() {
                continue;
            }
            for (class, q) in (0..).zip(row) {
                for pair in pairs {
                    let (worker, label) = self.answers.pairs()[*pair as usize];
                    let log = logs[worker as usize][usize::from(label != class)];
                    bound += q * (log + log_priors[class as usize]);
                }
                let q = q.max(FLOOR);
                bound -= q * libm::log(q);
            }
        }
        bound
    }
}

/// Turns log-weights into probabilities that sum to 1.
pub(crate) fn normalise(row: &mut [f64]) {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for value in row.iter_mut() {
        *value = libm::exp(*value - top);
        total += *value;
    }
    row.iter_mut().for_each(|value| *value /= total);
}
