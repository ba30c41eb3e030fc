//! What the clusters say about the workers, and the workers about the clusters.

use super::cluster::{Cluster, median};
use super::{Drawer, Drawings, Region};

/// Boxes of prior experience with each worker, at the rate of all workers.
const PRIOR: f64 = 2.0;
/// Deviations are never taken below this share of a box's size: a pixel of a large box.
const LEAST: f64 = 1e-3;

/// Rates of confirmation and deviation per worker, and the share of lonely boxes that are real.
pub(super) struct Reliability {
    /// P(a box of this worker is confirmed by another).
    rates: Vec<f64>,
    /// The rate of all workers.
    common: f64,
    /// P(a box that one of several workers drew is real).
    lonely: f64,
    pub drawers: Vec<Drawer>,
}

impl Reliability {
    pub(super) fn new(drawings: &Drawings, clusters: &[(u32, Vec<Cluster>)]) -> Self {
        let none = Drawer {
            drawings: 0,
            regions: 0,
            confirmed: 0,
            deviation: 0.0,
        };
        let mut drawers = vec![none; drawings.workers() as usize];
        for drawing in &drawings.rows {
            drawers[drawing.worker as usize].drawings += 1;
            drawers[drawing.worker as usize].regions += drawing.regions.len() as u32;
        }
        // Boxes that others could have confirmed, by worker, and clusters by number of members.
        let mut open = vec![0.0; drawers.len()];
        let mut times = [0.0; 5];
        for (workers, clusters) in clusters {
            for cluster in clusters {
                let members = cluster.members.len();
                if *workers > 1 && members < times.len() {
                    times[members] += 1.0;
                }
                for (worker, _) in &cluster.members {
                    let drawer = &mut drawers[*worker as usize];
                    drawer.confirmed += u32::from(members > 1);
                    open[*worker as usize] += f64::from(u8::from(*workers > 1));
                }
            }
        }
        deviations(&mut drawers, clusters);
        let confirmed: f64 = drawers
            .iter()
            .map(|drawer| f64::from(drawer.confirmed))
            .sum();
        // One confirmed and one unconfirmed box in advance keep the rate off 0 and 1.
        let common = (confirmed + 1.0) / (open.iter().sum::<f64>() + 2.0);
        let rate = |(drawer, open): (&Drawer, &f64)| {
            (f64::from(drawer.confirmed) + PRIOR * common) / (open + PRIOR)
        };
        let rates = drawers.iter().zip(&open).map(rate).collect();
        Self {
            rates,
            common,
            lonely: lonely(times),
            drawers,
        }
    }

    /// P(`cluster` is an object), in a unit that `workers` drew.
    pub(super) fn probability(&self, cluster: &Cluster, workers: u32) -> f64 {
        if let [(worker, _)] = cluster.members[..] {
            let rate = self.rates[worker as usize];
            if workers == 1 {
                // Nobody could confirm it; it is all there is.
                return rate.max(0.5);
            }
            let odds = |p: f64| p / (1.0 - p);
            let odds = odds(self.lonely) * odds(rate) / odds(self.common);
            return odds / (1.0 + odds);
        }
        let invented = cluster
            .members
            .iter()
            .map(|(worker, _)| 1.0 - self.rates[*worker as usize]);
        1.0 - invented.product::<f64>()
    }

    /// Corners of `cluster`: medians weighted by the workers' precision.
    pub(super) fn region(&self, cluster: &Cluster) -> Region {
        let weight = |worker: u32| 1.0 / self.drawers[worker as usize].deviation.max(LEAST);
        let members = cluster
            .members
            .iter()
            .map(|(worker, region)| (weight(*worker), *region));
        let region = median(&members.collect::<Vec<_>>());
        let [left, top, right, bottom] = region.corners;
        // Corners from different boxes can cross; the plain medians of clustered boxes do not.
        if left < right && top < bottom {
            region
        } else {
            cluster.middle
        }
    }
}

/// Mean deviations from the cluster's middle as a share of its size, shrunk to that of all workers.
fn deviations(drawers: &mut [Drawer], clusters: &[(u32, Vec<Cluster>)]) {
    let mut sums = vec![(0.0, 0.0); drawers.len()];
    for cluster in clusters.iter().flat_map(|(_, clusters)| clusters) {
        // Two boxes are equally far from their middle and say nothing about each other.
        if cluster.members.len() < 3 {
            continue;
        }
        let [left, top, right, bottom] = cluster.middle.corners;
        let (width, height) = (right - left, bottom - top);
        for (worker, region) in &cluster.members {
            let parts = region.corners.iter().zip(cluster.middle.corners);
            let sizes = [width, height, width, height];
            let shares = parts
                .zip(sizes)
                .map(|((own, middle), size)| (own - middle).abs() / size);
            sums[*worker as usize].0 += shares.sum::<f64>() / 4.0;
            sums[*worker as usize].1 += 1.0;
        }
    }
    let (sum, count) = sums
        .iter()
        .fold((0.0, 0.0), |all, own| (all.0 + own.0, all.1 + own.1));
    let common = if count > 0.0 { sum / count } else { 0.1 };
    for (drawer, (sum, count)) in drawers.iter_mut().zip(sums) {
        drawer.deviation = (sum + PRIOR * common) / (count + PRIOR);
    }
}

/// Share of objects among the boxes that one of several workers drew: the number expected from
/// those drawn two, three and four times (Chiu and Chao 2016, equation 5), over the number found.
/// Where the counts do not say, half.
fn lonely(times: [f64; 5]) -> f64 {
    let [_, one, two, three, four] = times;
    if one == 0.0 || three == 0.0 || four == 0.0 {
        return 0.5;
    }
    let expected = 4.0 * two * two / (3.0 * three) - two * three / (2.0 * four);
    (expected / one).clamp(0.01, 0.99)
}
