//! Dawid-Skene: workers' confusion matrices, found together with the labels by iteration.
//!
//! Dawid and Skene 1979. Conventions and constants: `docs/spec/pay.md`, "Consensus".

mod cells;
mod expect;
mod pattern;
mod run;
mod stream;
mod tally;
mod tiles;

use crate::consensus::Consensus;
use crate::parallel::Threads;
use crate::table::{Answers, Error};
use run::Run;

pub use stream::Stream;

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

impl Variant {
    /// Units of each class that are taken to be there before any answer.
    fn class_prior(self) -> f64 {
        match self {
            Self::Crowdkit => 0.0,
            Self::Map => CLASS_PRIOR,
        }
    }
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

    /// The classes that `worker` has answered at least once, in order.
    pub(crate) fn used(&self, worker: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.pairs.partition_point(|(of, _)| *of < worker);
        let own = self.pairs[first..].iter();
        own.take_while(move |(of, _)| *of == worker)
            .map(|(_, answer)| *answer)
    }

    /// P(`worker` answers `answer` | the unit is of class `truth`).
    ///
    /// For an answer the worker never gave it is the pseudo-count's share ([`Variant::Map`]) or 0.
    pub fn confusion(&self, worker: u32, truth: u32, answer: u32) -> f64 {
        match self.pairs.binary_search(&(worker, answer)) {
            Ok(pair) => self.errors[pair * self.classes + truth as usize],
            Err(_) if self.variant == Variant::Crowdkit => 0.0,
            Err(_) => {
                let cell = worker as usize * self.classes + truth as usize;
                let seen = self.totals.get(cell).copied().unwrap_or(0.0);
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
    Fit::new(variant).run(answers, known)
}

/// How to run expectation maximisation, where the defaults of [`dawid_skene`] do not do.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    variant: Variant,
    threads: Threads,
    rounds: u32,
    start: Start<'a>,
}

/// What the first round starts from.
#[derive(Clone, Copy, Debug)]
enum Start<'a> {
    Votes,
    Posteriors(&'a [f64]),
    Model(&'a DawidSkene),
}

impl<'a> Fit<'a> {
    /// One thread, from the shares of votes, at most 200 rounds ([`Variant::Crowdkit`]: 100).
    pub fn new(variant: Variant) -> Self {
        Self {
            variant,
            threads: Threads::ONE,
            rounds: if variant == Variant::Map { 200 } else { 100 },
            start: Start::Votes,
        }
    }

    /// Computes on several threads; the result has the same bits for any number of them.
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// Stops after `rounds` at the latest; 0 counts as 1.
    pub fn rounds(self, rounds: u32) -> Self {
        let rounds = rounds.max(1);
        Self { rounds, ..self }
    }

    /// Starts from a distribution over the K classes per unit instead of the shares of votes, e.g.
    /// another method's. Rows of known units and of units without answers are not read.
    pub fn from_posteriors(self, posteriors: &'a [f64]) -> Self {
        let start = Start::Posteriors(posteriors);
        Self { start, ..self }
    }

    /// Starts from what an earlier run has learnt about workers and classes (a warm start). Workers
    /// are matched by number, those whom it had not met count as newcomers; it must have the same
    /// classes.
    pub fn from_model(self, model: &'a DawidSkene) -> Self {
        let start = Start::Model(model);
        Self { start, ..self }
    }

    /// # Errors
    /// [`Error::Length`] or [`Error::UnknownClass`] when `known`, the posteriors or the model do
    /// not fit the table, [`Error::NotADistribution`] for a row of posteriors.
    pub fn run(self, answers: &Answers, known: &[Option<u32>]) -> Result<DawidSkene, Error> {
        answers.check_known(known)?;
        self.check_start(answers, known)?;
        Ok(self.run_checked(answers, known))
    }

    fn check_start(self, answers: &Answers, known: &[Option<u32>]) -> Result<(), Error> {
        let width = answers.classes() as usize;
        let length = |list, found, needed| match found == needed {
            true => Ok(()),
            false => Err(Error::Length {
                list,
                found,
                needed,
            }),
        };
        match self.start {
            Start::Votes => Ok(()),
            Start::Model(model) => length("model", model.classes, width),
            Start::Posteriors(rows) => {
                length("posteriors", rows.len(), known.len() * width)?;
                let wrong = |unit: &u32| {
                    let row = &rows[*unit as usize * width..][..width];
                    let total: f64 = row.iter().sum();
                    let fits = row.iter().all(|q| (0.0..=1.0).contains(q));
                    let read = known[*unit as usize].is_none();
                    read && !answers.of_unit(*unit).is_empty()
                        && !(fits && (total - 1.0).abs() < 1e-6)
                };
                match (0..answers.units()).find(wrong) {
                    Some(unit) => Err(Error::NotADistribution { unit }),
                    None => Ok(()),
                }
            }
        }
    }

    fn run_checked(self, answers: &Answers, known: &[Option<u32>]) -> DawidSkene {
        let mut run = Run::new(answers, known, self);
        let iterations = match self.variant {
            _ if answers.rows().is_empty() => 0,
            Variant::Crowdkit => run.until_bound_settles(self.rounds),
            Variant::Map => run.until_posteriors_settle(self.rounds),
        };
        let decided = |unit| !answers.of_unit(unit).is_empty() || known[unit as usize].is_some();
        let decided = (0..answers.units()).map(decided);
        let posteriors = run.posteriors();
        DawidSkene {
            consensus: Consensus::new(answers.classes(), posteriors, decided, iterations),
            variant: self.variant,
            classes: answers.classes() as usize,
            priors: run.priors,
            pairs: answers.pairs().to_vec(),
            errors: run.errors,
            totals: run.totals,
        }
    }
}

/// Expectation maximisation with at most `limit` rounds; `known` is checked already.
pub(crate) fn fit(
    answers: &Answers,
    known: &[Option<u32>],
    variant: Variant,
    limit: u32,
) -> DawidSkene {
    Fit::new(variant).rounds(limit).run_checked(answers, known)
}

/// Smoothed share of an answer among `seen` answers to one class.
fn smoothed(count: f64, seen: f64, right: bool, classes: usize) -> f64 {
    let prior = if right { RIGHT_PRIOR } else { WRONG_PRIOR };
    (count + prior) / (seen + RIGHT_PRIOR + WRONG_PRIOR * (classes as f64 - 1.0))
}
