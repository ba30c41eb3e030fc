//! SimHash: 64 bits whose distance estimates the angle between bags of shingles.

/// Bit k is 1 where more of the hashes have bit k than have not (Charikar 2002); repeated hashes
/// weigh more. 0 without any.
pub fn simhash(hashes: &[u64]) -> u64 {
    let mut ones = [0_u64; 64];
    for hash in hashes {
        for (bit, count) in ones.iter_mut().enumerate() {
            *count += hash >> bit & 1;
        }
    }
    let half = hashes.len() as u64;
    let bit = |(bit, count): (usize, u64)| u64::from(2 * count > half) << bit;
    ones.into_iter().enumerate().map(bit).sum()
}

/// Bits in which two hashes differ, 0..=64.
pub fn apart(one: u64, other: u64) -> u32 {
    (one ^ other).count_ones()
}
