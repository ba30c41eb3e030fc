//! Exact Shapley values of training points for nearest-neighbour classifiers.

use super::Points;
use super::order::Order;
use crate::parallel::Threads;
use crate::table::Error;

/// Portions of the test points: fixed, so that memory is and sums do not depend on the threads.
const PORTIONS: usize = 16;

/// What a set of training points is worth to one test point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utility {
    /// Right labels among the K nearest over K; nothing without points (Jia et al. 2019).
    Hard,
    /// Right labels among the K nearest over their number; 1/C without points, for C classes
    /// (Wang and Jia 2023).
    Soft {
        /// C, at least 1.
        classes: u32,
    },
}

impl Utility {
    fn check(self) -> Result<(), Error> {
        match self {
            Self::Soft { classes: 0 } => Err(Error::Setting { field: "classes" }),
            Self::Hard | Self::Soft { .. } => Ok(()),
        }
    }

    /// Value of no points at all.
    fn empty(self) -> f64 {
        match self {
            Self::Hard => 0.0,
            Self::Soft { classes } => 1.0 / f64::from(classes),
        }
    }
}

/// Mean utility of the whole of `train` over the points of `test`; 0 without test points.
///
/// # Errors
/// [`Error::Setting`] for no neighbours or classes, [`Error::Length`] for other dimensions.
pub fn utility(
    train: &Points,
    test: &Points,
    neighbours: u32,
    utility: Utility,
) -> Result<f64, Error> {
    train.check(test, neighbours)?;
    utility.check()?;
    if test.count() == 0 {
        return Ok(0.0);
    }
    let near = train.count().min(neighbours as usize);
    let over = match utility {
        Utility::Hard => neighbours as usize,
        Utility::Soft { .. } => near,
    };
    let mut order = Order::new(train.count());
    let mut sum = 0.0;
    for point in 0..test.count() {
        order.measure(train, test.row(point));
        let label = test.labels[point];
        let right = order
            .nearest(near)
            .filter(|near| train.labels[*near] == label)
            .count();
        sum += if near == 0 {
            utility.empty()
        } else {
            right as f64 / over as f64
        };
    }
    Ok(sum / test.count() as f64)
}

/// Shapley value of every training point: its mean contribution to the utility over all orders of
/// joining, averaged over the test points. Exact, N log N per test point.
///
/// The values sum to [`utility`] of all points less that of none. Ties in distance go to the lower
/// index. Memory is 16 lists of N values and one order per thread, whatever the number of test
/// points. All zeros without test points.
///
/// # Errors
/// [`Error::Setting`] for no neighbours or classes, [`Error::Length`] for other dimensions.
pub fn shapley(
    train: &Points,
    test: &Points,
    neighbours: u32,
    utility: Utility,
    threads: Threads,
) -> Result<Vec<f64>, Error> {
    train.check(test, neighbours)?;
    utility.check()?;
    let weights = Weights::new(train.count(), neighbours, utility);
    let share = test.count().div_ceil(PORTIONS).max(1);
    let portions = threads.map(test.count().div_ceil(share), |portion| {
        let mut values = vec![0.0; train.count()];
        let mut order = Order::new(train.count());
        let mut right = vec![0.0; train.count()];
        let mut places = Vec::with_capacity(train.count());
        for point in portion * share..((portion + 1) * share).min(test.count()) {
            order.measure(train, test.row(point));
            places.clear();
            places.extend(order.all());
            let label = test.labels[point];
            for (right, near) in right.iter_mut().zip(&places) {
                *right = f64::from(u8::from(train.labels[*near] == label));
            }
            weights.add(&places, &right, &mut values);
        }
        values
    });
    let mut values = vec![0.0; train.count()];
    for portion in portions {
        values
            .iter_mut()
            .zip(portion)
            .for_each(|(sum, value)| *sum += value);
    }
    let count = test.count().max(1) as f64;
    values.iter_mut().for_each(|value| *value /= count);
    Ok(values)
}

/// The recursion's constants, which depend on the sizes alone.
struct Weights {
    utility: Utility,
    /// For place i (from 1): what the difference between places i and i + 1 is worth.
    steps: Vec<f64>,
    /// 1/2 + ... + 1/min(K, N), of the soft utility.
    tail: f64,
    /// min(K, N) / (K N), of the hard utility.
    last: f64,
}

impl Weights {
    fn new(points: usize, neighbours: u32, utility: Utility) -> Self {
        let (count, k) = (points as f64, f64::from(neighbours));
        // With fewer points than neighbours the soft utility is that of as many neighbours.
        let near = k.min(count);
        let harmonic: f64 = (1..=near as u32).map(|place| 1.0 / f64::from(place)).sum();
        let step = |place: usize| {
            let place = place as f64;
            match utility {
                Utility::Hard => k.min(place) / (place * k),
                Utility::Soft { .. } => {
                    let others = count - 1.0;
                    (harmonic + (near.min(place) * others / place - near) / near) / others
                }
            }
        };
        Self {
            utility,
            steps: (1..points).map(step).collect(),
            tail: harmonic - 1.0,
            last: near / (k * count.max(1.0)),
        }
    }

    /// Adds the values of one test point: `places` in order of distance, `right` says 1 or 0.
    fn add(&self, places: &[usize], right: &[f64], values: &mut [f64]) {
        let Some(last) = right.last() else {
            return;
        };
        let mut value = self.farthest(right, *last);
        values[places[places.len() - 1]] += value;
        for place in (0..places.len() - 1).rev() {
            value += (right[place] - right[place + 1]) * self.steps[place];
            values[places[place]] += value;
        }
    }

    /// Value of the farthest point.
    fn farthest(&self, right: &[f64], last: f64) -> f64 {
        let count = right.len() as f64;
        match self.utility {
            Utility::Hard => last * self.last,
            Utility::Soft { .. } => {
                let alone = (last - self.utility.empty()) / count;
                if right.len() == 1 {
                    return alone;
                }
                let others = right[..right.len() - 1].iter().sum::<f64>() / (count - 1.0);
                (last - others) / count * self.tail + alone
            }
        }
    }
}
