//! Robust standard errors of ratings: right in large samples even where the model is not.

use super::curvature::{Curvature, Odds};
use super::{Error, Fit, Model, Tally};
use crate::cholesky::Factor;

/// What LMArena's arena-rank 0.1.1 adds to the curvature's diagonal, per comparison.
pub const ARENA_RIDGE: f64 = 1e-5;

/// Most parameters whose matrix is inverted (128 MiB).
const LIMIT: usize = 4_096;

/// Inverse curvature of the likelihood: the covariance of the ratings if the model holds.
///
/// Row by row, one line per item and, where ties are fitted, one for the logarithm of `nu`. Without
/// a ridge only contrasts of it mean something (differences of ratings). `added` goes onto the
/// ratings' diagonal per comparison; 0 unless another program's numbers are to be met.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Length`] for a fit of another table, [`Error::NotConverged`] where
/// the curvature is singular.
pub fn covariance(tally: &Tally, fit: &Fit, model: Model, added: f64) -> Result<Vec<f64>, Error> {
    let items = tally.items as usize;
    let davidson = fit.nu > 0.0;
    let size = items + usize::from(davidson);
    if fit.ratings.len() != items {
        return Err(Error::Length {
            list: "fit",
            found: fit.ratings.len(),
            needed: items,
        });
    }
    if size > LIMIT {
        return Err(Error::TooLarge {
            what: "items for a matrix of them",
            limit: LIMIT as u64,
        });
    }
    let mut place = fit.ratings.clone();
    place.extend(davidson.then(|| libm::log(fit.nu)));
    let mut curvature = Curvature::new(tally, davidson);
    curvature.at(tally, &place, model.ridge);
    let total: f64 = tally.edges.iter().map(super::Edge::total).sum();
    let ridge = model.ridge + added * total;
    let mut matrix = curvature.matrix(tally, ridge);
    if ridge == 0.0 {
        // The common level of the ratings is free: a constant block fixes it and changes no
        // contrast.
        let mean = (0..items).map(|i| matrix[i * size + i]).sum::<f64>() / items.max(1) as f64;
        let level = if mean > 0.0 { mean / items as f64 } else { 1.0 };
        for row in matrix.chunks_exact_mut(size.max(1)).take(items) {
            row[..items].iter_mut().for_each(|entry| *entry += level);
        }
    }
    let factor = Factor::new(matrix, size).ok_or(Error::NotConverged)?;
    Ok(factor.inverse())
}

/// Standard error of each rating by the sandwich of Huber (1967) and White (1982): inverse
/// curvature x covariance of the single comparisons' gradients x inverse curvature.
///
/// Ratings are relative to the mean of all. `added` is that of [`covariance`]: with
/// [`ARENA_RIDGE`] the intervals are those of LMArena's arena-rank.
///
/// # Errors
/// Those of [`covariance`].
pub fn standard_errors(
    tally: &Tally,
    fit: &Fit,
    model: Model,
    added: f64,
) -> Result<Vec<f64>, Error> {
    let inverse = covariance(tally, fit, model, added)?;
    let items = tally.items as usize;
    let size = items + usize::from(fit.nu > 0.0);
    let parts = parts(tally, fit);
    let errors = (0..items).map(|item| {
        let row = &inverse[item * size..][..size];
        let last = row[size - 1];
        let mut variance = 0.0;
        for (edge, part) in tally.edges.iter().zip(&parts) {
            let apart = row[edge.first as usize] - row[edge.second as usize];
            variance += part.points * apart * apart;
            if fit.nu > 0.0 {
                variance += last * (2.0 * part.both * apart + part.tie * last);
            }
        }
        variance.max(0.0).sqrt()
    });
    Ok(errors.collect())
}

/// Sums over a pair's comparisons of squared and mixed gradients.
struct Part {
    points: f64,
    both: f64,
    tie: f64,
}

fn parts(tally: &Tally, fit: &Fit) -> Vec<Part> {
    let davidson = fit.nu > 0.0;
    let roots: Vec<f64> = fit.ratings.iter().map(|r| libm::exp(0.5 * r)).collect();
    let of = |(at, edge): (usize, &super::Edge)| {
        let odds = Odds::new(
            roots[edge.first as usize],
            roots[edge.second as usize],
            fit.nu,
        );
        let squares = tally.squares(at);
        let mut part = Part {
            points: 0.0,
            both: 0.0,
            tie: 0.0,
        };
        for (square, (points, tie)) in squares.iter().zip([(1.0, 0.0), (0.0, 0.0), (0.5, 1.0)]) {
            let (points, tie) = (points - odds.points, tie - odds.tie);
            part.points += square * points * points;
            if davidson {
                part.both += square * points * tie;
                part.tie += square * tie * tie;
            }
        }
        part
    };
    tally.edges.iter().enumerate().map(of).collect()
}
