//! Ratings freed of what else sways voters: length, format, position (style control).

use super::graph::{connected, mutual};
use super::{Comparisons, Error, Outcome, Tally};
use crate::cholesky::Factor;

/// Most items and covariates together.
const LIMIT: usize = 4_096;

/// Covariates of each comparison: what the left answer has more of than the right one.
///
/// A column of ones is the advantage of standing on the left.
#[derive(Clone, Debug, PartialEq)]
pub struct Styles {
    columns: usize,
    values: Vec<f64>,
}

impl Styles {
    /// `columns` values a comparison, in the table's order of rows.
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::Covariate`] for what is not a number of at most 1e100 in size;
    /// [`Error::Setting`] without columns.
    pub fn new(table: &Comparisons, columns: usize, values: Vec<f64>) -> Result<Self, Error> {
        if columns == 0 {
            return Err(Error::Setting { field: "columns" });
        }
        let needed = table.rows().len().saturating_mul(columns);
        if values.len() != needed {
            return Err(Error::Length {
                list: "covariates",
                found: values.len(),
                needed,
            });
        }
        let bad = |value: &f64| !(-1e100..=1e100).contains(value);
        if let Some(at) = values.iter().position(bad) {
            return Err(Error::Covariate { row: at / columns });
        }
        Ok(Self { columns, values })
    }

    /// Root of the mean square of each column; 1 for a column of zeros.
    fn scales(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.columns];
        for row in self.values.chunks_exact(self.columns) {
            for (sum, value) in squares.iter_mut().zip(row) {
                *sum += value * value;
            }
        }
        let rows = (self.values.len() / self.columns).max(1) as f64;
        let root = |sum: f64| if sum > 0.0 { (sum / rows).sqrt() } else { 1.0 };
        squares.into_iter().map(root).collect()
    }
}

/// Ratings and coefficients with their robust standard errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Styled {
    /// Rating of each item on the natural scale; their mean is 0.
    pub ratings: Vec<f64>,
    /// Standard error of each rating.
    pub errors: Vec<f64>,
    /// Log odds for the left answer per unit of each covariate.
    pub coefficients: Vec<f64>,
    /// Standard error of each coefficient.
    pub coefficient_errors: Vec<f64>,
}

/// Bradley-Terry ratings with covariates: log odds of the left item are the ratings' difference
/// plus coefficients times covariates (Chiang et al. 2024); a tie counts half for each.
///
/// `ridge` is a penalty on ratings and on coefficients of covariates scaled to a mean square of 1.
///
/// # Errors
/// [`Error::Disconnected`], [`Error::Separated`]; [`Error::Unidentified`] where the covariates
/// leave the likelihood without a maximum; [`Error::TooLarge`], [`Error::Setting`],
/// [`Error::Length`] for covariates of another table.
pub fn fit_styled(table: &Comparisons, styles: &Styles, ridge: f64) -> Result<Styled, Error> {
    let (items, columns) = (table.items() as usize, styles.columns);
    check(table, styles, ridge)?;
    let scales = styles.scales();
    let mut values = styles.values.clone();
    for row in values.chunks_exact_mut(columns) {
        row.iter_mut()
            .zip(&scales)
            .for_each(|(v, scale)| *v /= scale);
    }
    let size = items + columns;
    let problem = Problem {
        table,
        values: &values,
        columns,
        ridge,
    };
    let mut place = vec![0.0; size];
    problem.climb(&mut place)?;
    let here = problem.at(&place, true);
    let factor = problem.factor(here.curvature)?;
    let errors = sandwich(&factor.inverse(), &here.spread, size);
    let mean = place[..items].iter().sum::<f64>() / items.max(1) as f64;
    let scaled = |list: &[f64]| {
        list.iter()
            .zip(&scales)
            .map(|(v, scale)| v / scale)
            .collect()
    };
    Ok(Styled {
        ratings: place[..items].iter().map(|rating| rating - mean).collect(),
        errors: errors[..items].to_vec(),
        coefficients: scaled(&place[items..]),
        coefficient_errors: scaled(&errors[items..]),
    })
}

fn check(table: &Comparisons, styles: &Styles, ridge: f64) -> Result<(), Error> {
    let needed = table.rows().len() * styles.columns;
    if styles.values.len() != needed {
        return Err(Error::Length {
            list: "covariates",
            found: styles.values.len(),
            needed,
        });
    }
    if table.items() as usize + styles.columns > LIMIT {
        return Err(Error::TooLarge {
            what: "items and covariates",
            limit: LIMIT as u64,
        });
    }
    if !(0.0..=1e6).contains(&ridge) {
        return Err(Error::Setting { field: "ridge" });
    }
    let tally = Tally::of(table)?;
    let groups = connected(&tally).count;
    if groups > 1 {
        return Err(Error::Disconnected { groups });
    }
    let groups = mutual(&tally).count;
    if ridge == 0.0 && groups > 1 {
        return Err(Error::Separated { groups });
    }
    Ok(())
}

struct Problem<'a> {
    table: &'a Comparisons,
    values: &'a [f64],
    columns: usize,
    ridge: f64,
}

/// Derivatives at a place; `spread` is the sum of the rows' squared gradients.
struct Derivatives {
    gradient: Vec<f64>,
    curvature: Vec<f64>,
    spread: Vec<f64>,
}

impl Problem<'_> {
    fn at(&self, place: &[f64], with_spread: bool) -> Derivatives {
        let (size, items) = (place.len(), self.table.items() as usize);
        let mut found = Derivatives {
            gradient: place.iter().map(|value| -self.ridge * value).collect(),
            curvature: vec![0.0; size * size],
            spread: vec![0.0; if with_spread { size * size } else { 0 }],
        };
        for entry in 0..size {
            found.curvature[entry * size + entry] = self.ridge;
        }
        let mut parts: Vec<(usize, f64)> = Vec::with_capacity(2 + self.columns);
        let values = self.values.chunks_exact(self.columns);
        for (at, (row, values)) in self.table.rows().iter().zip(values).enumerate() {
            parts.clear();
            parts.push((row.left as usize, 1.0));
            parts.push((row.right as usize, -1.0));
            parts.extend((items..).zip(values.iter().copied()));
            let odds: f64 = parts.iter().map(|(entry, by)| place[*entry] * by).sum();
            let expected = 1.0 / (1.0 + libm::exp(-odds));
            let points = match row.outcome {
                Outcome::Left => 1.0,
                Outcome::Right => 0.0,
                Outcome::Tie => 0.5,
            };
            let weight = self.table.weight(at);
            let surplus = weight * (points - expected);
            for (entry, by) in &parts {
                found.gradient[*entry] += surplus * by;
            }
            add_square(
                &mut found.curvature,
                &parts,
                weight * expected * (1.0 - expected),
            );
            if with_spread {
                add_square(&mut found.spread, &parts, surplus * surplus);
            }
        }
        found
    }

    /// Factor of the curvature, the free common level of the ratings held by a constant block.
    fn factor(&self, mut curvature: Vec<f64>) -> Result<Factor, Error> {
        let items = self.table.items() as usize;
        let size = items + self.columns;
        let mean = (0..items).map(|i| curvature[i * size + i]).sum::<f64>() / items.max(1) as f64;
        let level = if mean > 0.0 { mean / items as f64 } else { 1.0 };
        for row in curvature.chunks_exact_mut(size).take(items) {
            row[..items].iter_mut().for_each(|entry| *entry += level);
        }
        Factor::new(curvature, size).ok_or(Error::Unidentified)
    }

    /// Newton's method with halved steps, as for ratings alone.
    fn climb(&self, place: &mut [f64]) -> Result<(), Error> {
        let rows = self.table.rows().len().max(1);
        let total: f64 = (0..rows.min(self.table.rows().len()))
            .map(|row| self.table.weight(row))
            .sum();
        let mut here = self.at(place, false);
        for _ in 0..100 {
            let slope = here
                .gradient
                .iter()
                .fold(0.0, |most: f64, g| most.max(g.abs()));
            if slope <= 1e-11 * total {
                return Ok(());
            }
            let mut step = here.gradient.clone();
            self.factor(here.curvature)?.solve(&mut step);
            let along =
                |gradient: &[f64]| -> f64 { gradient.iter().zip(&step).map(|(g, s)| g * s).sum() };
            let before = along(&here.gradient);
            let start = place.to_vec();
            let mut share = 1.0;
            loop {
                for (place, (start, step)) in place.iter_mut().zip(start.iter().zip(&step)) {
                    *place = start + share * step;
                }
                here = self.at(place, false);
                if along(&here.gradient) >= -0.25 * before || share < 1e-9 {
                    break;
                }
                share *= 0.5;
            }
            // Scaled coefficients or ratings of e^40 : 1 come from outcomes explained in full.
            if place.iter().any(|value| !(-40.0..=40.0).contains(value)) {
                return Err(Error::Unidentified);
            }
        }
        Err(Error::NotConverged)
    }
}

fn add_square(matrix: &mut [f64], parts: &[(usize, f64)], by: f64) {
    let size = matrix.len().isqrt();
    for (row, left) in parts {
        for (column, right) in parts {
            matrix[row * size + column] += by * left * right;
        }
    }
}

/// Roots of the diagonal of inverse x spread x inverse.
fn sandwich(inverse: &[f64], spread: &[f64], size: usize) -> Vec<f64> {
    let error = |row: &[f64]| {
        let mut variance = 0.0;
        for (left, spread) in row.iter().zip(spread.chunks_exact(size)) {
            let inner: f64 = spread.iter().zip(row).map(|(s, right)| s * right).sum();
            variance += left * inner;
        }
        variance.max(0.0).sqrt()
    };
    inverse.chunks_exact(size.max(1)).map(error).collect()
}
