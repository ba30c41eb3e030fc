//! Boxes of one unit that mean the same object, by agglomeration.

use super::{Drawing, Region, SAME, overlap};

/// Boxes that mean one object, at most one per worker.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    /// Worker and box, in the order of submission.
    pub members: Vec<(u32, Region)>,
    /// Median corners.
    pub middle: Region,
}

/// Pairs of boxes of different workers join in order of their overlap, if no worker then has two
/// boxes in one cluster and the medians of both sides still overlap by half.
pub(super) fn clusters(drawings: &[&Drawing]) -> Vec<Cluster> {
    let boxes: Vec<(u32, Region)> = drawings
        .iter()
        .flat_map(|drawing| {
            drawing
                .regions
                .iter()
                .map(|region| (drawing.worker, *region))
        })
        .collect();
    let mut groups: Vec<Option<Group>> = (0..boxes.len())
        .map(|one| Some(Group::one(one, &boxes)))
        .collect();
    let mut home: Vec<usize> = (0..boxes.len()).collect();
    for (_, one, other) in pairs(&boxes) {
        let (a, b) = (home[one], home[other]);
        if a == b {
            continue;
        }
        let (low, high) = (a.min(b), a.max(b));
        let (Some(left), Some(right)) = (&groups[low], &groups[high]) else {
            continue;
        };
        if left.shares_worker(right) || overlap(&left.middle, &right.middle) < SAME {
            continue;
        }
        let joined = left.join(right, &boxes);
        joined.boxes.iter().for_each(|one| home[*one] = low);
        groups[low] = Some(joined);
        groups[high] = None;
    }
    let cluster = |group: Group| Cluster {
        members: group.boxes.iter().map(|one| boxes[*one]).collect(),
        middle: group.middle,
    };
    groups.into_iter().flatten().map(cluster).collect()
}

/// Pairs of one kind and two workers that overlap by half, the largest overlap first.
fn pairs(boxes: &[(u32, Region)]) -> Vec<(f64, usize, usize)> {
    // Only boxes that begin before this one ends can overlap it: a sweep from left to right.
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    let left = |one: &usize| boxes[*one].1.corners[0];
    order.sort_by(|one, other| left(one).total_cmp(&left(other)).then(one.cmp(other)));
    let mut pairs = Vec::new();
    for (place, one) in order.iter().enumerate() {
        let end = boxes[*one].1.corners[2];
        for other in order[place + 1..]
            .iter()
            .take_while(|other| left(other) < end)
        {
            let (a, b) = (&boxes[*one], &boxes[*other]);
            if a.0 == b.0 || a.1.kind != b.1.kind {
                continue;
            }
            let share = overlap(&a.1, &b.1);
            if share >= SAME {
                pairs.push((share, *one.min(other), *one.max(other)));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    pairs
}

struct Group {
    /// Positions in the list of boxes, ascending.
    boxes: Vec<usize>,
    /// Workers, ascending.
    workers: Vec<u32>,
    middle: Region,
}

impl Group {
    fn one(position: usize, boxes: &[(u32, Region)]) -> Self {
        Self {
            boxes: vec![position],
            workers: vec![boxes[position].0],
            middle: boxes[position].1,
        }
    }

    fn shares_worker(&self, other: &Self) -> bool {
        self.workers
            .iter()
            .any(|worker| other.workers.binary_search(worker).is_ok())
    }

    fn join(&self, other: &Self, boxes: &[(u32, Region)]) -> Self {
        let mut positions = [self.boxes.as_slice(), &other.boxes].concat();
        positions.sort_unstable();
        let mut workers = [self.workers.as_slice(), &other.workers].concat();
        workers.sort_unstable();
        let members: Vec<(f64, Region)> =
            positions.iter().map(|one| (1.0, boxes[*one].1)).collect();
        Self {
            boxes: positions,
            workers,
            middle: median(&members),
        }
    }
}

/// Weighted median of each corner; the mean of the two in the middle where the weights balance.
pub(super) fn median(members: &[(f64, Region)]) -> Region {
    let mut corners = [0.0; 4];
    for (place, corner) in corners.iter_mut().enumerate() {
        let mut values: Vec<(f64, f64)> = members
            .iter()
            .map(|(w, r)| (r.corners[place], *w))
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = 0.5 * values.iter().map(|value| value.1).sum::<f64>();
        let mut below = 0.0;
        *corner = values[values.len() - 1].0;
        for (at, (value, weight)) in values.iter().enumerate() {
            below += weight;
            if below >= half {
                let balanced = below == half && at + 1 < values.len();
                *corner = if balanced {
                    0.5 * (value + values[at + 1].0)
                } else {
                    *value
                };
                break;
            }
        }
    }
    Region {
        corners,
        kind: members[0].1.kind,
    }
}
