//! Content-free work does not pay, whatever its strategy and its number of wallets; honest work does.

use crate::real::Seeded;
use crate::world::{self, Outcome};
use quality::Rule;

fn split(accuracy: f64, wallets: u32, seeds: u64) -> Outcome {
    let mut sum = Outcome::default();
    for seed in 0..seeds {
        sum.add(&world::split(
            accuracy,
            wallets,
            &Rule::default(),
            &mut Seeded(seed),
        ));
    }
    sum
}

#[test]
fn chance_loses_its_deposit() {
    for wallets in [1, 2, 10] {
        let found = split(0.5, wallets, 20);
        let profit = found.profit / found.answers;
        assert!(profit < 0.0, "{wallets} wallets: {profit}");
        assert!(found.released / found.answers < 0.01, "{wallets} wallets");
    }
}

#[test]
fn honest_work_is_paid_and_splitting_never_gains() {
    for (accuracy, least) in [(0.75, 0.5), (0.85, 0.85), (0.95, 0.98)] {
        let mut before = f64::INFINITY;
        for wallets in [1, 2, 10, 50] {
            let found = split(accuracy, wallets, 10);
            let profit = found.profit / found.answers;
            assert!(wallets > 1 || profit >= least, "{accuracy}: {profit}");
            assert!(
                profit <= before,
                "{accuracy} in {wallets} wallets: {profit}, before {before}"
            );
            before = profit;
        }
    }
}
