//! The generator that orders examples: SplitMix64, written out so that its bits are ours.

/// SplitMix64 of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Fisher-Yates from the last place down, each partner `(bits >> 32) * (i + 1) >> 32`.
    pub(crate) fn shuffle(&mut self, order: &mut [u32]) {
        for i in (1..order.len()).rev() {
            let partner = ((self.bits() >> 32) * (i as u64 + 1)) >> 32;
            order.swap(i, partner as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_sequence_for_seed_1234567() {
        let mut source = SplitMix(1_234_567);
        let first = [source.bits(), source.bits(), source.bits()];
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn a_shuffle_keeps_every_element() {
        let mut order: Vec<u32> = (0..100).collect();
        SplitMix(7).shuffle(&mut order);
        assert_ne!(order, (0..100).collect::<Vec<u32>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<u32>>());
    }
}
