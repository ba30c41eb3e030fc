//! Hierarchical Dawid-Skene: each worker's confusion rows come from a prior that is learnt too.

use super::gamma::digamma;
use super::layout::{Entry, Layout};
use crate::parallel::Threads;
use std::ops::Range;

/// Units and pairs to a portion of work.
const PORTION: usize = 4_096;
/// Rounds at most, and the mean change of a unit's posterior (total variation) that counts as
/// none.
const ROUNDS: u32 = 60;
const SETTLED: f64 = 1e-4;
/// Pseudo-counts of the pooled rows: right, each wrong; and of each class.
const RIGHT: f64 = 1.0;
const WRONG: f64 = 0.25;
const CLASS: f64 = 1.0;
/// Bounds of a concentration.
const CONCENTRATIONS: (f64, f64) = (0.1, 1e4);
/// Steps towards the best concentration in each round, fewer when one changes it by less than a
/// thousandth; and the number of pairs that they look at.
const STEPS: u32 = 3;
const STILL: f64 = 1e-3;
const SAMPLE: usize = 1 << 15;
/// Below this a product is scaled up before it vanishes.
const SMALL: f64 = 1e-100;

/// Which answers tell how reliable the worker of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// All that the worker gave.
    All,
    /// Those to other units than the one that is judged.
    LeaveOneOut,
}

/// Posteriors, and the prior of workers that fits them. Rows have one column per class in use.
pub(super) struct Hierarchy {
    /// Per unit: probability of each class; zeros without answers or known label.
    pub posteriors: Vec<f64>,
    /// Frequency of each class.
    pub priors: Vec<f64>,
    /// By true class: how much alike the workers are, as a number of pseudo-answers.
    pub concentrations: Vec<f64>,
    /// By label and true class: pseudo-counts of a worker's answers, concentration x pooled row.
    pub pseudo: Vec<f64>,
    /// By pair and true class: expected answers.
    pub counts: Vec<f64>,
    /// By worker and true class: expected answers.
    pub totals: Vec<f64>,
    /// Rounds it took.
    pub iterations: u32,
}

impl Hierarchy {
    /// Expectation and maximisation from `start` until no posterior moves any more.
    pub fn fit(layout: &Layout, start: &[f64], evidence: Evidence, threads: Threads) -> Self {
        let width = layout.width;
        let mut fit = Self {
            posteriors: start.to_vec(),
            priors: vec![0.0; width],
            concentrations: vec![width as f64 + 2.0; width],
            pseudo: vec![0.0; width * width],
            counts: Vec::new(),
            totals: Vec::new(),
            iterations: 0,
        };
        if layout.pairs.is_empty() {
            return fit;
        }
        loop {
            fit.maximise(layout, threads);
            let moved = fit.expect(layout, evidence, threads);
            fit.iterations += 1;
            if moved < SETTLED || fit.iterations == ROUNDS {
                return fit;
            }
        }
    }

    /// One maximisation with given posteriors; concentrations start from those given.
    pub fn maximised(
        layout: &Layout,
        posteriors: Vec<f64>,
        concentrations: Vec<f64>,
        threads: Threads,
    ) -> Self {
        let mut fit = Self {
            posteriors,
            priors: vec![0.0; layout.width],
            concentrations,
            pseudo: vec![0.0; layout.width * layout.width],
            counts: Vec::new(),
            totals: Vec::new(),
            iterations: 0,
        };
        fit.maximise(layout, threads);
        fit
    }

    fn maximise(&mut self, layout: &Layout, threads: Threads) {
        if layout.width == 0 {
            return;
        }
        self.count(layout, threads);
        self.pool(layout);
        for _ in 0..STEPS {
            if self.concentrate(layout) < STILL {
                break;
            }
        }
        for label in 0..layout.width {
            for class in 0..layout.width {
                self.pseudo[label * layout.width + class] *= self.concentrations[class];
            }
        }
    }

