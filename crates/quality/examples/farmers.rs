//! Prints the farmers' tables of `docs/spec/pay.md`: content-free workers put among real ones, and wallets that are split.

#[path = "../tests/it/real.rs"]
mod real;
#[path = "../tests/it/world.rs"]
mod world;

use quality::Rule;
use real::Seeded;
use world::{Outcome, Strategy};

fn main() {
    let seeds = std::env::args()
        .nth(1)
        .map_or(20, |arg| arg.parse().expect("a number of seeds"));
    println!("30 % of the workers with at least 20 answers are farmers; {seeds} seeds a line");
    println!("set            strategy   wallets   answers  released  profit per block of price 1");
    for name in real::SETS {
        let Some(set) = real::load(name) else {
            continue;
        };
        let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
        for strategy in Strategy::ALL {
            for wallets in [1, 2, 10, 50] {
                let mut sum = Outcome::default();
                for seed in 0..seeds {
                    sum.add(&world::infiltrate(
                        &set.answers,
                        &hidden,
                        strategy,
                        wallets,
                        seed,
                    ));
                }
                print_line(name, &format!("{strategy:?}"), wallets, &sum);
            }
        }
    }
    println!();
    println!(
        "made-up campaign: 2,000 units, 2 classes, 5 answers each, 50 people; 10 of them as stated"
    );
    println!("               accuracy   wallets   answers  released  profit per block of price 1");
    for accuracy in [0.5, 0.65, 0.75, 0.85, 0.95] {
        for wallets in [1, 2, 10, 50] {
            let mut sum = Outcome::default();
            for seed in 0..seeds {
                sum.add(&world::split(
                    accuracy,
                    wallets,
                    &Rule::default(),
                    &mut Seeded(seed),
                ));
            }
            print_line("", &format!("{accuracy}"), wallets, &sum);
        }
    }
}

fn print_line(name: &str, strategy: &str, wallets: u32, sum: &Outcome) {
    let (released, profit) = (sum.released / sum.answers, sum.profit / sum.answers);
    println!(
        "{name:14} {strategy:9} {wallets:8} {:9} {released:9.4} {profit:9.4}",
        sum.answers
    );
}
