//! Prints the tables of `docs/spec/assignment.md`: answers saved by adaptive stopping on real sets.

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/real.rs"]
mod real;
#[path = "../tests/it/replay.rs"]
mod replay;

use quality::assign::Stop;
use replay::Replay;

/// Argument: seeds (3).
fn main() {
    let seeds = std::env::args()
        .nth(1)
        .map_or(3, |seeds| seeds.parse().expect("a whole number"));
    println!(
        "set              fixed: answers accuracy   sure: answers accuracy saved lost (points)"
    );
    for sure_ppm in [900_000, 950_000, 990_000] {
        for name in real::SETS {
            let Some(set) = real::load(name) else {
                continue;
            };
            let stop = Stop {
                sure_ppm,
                ..Stop::default()
            };
            let mean = |run: &dyn Fn(u64) -> Replay| {
                let mut mean = Replay::default();
                for seed in 0..seeds {
                    let found = run(seed);
                    mean.answers += found.answers / seeds as f64;
                    mean.accuracy += found.accuracy / seeds as f64;
                }
                mean
            };
            let fixed = mean(&|seed| replay::fixed(&set, 10, seed));
            let spent = mean(&|seed| replay::adaptive(&set, stop, seed));
            println!(
                "{name:14} {sure_ppm:7} {:6.2} {:.4}  {:6.2} {:.4} {:.3} {:+.2}",
                fixed.answers,
                fixed.accuracy,
                spent.answers,
                spent.accuracy,
                1.0 - spent.answers / fixed.answers,
                100.0 * (fixed.accuracy - spent.accuracy)
            );
        }
    }
}
