//! Boxes in pictures: one set per unit from several workers.
//!
//! Rules and formulas: `docs/spec/structured.md`, "Boxes".

mod cluster;
mod reliability;
#[cfg(test)]
mod tests;

use crate::consensus::to_ppm;
use crate::table::{self, Error};
use cluster::Cluster;
use reliability::Reliability;

/// Boxes of one unit at most, all workers together.
pub const BOX_LIMIT: usize = 10_000;
/// Coordinates lie within plus and minus this.
pub const COORDINATE_LIMIT: f64 = 1e9;
/// Overlap from which two boxes mean one object (Everingham et al. 2010, PASCAL VOC).
const SAME: f64 = 0.5;

/// An upright box with its kind, corners in any unit of length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left, top, right and bottom; left < right and top < bottom.
    pub corners: [f64; 4],
    /// What the box holds; boxes of different kinds never mean one object.
    pub kind: u32,
}

impl Region {
    fn area(&self) -> f64 {
        let [left, top, right, bottom] = self.corners;
        (right - left) * (bottom - top)
    }
}

/// Intersection over union of two boxes, 0..=1, whatever their kinds.
pub fn overlap(one: &Region, other: &Region) -> f64 {
    let [a, b] = [one.corners, other.corners];
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let common = width * height;
    common / (one.area() + other.area() - common)
}

/// All boxes that one worker drew in one unit; none say that there is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Row of the units' list.
    pub unit: u32,
    /// Row of the contributors' list.
    pub worker: u32,
    /// Boxes in any order.
    pub regions: Vec<Region>,
}

/// A checked table of drawings with an index by unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawings {
    workers: u32,
    rows: Vec<Drawing>,
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl Drawings {
    /// Checks bounds and boxes, and indexes `rows`.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] (unit, worker); [`Error::Entry`] for a box without area or beyond
    /// [`COORDINATE_LIMIT`], for a second drawing of one unit by one worker, and where a unit has
    /// more than [`BOX_LIMIT`] boxes.
    pub fn new(units: u32, workers: u32, rows: Vec<Drawing>) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        let mut counts = vec![0; units as usize];
        for (row, drawing) in rows.iter().enumerate() {
            let out = |column| Err(Error::OutOfBounds { row, column });
            if drawing.unit >= units {
                return out("unit");
            }
            if drawing.worker >= workers {
                return out("worker");
            }
            // A NaN compares as false and is refused with the rest.
            let fine = |region: &Region| {
                let [left, top, right, bottom] = region.corners;
                let near = region.corners.iter().all(|c| c.abs() <= COORDINATE_LIMIT);
                near && left < right && top < bottom && region.area() > 0.0
            };
            if !drawing.regions.iter().all(fine) {
                let rule = "has a box without area or with a corner beyond 1e9";
                return Err(Error::Entry { row, rule });
            }
            let count = &mut counts[drawing.unit as usize];
            *count += drawing.regions.len();
            if *count > BOX_LIMIT {
                let rule = "is one box too many for its unit, of 10,000";
                return Err(Error::Entry { row, rule });
            }
            pairs.push((drawing.unit, drawing.worker, row));
        }
        pairs.sort_unstable();
        let same = |two: &&[(u32, u32, usize)]| (two[0].0, two[0].1) == (two[1].0, two[1].1);
        if let Some(twice) = pairs.windows(2).find(same) {
            let (row, rule) = (twice[1].2, "is a second drawing of one unit by one worker");
            return Err(Error::Entry { row, rule });
        }
        let (starts, order) = table::index(units, rows.iter().map(|row| row.unit));
        Ok(Self {
            workers,
            rows,
            starts,
            order,
        })
    }

    /// How many units the table declares, drawn or not.
    pub fn units(&self) -> u32 {
        (self.starts.len() - 1) as u32
    }

    /// How many contributors the table declares, active or not.
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// Drawings of `unit`, in the order of submission.
    fn of_unit(&self, unit: u32) -> Vec<&Drawing> {
        let rows = &self.order[table::span(&self.starts, unit as usize)];
        rows.iter().map(|row| &self.rows[*row as usize]).collect()
    }
}

