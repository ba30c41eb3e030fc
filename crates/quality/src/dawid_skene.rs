//! Dawid-Skene: workers' confusion matrices, found together with the labels by iteration.
//!
//! Dawid and Skene 1979. Conventions and constants: `docs/spec/pay.md`, "Consensus".

use crate::consensus::Consensus;
use crate::table::{Answers, Error};
use crate::vote;
use std::collections::BTreeMap;

/// Probabilities are never taken below this before a logarithm (crowd-kit's constant).
const FLOOR: f64 = 1e-10;
/// Its natural logarithm.
const LOG_FLOOR: f64 = -23.025_850_929_940_457;
/// Pseudo-counts of [`Variant::Map`]: right answers, each wrong answer, each class.
const RIGHT_PRIOR: f64 = 2.0;
const WRONG_PRIOR: f64 = 0.5;
const CLASS_PRIOR: f64 = 1.0;

/// Which estimator, and with it the rule for stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Maximum likelihood exactly as in crowd-kit 1.4.2: stops when its bound grows by less than
    /// 1e-5 (or falls) or after 100 rounds. For comparison with others.
    Crowdkit,
    /// Maximum a posteriori with pseudo-counts (right +2, each wrong +0.5, class +1): stops when no
    /// posterior moves by 1e-6 or after 200 rounds. Finite with few answers per worker; the default
    /// for real campaigns.
    Map,
}

/// Consensus with what was learnt about workers and classes on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct DawidSkene {
    /// Labels with probabilities; known units keep their label with certainty.
    pub consensus: Consensus,
    variant: Variant,
    classes: usize,
    priors: Vec<f64>,
    pairs: Vec<(u32, u32)>,
    errors: Vec<f64>,
    totals: Vec<f64>,
}

impl DawidSkene {
    /// Frequencies of the classes, summing to 1; zeros without answers.
    pub fn priors(&self) -> &[f64] {
        &self.priors
    }

    /// P(`worker` answers `answer` | the unit is of class `truth`).
    ///
    /// For an answer the worker never gave it is the pseudo-count's share ([`Variant::Map`]) or 0.
    pub fn confusion(&self, worker: u32, truth: u32, answer: u32) -> f64 {
        match self.pairs.binary_search(&(worker, answer)) {
            Ok(pair) => self.errors[pair * self.classes + truth as usize],
            Err(_) if self.variant == Variant::Crowdkit => 0.0,
            Err(_) => {
                let seen = self.totals[worker as usize * self.classes + truth as usize];
                smoothed(0.0, seen, answer == truth, self.classes)
            }
        }
    }
}

/// Runs expectation maximisation from the shares of votes. `known` (one entry per unit) clamps gold
/// units.
///
/// # Errors
/// [`Error::Length`] or [`Error::UnknownClass`] when `known` does not fit the table.
pub fn dawid_skene(
    answers: &Answers,
    known: &[Option<u32>],
    variant: Variant,
) -> Result<DawidSkene, Error> {
    answers.check_known(known)?;
    let limit = if variant == Variant::Map { 200 } else { 100 };
    Ok(fit(answers, known, variant, limit))
}

/// Expectation maximisation with at most `limit` rounds; `known` is checked already.
pub(crate) fn fit(
    answers: &Answers,
    known: &[Option<u32>],
    variant: Variant,
    limit: u32,
) -> DawidSkene {
    let mut run = Run::new(answers, known, variant);
    let mut iterations = 0;
    if !answers.rows().is_empty() {
        iterations = match variant {
            Variant::Crowdkit => run.until_bound_settles(limit),
            Variant::Map => run.until_posteriors_settle(limit),
        };
    }
    let decided = |unit| !answers.of_unit(unit).is_empty() || known[unit as usize].is_some();
    let decided = (0..answers.units()).map(decided);
    DawidSkene {
        consensus: Consensus::new(answers.classes(), run.posteriors, decided, iterations),
        variant,
        classes: run.width,
        priors: run.priors,
        pairs: answers.pairs().to_vec(),
        errors: run.errors,
        totals: run.totals,
    }
}

/// Smoothed share of an answer among `seen` answers to one class.
fn smoothed(count: f64, seen: f64, right: bool, classes: usize) -> f64 {
    let prior = if right { RIGHT_PRIOR } else { WRONG_PRIOR };
    (count + prior) / (seen + RIGHT_PRIOR + WRONG_PRIOR * (classes as f64 - 1.0))
}

