//! Intervals of agreement: units drawn anew with replacement.

use super::Error;
use super::alpha::{Level, Scale};
use super::cohen::{Contingency, Weighting};
use super::units::{Units, fleiss_of, share_agreeing};
use crate::parallel::Threads;
use crate::random::Random;
use crate::resample::{Multinomial, quantile};

/// Which agreement of many contributors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure<'a> {
    /// Krippendorff's alpha.
    Alpha(Level<'a>),
    /// Fleiss' kappa.
    Fleiss,
    /// The share of agreeing answer pairs.
    Percentage,
}

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draws {
    /// Number of resamples.
    pub resamples: u32,
    /// Seed; resample `n` depends on it and on `n` alone.
    pub seed: u64,
    /// Share of the resamples inside the interval, in 0..=1.
    pub level: f64,
}

impl Default for Draws {
    /// 1,000 resamples, 95 %.
    fn default() -> Self {
        Self {
            resamples: 1_000,
            seed: 0,
            level: 0.95,
        }
    }
}

/// An agreement and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The agreement of the units at hand.
    pub value: f64,
    /// Lower end; never above the value.
    pub low: f64,
    /// Upper end; never below the value.
    pub high: f64,
    /// Resamples that had a value; those in which all answers were the same have none.
    pub resamples: u32,
}

/// `measure` with its percentile interval over units, which stand for the population they were
/// drawn from; contributors are taken as they are.
///
/// # Errors
/// Those of [`super::alpha`], [`super::fleiss`] and [`super::percentage`].
pub fn estimate(
    units: &Units,
    measure: Measure<'_>,
    draws: Draws,
    threads: Threads,
) -> Result<Estimate, Error> {
    let times = units.times();
    match measure {
        Measure::Alpha(level) => {
            let scale = Scale::new(units, level)?;
            resampled(times, draws, threads, |times| scale.alpha(units, times))
        }
        Measure::Fleiss => resampled(times, draws, threads, |times| fleiss_of(units, times)),
        Measure::Percentage => {
            resampled(times, draws, threads, |times| share_agreeing(units, times))
        }
    }
}

/// Cohen's kappa with its percentile interval over the units that both answered.
///
/// # Errors
/// Those of [`Contingency::kappa`].
pub fn estimate_cohen(
    table: &Contingency,
    weighting: Weighting,
    draws: Draws,
    threads: Threads,
) -> Result<Estimate, Error> {
    let times = table.cells.iter().map(|cell| cell.1).collect();
    resampled(times, draws, threads, |times| {
        table.kappa_of(times, weighting)
    })
}

fn resampled(
    times: Vec<u32>,
    draws: Draws,
    threads: Threads,
    value_of: impl Fn(&[u32]) -> Result<f64, Error> + Sync,
) -> Result<Estimate, Error> {
    let value = value_of(&times)?;
    let cells = Multinomial::new(times);
    let draw = |n: usize| value_of(&cells.draw(&mut Random::new(draws.seed, n as u64))).ok();
    let found = threads.map(draws.resamples as usize, draw);
    let mut values: Vec<f64> = found.into_iter().flatten().collect();
    values.sort_unstable_by(f64::total_cmp);
    let resamples = values.len() as u32;
    if values.is_empty() {
        values.push(value);
    }
    let tail = 0.5 * (1.0 - draws.level.clamp(0.0, 1.0));
    Ok(Estimate {
        value,
        low: quantile(&values, tail).min(value),
        high: quantile(&values, 1.0 - tail).max(value),
        resamples,
    })
}
