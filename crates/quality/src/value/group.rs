//! Shapley values of a few contributors as players, exact or from sampled orders of joining.

use super::Points;
use super::order::Order;
use crate::random::Random;
use crate::table::Error;

/// Players of an exact computation at most: 2^16 coalitions.
pub const EXACT_LIMIT: u32 = 16;
/// Neighbour lists kept at most, over all test points and contributors.
const LIST_LIMIT: u64 = 1 << 26;

/// How orders of joining are sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Orders drawn, at least 1.
    pub orders: u32,
    /// Once the value of those who joined is this near to that of all, the rest get nothing in this
    /// order (truncation, Ghorbani and Zou 2019); 0 never truncates.
    pub tolerance: f64,
    /// Seed of the orders.
    pub seed: u64,
}

/// A contributor's value and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Mean contribution on joining.
    pub value: f64,
    /// Standard error of the mean; 0 for one order, and where the computation is exact.
    pub error: f64,
}

/// Exact Shapley values of `players` by all coalitions; `worth` gets who is in.
///
/// # Errors
/// [`Error::Setting`] beyond [`EXACT_LIMIT`] players.
pub fn exact(players: u32, worth: impl Fn(&[bool]) -> f64) -> Result<Vec<Share>, Error> {
    if players > EXACT_LIMIT {
        return Err(Error::Setting { field: "players" });
    }
    let inside = |set: u32| {
        (0..players)
            .map(|player| set >> player & 1 == 1)
            .collect::<Vec<_>>()
    };
    let worths: Vec<f64> = (0..1_u32 << players)
        .map(|set| worth(&inside(set)))
        .collect();
    // Weight of a coalition of size s without the player: s! (n - s - 1)! / n!.
    let mut weights = vec![1.0 / f64::from(players.max(1)); players as usize];
    for size in 1..players as usize {
        weights[size] = weights[size - 1] * size as f64 / f64::from(players - size as u32);
    }
    let share = |player: u32| {
        let without = (0..1_u32 << players).filter(|set| set >> player & 1 == 0);
        let gain = without.map(|set| {
            let gain = worths[(set | 1 << player) as usize] - worths[set as usize];
            weights[set.count_ones() as usize] * gain
        });
        Share {
            value: gain.sum(),
            error: 0.0,
        }
    };
    Ok((0..players).map(share).collect())
}

/// Shapley values of `players` from sampled orders of joining, with truncation.
///
/// The values sum to the worth of all less that of none, up to the tolerance.
///
/// # Errors
/// [`Error::Setting`] for no orders, or a tolerance that is negative or no number.
pub fn sampled(
    players: u32,
    sampling: &Sampling,
    worth: impl Fn(&[bool]) -> f64,
) -> Result<Vec<Share>, Error> {
    if sampling.orders == 0 {
        return Err(Error::Setting { field: "orders" });
    }
    if sampling.tolerance.is_nan() || sampling.tolerance < 0.0 {
        return Err(Error::Setting { field: "tolerance" });
    }
    let count = players as usize;
    let (nobody, everybody) = (worth(&vec![false; count]), worth(&vec![true; count]));
    let mut moments = vec![(0.0, 0.0); count];
    let mut random = Random::new(sampling.seed, 0);
    let mut order: Vec<usize> = (0..count).collect();
    for _ in 0..sampling.orders {
        random.shuffle(&mut order);
        let (mut inside, mut before) = (vec![false; count], nobody);
        for player in &order {
            if (everybody - before).abs() < sampling.tolerance {
                break;
            }
            inside[*player] = true;
            let after = worth(&inside);
            let gain = after - before;
            moments[*player].0 += gain;
            moments[*player].1 += gain * gain;
            before = after;
        }
    }
    let orders = f64::from(sampling.orders);
    let share = |(sum, squares): (f64, f64)| {
        let value = sum / orders;
        let spread = (squares / orders - value * value).max(0.0);
        let error = libm::sqrt(spread / f64::max(orders - 1.0, 1.0));
        Share {
            value,
            error: if sampling.orders > 1 { error } else { 0.0 },
        }
    };
    Ok(moments.into_iter().map(share).collect())
}

/// Worth of any coalition of contributors to a nearest-neighbour classifier, from the K nearest
/// points of each contributor to each test point.
#[derive(Clone, Debug)]
pub struct Coalitions {
    neighbours: usize,
    contributors: usize,
    tests: usize,
    /// Distance, point and whether its label is right, sorted, by test point and contributor.
    lists: Vec<Vec<(f64, u32, bool)>>,
}

impl Coalitions {
    /// Finds the neighbours; `owners` names the contributor of each training point.
    ///
    /// # Errors
    /// [`Error::Setting`] for no neighbours; [`Error::Length`] for other dimensions or owners;
    /// [`Error::OutOfBounds`]; [`Error::TooLarge`] where the lists would not fit in memory.
    pub fn new(
        train: &Points,
        test: &Points,
        owners: &[u32],
        contributors: u32,
        neighbours: u32,
    ) -> Result<Self, Error> {
        train.check(test, neighbours)?;
        super::sums(&vec![0.0; train.count()], owners, contributors)?;
        let lists = u64::from(contributors) * test.count() as u64;
        let cells = lists.saturating_mul(u64::from(neighbours.min(train.count() as u32).max(1)));
        if cells > LIST_LIMIT {
            return Err(Error::TooLarge { cells });
        }
        let mut order = Order::new(train.count());
        let mut lists = vec![Vec::new(); lists as usize];
        for point in 0..test.count() {
            order.measure(train, test.row(point));
            let places: Vec<usize> = order.all().collect();
            for near in places {
                let own = point * contributors as usize + owners[near] as usize;
                if lists[own].len() < neighbours as usize {
                    let right = train.labels[near] == test.labels[point];
                    lists[own].push((order.distance(near), near as u32, right));
                }
            }
        }
        Ok(Self {
            neighbours: neighbours as usize,
            contributors: contributors as usize,
            tests: test.count(),
            lists,
        })
    }

    /// Mean share of right labels among the K nearest points of those who are in, over K
    /// ([`super::Utility::Hard`]); 0 without test points. One entry of `inside` per contributor.
    pub fn worth(&self, inside: &[bool]) -> f64 {
        let mut right = 0_usize;
        let mut near = Vec::new();
        for lists in self.lists.chunks(self.contributors.max(1)) {
            near.clear();
            for (list, _) in lists.iter().zip(inside).filter(|(_, inside)| **inside) {
                near.extend_from_slice(list);
            }
            near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            right += near
                .iter()
                .take(self.neighbours)
                .filter(|near| near.2)
                .count();
        }
        right as f64 / (self.neighbours * self.tests.max(1)) as f64
    }
}
