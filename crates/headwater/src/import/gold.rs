//! Which units with a known label serve as hidden gold, and which measure accuracy.

use super::Dataset;

/// Chooses the units that serve as hidden gold: `share_ppm` of the units that have a gold label,
/// rounded half up, but at least one per class if the share is not 0. Every class gets equally
/// many as far as it has them; what is left over goes to classes with units left, in their order.
/// The same data set, share and seed give the same choice; ascending.
///
/// # Panics
/// If the share is over 1,000,000.
pub fn hidden_gold(dataset: &Dataset, share_ppm: u32, seed: u64) -> Vec<u32> {
    assert!(share_ppm <= 1_000_000, "a share is at most 1,000,000 ppm");
    let mut pools = vec![Vec::new(); dataset.classes.len()];
    for unit in dataset.gold_units() {
        let class = dataset.gold[unit as usize].expect("a gold unit has a gold label");
        pools[usize::from(class)].push(unit);
    }
    pools.retain(|pool| !pool.is_empty());
    if share_ppm == 0 {
        return Vec::new();
    }
    let units: usize = pools.iter().map(Vec::len).sum();
    let wanted = (units as u128 * u128::from(share_ppm) + 500_000) / 1_000_000;
    let wanted = usize::try_from(wanted)
        .expect("a share of the units")
        .max(pools.len());

    let mut random = SplitMix(seed);
    let mut chosen = Vec::with_capacity(wanted);
    while chosen.len() < wanted {
        for pool in &mut pools {
            if chosen.len() < wanted {
                chosen.push(pool.swap_remove(random.below(pool.len())));
            }
        }
        pools.retain(|pool| !pool.is_empty());
    }
    chosen.sort_unstable();
    chosen
}

/// The units that have a gold label and are not among `hidden`, which is ascending; ascending.
pub fn measured_gold(dataset: &Dataset, hidden: &[u32]) -> Vec<u32> {
    dataset
        .gold_units()
        .filter(|unit| hidden.binary_search(unit).is_err())
        .collect()
}

/// SplitMix64 (Steele, Lea, Flood, 2014): enough for a choice that anyone may repeat.
struct SplitMix(u64);

impl SplitMix {
    /// A number below `bound`, which is less than 2^32; the bias is below 2^-32.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let scaled = (u128::from(mixed) * bound as u128) >> 64;
        usize::try_from(scaled).expect("below a bound that is a usize")
    }
}
