//! The rounds of expectation and maximisation, on any number of threads with the same bits.
//!
//! Posteriors are computed in portions of [`PORTION`] rows; sums over them are those of a
//! [`Tally`].

use super::expect::{FLOOR, Likelihood, Portion};
use super::pattern::Patterns;
use super::tally::{Posteriors, Tally};
use super::{DawidSkene, Fit, Start, Variant, smoothed};
use crate::elementary;
use crate::parallel::Threads;
use crate::table::Answers;
use crate::vote;

/// Rows of posteriors, or cells of confusion matrices, that one thread takes at a time.
const PORTION: usize = 1_024;

/// The state between two rounds. Matrices are row-major with K columns, one per true class.
pub(super) struct Run<'a> {
    answers: &'a Answers,
    variant: Variant,
    threads: Threads,
    width: usize,
    patterns: Patterns,
    /// Per row of `patterns`.
    rows: Vec<f64>,
    /// [`Variant::Crowdkit`]: p ln p of every inferred probability.
    terms: Vec<f64>,
    pub(super) priors: Vec<f64>,
    log_priors: Vec<f64>,
    /// Per (worker, label) pair: P(label | truth).
    pub(super) errors: Vec<f64>,
    log_errors: Vec<f64>,
    tally: Tally,
    /// Units with answers.
    answered: usize,
    /// Per worker: expected number of answers by truth.
    pub(super) totals: Vec<f64>,
}

impl<'a> Run<'a> {
    pub(super) fn new(answers: &'a Answers, known: &[Option<u32>], fit: Fit) -> Self {
        let width = answers.classes() as usize;
        let patterns = match fit.start {
            Start::Posteriors(_) => Patterns::single(answers, known),
            Start::Votes | Start::Model(_) => Patterns::shared(answers, known),
        };
        let cells = answers.pairs().len() * width;
        let answered = |unit: &u32| !answers.of_unit(*unit).is_empty();
        let mut run = Self {
            answers,
            variant: fit.variant,
            threads: fit.threads,
            width,
            rows: first_rows(answers, &patterns, fit.start),
            terms: match fit.variant {
                Variant::Crowdkit => vec![0.0; patterns.free.len() * width],
                Variant::Map => Vec::new(),
            },
            patterns,
            priors: vec![0.0; width],
            log_priors: vec![0.0; width],
            errors: vec![0.0; cells],
            log_errors: vec![0.0; cells],
            tally: Tally::new(answers, fit.threads),
            answered: (0..answers.units()).filter(answered).count(),
            totals: vec![0.0; answers.workers() as usize * width],
        };
        match fit.start {
            _ if answers.rows().is_empty() => {}
            Start::Model(model) => run.adopt(model),
            Start::Votes | Start::Posteriors(_) => {
                run.count();
                run.maximise();
            }
        }
        run
    }

    /// One row of posteriors per unit.
    pub(super) fn posteriors(&self) -> Vec<f64> {
        let mut all = Vec::with_capacity(self.patterns.row_of.len() * self.width);
        for row in &self.patterns.row_of {
            all.extend_from_slice(&self.rows[*row as usize * self.width..][..self.width]);
        }
        all
    }

    pub(super) fn until_bound_settles(&mut self, limit: u32) -> u32 {
        let (mut bound, mut iteration) = (f64::NEG_INFINITY, 0);
        loop {
            iteration += 1;
            self.expect();
            let joint = self.maximise();
            let new = (joint + self.tally.sums.entropy) / self.answers.rows().len() as f64;
            if new - bound < 1e-5 || iteration == limit {
                self.rows.iter_mut().for_each(|q| *q = q.max(FLOOR));
                return iteration;
            }
            bound = new;
        }
    }

    pub(super) fn until_posteriors_settle(&mut self, limit: u32) -> u32 {
        let mut iteration = 0;
        loop {
            iteration += 1;
            let moved = self.expect();
            self.maximise();
            if moved < 1e-6 || iteration == limit {
                return iteration;
            }
        }
    }

    /// Takes classes and confusions from an earlier run, for pairs that it has not seen what it
    /// expects of them.
    fn adopt(&mut self, model: &DawidSkene) {
        self.priors.copy_from_slice(&model.priors);
        let cells = self.errors.chunks_mut(self.width.max(1));
        for (row, (worker, label)) in cells.zip(self.answers.pairs()) {
            for (truth, cell) in row.iter_mut().enumerate() {
                *cell = model.confusion(*worker, truth as u32, *label).max(FLOOR);
            }
        }
        self.take_logs();
    }