    /// Class frequencies, and expected answers by pair and by worker.
    fn count(&mut self, layout: &Layout, threads: Threads) {
        let width = layout.width;
        self.priors.fill(CLASS);
        for unit in 0..layout.units {
            let row = &self.posteriors[unit * width..(unit + 1) * width];
            self.priors
                .iter_mut()
                .zip(row)
                .for_each(|(sum, q)| *sum += q);
        }
        let total: f64 = self.priors.iter().sum();
        self.priors.iter_mut().for_each(|prior| *prior /= total);
        let posteriors = &self.posteriors;
        let portions = threads.map(layout.pairs.len().div_ceil(PORTION), |portion| {
            let pairs = part(portion, layout.pairs.len());
            let mut counts = vec![0.0; pairs.len() * width];
            for (row, pair) in counts.chunks_mut(width).zip(pairs) {
                for (unit, weight) in layout.of_pair(pair) {
                    let q = &posteriors[*unit as usize * width..][..width];
                    for (count, q) in row.iter_mut().zip(q) {
                        *count += weight * q;
                    }
                }
            }
            counts
        });
        self.counts = portions.concat();
        self.totals = vec![0.0; layout.workers * width];
        for (pair, (worker, _)) in layout.pairs.iter().enumerate() {
            let total = &mut self.totals[*worker as usize * width..][..width];
            for (total, count) in total.iter_mut().zip(&self.counts[pair * width..]) {
                *total += count;
            }
        }
    }

    /// The pooled confusion rows, by label and true class.
    fn pool(&mut self, layout: &Layout) {
        let width = layout.width;
        self.pseudo.fill(WRONG);
        for class in 0..width {
            self.pseudo[class * width + class] = RIGHT;
        }
        for (pair, (_, label)) in layout.pairs.iter().enumerate() {
            let pooled = &mut self.pseudo[*label as usize * width..][..width];
            for (sum, count) in pooled.iter_mut().zip(&self.counts[pair * width..]) {
                *sum += count;
            }
        }
        let mut totals = vec![0.0; width];
        for row in self.pseudo.chunks(width) {
            totals
                .iter_mut()
                .zip(row)
                .for_each(|(total, cell)| *total += cell);
        }
        for row in self.pseudo.chunks_mut(width) {
            row.iter_mut()
                .zip(&totals)
                .for_each(|(cell, total)| *cell /= total);
        }
    }

    /// One step of Minka's fixed point for each class's concentration, on at most about
    /// [`SAMPLE`] pairs, with a Gamma(2) prior that keeps it finite when all workers are alike.
    /// Returns the largest relative change.
    fn concentrate(&mut self, layout: &Layout) -> f64 {
        let width = layout.width;
        let stride = layout.pairs.len().div_ceil(SAMPLE).max(1);
        let scale = 1.0 / (2.0 * (width as f64 + 2.0));
        let mut more: Vec<f64> = self.concentrations.iter().map(|s| 1.0 / s).collect();
        let mut less = vec![scale; width];
        let bases: Vec<f64> = self.concentrations.iter().map(|s| digamma(*s)).collect();
        for worker in (0..layout.workers).step_by(stride) {
            for class in 0..width {
                let seen = self.totals[worker * width + class];
                if seen <= 1e-9 {
                    continue;
                }
                let concentration = self.concentrations[class];
                less[class] += digamma(concentration + seen) - bases[class];
                for pair in layout.worker_starts[worker]..layout.worker_starts[worker + 1] {
                    let count = self.counts[pair * width + class];
                    if count > 1e-9 {
                        let label = layout.pairs[pair].1 as usize;
                        let share = self.pseudo[label * width + class];
                        let alpha = concentration * share;
                        more[class] += share * (digamma(alpha + count) - digamma(alpha));
                    }
                }
            }
        }
        let mut moved = 0.0_f64;
        for class in 0..width {
            let next = self.concentrations[class] * more[class] / less[class];
            let next = next.clamp(CONCENTRATIONS.0, CONCENTRATIONS.1);
            moved = moved.max((next / self.concentrations[class] - 1.0).abs());
            self.concentrations[class] = next;
        }
        moved
    }

