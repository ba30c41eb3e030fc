//! Dawid-Skene as answers arrive: cheap posteriors at once, the whole iteration when asked.

use std::collections::BTreeMap;

use super::{CLASS_PRIOR, DawidSkene, Fit, Variant, smoothed};
use crate::one_coin::normalise;
use crate::parallel::Threads;
use crate::table::{Answer, Answers, CELL_LIMIT, Error};

/// A growing table with posteriors that are always up to date for the units that were touched.
///
/// A new answer moves the posterior of its unit, and with it what is known about the workers who
/// answered there: one partial step of incremental expectation maximisation (Neal and Hinton
/// 1998), at the cost of the unit's answers. Other units wait for [`Stream::refine`]. Estimator
/// and constants are those of [`Variant::Map`].
#[derive(Clone, Debug)]
pub struct Stream {
    classes: u32,
    rows: Vec<Answer>,
    known: Vec<Option<u32>>,
    /// Per unit: (worker, label) of its answers.
    units: Vec<Vec<(u32, u32)>>,
    posteriors: Vec<f64>,
    /// Expected units by class, without pseudo-counts.
    mass: Vec<f64>,
    answered: f64,
    /// Per (worker, label): expected number of such answers by truth.
    counts: BTreeMap<(u32, u32), Vec<f64>>,
    /// Per worker: expected number of answers by truth.
    totals: Vec<f64>,
}

impl Stream {
    /// An empty table of K classes; units and workers come with their answers.
    pub fn new(classes: u32) -> Self {
        Self {
            classes,
            rows: Vec::new(),
            known: Vec::new(),
            units: Vec::new(),
            posteriors: Vec::new(),
            mass: vec![0.0; classes as usize],
            answered: 0.0,
            counts: BTreeMap::new(),
            totals: Vec::new(),
        }
    }

    /// All answers in the order of their coming.
    pub fn rows(&self) -> &[Answer] {
        &self.rows
    }

    /// Distribution over the classes of `unit`; zeros without answers or a known label, or outside
    /// the table.
    pub fn posterior(&self, unit: u32) -> Vec<f64> {
        let width = self.classes as usize;
        let at = unit as usize * width;
        let row = self.posteriors.get(at..at + width);
        row.map_or_else(|| vec![0.0; width], <[f64]>::to_vec)
    }

    /// The most probable class of `unit`; on a tie the smallest; `None` without answers or a known
    /// label.
    pub fn label(&self, unit: u32) -> Option<u32> {
        let row = self.posterior(unit);
        let top = row.iter().copied().fold(0.0, f64::max);
        let place = row.iter().position(|q| *q == top && top > 0.0);
        place.map(|place| place as u32)
    }

    /// Takes an answer and brings its unit up to date.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] for a label outside the classes, [`Error::TooLarge`] when the table
    /// would outgrow [`CELL_LIMIT`]; the stream is unchanged then.
    pub fn push(&mut self, answer: Answer) -> Result<(), Error> {
        if answer.label >= self.classes {
            return Err(Error::OutOfBounds {
                row: self.rows.len(),
                column: "label",
            });
        }
        self.reach(answer.unit, answer.worker)?;
        let pair = (answer.worker, answer.label);
        self.rows.push(answer);
        let old = self.posterior(answer.unit);
        if self.units[answer.unit as usize].is_empty() {
            self.answered += 1.0;
        } else {
            self.spread(answer.unit, &old, -1.0);
        }
        self.units[answer.unit as usize].push(pair);
        if self.known[answer.unit as usize].is_none() {
            self.infer(answer.unit);
        }
        let new = self.posterior(answer.unit);
        self.spread(answer.unit, &new, 1.0);
        Ok(())
    }

