//! Workers' tables of tags and the chain of true tags, found together by EM.

use super::chain::Chain;
use super::{Markings, OUTSIDE, kind};
use crate::special::digamma;

/// Rounds at most, and the movement of a posterior that ends them.
const ROUNDS: u32 = 50;
const SETTLED: f64 = 1e-3;
/// Dirichlet strength: a row of a worker's table that rests on so many answers of its own counts
/// as much as the row of all workers.
const STRENGTH: f64 = 30.0;

/// Shares of the workers' tags per token of all units, one row of tags per token.
pub(super) fn shares(markings: &Markings) -> Vec<f64> {
    let width = markings.tags();
    let mut shares = Vec::new();
    for unit in 0..markings.units() {
        let from = shares.len();
        shares.resize(from + markings.lengths[unit as usize] as usize * width, 0.0);
        let rows = markings.of_unit(unit);
        let weight = 1.0 / rows.len().max(1) as f64;
        for (_, tags) in rows {
            for (token, tag) in tags.iter().enumerate() {
                shares[from + token * width + *tag as usize] += weight;
            }
        }
    }
    shares
}

/// State of the iteration.
pub(super) struct Crowd<'a> {
    markings: &'a Markings,
    pub width: usize,
    contexts: usize,
    /// Posterior per token over the tags, units one after another.
    posteriors: Vec<f64>,
    /// Log-probabilities by worker, context, answered tag and true tag, in this order.
    logs: Vec<f64>,
    pub chain: Chain,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(markings: &'a Markings) -> Self {
        let (width, contexts) = (markings.tags(), markings.kinds as usize + 1);
        let cells = markings.workers as usize * contexts * width * width;
        Self {
            markings,
            width,
            contexts,
            posteriors: shares(markings),
            logs: vec![0.0; cells],
            chain: Chain::new(width),
        }
    }

    /// Iterates until no posterior moves; returns the rounds.
    pub(super) fn fit(&mut self) -> u32 {
        let mut from = 0;
        for unit in 0..self.markings.units() {
            let cells = self.markings.lengths[unit as usize] as usize * self.width;
            if self.markings.of_unit(unit).len() > 0 {
                self.chain
                    .count_independent(&self.posteriors[from..from + cells]);
            }
            from += cells;
        }
        for round in 1..=ROUNDS {
            self.chain.maximise();
            self.maximise();
            if self.expect() < SETTLED {
                return round;
            }
        }
        ROUNDS
    }

    /// Log-likelihood of the workers' tags per token and true tag of one unit.
    pub(super) fn evidence(&self, unit: u32) -> Vec<f64> {
        let mut sums = vec![0.0; self.markings.lengths[unit as usize] as usize * self.width];
        for (worker, tags) in self.markings.of_unit(unit) {
            let mut before = 0;
            for (token, tag) in tags.iter().enumerate() {
                let cell = self.row(worker, before, *tag);
                let logs = &self.logs[cell..cell + self.width];
                let sums = &mut sums[token * self.width..(token + 1) * self.width];
                sums.iter_mut().zip(logs).for_each(|(sum, log)| *sum += log);
                before = context(*tag);
            }
        }
        sums
    }

    /// First cell of the row for one worker, context and answered tag.
    fn row(&self, worker: u32, context: usize, tag: u16) -> usize {
        let line = worker as usize * self.contexts + context;
        (line * self.width + tag as usize) * self.width
    }

    /// New posteriors of all units; returns the largest movement.
    fn expect(&mut self) -> f64 {
        let (mut from, mut moved) = (0, 0.0_f64);
        for unit in 0..self.markings.units() {
            let cells = self.markings.lengths[unit as usize] as usize * self.width;
            if cells > 0 && self.markings.of_unit(unit).len() > 0 {
                let passes = self.chain.run(self.evidence(unit));
                self.chain.count(&passes);
                let old = &mut self.posteriors[from..from + cells];
                for (token, old) in old.chunks_mut(self.width).enumerate() {
                    for (old, new) in old.iter_mut().zip(passes.posterior(token)) {
                        moved = moved.max((*old - new).abs());
                        *old = new;
                    }
                }
            }
            from += cells;
        }
        moved
    }

    /// Expected counts by worker, context, answered tag and true tag.
    fn counts(&self) -> Vec<f64> {
        let mut counts = vec![0.0; self.logs.len()];
        let mut from = 0;
        for unit in 0..self.markings.units() {
            for (worker, tags) in self.markings.of_unit(unit) {
                let mut before = 0;
                for (token, tag) in tags.iter().enumerate() {
                    let cell = self.row(worker, before, *tag);
                    let q = &self.posteriors[from + token * self.width..][..self.width];
                    let row = &mut counts[cell..cell + self.width];
                    row.iter_mut().zip(q).for_each(|(count, q)| *count += q);
                    before = context(*tag);
                }
            }
            from += self.markings.lengths[unit as usize] as usize * self.width;
        }
        counts
    }

    /// The workers' tables as expected logarithms under Dirichlet posteriors: counts plus strength
    /// times the table of all workers, whose rows in turn lean on the same row without context.
    fn maximise(&mut self) {
        let counts = self.counts();
        let workers = self.markings.workers as usize;
        let block = self.contexts * self.width * self.width;
        let mut pooled = vec![0.0; block];
        for own in counts.chunks(block) {
            pooled
                .iter_mut()
                .zip(own)
                .for_each(|(sum, count)| *sum += count);
        }
        for truth in 0..self.width {
            let base = self.base(&pooled, truth);
            for context in 0..self.contexts {
                let at = |tag: usize| (context * self.width + tag) * self.width + truth;
                let total: f64 = (0..self.width).map(|tag| pooled[at(tag)]).sum();
                let prior = |tag: usize| {
                    STRENGTH * (pooled[at(tag)] + STRENGTH * base[tag]) / (total + STRENGTH)
                };
                let prior: Vec<f64> = (0..self.width).map(prior).collect();
                for worker in 0..workers {
                    let from = worker * block;
                    let total: f64 = (0..self.width).map(|tag| counts[from + at(tag)]).sum();
                    let whole = digamma(total + STRENGTH);
                    for (tag, prior) in prior.iter().enumerate() {
                        let cell = from + at(tag);
                        self.logs[cell] = digamma(counts[cell] + prior) - whole;
                    }
                }
            }
        }
    }

    /// The row of `truth` over all workers and contexts, with one answer spread over all tags.
    fn base(&self, pooled: &[f64], truth: usize) -> Vec<f64> {
        let mut base = vec![1.0 / self.width as f64; self.width];
        for context in 0..self.contexts {
            for (tag, sum) in base.iter_mut().enumerate() {
                *sum += pooled[(context * self.width + tag) * self.width + truth];
            }
        }
        let total: f64 = base.iter().sum();
        base.iter_mut().for_each(|p| *p /= total);
        base
    }
}

/// What a worker's last tag says about the next: 0 outside, or one more than its kind.
fn context(tag: u16) -> usize {
    if tag == OUTSIDE {
        0
    } else {
        kind(tag) as usize + 1
    }
}