    /// New posteriors, and the sums that the next maximisation needs. Returns the largest change of
    /// a probability, 0 in [`Variant::Crowdkit`].
    fn expect(&mut self) -> f64 {
        let likelihood = Likelihood {
            answers: self.answers,
            log_priors: &self.log_priors,
            log_errors: &self.log_errors,
        };
        let width = self.width;
        let units = self.patterns.free.chunks(PORTION);
        let mut terms = self.terms.chunks_mut(PORTION * width);
        let rows = self.rows[..self.patterns.free.len() * width].chunks_mut(PORTION * width);
        let portions = units.zip(rows).map(|(units, rows)| Portion {
            units,
            rows,
            terms: terms.next().unwrap_or_default(),
        });
        let mut portions: Vec<Portion<'_>> = portions.collect();
        let moved = self.threads.update(&mut portions, 1, |_, own| {
            let moved = own.iter_mut().map(|portion| likelihood.infer(portion));
            moved.fold(0.0, f64::max)
        });
        self.count();
        moved.into_iter().fold(0.0, f64::max)
    }

    fn count(&mut self) {
        let posteriors = Posteriors {
            answers: self.answers,
            patterns: &self.patterns,
            rows: &self.rows,
            terms: &self.terms,
        };
        self.tally.take(&posteriors, self.variant.class_prior());
    }

    /// Class frequencies and confusion rows from posteriors and counts. Returns the expected
    /// log-likelihood of answers and classes, each answer counted once (as crowd-kit does).
    fn maximise(&mut self) -> f64 {
        self.maximise_priors();
        let (width, bounded) = (self.width, self.variant == Variant::Crowdkit);
        let floor = if bounded { FLOOR } else { 0.0 };
        self.totals.fill(0.0);
        let rows = self.tally.counts.chunks_exact(width);
        for (row, (worker, _)) in rows.zip(self.answers.pairs()) {
            let totals = &mut self.totals[*worker as usize * width..][..width];
            let cells = totals.iter_mut().zip(row);
            cells.for_each(|(total, count)| *total += count.max(floor));
        }
        let rows = self.tally.counts.chunks_exact(width);
        let rows = rows.zip(self.errors.chunks_exact_mut(width));
        for ((counts, errors), (worker, label)) in rows.zip(self.answers.pairs()) {
            let totals = &self.totals[*worker as usize * width..][..width];
            for (class, error) in errors.iter_mut().enumerate() {
                *error = match self.variant {
                    Variant::Crowdkit => counts[class].max(floor) / totals[class],
                    Variant::Map => {
                        let right = *label as usize == class;
                        smoothed(counts[class], totals[class], right, width)
                    }
                };
            }
        }
        self.take_logs();
        let mut joint = 0.0;
        if bounded {
            let cells = self.tally.counts.chunks_exact(width);
            for (counts, logs) in cells.zip(self.log_errors.chunks_exact(width)) {
                for ((count, log), prior) in counts.iter().zip(logs).zip(&self.log_priors) {
                    joint += count * (log + prior);
                }
            }
        }
        joint
    }

    /// Mean posterior of the answered units, with pseudo-counts in [`Variant::Map`].
    fn maximise_priors(&mut self) {
        let all = self.variant.class_prior() * self.width as f64 + self.answered as f64;
        for (prior, mass) in self.priors.iter_mut().zip(&self.tally.sums.mass) {
            *prior = mass / all;
        }
    }

    /// Logarithms for the next expectation and for the bound.
    fn take_logs(&mut self) {
        let cells = self.log_priors.iter_mut().zip(&self.priors);
        cells.for_each(|(log, prior)| *log = libm::log(prior.max(FLOOR)));
        let errors = &self.errors;
        let work = |portion: usize, logs: &mut [f64]| {
            elementary::log(&errors[portion * PORTION..][..logs.len()], logs);
        };
        self.threads.update(&mut self.log_errors, PORTION, work);
    }
}

/// Rows of posteriors before the first round: votes or what is given, certainty, and zeros.
fn first_rows(answers: &Answers, patterns: &Patterns, start: Start) -> Vec<f64> {
    let width = answers.classes() as usize;
    let mut rows = vec![0.0; (patterns.free.len() + patterns.certain.len() + 1) * width];
    let (free, fixed) = rows.split_at_mut(patterns.free.len() * width);
    for (row, unit) in free.chunks_exact_mut(width.max(1)).zip(&patterns.free) {
        match start {
            Start::Posteriors(given) => {
                row.copy_from_slice(&given[*unit as usize * width..][..width]);
            }
            Start::Votes | Start::Model(_) => vote::share(answers, *unit, row),
        }
    }
    for (row, class) in fixed.chunks_exact_mut(width.max(1)).zip(&patterns.certain) {
        row[*class as usize] = 1.0;
    }
    rows
}
