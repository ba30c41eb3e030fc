//! MinHash: 128 numbers whose share of equal entries estimates the Jaccard similarity.

use crate::random::Random;

/// Entries of a sketch.
pub const SIZE: usize = 128;
/// Entries computed in one pass over the shingles: they stay in registers.
const LANES: usize = 8;
/// Seed of the hash family.
const SEED: u64 = 0x006d_696e_6861_7368;

/// Least values of 128 hash functions over a set of shingles (Broder 1997); functions
/// `a h + b mod 2^32` with odd `a`, `h` the upper half of the shingle's hash, compared as signed
/// numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch([i32; SIZE]);

impl Sketch {
    /// Sketch of a set of shingles; without any, all entries are the largest number.
    pub fn new(shingles: &[u64]) -> Self {
        Family::new().sketch(shingles)
    }

    /// Share of equal entries in parts per million: the estimate of the Jaccard similarity, its
    /// standard error at most 4.5 percentage points.
    pub fn similarity_ppm(&self, other: &Self) -> u32 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        (equal * 1_000_000 / SIZE) as u32
    }

    /// Hash of the `rows` entries of a band.
    pub(super) fn band(&self, band: usize, rows: usize) -> u64 {
        let entries = &self.0[band * rows..(band + 1) * rows];
        entries.iter().fold(band as u64, |mixed, entry| {
            let mixed = (mixed ^ u64::from(*entry as u32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ (mixed >> 32)
        })
    }
}

/// The hash functions of all sketches.
pub(super) struct Family {
    factors: [u32; SIZE],
    offsets: [u32; SIZE],
}

impl Family {
    pub(super) fn new() -> Self {
        let mut random = Random::new(SEED, 0);
        let mut family = Self {
            factors: [0; SIZE],
            offsets: [0; SIZE],
        };
        for place in 0..SIZE {
            family.factors[place] = (random.next() >> 32) as u32 | 1;
            family.offsets[place] = (random.next() >> 32) as u32;
        }
        family
    }

    pub(super) fn sketch(&self, shingles: &[u64]) -> Sketch {
        let mut sketch = [i32::MAX; SIZE];
        let hashes: Vec<u32> = shingles
            .iter()
            .map(|shingle| (shingle >> 32) as u32)
            .collect();
        for (block, least) in sketch.chunks_exact_mut(LANES).enumerate() {
            let lanes = block * LANES..(block + 1) * LANES;
            let mut factors = [0; LANES];
            let mut offsets = [0; LANES];
            factors.copy_from_slice(&self.factors[lanes.clone()]);
            offsets.copy_from_slice(&self.offsets[lanes]);
            let mut own = [i32::MAX; LANES];
            for hash in &hashes {
                for lane in 0..LANES {
                    let value = hash.wrapping_mul(factors[lane]).wrapping_add(offsets[lane]) as i32;
                    own[lane] = if value < own[lane] { value } else { own[lane] };
                }
            }
            least.copy_from_slice(&own);
        }
        Sketch(sketch)
    }
}

/// Bands and rows per band for which two sets of similarity `threshold_ppm` share a band with a
/// probability of 0.95 and more: the most rows that still do, for the fewest idle candidates.
pub fn bands(threshold_ppm: u32) -> (usize, usize) {
    let similarity = f64::from(threshold_ppm.min(1_000_000)) / 1e6;
    for rows in (2..=SIZE).rev() {
        let bands = SIZE / rows;
        let miss = libm::pow(1.0 - libm::pow(similarity, rows as f64), bands as f64);
        if miss <= 0.05 {
            return (bands, rows);
        }
    }
    (SIZE, 1)
}