/// Exponentials of `shifts` (none above 0) into `row`; returns their sum, which is at least 1.
fn exponentials(shifts: &[f64], row: &mut [f64]) -> f64 {
    let mut total = 0.0;
    for (value, shift) in row.iter_mut().zip(shifts) {
        *value = if *shift == 0.0 {
            1.0
        } else {
            libm::exp(*shift)
        };
        total += *value;
    }
    total
}

/// Units without a known label whose answers come from the same workers with the same labels in the
/// same order: all their posteriors, from the first vote on, have the same bits.
fn twins(answers: &Answers, known: &[Option<u32>]) -> Vec<Option<u32>> {
    let mut first: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    let twin = |unit: u32| {
        if known[unit as usize].is_some() || answers.of_unit(unit).is_empty() {
            return None;
        }
        let pairs = answers
            .of_unit(unit)
            .iter()
            .map(|row| answers.pair_of(*row));
        let earliest = *first.entry(pairs.collect()).or_insert(unit);
        (earliest < unit).then_some(earliest)
    };
    (0..answers.units()).map(twin).collect()
}

/// The state between two rounds. Matrices are row-major with K columns, one per true class.
struct Run<'a> {
    answers: &'a Answers,
    known: &'a [Option<u32>],
    variant: Variant,
    width: usize,
    posteriors: Vec<f64>,
    priors: Vec<f64>,
    /// Per (worker, label) pair: P(label | truth).
    errors: Vec<f64>,
    /// Per pair: expected number of such answers by truth; becomes `errors`.
    counts: Vec<f64>,
    /// Per worker: expected number of answers by truth.
    totals: Vec<f64>,
    /// Per unit: an earlier one that always has the same posterior.
    twins: Vec<Option<u32>>,
}

impl<'a> Run<'a> {
    fn new(answers: &'a Answers, known: &'a [Option<u32>], variant: Variant) -> Self {
        let width = answers.classes() as usize;
        let mut run = Self {
            answers,
            known,
            variant,
            width,
            posteriors: vote::shares(answers),
            priors: vec![0.0; width],
            errors: vec![0.0; answers.pairs().len() * width],
            counts: vec![0.0; answers.pairs().len() * width],
            totals: vec![0.0; answers.workers() as usize * width],
            twins: match variant {
                Variant::Map => twins(answers, known),
                // Its bound sums over the inner values of every unit.
                Variant::Crowdkit => vec![None; known.len()],
            },
        };
        run.clamp_known();
        if !answers.rows().is_empty() {
            for unit in 0..answers.units() {
                run.count(unit);
            }
            run.maximise();
        }
        run
    }

    /// Point masses at the known labels.
    fn clamp_known(&mut self) {
        for (unit, label) in self.known.iter().enumerate() {
            if let Some(label) = label {
                let row = &mut self.posteriors[unit * self.width..(unit + 1) * self.width];
                row.fill(0.0);
                row[*label as usize] = 1.0;
            }
        }
    }

    fn until_bound_settles(&mut self, limit: u32) -> u32 {
        let (mut bound, mut iteration) = (f64::NEG_INFINITY, 0);
        loop {
            iteration += 1;
            let (_, entropy) = self.expect();
            let joint = self.maximise();
            let new = (joint + entropy) / self.answers.rows().len() as f64;
            if new - bound < 1e-5 || iteration == limit {
                self.posteriors.iter_mut().for_each(|q| *q = q.max(FLOOR));
                return iteration;
            }
            bound = new;
        }
    }

    fn until_posteriors_settle(&mut self, limit: u32) -> u32 {
        let mut iteration = 0;
        loop {
            iteration += 1;
            let (moved, _) = self.expect();
            self.maximise();
            if moved < 1e-6 || iteration == limit {
                return iteration;
            }
        }
    }

