//! Ratings of resampled comparisons: intervals without a large-sample formula.

use super::fit::maximise;
use super::graph::mutual;
use super::{Edge, Error, Fit, Interval, Model, Tally};
use crate::parallel::Threads;
use crate::random::Random;
use crate::resample::{Multinomial, quantile};

/// Penalty in a resample that has no finite ratings by itself: a normal prior of standard
/// deviation 3.2, that is 550 Elo points.
const SEPARATED_RIDGE: f64 = 0.1;

/// Ratings of every resample.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    items: u32,
    /// Ratings of the resamples, one line of all items each.
    samples: Vec<f64>,
    /// Resamples whose comparisons determined no finite ratings, so that a ridge of 0.1 was used.
    pub separated: u32,
}

impl Bootstrap {
    /// Number of resamples.
    pub fn resamples(&self) -> usize {
        self.samples.len() / (self.items as usize).max(1)
    }

    /// Ratings of all items in one resample; their mean is 0.
    pub fn sample(&self, resample: usize) -> &[f64] {
        let items = self.items as usize;
        &self.samples[resample * items..][..items]
    }

    /// The middle share `level` of each item's resampled ratings, widened to hold its rating in
    /// `fit`.
    pub fn intervals(&self, fit: &Fit, level: f64) -> Vec<Interval> {
        let tail = 0.5 * (1.0 - level.clamp(0.0, 1.0));
        let items = self.items as usize;
        let interval = |(item, rating): (usize, &f64)| {
            let mut column: Vec<f64> = self
                .samples
                .iter()
                .skip(item)
                .step_by(items)
                .copied()
                .collect();
            if column.is_empty() {
                column.push(*rating);
            }
            column.sort_unstable_by(f64::total_cmp);
            Interval {
                low: quantile(&column, tail).min(*rating),
                high: quantile(&column, 1.0 - tail).max(*rating),
            }
        };
        fit.ratings
            .iter()
            .take(items)
            .enumerate()
            .map(interval)
            .collect()
    }
}

/// Draws as many comparisons as there are with replacement, `resamples` times, and rates each draw
/// starting from `fit`.
///
/// Draws are multinomial over the unique (pair, outcome); a draw of a weighted cell weighs the mean
/// of its rows. Resample `n` depends on `seed` and `n` alone, not on `threads`.
///
/// # Errors
/// Those of [`super::fit`] but for connection, for which see [`Bootstrap::separated`].
pub fn bootstrap(
    tally: &Tally,
    model: Model,
    fit: &Fit,
    (resamples, seed): (u32, u64),
    threads: Threads,
) -> Result<Bootstrap, Error> {
    let counts = (0..tally.edges.len()).flat_map(|edge| tally.counts(edge));
    let cells = Multinomial::new(counts.collect());
    let rate = |resample: usize| {
        let drawn = cells.draw(&mut Random::new(seed, resample as u64));
        let mut edges = Vec::with_capacity(tally.edges.len());
        for (at, drawn) in drawn.chunks_exact(3).enumerate() {
            if drawn != [0; 3] {
                edges.push(redrawn(tally, at, drawn));
            }
        }
        let drawn = Tally {
            items: tally.items,
            edges,
            weighted: None,
        };
        let separated = model.ridge == 0.0 && mutual(&drawn).count > 1;
        let found = if separated {
            Err(Error::NotConverged)
        } else {
            maximise(&drawn, model, Some(fit))
        };
        match found {
            Err(Error::NotConverged | Error::TiesUnbounded) => {
                Ok((maximise(&drawn, ridged(&drawn, model), Some(fit))?, true))
            }
            found => Ok((found?, false)),
        }
    };
    let mut samples = Vec::with_capacity(resamples as usize * tally.items as usize);
    let mut separated = 0;
    for found in threads.map(resamples as usize, rate) {
        let (found, alone) = found?;
        separated += u32::from(alone);
        samples.extend(found.ratings);
    }
    Ok(Bootstrap {
        items: tally.items,
        samples,
        separated,
    })
}

fn redrawn(tally: &Tally, at: usize, drawn: &[u32]) -> Edge {
    let (edge, counts) = (&tally.edges[at], tally.counts(at));
    let mut weight = [0.0; 3];
    for place in 0..3 {
        if drawn[place] > 0 {
            weight[place] =
                f64::from(drawn[place]) * (edge.weight[place] / f64::from(counts[place]));
        }
    }
    Edge { weight, ..*edge }
}

/// The model with a ridge that gives every draw finite ratings; ties without wins become halves.
fn ridged(drawn: &Tally, model: Model) -> Model {
    let wins = drawn.edges.iter().any(|e| e.weight[0] + e.weight[1] > 0.0);
    Model {
        ridge: model.ridge.max(SEPARATED_RIDGE),
        ties: if wins { model.ties } else { super::Ties::Half },
    }
}
