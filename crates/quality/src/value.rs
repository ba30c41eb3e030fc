//! What each training point, and each contributor, is worth to those who test on known points.
//!
//! Formulas, sources and units: `docs/spec/value.md`.

mod bag;
mod group;
mod order;
mod shapley;
#[cfg(test)]
mod tests;

pub use bag::{Bagging, out_of_bag};
pub use group::{Coalitions, Sampling, Share, exact, sampled};
pub use shapley::{Utility, shapley, utility};

use crate::table::Error;

/// Features lie within plus and minus this.
pub const FEATURE_LIMIT: f64 = 1e12;

/// Labelled points in a space of features.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    dimensions: usize,
    features: Vec<f64>,
    labels: Vec<u32>,
}

impl Points {
    /// Takes `features` row by row, `dimensions` a point, with one label per point.
    ///
    /// # Errors
    /// [`Error::Setting`] for no dimensions; [`Error::Length`] where features and labels do not
    /// match; [`Error::Entry`] for a feature that is no number within [`FEATURE_LIMIT`];
    /// [`Error::TooLarge`] beyond 2^32 points.
    pub fn new(dimensions: usize, features: Vec<f64>, labels: Vec<u32>) -> Result<Self, Error> {
        if dimensions == 0 {
            return Err(Error::Setting {
                field: "dimensions",
            });
        }
        let needed = labels.len().saturating_mul(dimensions);
        if features.len() != needed {
            let (list, found) = ("features", features.len());
            return Err(Error::Length {
                list,
                found,
                needed,
            });
        }
        if u32::try_from(labels.len()).is_err() {
            let cells = labels.len() as u64;
            return Err(Error::TooLarge { cells });
        }
        let bad = |feature: &f64| feature.is_nan() || feature.abs() > FEATURE_LIMIT;
        if let Some(place) = features.iter().position(bad) {
            let (row, rule) = (
                place / dimensions,
                "has a feature that is no number within 1e12",
            );
            return Err(Error::Entry { row, rule });
        }
        Ok(Self {
            dimensions,
            features,
            labels,
        })
    }

    /// How many points there are.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// Labels in the order of the points.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn row(&self, point: usize) -> &[f64] {
        &self.features[point * self.dimensions..(point + 1) * self.dimensions]
    }

    /// Refuses test points of another space, and a neighbourhood of none.
    fn check(&self, test: &Self, neighbours: u32) -> Result<(), Error> {
        if neighbours == 0 {
            return Err(Error::Setting {
                field: "neighbours",
            });
        }
        if self.dimensions != test.dimensions {
            let (list, found, needed) = ("dimensions", test.dimensions, self.dimensions);
            return Err(Error::Length {
                list,
                found,
                needed,
            });
        }
        Ok(())
    }
}

/// Sums of the points' values by contributor: `owners` names the contributor of each point, below
/// `contributors`. By additivity this is the contributor's value where each point is a player.
///
/// # Errors
/// [`Error::Length`] unless there is one owner per value; [`Error::OutOfBounds`].
pub fn sums(values: &[f64], owners: &[u32], contributors: u32) -> Result<Vec<f64>, Error> {
    if values.len() != owners.len() {
        let (list, found, needed) = ("owners", owners.len(), values.len());
        return Err(Error::Length {
            list,
            found,
            needed,
        });
    }
    let mut sums = vec![0.0; contributors as usize];
    for (row, (value, owner)) in values.iter().zip(owners).enumerate() {
        let sum = sums.get_mut(*owner as usize);
        *sum.ok_or(Error::OutOfBounds {
            row,
            column: "owner",
        })? += value;
    }
    Ok(sums)
}

/// A value in billionths, rounded to the nearest, half away from zero: what may enter a log.
pub fn nano(value: f64) -> i64 {
    libm::round(value * 1e9) as i64
}
