//! Content-free work never pays, with any strategy and number of wallets; honest work does.

use crate::real::{self, Seeded};
use crate::world::{self, Outcome, Strategy};
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

#[test]
fn farmers_among_real_workers_lose_their_deposit() {
    for name in ["temp", "dog"] {
        let Some(set) = real::load(name) else {
            continue;
        };
        let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
        for strategy in Strategy::ALL {
            for wallets in [1, 10] {
                let mut sum = Outcome::default();
                for seed in 0..5 {
                    let farmers = (strategy, wallets, true);
                    sum.add(&world::infiltrate(&set.answers, &hidden, farmers, seed));
                }
                assert!(sum.profit < 0.0, "{name} {strategy:?} {wallets}: {sum:?}");
            }
        }
    }
}

#[test]
fn honest_workers_of_real_sets_are_paid() {
    // The tables of docs/spec/pay.md, less a margin: share of released answers of workers at or
    // above .8.
    for (name, least) in [
        ("temp", 0.88),
        ("dog", 0.93),
        ("rte", 0.68),
        ("product", 0.55),
    ] {
        let Some(set) = real::load(name) else {
            continue;
        };
        let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
        let found = quality::judge(&set.answers, &hidden, &Rule::default(), &[]).expect("valid");
        let mut counts = vec![(0_u32, 0_u32, 0_u32); set.answers.workers() as usize];
        for (answer, accepted) in set.answers.rows().iter().zip(&found.accepted) {
            let (right, all, paid) = &mut counts[answer.worker as usize];
            *right += u32::from(set.gold[answer.unit as usize] == Some(answer.label));
            *all += 1;
            *paid += u32::from(*accepted);
        }
        let good = counts
            .iter()
            .filter(|(right, all, _)| *all > 0 && right * 10 >= all * 8);
        let (all, paid) = good.fold((0, 0), |sum, good| (sum.0 + good.1, sum.1 + good.2));
        assert!(
            f64::from(paid) >= least * f64::from(all),
            "{name}: {paid} of {all}"
        );
    }
}
