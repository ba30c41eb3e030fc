//! Training points in order of their distance from one point, ties by index.

use super::Points;

/// Distances and order of all training points, with room that is used again.
pub(super) struct Order {
    distances: Vec<f64>,
    keys: Vec<u64>,
}

impl Order {
    pub(super) fn new(points: usize) -> Self {
        Self {
            distances: vec![0.0; points],
            keys: vec![0; points],
        }
    }

    /// Measures all of `train` from `from`: squared Euclidean distances, summed directly.
    pub(super) fn measure(&mut self, train: &Points, from: &[f64]) {
        let rows = train.features.chunks_exact(train.dimensions);
        for (point, (row, distance)) in rows.zip(&mut self.distances).enumerate() {
            *distance = squared(row, from);
            // Rounding keeps the order and merges at most neighbours, which `sort` tells apart by
            // the distance itself; positive floats compare like their bits.
            self.keys[point] = (u64::from((*distance as f32).to_bits()) << 32) | point as u64;
        }
    }

    /// Indices of all points, the nearest first.
    pub(super) fn all(&mut self) -> impl ExactSizeIterator<Item = usize> + DoubleEndedIterator {
        self.sort(self.keys.len());
        self.keys.iter().map(|key| index(*key))
    }

    /// Indices of the `count` nearest points.
    pub(super) fn nearest(&mut self, count: usize) -> impl ExactSizeIterator<Item = usize> {
        let mut count = count.min(self.keys.len());
        if count < self.keys.len() {
            self.keys.select_nth_unstable(count);
            // Keys that round to the same distance as the last one taken may hide nearer points.
            let edge = self.keys[count] >> 32;
            let mut end = count;
            for place in count..self.keys.len() {
                if self.keys[place] >> 32 == edge {
                    self.keys.swap(place, end);
                    end += 1;
                }
            }
            self.sort(end);
        } else {
            count = self.keys.len();
            self.sort(count);
        }
        self.keys[..count].iter().map(|key| index(*key))
    }

    /// Squared distance of a point that was measured.
    pub(super) fn distance(&self, point: usize) -> f64 {
        self.distances[point]
    }

    /// Sorts the first `count` keys by exact distance, then index.
    fn sort(&mut self, count: usize) {
        let distances = &self.distances;
        let keys = &mut self.keys[..count];
        keys.sort_unstable();
        for run in keys.chunk_by_mut(|one, other| one >> 32 == other >> 32) {
            // Points in a run are in order of their index; only other distances change that.
            run.sort_by(|one, other| distances[index(*one)].total_cmp(&distances[index(*other)]));
        }
    }
}

fn index(key: u64) -> usize {
    (key & u64::from(u32::MAX)) as usize
}

/// Sum of squared differences in four interleaved sums, the same on every machine.
fn squared(one: &[f64], other: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (ones, others) = (one.chunks_exact(4), other.chunks_exact(4));
    let rest = ones.remainder().iter().zip(others.remainder());
    let rest: f64 = rest.map(|(a, b)| (a - b) * (a - b)).sum();
    for (a, b) in ones.zip(others) {
        for lane in 0..4 {
            let apart = a[lane] - b[lane];
            sums[lane] += apart * apart;
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
