//! Data-OOB: how often the points that bags leave out are predicted right.

use super::Points;
use super::order::Order;
use crate::parallel::Threads;
use crate::random::Random;
use crate::table::Error;

/// Bags times points at most, one byte each.
pub const BAG_LIMIT: u64 = 1 << 30;
/// Points in one portion of work.
const PORTION: usize = 64;

/// How bags are drawn and predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bagging {
    /// Bags, each of as many points as there are, drawn with replacement.
    pub bags: u32,
    /// K, the neighbours in a bag that vote; ties go to the smallest label.
    pub neighbours: u32,
    /// Seed of the draws.
    pub seed: u64,
}

/// Data-OOB (Kwon and Zou 2023) with nearest-neighbour learners: for each point, the share of the
/// bags without it whose K nearest draws predict its label; `None` if every bag has it.
///
/// # Errors
/// [`Error::Setting`] for no bags or neighbours; [`Error::TooLarge`] beyond [`BAG_LIMIT`].
pub fn out_of_bag(
    points: &Points,
    bagging: &Bagging,
    threads: Threads,
) -> Result<Vec<Option<f64>>, Error> {
    if bagging.bags == 0 {
        return Err(Error::Setting { field: "bags" });
    }
    if bagging.neighbours == 0 {
        return Err(Error::Setting {
            field: "neighbours",
        });
    }
    let cells = u64::from(bagging.bags) * points.count() as u64;
    if cells > BAG_LIMIT {
        return Err(Error::TooLarge { cells });
    }
    let draws = draws(points.count(), bagging);
    let portions = points.count().div_ceil(PORTION);
    let values = threads.map(portions, |portion| {
        let mut order = Order::new(points.count());
        let range = portion * PORTION..((portion + 1) * PORTION).min(points.count());
        range
            .map(|point| value(points, bagging, &draws, &mut order, point))
            .collect::<Vec<_>>()
    });
    Ok(values.concat())
}

/// How often each point was drawn, bags side by side: `draws[point * bags + bag]`, at most 255.
fn draws(points: usize, bagging: &Bagging) -> Vec<u8> {
    let bags = bagging.bags as usize;
    let mut draws = vec![0_u8; points * bags];
    for bag in 0..bags {
        let mut random = Random::new(bagging.seed, bag as u64);
        for _ in 0..points {
            let point = random.below(points as u32) as usize;
            let draw = &mut draws[point * bags + bag];
            *draw = draw.saturating_add(1);
        }
    }
    draws
}

/// Share of right predictions for one point.
fn value(
    points: &Points,
    bagging: &Bagging,
    draws: &[u8],
    order: &mut Order,
    point: usize,
) -> Option<f64> {
    let bags = bagging.bags as usize;
    order.measure(points, points.row(point));
    // About 0.63 K distinct points of a bag decide; the few bags that need more get them all.
    let first = 8 * bagging.neighbours as usize + 32;
    let near: Vec<usize> = order.nearest(first).collect();
    let mut all: Option<Vec<usize>> = None;
    let (mut right, mut count) = (0_u32, 0_u32);
    for bag in 0..bags {
        if draws[point * bags + bag] > 0 {
            continue;
        }
        let predicted = predict(points, bagging.neighbours, &near, |near| {
            draws[near * bags + bag]
        });
        let predicted = predicted.or_else(|| {
            let all = all.get_or_insert_with(|| order.all().collect());
            let within = bagging.neighbours.min(points.count() as u32);
            predict(points, within, all, |near| draws[near * bags + bag])
        });
        right += u32::from(predicted == Some(points.labels[point]));
        count += 1;
    }
    (count > 0).then(|| f64::from(right) / f64::from(count))
}

/// Label of most of the first `needed` draws along `near`; `None` if there are fewer.
fn predict(
    points: &Points,
    needed: u32,
    near: &[usize],
    drawn: impl Fn(usize) -> u8,
) -> Option<u32> {
    let mut votes: Vec<(u32, u32)> = Vec::new();
    let mut left = needed;
    for point in near {
        let count = u32::from(drawn(*point)).min(left);
        if count == 0 {
            continue;
        }
        let label = points.labels[*point];
        match votes.iter_mut().find(|vote| vote.0 == label) {
            Some(vote) => vote.1 += count,
            None => votes.push((label, count)),
        }
        left -= count;
        if left == 0 {
            let order = |vote: &&(u32, u32)| (vote.1, core::cmp::Reverse(vote.0));
            return votes.iter().max_by_key(order).map(|vote| vote.0);
        }
    }
    None
}
