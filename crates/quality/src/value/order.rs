//! Training points in order of their distance from one point, ties by index.

use super::Points;

/// Distances and order of all training points, with room that is used again.
pub(super) struct Order {
    distances: Vec<f64>,
    keys: Vec<u64>,
    /// Room for the keys while they are sorted.
    spare: Vec<u64>,
    /// Whether equal distances may stand in another order than that of their indices.
    mixed: bool,
}

/// Bits of a key that one pass of a sort looks at.
const DIGIT: u32 = 11;
/// Fewer keys than this are sorted by comparison.
const FEW: usize = 512;

impl Order {
    pub(super) fn new(points: usize) -> Self {
        Self {
            distances: vec![0.0; points],
            keys: vec![0; points],
            spare: vec![0; points],
            mixed: false,
        }
    }

    /// Measures all of `train` from `from`: squared Euclidean distances, summed directly.
    pub(super) fn measure(&mut self, train: &Points, from: &[f64]) {
        self.mixed = false;
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
            self.mixed = true;
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
        if count >= FEW && count == self.keys.len() && !self.mixed {
            radix(&mut self.keys, &mut self.spare);
        } else {
            self.keys[..count].sort_unstable();
        }
        let keys = &mut self.keys[..count];
        let (mut start, mut end) = (0, 1);
        while start < keys.len() {
            // Points in a run are in order of their index; only other distances change that.
            if end < keys.len() && keys[end] >> 32 == keys[start] >> 32 {
                end += 1;
                continue;
            }
            if end - start > 1 {
                keys[start..end].sort_by(|one, other| {
                    distances[index(*one)].total_cmp(&distances[index(*other)])
                });
            }
            (start, end) = (end, end + 1);
        }
    }
}

/// Sorts keys by their upper half from the lowest digit up; equal ones keep their order.
fn radix(keys: &mut Vec<u64>, spare: &mut Vec<u64>) {
    const SIZE: usize = 1 << DIGIT;
    let digit = |key: u64, pass: u32| (key >> (32 + pass * DIGIT)) as usize & (SIZE - 1);
    let mut counts = [[0_u32; SIZE]; 3];
    for key in &*keys {
        for (pass, counts) in (0..).zip(&mut counts) {
            counts[digit(*key, pass)] += 1;
        }
    }
    for (pass, counts) in (0..).zip(&mut counts) {
        if counts.contains(&(keys.len() as u32)) {
            continue;
        }
        let mut next = 0;
        for count in counts.iter_mut() {
            (*count, next) = (next, next + *count);
        }
        for key in &*keys {
            let place = &mut counts[digit(*key, pass)];
            spare[*place as usize] = *key;
            *place += 1;
        }
        core::mem::swap(keys, spare);
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