    /// New posteriors of all units that are not known; returns their mean change.
    fn expect(&mut self, layout: &Layout, evidence: Evidence, threads: Threads) -> f64 {
        let width = layout.width;
        let rows = match evidence {
            Evidence::All => self.confusions(layout, threads),
            Evidence::LeaveOneOut => Vec::new(),
        };
        let portions = threads.map(layout.units.div_ceil(PORTION), |portion| {
            let units = part(portion, layout.units);
            let mut posteriors = self.posteriors[units.start * width..units.end * width].to_vec();
            let mut moved = 0.0_f64;
            let (mut row, mut factors) = (vec![0.0; width], vec![0.0; width]);
            for (unit, old) in units.zip(posteriors.chunks_mut(width)) {
                if layout.known[unit].is_some() || layout.entries(unit).is_empty() {
                    continue;
                }
                row.copy_from_slice(&self.priors);
                for entry in layout.entries(unit) {
                    match evidence {
                        Evidence::All => {
                            let pair = entry.pair as usize * width;
                            factors.copy_from_slice(&rows[pair..pair + width]);
                        }
                        Evidence::LeaveOneOut => self.apart(layout, entry, old, &mut factors),
                    }
                    multiply(&mut row, &factors, entry.weight);
                }
                let total: f64 = row.iter().sum();
                for (old, new) in old.iter_mut().zip(&row) {
                    let new = new / total;
                    moved += (*old - new).abs();
                    *old = new;
                }
            }
            (posteriors, moved)
        });
        let moved: f64 = portions.iter().map(|part| part.1).sum();
        let rows: Vec<Vec<f64>> = portions.into_iter().map(|part| part.0).collect();
        self.posteriors = rows.concat();
        moved / (2.0 * layout.units as f64)
    }

    /// P(label | true class) of one answer, without what its own unit (posterior `own`) has added
    /// to the worker's counts.
    fn apart(&self, layout: &Layout, entry: &Entry, own: &[f64], factors: &mut [f64]) {
        let (width, pair) = (layout.width, entry.pair as usize);
        let (worker, label) = layout.pairs[pair];
        let counts = &self.counts[pair * width..][..width];
        let totals = &self.totals[worker as usize * width..][..width];
        let pseudo = &self.pseudo[label as usize * width..][..width];
        let seen = counts.iter().zip(totals).zip(own).zip(pseudo);
        let terms = seen.zip(&self.concentrations).zip(factors);
        for (((((count, total), own), pseudo), concentration), factor) in terms {
            let count = (count - own * entry.weight).max(0.0) + pseudo;
            *factor = count / ((total - own).max(0.0) + concentration);
        }
    }

    /// P(label | true class) of every pair.
    fn confusions(&self, layout: &Layout, threads: Threads) -> Vec<f64> {
        let width = layout.width;
        let portions = threads.map(layout.pairs.len().div_ceil(PORTION), |portion| {
            let pairs = part(portion, layout.pairs.len());
            let mut rows = Vec::with_capacity(pairs.len() * width);
            for pair in pairs {
                rows.extend((0..width).map(|class| self.confusion(layout, pair, class)));
            }
            rows
        });
        portions.concat()
    }

    /// P(label | `class`) of one pair: the posterior mean under the learnt prior.
    pub fn confusion(&self, layout: &Layout, pair: usize, class: usize) -> f64 {
        let (worker, label) = layout.pairs[pair];
        let pseudo = self.pseudo[label as usize * layout.width + class];
        let total = self.totals[worker as usize * layout.width + class];
        (self.counts[pair * layout.width + class] + pseudo) / (total + self.concentrations[class])
    }
}

/// Multiplies `row` by factors to the power of `weight`, and scales it up before it vanishes.
fn multiply(row: &mut [f64], factors: &[f64], weight: f64) {
    let mut top = 0.0_f64;
    for (value, factor) in row.iter_mut().zip(factors) {
        *value *= if weight < 1.0 {
            libm::pow(*factor, weight)
        } else {
            *factor
        };
        top = if *value > top { *value } else { top };
    }
    if top < SMALL {
        row.iter_mut().for_each(|value| *value /= top);
    }
}

/// Keys of one portion.
fn part(portion: usize, all: usize) -> Range<usize> {
    portion * PORTION..((portion + 1) * PORTION).min(all)
}