    /// Clamps `unit` to a label that is known for sure, e.g. gold, from now on.
    ///
    /// # Errors
    /// [`Error::UnknownClass`], [`Error::TooLarge`].
    pub fn know(&mut self, unit: u32, label: u32) -> Result<(), Error> {
        if label >= self.classes {
            return Err(Error::UnknownClass { unit });
        }
        self.reach(unit, 0)?;
        let old = self.posterior(unit);
        let mut new = vec![0.0; old.len()];
        new[label as usize] = 1.0;
        self.known[unit as usize] = Some(label);
        let any = !self.units[unit as usize].is_empty();
        if any {
            self.spread(unit, &old, -1.0);
        }
        let at = unit as usize * new.len();
        self.posteriors[at..at + new.len()].copy_from_slice(&new);
        if any {
            self.spread(unit, &new, 1.0);
        }
        Ok(())
    }

    /// Runs expectation maximisation over all answers from where the stream stands, to the same
    /// end as [`dawid_skene`](super::dawid_skene) (no posterior moves by 1e-6), and goes on from
    /// what it finds. A table with few answers to a worker can have several such ends, of which
    /// this is the one uphill of the stream.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the table is too large for a whole run.
    pub fn refine(&mut self, threads: Threads) -> Result<DawidSkene, Error> {
        let units = self.units.len() as u32;
        let workers = (self.totals.len() / (self.classes as usize).max(1)) as u32;
        let answers = Answers::new(units, workers, self.classes, self.rows.clone())?;
        let fit = Fit::new(Variant::Map).threads(threads);
        let found = fit
            .from_posteriors(&self.posteriors)
            .run(&answers, &self.known)?;
        self.posteriors.copy_from_slice(&found.consensus.posteriors);
        // Sums are made anew, so that what rounding has gathered does not grow.
        self.mass.fill(0.0);
        self.totals.fill(0.0);
        self.counts.clear();
        for unit in 0..units {
            if !self.units[unit as usize].is_empty() {
                let row = self.posterior(unit);
                self.spread(unit, &row, 1.0);
            }
        }
        Ok(found)
    }

    /// Makes room for a unit and a worker.
    fn reach(&mut self, unit: u32, worker: u32) -> Result<(), Error> {
        let width = self.classes as usize;
        let units = self.units.len().max(unit as usize + 1);
        let workers = (self.totals.len() / width.max(1)).max(worker as usize + 1);
        let lines = units as u64 + workers as u64 + 2 * (self.counts.len() as u64 + 1);
        let cells = lines.saturating_mul(width as u64);
        if cells > CELL_LIMIT || self.rows.len() as u64 >= u64::from(u32::MAX) {
            return Err(Error::TooLarge { cells });
        }
        self.units.resize(units, Vec::new());
        self.known.resize(units, None);
        self.posteriors.resize(units * width, 0.0);
        self.totals.resize(workers * width, 0.0);
        Ok(())
    }

    /// The posterior of one unit from what is known about classes and workers.
    fn infer(&mut self, unit: u32) {
        let width = self.classes as usize;
        let all = self.answered + CLASS_PRIOR * width as f64;
        let prior = |mass: &f64| libm::log((mass.max(0.0) + CLASS_PRIOR) / all);
        let mut row: Vec<f64> = self.mass.iter().map(prior).collect();
        for pair in &self.units[unit as usize] {
            let (worker, label) = *pair;
            let counts = self.counts.get(pair);
            for (truth, log) in row.iter_mut().enumerate() {
                // Differences of sums may fall below 0 by a rounding error.
                let count = counts.map_or(0.0, |counts| counts[truth].max(0.0));
                let seen = self.totals[worker as usize * width + truth].max(0.0);
                *log += libm::log(smoothed(count, seen, truth == label as usize, width));
            }
        }
        normalise(&mut row);
        self.posteriors[unit as usize * width..][..width].copy_from_slice(&row);
    }

    /// Adds `sign` times a posterior of `unit` to every sum that it is part of.
    fn spread(&mut self, unit: u32, row: &[f64], sign: f64) {
        let add = |to: &mut [f64]| {
            to.iter_mut().zip(row).for_each(|(to, q)| *to += sign * q);
        };
        add(&mut self.mass);
        for pair in &self.units[unit as usize] {
            let counts = self.counts.entry(*pair);
            add(counts.or_insert_with(|| vec![0.0; row.len()]));
            add(&mut self.totals[pair.0 as usize * row.len()..][..row.len()]);
        }
    }
}
