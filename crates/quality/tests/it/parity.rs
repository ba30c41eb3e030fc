//! Equality with crowd-kit 1.4.2 on real data.

use crate::real;
use quality::{Variant, dawid_skene, majority};

#[test]
fn accuracies() {
    for name in real::SETS {
        let Some(set) = real::load(name) else {
            continue;
        };
        let none = vec![None; set.gold.len()];
        let clock = std::time::Instant::now();
        let ds = dawid_skene(&set.answers, &none, Variant::Crowdkit).expect("valid");
        let took = clock.elapsed();
        let map = dawid_skene(&set.answers, &none, Variant::Map).expect("valid");
        let share = |(right, all)| f64::from(right) / f64::from(all);
        println!(
            "{name} mv {:.4} ds {:.4} ({}) map {:.4} ({}) {took:?}",
            share(real::accuracy(&majority(&set.answers), &set.gold, &none)),
            share(real::accuracy(&ds.consensus, &set.gold, &none)),
            ds.consensus.iterations,
            share(real::accuracy(&map.consensus, &set.gold, &none)),
            map.consensus.iterations,
        );
    }
}
