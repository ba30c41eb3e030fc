//! The rounds of expectation and maximisation, on any number of threads with the same bits.
//!
//! Posteriors are computed in portions of [`PORTION`] rows. A count is the sum over its answers in
//! the order of units, whoever computes it; one thread walks the units, several share the counts.

use super::pattern::Patterns;
use super::{CLASS_PRIOR, DawidSkene, Fit, Start, Variant, smoothed};
use crate::parallel::Threads;
use crate::table::{self, Answers};
use crate::vote;

/// Rows of posteriors that one thread takes at a time.
const PORTION: usize = 4_096;
/// Pairs whose counts one thread takes at a time.
const PAIRS: usize = 64;
/// Probabilities are never taken below this before a logarithm (crowd-kit's constant).
const FLOOR: f64 = 1e-10;
/// Its natural logarithm.
const LOG_FLOOR: f64 = -23.025_850_929_940_457;

/// Rows of posteriors and their terms, of which [`Variant::Map`] has none.
type Portion<'a> = (&'a mut [f64], &'a mut [f64]);

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
    /// Per pair: expected number of such answers by truth; becomes `errors`.
    counts: Vec<f64>,
    /// Per worker: expected number of answers by truth.
    pub(super) totals: Vec<f64>,
    /// For several threads: starts per pair, and the rows of its answers in the order of units.
    by_pair: Option<(Vec<u32>, Vec<u32>)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(answers: &'a Answers, known: &[Option<u32>], fit: Fit) -> Self {
        let width = answers.classes() as usize;
        let patterns = match fit.start {
            Start::Posteriors(_) => Patterns::single(answers, known),
            Start::Votes | Start::Model(_) => Patterns::shared(answers, known),
        };
        let cells = answers.pairs().len() * width;
        let several = fit.threads != Threads::ONE;
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
            by_pair: several.then(|| by_pair(answers, &patterns)),
            patterns,
            priors: vec![0.0; width],
            log_priors: vec![0.0; width],
            errors: vec![0.0; cells],
            log_errors: vec![0.0; cells],
            counts: vec![0.0; cells],
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
        let row = |row: &u32| &self.rows[*row as usize * self.width..][..self.width];
        self.patterns.row_of.iter().flat_map(row).copied().collect()
    }

    pub(super) fn until_bound_settles(&mut self, limit: u32) -> u32 {
        let (mut bound, mut iteration) = (f64::NEG_INFINITY, 0);
        loop {
            iteration += 1;
            self.expect();
            let joint = self.maximise();
            let new = (joint + self.entropy()) / self.answers.rows().len() as f64;
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

    /// New posteriors, and the counts that the next maximisation needs. Returns the largest change
    /// of a probability.
    fn expect(&mut self) -> f64 {
        let mut rows = std::mem::take(&mut self.rows);
        let mut terms = std::mem::take(&mut self.terms);
        let length = PORTION * self.width;
        let mut portions = Vec::new();
        let mut rest = &mut terms[..];
        for rows in rows[..self.patterns.free.len() * self.width].chunks_mut(length) {
            let taken = rest.len().min(length);
            let (terms, others) = rest.split_at_mut(taken);
            rest = others;
            portions.push((rows, terms));
        }
        let run = &*self;
        let work = |portion: usize, own: &mut [Portion<'_>]| match run.width {
            2 => run.portion(portion, own, [[0.0; 2]; 2]),
            3 => run.portion(portion, own, [[0.0; 3]; 2]),
            4 => run.portion(portion, own, [[0.0; 4]; 2]),
            5 => run.portion(portion, own, [[0.0; 5]; 2]),
            width => run.portion(portion, own, [vec![0.0; width], vec![0.0; width]]),
        };
        let moved = self.threads.update(&mut portions, 1, work);
        (self.rows, self.terms) = (rows, terms);
        self.count();
        moved.into_iter().fold(0.0, f64::max)
    }

    /// Posteriors of one portion of rows in place; returns their largest change. The two buffers
    /// have K cells each.
    fn portion<R>(&self, at: usize, own: &mut [Portion<'_>], buffers: [R; 2]) -> f64
    where
        R: AsRef<[f64]> + AsMut<[f64]>,
    {
        let [mut shifts, mut new] = buffers;
        let (shifts, new) = (shifts.as_mut(), new.as_mut());
        let width = new.len();
        let mut moved = 0.0;
        let units = &self.patterns.free[at * PORTION..];
        for (rows, terms) in own {
            let mut terms = terms.chunks_exact_mut(width);
            for (unit, old) in units.iter().zip(rows.chunks_exact_mut(width)) {
                self.shifted_logs(*unit, shifts);
                let total = exponentials(shifts, new);
                let scale = 1.0 / total;
                for (old, new) in old.iter_mut().zip(&*new) {
                    let new = new * scale;
                    let change = (*old - new).abs();
                    moved = if change > moved { change } else { moved };
                    *old = new;
                }
                // Only a variant with a bound has terms.
                let Some(terms) = terms.next() else {
                    continue;
                };
                let log_total = libm::log(total);
                for (term, (q, shift)) in terms.iter_mut().zip(old.iter().zip(&*shifts)) {
                    let log = if *q > FLOOR {
                        shift - log_total
                    } else {
                        LOG_FLOOR
                    };
                    *term = log * q.max(FLOOR);
                }
            }
        }
        moved
    }

    /// The unnormalised log-posterior of one unit, less its largest entry.
    #[inline(always)]
    fn shifted_logs(&self, unit: u32, row: &mut [f64]) {
        row.fill(0.0);
        for pair in self.answers.pairs_of_unit(unit) {
            let logs = &self.log_errors[*pair as usize * row.len()..][..row.len()];
            row.iter_mut().zip(logs).for_each(|(sum, log)| *sum += log);
        }
        let mut top = f64::NEG_INFINITY;
        for (sum, log) in row.iter_mut().zip(&self.log_priors) {
            *sum += log;
            top = top.max(*sum);
        }
        row.iter_mut().for_each(|value| *value -= top);
    }

    /// The entropy of all posteriors that are inferred, units in order.
    fn entropy(&self) -> f64 {
        let mut entropy = 0.0;
        let free = self.patterns.free.len();
        for row in self.patterns.row_of.iter().map(|row| *row as usize) {
            if row < free {
                for term in &self.terms[row * self.width..][..self.width] {
                    entropy -= term;
                }
            }
        }
        entropy
    }

    fn count(&mut self) {
        match self.width {
            // Widths known to the compiler are worth a third of the time.
            2 => self.count_cells(2),
            3 => self.count_cells(3),
            4 => self.count_cells(4),
            5 => self.count_cells(5),
            width => self.count_cells(width),
        }
    }

    /// Per pair the sum of the posteriors of its answers, in the order of units.
    #[inline(always)]
    fn count_cells(&mut self, width: usize) {
        let rows = &self.rows;
        let add = |counts: &mut [f64], row: u32| {
            let row = &rows[row as usize * width..][..width];
            counts.iter_mut().zip(row).for_each(|(sum, q)| *sum += q);
        };
        self.counts.fill(0.0);
        match &self.by_pair {
            Some((starts, order)) => {
                let work = |portion: usize, counts: &mut [f64]| {
                    for (at, counts) in counts.chunks_exact_mut(width).enumerate() {
                        let own = &order[table::span(starts, portion * PAIRS + at)];
                        own.iter().for_each(|row| add(&mut counts[..width], *row));
                    }
                };
                let length = PAIRS * width;
                self.threads.update(&mut self.counts, length, work);
            }
            None => {
                for (unit, row) in (0..).zip(&self.patterns.row_of) {
                    for pair in self.answers.pairs_of_unit(unit) {
                        add(&mut self.counts[*pair as usize * width..][..width], *row);
                    }
                }
            }
        }
    }

    /// Class frequencies and confusion rows from posteriors and counts. Returns the expected
    /// log-likelihood of answers and classes, each answer counted once (as crowd-kit does).
    fn maximise(&mut self) -> f64 {
        self.maximise_priors();
        let (width, bounded) = (self.width, self.variant == Variant::Crowdkit);
        let floor = if bounded { FLOOR } else { 0.0 };
        self.totals.fill(0.0);
        let rows = self.counts.chunks_exact(width);
        for (row, (worker, _)) in rows.zip(self.answers.pairs()) {
            let totals = &mut self.totals[*worker as usize * width..][..width];
            let cells = totals.iter_mut().zip(row);
            cells.for_each(|(total, count)| *total += count.max(floor));
        }
        let rows = self.counts.chunks_exact(width);
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
            let cells = self.counts.chunks_exact(width);
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
        let prior = if self.variant == Variant::Map {
            CLASS_PRIOR
        } else {
            0.0
        };
        self.priors.fill(prior);
        let mut answered = prior * self.width as f64;
        for (unit, row) in (0..).zip(&self.patterns.row_of) {
            if !self.answers.of_unit(unit).is_empty() {
                answered += 1.0;
                let row = &self.rows[*row as usize * self.width..][..self.width];
                let cells = self.priors.iter_mut().zip(row);
                cells.for_each(|(prior, q)| *prior += q);
            }
        }
        self.priors.iter_mut().for_each(|prior| *prior /= answered);
    }

    /// Logarithms for the next expectation and for the bound.
    fn take_logs(&mut self) {
        let cells = self.log_priors.iter_mut().zip(&self.priors);
        cells.for_each(|(log, prior)| *log = libm::log(prior.max(FLOOR)));
        let errors = &self.errors;
        let work = |portion: usize, logs: &mut [f64]| {
            let errors = &errors[portion * PORTION..];
            let cells = logs.iter_mut().zip(errors);
            cells.for_each(|(log, error)| *log = libm::log(*error));
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

/// Per pair the rows of its answers, in the order of units.
fn by_pair(answers: &Answers, patterns: &Patterns) -> (Vec<u32>, Vec<u32>) {
    let pairs = answers.pairs_by_unit();
    let (starts, mut order) = table::index(answers.pairs().len() as u32, pairs.iter().copied());
    let mut row_at = Vec::with_capacity(pairs.len());
    for (unit, row) in (0..).zip(&patterns.row_of) {
        row_at.extend(std::iter::repeat_n(*row, answers.of_unit(unit).len()));
    }
    order.iter_mut().for_each(|at| *at = row_at[*at as usize]);
    (starts, order)
}

/// Exponentials of `shifts` (none above 0) into `row`; returns their sum, which is at least 1.
#[inline(always)]
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
