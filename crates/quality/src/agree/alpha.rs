//! Krippendorff's alpha for labels without order, ranks, and numbers on two kinds of scale.

use super::{Error, Units};

/// Most different labels on a ratio scale, where every pair of them is weighed up.
const LIMIT: u32 = 4_096;

/// What the labels are, which says how far two of them are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level<'a> {
    /// Names: apart or not.
    Nominal,
    /// Ranks in the order of their indices: apart by the answers that lie between them.
    Ordinal,
    /// Numbers, one per label: apart by their difference.
    Interval(&'a [f64]),
    /// Numbers from 0 up, one per label: apart by their difference over their sum.
    Ratio(&'a [f64]),
}

/// Alpha (Krippendorff 2011): 1 is full agreement, 0 that of chance, negative worse than chance.
///
/// # Errors
/// [`Error::NoPairs`], [`Error::NoVariation`]; [`Error::Length`], [`Error::Value`] and
/// [`Error::TooManyLabels`] for the values of a scale.
pub fn alpha(units: &Units, level: Level<'_>) -> Result<f64, Error> {
    Scale::new(units, level)?.alpha(units, &units.times())
}

/// A level with what does not change from resample to resample.
pub(crate) struct Scale {
    /// Observed disagreement of one unit of each pattern; empty for ranks.
    observed: Vec<f64>,
    kind: Kind,
}

enum Kind {
    Nominal,
    Ordinal,
    Interval(Vec<f64>),
    /// Values of the labels that occur.
    Ratio(Vec<(u32, f64)>),
}

impl Scale {
    pub(crate) fn new(units: &Units, level: Level<'_>) -> Result<Self, Error> {
        let kind = match level {
            Level::Nominal => Kind::Nominal,
            Level::Ordinal => Kind::Ordinal,
            Level::Interval(values) => {
                Kind::Interval(centred(units, checked(units, values, -1e100)?))
            }
            Level::Ratio(values) => {
                let values = checked(units, values, 0.0)?;
                let (totals, _) = units.totals(&units.times());
                let seen = (0..)
                    .zip(values)
                    .zip(&totals)
                    .filter(|(_, total)| **total > 0.0);
                let seen: Vec<_> = seen.map(|((label, value), _)| (label, *value)).collect();
                if seen.len() > LIMIT as usize {
                    return Err(Error::TooManyLabels { limit: LIMIT });
                }
                Kind::Ratio(seen)
            }
        };
        let distance: Box<dyn Fn(u32, u32) -> f64 + '_> = match (&kind, level) {
            (Kind::Ordinal, _) => {
                return Ok(Self {
                    observed: Vec::new(),
                    kind,
                });
            }
            (Kind::Interval(values), _) => {
                Box::new(|a, b| square(values[a as usize] - values[b as usize]))
            }
            (_, Level::Ratio(values)) => {
                Box::new(|a, b| apart(values[a as usize], values[b as usize]))
            }
            _ => Box::new(|_, _| 1.0),
        };
        let observed = disagreement(units, &*distance);
        drop(distance);
        Ok(Self { observed, kind })
    }

    /// Alpha with each pattern taken `times`.
    pub(crate) fn alpha(&self, units: &Units, times: &[u32]) -> Result<f64, Error> {
        let (totals, all) = units.totals(times);
        if all == 0.0 {
            return Err(Error::NoPairs);
        }
        let ranks;
        let (fresh, expected) = match &self.kind {
            Kind::Nominal => {
                let same: f64 = totals.iter().map(|total| total * total).sum();
                (None, 0.5 * (all * all - same))
            }
            Kind::Ordinal => {
                ranks = middles(&totals, all);
                let distance = |a: u32, b: u32| square(ranks[a as usize] - ranks[b as usize]);
                (
                    Some(disagreement(units, &distance)),
                    spread(&totals, &ranks, all),
                )
            }
            Kind::Interval(values) => (None, spread(&totals, values, all)),
            Kind::Ratio(values) => (None, ratio(&totals, values)),
        };
        let observed = fresh.as_ref().unwrap_or(&self.observed).iter().zip(times);
        let observed: f64 = observed.map(|(one, times)| one * f64::from(*times)).sum();
        if expected.is_nan() || expected <= 0.0 {
            return Err(Error::NoVariation);
        }
        Ok(1.0 - (all - 1.0) * observed / expected)
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Squared distance on a ratio scale; 0 from 0 to 0.
fn apart(a: f64, b: f64) -> f64 {
    if a + b > 0.0 {
        square((a - b) / (a + b))
    } else {
        0.0
    }
}

/// Sum over the answer pairs of one unit of each pattern of their distance, over the other answers.
fn disagreement(units: &Units, distance: &dyn Fn(u32, u32) -> f64) -> Vec<f64> {
    let of = |pattern: &super::units::Pattern| {
        let mut sum = 0.0;
        for (at, (a, count)) in pattern.labels.iter().enumerate() {
            for (b, others) in &pattern.labels[at + 1..] {
                sum += f64::from(*count) * f64::from(*others) * distance(*a, *b);
            }
        }
        sum / (f64::from(pattern.answers) - 1.0)
    };
    units.patterns.iter().map(of).collect()
}

/// Sum over all pairs of answers of their squared difference in `values`: n times the sum of
/// squares around the mean.
fn spread(totals: &[f64], values: &[f64], all: f64) -> f64 {
    let sum: f64 = totals
        .iter()
        .zip(values)
        .map(|(total, value)| total * value)
        .sum();
    let mean = sum / all;
    let squares = totals.iter().zip(values);
    all * squares
        .map(|(total, value)| total * square(value - mean))
        .sum::<f64>()
}

fn ratio(totals: &[f64], values: &[(u32, f64)]) -> f64 {
    let mut sum = 0.0;
    for (at, (a, value)) in values.iter().enumerate() {
        let own: f64 = values[at + 1..]
            .iter()
            .map(|(b, other)| totals[*b as usize] * apart(*value, *other))
            .sum();
        sum += totals[*a as usize] * own;
    }
    sum
}

/// Middle rank of each label among all answers, from the middle of them: two ranks are apart by
/// the answers between them and half of their own.
fn middles(totals: &[f64], all: f64) -> Vec<f64> {
    let mut below = -0.5 * all;
    let middle = |total: &f64| {
        let middle = below + 0.5 * total;
        below += total;
        middle
    };
    totals.iter().map(middle).collect()
}

fn checked<'a>(units: &Units, values: &'a [f64], least: f64) -> Result<&'a [f64], Error> {
    let needed = units.classes as usize;
    if values.len() != needed {
        return Err(Error::Length {
            found: values.len(),
            needed,
        });
    }
    let bad = |value: &f64| !(least..=1e100).contains(value);
    match values.iter().position(bad) {
        Some(label) => Err(Error::Value {
            label: label as u32,
        }),
        None => Ok(values),
    }
}

/// Values around their mean over the answers, so that squares lose no digits to a common offset.
fn centred(units: &Units, values: &[f64]) -> Vec<f64> {
    let (totals, all) = units.totals(&units.times());
    let sum: f64 = totals
        .iter()
        .zip(values)
        .map(|(total, value)| total * value)
        .sum();
    let mean = if all > 0.0 { sum / all } else { 0.0 };
    values.iter().map(|value| value - mean).collect()
}