    /// New posteriors and, in the same pass, the counts that the next maximisation needs.
    /// Returns the largest change of a probability and, for the bound, the entropy of all
    /// posteriors that are not known (a known one has none).
    fn expect(&mut self) -> (f64, f64) {
        let (mut moved, mut entropy) = (0.0_f64, 0.0);
        let log_errors: Vec<f64> = self.errors.iter().map(|e| libm::log(*e)).collect();
        let log_priors: Vec<f64> = self
            .priors
            .iter()
            .map(|p| libm::log(p.max(FLOOR)))
            .collect();
        let mut shifts = vec![0.0; self.width];
        let mut row = vec![0.0; self.width];
        self.counts.fill(0.0);
        for unit in 0..self.answers.units() {
            if self.answers.of_unit(unit).is_empty() {
                continue;
            }
            if let Some(twin) = self.twins[unit as usize] {
                let row = twin as usize * self.width;
                let own = unit as usize * self.width;
                self.posteriors.copy_within(row..row + self.width, own);
            } else if self.known[unit as usize].is_none() {
                self.shifted_logs(unit, &log_errors, &log_priors, &mut shifts);
                let total = exponentials(&shifts, &mut row);
                let scale = 1.0 / total;
                let old = &mut self.posteriors[unit as usize * self.width..][..self.width];
                for (old, new) in old.iter_mut().zip(&row) {
                    let new = new * scale;
                    let change = (*old - new).abs();
                    moved = if change > moved { change } else { moved };
                    *old = new;
                }
                if self.variant == Variant::Crowdkit {
                    let log_total = libm::log(total);
                    for (q, shift) in old.iter().zip(&shifts) {
                        let log = if *q > FLOOR {
                            shift - log_total
                        } else {
                            LOG_FLOOR
                        };
                        entropy -= log * q.max(FLOOR);
                    }
                }
            }
            self.count(unit);
        }
        (moved, entropy)
    }

    /// The unnormalised log-posterior of one unit, less its largest entry.
    fn shifted_logs(&self, unit: u32, log_errors: &[f64], log_priors: &[f64], row: &mut [f64]) {
        row.fill(0.0);
        for answer in self.answers.of_unit(unit) {
            let pair = self.answers.pair_of(*answer) * self.width;
            for (sum, log) in row.iter_mut().zip(&log_errors[pair..pair + self.width]) {
                *sum += log;
            }
        }
        let mut top = f64::NEG_INFINITY;
        for (sum, log) in row.iter_mut().zip(log_priors) {
            *sum += log;
            top = top.max(*sum);
        }
        row.iter_mut().for_each(|value| *value -= top);
    }

    /// Adds one unit's posterior to the counts of every answer to it.
    fn count(&mut self, unit: u32) {
        let posterior = &self.posteriors[unit as usize * self.width..][..self.width];
        for row in self.answers.of_unit(unit) {
            let pair = self.answers.pair_of(*row) * self.width;
            for (count, q) in self.counts[pair..pair + self.width]
                .iter_mut()
                .zip(posterior)
            {
                *count += q;
            }
        }
    }

    /// Class frequencies and confusion rows from posteriors and counts. Returns the expected
    /// log-likelihood of answers and classes, each answer counted once (as crowd-kit does).
    fn maximise(&mut self) -> f64 {
        self.maximise_priors();
        let floor = if self.variant == Variant::Crowdkit {
            FLOOR
        } else {
            0.0
        };
        self.totals.fill(0.0);
        for (pair, (worker, _)) in self.answers.pairs().iter().enumerate() {
            for class in 0..self.width {
                self.totals[*worker as usize * self.width + class] +=
                    self.counts[pair * self.width + class].max(floor);
            }
        }
        let mut joint = 0.0;
        for (pair, (worker, label)) in self.answers.pairs().iter().enumerate() {
            for class in 0..self.width {
                let cell = pair * self.width + class;
                let seen = self.totals[*worker as usize * self.width + class];
                self.errors[cell] = match self.variant {
                    Variant::Crowdkit => self.counts[cell].max(floor) / seen,
                    Variant::Map => smoothed(
                        self.counts[cell],
                        seen,
                        *label as usize == class,
                        self.width,
                    ),
                };
                if self.variant == Variant::Crowdkit {
                    let prior = libm::log(self.priors[class].max(FLOOR));
                    joint += self.counts[cell] * (libm::log(self.errors[cell]) + prior);
                }
            }
        }
        joint
    }

    /// Mean posterior of the answered units, with pseudo-counts in [`Variant::Map`].
    fn maximise_priors(&mut self) {
        let prior = if self.variant == Variant::Map {
            CLASS_PRIOR
        } else {
            0.0
        };
        self.priors.fill(prior);
        let mut answered = prior * self.width as f64;
        for unit in 0..self.answers.units() {
            if !self.answers.of_unit(unit).is_empty() {
                answered += 1.0;
                let row = &self.posteriors[unit as usize * self.width..][..self.width];
                self.priors
                    .iter_mut()
                    .zip(row)
                    .for_each(|(prior, q)| *prior += q);
            }
        }
        self.priors.iter_mut().for_each(|prior| *prior /= answered);
    }
}
