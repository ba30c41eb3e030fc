//! A made-up campaign with half of its workers as stated, judged by version 2 of the pay rule.

use crate::real::{self, Seeded};
use quality::pay::{Block, Decision, v2};
use quality::{Answer, Answers, Rule};

/// What the stated half of the workers does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Always class 0, the frequent one.
    Constant,
    /// Uniform.
    Random,
    /// Drawn from the class frequencies.
    Prior,
    /// All share one secret key, uniform.
    Ring,
    /// Works with accuracy .9 for a third of the answers, then tosses coins.
    Sleeper,
    /// Works with accuracy .9 on every second unit, and tosses coins for the others.
    Lazy,
    /// Works with accuracy .65.
    Weak,
    /// Works with accuracy .85.
    Good,
}

impl Conduct {
    /// Those who never look at a unit.
    pub const CONTENT_FREE: [Self; 4] = [Self::Constant, Self::Random, Self::Prior, Self::Ring];
}

/// Sums over campaigns, in prices of one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Answers, and pay less forfeited deposits, of the stated half.
    pub answers: f64,
    pub profit: f64,
    /// Squares of the profit per answer, for the standard error; and how many campaigns.
    pub squares: f64,
    pub campaigns: f64,
    /// What the stated half and the honest half (accuracy .75 to .95) are paid; answers of these.
    pub paid: f64,
    pub honest_paid: f64,
    pub honest_answers: f64,
}

impl Sums {
    /// Profit per answer, and the half-width of its 95 % interval.
    pub fn profit(&self) -> (f64, f64) {
        let mean = self.profit / self.answers;
        let variance = (self.squares / self.campaigns - mean * mean).max(0.0);
        (mean, 1.96 * (variance / self.campaigns).sqrt())
    }
}

const UNITS: u32 = 1_000;
const PEOPLE: u32 = 20;

/// 1,000 units of classes 70 / 30, five answers each dealt at random over 20 people, 10 % gold; the
/// first 10 people behave as stated, with so many `wallets` each.
pub fn campaign(conduct: Conduct, wallets: u32, rule: &Rule, seed: u64) -> Sums {
    let mut seeded = Seeded(seed);
    let truth: Vec<u32> = (0..UNITS)
        .map(|_| u32::from(seeded.share() < 0.3))
        .collect();
    let known: Vec<_> = truth.iter().map(|truth| Some(*truth)).collect();
    let gold = real::hide(&known, 2, 10, seeded.next());
    let skill: Vec<f64> = (0..PEOPLE).map(|_| 0.75 + 0.2 * seeded.share()).collect();
    let key: Vec<u32> = (0..UNITS).map(|_| seeded.below(2)).collect();
    let mut slots: Vec<u32> = (0..UNITS).flat_map(|unit| [unit; 5]).collect();
    seeded.shuffle(&mut slots);
    let each = slots.len() as u32 / PEOPLE;
    let rows = slots.into_iter().zip(0_u32..).map(|(unit, at)| {
        let (person, nth) = (at / each, at % each);
        let truth = truth[unit as usize];
        let works =
            |accuracy: f64, seeded: &mut Seeded| truth ^ u32::from(seeded.share() >= accuracy);
        if person >= PEOPLE / 2 {
            let label = works(skill[person as usize], &mut seeded);
            return Answer {
                unit,
                worker: person,
                label,
            };
        }
        let label = match conduct {
            Conduct::Constant => 0,
            Conduct::Random => seeded.below(2),
            Conduct::Prior => u32::from(seeded.share() < 0.3),
            Conduct::Ring => key[unit as usize],
            Conduct::Sleeper if nth * 3 < each => works(0.9, &mut seeded),
            Conduct::Lazy if nth % 2 == 0 => works(0.9, &mut seeded),
            Conduct::Sleeper | Conduct::Lazy => seeded.below(2),
            Conduct::Weak => works(0.65, &mut seeded),
            Conduct::Good => works(0.85, &mut seeded),
        };
        let worker = PEOPLE + person * wallets + nth / each.div_ceil(wallets);
        Answer {
            unit,
            worker,
            label,
        }
    });
    let workers = PEOPLE + PEOPLE / 2 * wallets;
    let answers = Answers::new(UNITS, workers, 2, rows.collect()).expect("in bounds");
    let judged = v2::judge(&answers, &gold, rule, &[], &[]).expect("valid");
    settled(&judged.blocks, rule)
}

/// Pay and deposits of both halves.
fn settled(blocks: &[Block], rule: &Rule) -> Sums {
    let beta = f64::from(rule.beta_ppm) / 1e6;
    let mut sums = Sums {
        campaigns: 1.0,
        ..Sums::default()
    };
    for block in blocks {
        let answers = f64::from(block.answers);
        let pay = match block.decision {
            Decision::Released { factor_ppm } => answers * f64::from(factor_ppm) / 1e6,
            Decision::Held => 0.0,
        };
        let lost = match block.decision {
            Decision::Released { .. } => 0.0,
            Decision::Held => answers * beta / (1.0 - beta),
        };
        if block.worker < PEOPLE {
            sums.honest_answers += answers;
            sums.honest_paid += pay;
        } else {
            sums.answers += answers;
            sums.paid += pay;
            sums.profit += pay - lost;
        }
    }
    sums.squares = (sums.profit / sums.answers).powi(2);
    sums
}

/// Sums over the seeds `0..seeds`.
pub fn campaigns(conduct: Conduct, wallets: u32, rule: &Rule, seeds: u64) -> Sums {
    let mut all = Sums::default();
    for seed in 0..seeds {
        let one = campaign(conduct, wallets, rule, seed);
        all.answers += one.answers;
        all.profit += one.profit;
        all.squares += one.squares;
        all.campaigns += one.campaigns;
        all.paid += one.paid;
        all.honest_paid += one.honest_paid;
        all.honest_answers += one.honest_answers;
    }
    all
}
