//! Which pair to compare next: the one that makes all ratings most certain.

use super::graph::connected;
use super::sandwich::covariance;
use super::{Error, Fit, Model, Tally};

/// Most items whose pairs are all weighed up.
const LIMIT: u32 = 1_024;

/// A pair and what one more comparison of it brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The item of the smaller index.
    pub first: u32,
    /// The other item.
    pub second: u32,
    /// Share of the summed variance of all ratings that one comparison takes away; 1 for a pair
    /// that joins groups which have no common scale yet.
    pub gain: f64,
}

/// The `count` best pairs, best first, the smaller indices first on a tie.
///
/// One comparison adds `v (e_i - e_j)(e_i - e_j)'` to the curvature, `v` being the variance of its
/// points, so by Sherman and Morrison the variances' sum falls by
/// `v |B (e_i - e_j)|^2 / (1 + v (e_i - e_j)' B (e_i - e_j))`, `B` the covariance (A-optimality).
/// Where items have no common scale yet, pairs that join groups come first, the most compared item
/// of each group standing for it; `fit` may then be none.
///
/// # Errors
/// [`Error::TooLarge`] above 1,024 items; [`Error::Length`] without a fit though all are connected;
/// those of [`covariance`].
pub fn next_pairs(
    tally: &Tally,
    model: Model,
    fit: Option<&Fit>,
    count: usize,
) -> Result<Vec<Candidate>, Error> {
    let groups = connected(tally);
    if groups.count > 1 {
        return Ok(joining(tally, &groups.of, count));
    }
    if tally.items > LIMIT {
        return Err(Error::TooLarge {
            what: "items to choose pairs among",
            limit: LIMIT.into(),
        });
    }
    let fit = fit.ok_or(Error::Length {
        list: "fit",
        found: 0,
        needed: tally.items as usize,
    })?;
    let items = tally.items as usize;
    let size = items + usize::from(fit.nu > 0.0);
    let inverse = centred(&covariance(tally, fit, model, 0.0)?, items, size);
    let sum: f64 = (0..items).map(|item| inverse[item * items + item]).sum();
    let square = product(&inverse, items);
    let mut candidates = Vec::with_capacity(items * items.saturating_sub(1) / 2);
    let roots: Vec<f64> = fit
        .ratings
        .iter()
        .map(|rating| libm::exp(0.5 * rating))
        .collect();
    for i in 0..items {
        for j in i + 1..items {
            let apart = |matrix: &[f64]| {
                matrix[i * items + i] + matrix[j * items + j] - 2.0 * matrix[i * items + j]
            };
            let odds = super::curvature::Odds::new(roots[i], roots[j], fit.nu);
            let variance = odds.variance();
            let gain = variance * apart(&square) / (1.0 + variance * apart(&inverse));
            candidates.push(Candidate {
                first: i as u32,
                second: j as u32,
                gain: (gain / sum).clamp(0.0, 1.0),
            });
        }
    }
    candidates.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    candidates.truncate(count);
    Ok(candidates)
}

/// The ratings' block of the covariance, relative to the mean of all ratings.
fn centred(inverse: &[f64], items: usize, size: usize) -> Vec<f64> {
    let mut block: Vec<f64> = Vec::with_capacity(items * items);
    for row in inverse.chunks_exact(size.max(1)).take(items) {
        block.extend(&row[..items]);
    }
    let mean = |row: &[f64]| row.iter().sum::<f64>() / items as f64;
    let means: Vec<f64> = block.chunks_exact(items.max(1)).map(mean).collect();
    let all = means.iter().sum::<f64>() / items.max(1) as f64;
    for (row, own) in block.chunks_exact_mut(items.max(1)).zip(&means) {
        for (entry, other) in row.iter_mut().zip(&means) {
            *entry += all - own - other;
        }
    }
    block
}

/// The square of a symmetric matrix.
fn product(matrix: &[f64], size: usize) -> Vec<f64> {
    let mut product = vec![0.0; size * size];
    for (out, row) in product
        .chunks_exact_mut(size.max(1))
        .zip(matrix.chunks_exact(size.max(1)))
    {
        for (by, other) in row.iter().zip(matrix.chunks_exact(size)) {
            for (out, entry) in out.iter_mut().zip(other) {
                *out += by * entry;
            }
        }
    }
    product
}

/// Pairs between the most compared items of the largest group and of each other group.
fn joining(tally: &Tally, groups: &[u32], count: usize) -> Vec<Candidate> {
    let mut compared = vec![0.0; groups.len()];
    for edge in &tally.edges {
        compared[edge.first as usize] += edge.total();
        compared[edge.second as usize] += edge.total();
    }
    let mut heads: Vec<(u32, u32)> = Vec::new();
    for (item, group) in (0..).zip(groups) {
        match heads.get_mut(*group as usize) {
            None => heads.push((item, 1)),
            Some((head, size)) => {
                *size += 1;
                if compared[item as usize] > compared[*head as usize] {
                    *head = item;
                }
            }
        }
    }
    heads.sort_by_key(|(_, size)| core::cmp::Reverse(*size));
    let Some(((main, _), others)) = heads.split_first() else {
        return Vec::new();
    };
    let pair = |(head, _): &(u32, u32)| Candidate {
        first: *main.min(head),
        second: *main.max(head),
        gain: 1.0,
    };
    others.iter().map(pair).take(count).collect()
}
