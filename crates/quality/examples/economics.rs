//! Prints the tables of `docs/spec/pay.md`, "Version 2": real sets, and half a crowd of farmers.

#[path = "../tests/it/economy.rs"]
mod economy;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/real.rs"]
mod real;

use economy::{Conduct, campaigns};
use quality::pay::{Block, Decision, v2};
use quality::{Answer, Answers, Rule, judge};
use real::{Real, Seeded};

/// Arguments: seeds of the made-up campaigns (20; 1000 for the table), choices of hidden gold (5),
/// `beta` of the made-up campaigns in ppm (100000).
fn main() {
    let argument = |nth, default: u64| {
        let given = std::env::args().nth(nth);
        given.map_or(default, |given| given.parse().expect("a whole number"))
    };
    released(argument(2, 5));
    first_pay();
    let rule = Rule {
        beta_ppm: argument(3, 100_000) as u32,
        ..Rule::default()
    };
    crowds(&rule, argument(1, 20));
}

/// Half the crowd as stated.
fn crowds(rule: &Rule, seeds: u64) {
    println!();
    println!(
        "half the crowd as stated, beta {} ppm, {seeds} campaigns a line",
        rule.beta_ppm
    );
    println!(
        "conduct    wallets  profit per answer of price 1 (95 %)  honest share of pay  honest"
    );
    let content_free = Conduct::CONTENT_FREE.into_iter();
    let others = [
        Conduct::Sleeper,
        Conduct::Lazy,
        Conduct::Weak,
        Conduct::Good,
    ];
    for conduct in content_free.chain(others) {
        for wallets in [1, 2, 10, 50] {
            let sums = campaigns(conduct, wallets, rule, seeds);
            let (profit, half) = sums.profit();
            println!(
                "{:10} {wallets:7} {profit:12.4} +- {half:.4} {:20.4} {:20.4}",
                format!("{conduct:?}"),
                sums.honest_paid / f64::max(sums.honest_paid + sums.paid, 1.0),
                sums.honest_paid / sums.honest_answers,
            );
        }
    }
}

/// Real sets: released and paid shares of workers at or above .8, both versions.
fn released(choices: u64) {
    println!("workers >= .8: released and paid, mean over {choices} choices of 10 % hidden gold");
    println!("set              beta   version 1        version 2        proven in each");
    for beta_ppm in [10_000, 50_000, 100_000, 200_000] {
        let rule = Rule {
            beta_ppm,
            ..Rule::default()
        };
        for name in real::SETS {
            let Some(set) = real::load(name) else {
                continue;
            };
            let accuracy = true_accuracy(&set);
            let good = |worker: u32| accuracy[worker as usize].is_some_and(|share| share >= 0.8);
            let mut sums = [0.0; 6];
            for choice in 1..=choices {
                let hidden = real::hide(&set.gold, set.answers.classes(), 10, choice);
                let one = judge(&set.answers, &hidden, &rule, &[]).expect("valid");
                let two = v2::judge(&set.answers, &hidden, &rule, &[], &[]).expect("valid");
                let [a, b] = [&one.blocks, &two.blocks].map(|blocks| paid(blocks, good));
                let proven = [&one.standings, &two.standings]
                    .map(|all| all.iter().filter(|standing| standing.proven).count() as f64);
                let found = [a.0, a.1, b.0, b.1, proven[0], proven[1]];
                sums.iter_mut()
                    .zip(found)
                    .for_each(|(sum, found)| *sum += found / choices as f64);
            }
            println!(
                "{name:14} {beta_ppm:7} {:6.3} {:6.3}   {:6.3} {:6.3}   {:6.1} {:6.1}",
                sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
            );
        }
    }
}

/// Released share of the answers, and paid share of the full price.
fn paid(blocks: &[Block], of: impl Fn(u32) -> bool) -> (f64, f64) {
    let (mut all, mut released, mut paid) = (0.0, 0.0, 0.0);
    for block in blocks.iter().filter(|block| of(block.worker)) {
        let answers = f64::from(block.answers);
        all += answers;
        if let Decision::Released { factor_ppm } = block.decision {
            released += answers;
            paid += answers * f64::from(factor_ppm) / 1e6;
        }
    }
    (released / f64::max(all, 1.0), paid / f64::max(all, 1.0))
}

fn true_accuracy(set: &Real) -> Vec<Option<f64>> {
    let mut counts = vec![(0.0, 0.0); set.answers.workers() as usize];
    for answer in set.answers.rows() {
        if let Some(truth) = set.gold[answer.unit as usize] {
            let (right, all) = &mut counts[answer.worker as usize];
            *all += 1.0;
            *right += f64::from(u8::from(truth == answer.label));
        }
    }
    let share = |(right, all): (f64, f64)| (all > 0.0).then(|| right / all);
    counts.into_iter().map(share).collect()
}

/// How many gold answers a stranger gives before the first block is paid, with nobody else there.
fn first_pay() {
    println!();
    println!("gold answers of a stranger until the first pay, median of 400 lives; 2 classes");
    for beta_ppm in [10_000, 100_000, 200_000] {
        for accuracy in [0.75, 0.85, 0.95] {
            let mut lives: Vec<u32> = (0..400)
                .map(|seed| life(beta_ppm, accuracy, seed))
                .collect();
            lives.sort_unstable();
            println!("beta {beta_ppm:7} accuracy {accuracy}: {}", lives[200]);
        }
    }
}

/// Gold answers until the first release in blocks of one answer; 200 if never.
fn life(beta_ppm: u32, accuracy: f64, seed: u64) -> u32 {
    let mut seeded = Seeded(seed);
    let mut classes: Vec<u32> = (0..200).map(|unit| unit % 2).collect();
    seeded.shuffle(&mut classes);
    let gold: Vec<_> = classes.iter().map(|class| Some(*class)).collect();
    let label = |unit: u32, seeded: &mut Seeded| {
        classes[unit as usize] ^ u32::from(seeded.share() >= accuracy)
    };
    let rows: Vec<Answer> = (0..200)
        .map(|unit| Answer {
            unit,
            worker: 0,
            label: label(unit, &mut seeded),
        })
        .collect();
    let rule = Rule {
        beta_ppm,
        ..Rule::default()
    };
    let paid_after = |count: usize| {
        let answers = Answers::new(200, 1, 2, rows[..count].to_vec()).expect("in bounds");
        let judged = v2::judge(&answers, &gold, &rule, &[], &[]).expect("valid");
        judged.blocks[0].decision != Decision::Held
    };
    (1..=200)
        .find(|count| paid_after(*count))
        .map_or(200, |count| count as u32)
}
