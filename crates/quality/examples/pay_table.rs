//! Prints the tables of `docs/spec/pay.md`: what real workers, farmers and split wallets are paid.

#[path = "../tests/it/real.rs"]
mod real;
#[path = "../tests/it/world.rs"]
mod world;

use quality::pay::{Decision, Judgement};
use quality::{Rule, Variant, dawid_skene, judge};
use real::{Real, Seeded};
use world::{Outcome, Strategy};

/// Arguments: percentage of the gold that is hidden, `beta_ppm`, block length, seeds per line of
/// the farmers' tables (0: none of them). Defaults 10 10000 20 0.
fn main() {
    let argument = |nth, default: u32| {
        std::env::args()
            .nth(nth)
            .map_or(default, |arg| arg.parse().expect("a whole number"))
    };
    let rule = Rule {
        beta_ppm: argument(2, 10_000),
        block_length: argument(3, 20),
        ..Rule::default()
    };
    println!("set            of workers >= .8       at chance        all");
    println!(
        "               answers released  paid  answers  paid   paid proven \
         accuracy: all accepted  units without   ms Dawid-Skene ms"
    );
    for name in real::SETS {
        if let Some(set) = real::load(name) {
            honest(name, &set, argument(1, 10), &rule);
        }
    }
    match argument(4, 0) {
        0 => {}
        seeds => farmers(seeds.into()),
    }
}

fn farmers(seeds: u64) {
    println!("30 % of the workers with at least 20 answers are farmers; {seeds} seeds a line");
    for dealt in [true, false] {
        println!();
        println!(
            "units {}",
            if dealt {
                "dealt out at random"
            } else {
                "in the file's order"
            }
        );
        println!(
            "set            strategy   wallets   answers  released  profit per block of price 1"
        );
        for name in real::SETS {
            let Some(set) = real::load(name) else {
                continue;
            };
            let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
            for strategy in Strategy::ALL {
                for wallets in [1, 2, 10, 50] {
                    let mut sum = Outcome::default();
                    for seed in 0..seeds {
                        let farmers = (strategy, wallets, dealt);
                        sum.add(&world::infiltrate(&set.answers, &hidden, farmers, seed));
                    }
                    print_line(name, &format!("{strategy:?}"), wallets, &sum);
                }
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

fn honest(name: &str, set: &Real, percent: u32, rule: &Rule) {
    let classes = set.answers.classes();
    let hidden = real::hide(&set.gold, classes, percent as usize, 1);
    let mut judged = judge(&set.answers, &hidden, rule, &[]).expect("valid");
    let mut took = f64::INFINITY;
    for _ in 0..5 {
        let clock = std::time::Instant::now();
        judged = judge(&set.answers, &hidden, rule, &[]).expect("valid");
        took = took.min(clock.elapsed().as_secs_f64() * 1e3);
    }
    let none = vec![None; hidden.len()];
    let mut crowdkit = f64::INFINITY;
    for _ in 0..5 {
        let clock = std::time::Instant::now();
        let run = dawid_skene(&set.answers, &none, Variant::Crowdkit).expect("valid");
        assert!(run.consensus.iterations > 0, "it ran");
        crowdkit = crowdkit.min(clock.elapsed().as_secs_f64() * 1e3);
    }
    let truth = true_accuracy(set);
    let good = paid(&judged, |w| truth[w as usize].is_some_and(|a| a >= 0.8));
    let chance = 1.0 / f64::from(classes);
    let bad = paid(&judged, |w| {
        truth[w as usize].is_some_and(|a| a <= chance + 0.1)
    });
    let all = paid(&judged, |_| true);
    let proven = judged.standings.iter().filter(|s| s.proven).count();
    let kept = set.answers.retain(&judged.accepted).expect("same length");
    let before = dawid_skene(&set.answers, &hidden, Variant::Map)
        .expect("valid")
        .consensus;
    let after = dawid_skene(&kept, &hidden, Variant::Map)
        .expect("valid")
        .consensus;
    let empty = (0..kept.units())
        .filter(|unit| kept.of_unit(*unit).is_empty())
        .count();
    let share = |(right, all): (u32, u32)| f64::from(right) / f64::from(all.max(1));
    println!(
        "{name:14} {:7} {:8.3} {:5.3} {:8} {:5.3}  {:5.3} {proven:6} \
         {:13.4} {:8.4} {empty:8}/{:5} {:5.1} {:5.1}",
        good.answers,
        good.released(),
        good.pay(),
        bad.answers,
        bad.pay(),
        all.pay(),
        share(real::accuracy(&before, &set.gold, &hidden)),
        share(real::accuracy(&after, &set.gold, &hidden)),
        kept.units(),
        took,
        crowdkit,
    );
}

#[derive(Default)]
struct Paid {
    answers: f64,
    released: f64,
    pay: f64,
}

impl Paid {
    fn released(&self) -> f64 {
        self.released / self.answers.max(1.0)
    }
    fn pay(&self) -> f64 {
        self.pay / self.answers.max(1.0)
    }
}

/// Answers, released answers and pay in prices of one answer, of the workers that `of` picks.
fn paid(judged: &Judgement, of: impl Fn(u32) -> bool) -> Paid {
    let mut paid = Paid::default();
    for block in judged.blocks.iter().filter(|block| of(block.worker)) {
        let answers = f64::from(block.answers);
        paid.answers += answers;
        if let Decision::Released { factor_ppm } = block.decision {
            paid.released += answers;
            paid.pay += answers * f64::from(factor_ppm) / 1e6;
        }
    }
    paid
}

/// Share of right answers on all gold, of workers with any.
fn true_accuracy(set: &Real) -> Vec<Option<f64>> {
    let mut counts = vec![(0.0, 0.0); set.answers.workers() as usize];
    for answer in set.answers.rows() {
        if let Some(truth) = set.gold[answer.unit as usize] {
            let (right, all) = &mut counts[answer.worker as usize];
            *all += 1.0;
            *right += f64::from(u8::from(truth == answer.label));
        }
    }
    counts
        .into_iter()
        .map(|(right, all)| (all > 0.0).then(|| right / all))
        .collect()
}