/// A box of the consensus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Where and of which kind.
    pub region: Region,
    /// Workers whose boxes it stands for.
    pub votes: u32,
    /// Probability that there is such an object, in parts per million.
    pub probability_ppm: u32,
}

impl Found {
    /// Corners in thousandths of the unit of length, rounded: what may enter a log.
    pub fn milli(&self) -> [i64; 4] {
        self.region.corners.map(|c| libm::round(c * 1e3) as i64)
    }
}

/// How one worker draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawer {
    /// Units drawn.
    pub drawings: u32,
    /// Boxes drawn.
    pub regions: u32,
    /// Boxes that another worker drew too.
    pub confirmed: u32,
    /// Mean distance of a corner coordinate from the consensus as a share of the box's size, shrunk
    /// to that of all workers.
    pub deviation: f64,
}

/// Boxes of every unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Regions {
    /// Per unit its boxes, those of most votes first; `None` without a drawing.
    pub units: Vec<Option<Vec<Found>>>,
    /// One entry per worker.
    pub drawers: Vec<Drawer>,
}

/// Clusters of boxes that a share of the unit's workers drew, in parts per million, with median
/// corners: the plain vote.
///
/// # Errors
/// [`Error::Setting`] for a share above a million.
pub fn vote(drawings: &Drawings, share_ppm: u32) -> Result<Regions, Error> {
    if share_ppm > 1_000_000 {
        return Err(Error::Setting { field: "share_ppm" });
    }
    Ok(consensus(drawings, |_, cluster, workers| {
        let share = cluster.members.len() as f64 / f64::from(workers);
        let enough = to_ppm(share) >= share_ppm;
        enough.then_some(share)
    }))
}

/// The default: an object is real where workers who are usually confirmed by others agree on it.
///
/// Two workers who invent a box do not invent the same one; so a box counts as confirmed when
/// another worker's overlaps it by half, and a cluster is an invention only if each of its boxes is
/// one that nobody would have confirmed. Boxes drawn by one worker alone are real as often as the
/// numbers of boxes drawn twice, three and four times let expect (Chiu and Chao 2016). Kept is what
/// is more probable than not; corners are medians weighted by the workers' precision.
pub fn infer(drawings: &Drawings) -> Regions {
    consensus(drawings, |reliability, cluster, workers| {
        let p = reliability.probability(cluster, workers);
        (p >= 0.5).then_some(p)
    })
}

/// Clusters, reliability, then those clusters that `judge` gives a probability.
fn consensus(
    drawings: &Drawings,
    judge: impl Fn(&Reliability, &Cluster, u32) -> Option<f64>,
) -> Regions {
    let clusters: Vec<(u32, Vec<Cluster>)> = (0..drawings.units())
        .map(|unit| {
            let rows = drawings.of_unit(unit);
            (rows.len() as u32, cluster::clusters(&rows))
        })
        .collect();
    let reliability = Reliability::new(drawings, &clusters);
    let unit = |(workers, clusters): &(u32, Vec<Cluster>)| {
        if *workers == 0 {
            return None;
        }
        let found = clusters.iter().filter_map(|cluster| {
            let probability = judge(&reliability, cluster, *workers)?;
            Some(Found {
                region: reliability.region(cluster),
                votes: cluster.members.len() as u32,
                probability_ppm: to_ppm(probability),
            })
        });
        let mut found: Vec<Found> = found.collect();
        // Stable: clusters of equal votes stay in the order of their first boxes.
        found.sort_by_key(|found| core::cmp::Reverse(found.votes));
        Some(found)
    };
    let units = clusters.iter().map(unit).collect();
    Regions {
        units,
        drawers: reliability.drawers,
    }
}
