//! Content-free workers among real ones, and people who split into many wallets.

use crate::real::{self, Seeded};
use quality::pay::{Decision, Judgement};
use quality::{Answer, Answers, Rule, judge};

/// How a farmer answers without looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Always the class that is most frequent among all answers.
    Constant,
    /// Uniform.
    Random,
    /// Drawn from the frequencies of all answers.
    Prior,
    /// All farmers share one secret uniform key per unit.
    Ring,
}

impl Strategy {
    pub const ALL: [Self; 4] = [Self::Constant, Self::Random, Self::Prior, Self::Ring];
}

/// What a group of workers got, in prices of one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub answers: f64,
    pub released: f64,
    /// Pay minus the deposits of blocks that were not released, S = beta / (1 - beta) of the price.
    pub profit: f64,
}

impl Outcome {
    /// Sums over the blocks of the workers that `of` picks.
    pub fn new(judged: &Judgement, rule: &Rule, of: impl Fn(u32) -> bool) -> Self {
        let beta = f64::from(rule.beta_ppm) / 1e6;
        let mut outcome = Self::default();
        for block in judged.blocks.iter().filter(|block| of(block.worker)) {
            let answers = f64::from(block.answers);
            outcome.answers += answers;
            match block.decision {
                Decision::Released { factor_ppm } => {
                    outcome.released += answers;
                    outcome.profit += answers * f64::from(factor_ppm) / 1e6;
                }
                Decision::Held => outcome.profit -= answers * beta / (1.0 - beta),
            }
        }
        outcome
    }

    pub fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.released += other.released;
        self.profit += other.profit;
    }
}

/// Replaces 30 % of the workers with at least 20 answers by farmers, each with so many wallets, and judges.
pub fn infiltrate(
    answers: &Answers,
    gold: &[Option<u32>],
    strategy: Strategy,
    wallets: u32,
    seed: u64,
) -> Outcome {
    let mut seeded = Seeded(seed);
    let classes = answers.classes();
    let mut counts = vec![0_u32; answers.workers() as usize];
    answers
        .rows()
        .iter()
        .for_each(|answer| counts[answer.worker as usize] += 1);
    let mut busy: Vec<_> = (0..answers.workers())
        .filter(|w| counts[*w as usize] >= 20)
        .collect();
    for at in (1..busy.len()).rev() {
        busy.swap(at, seeded.below(at as u32 + 1) as usize);
    }
    busy.truncate(busy.len() * 3 / 10);
    let mut votes = vec![0_u32; classes as usize];
    answers
        .rows()
        .iter()
        .for_each(|answer| votes[answer.label as usize] += 1);
    let most = votes.iter().max().expect("a class");
    let most = votes
        .iter()
        .position(|vote| vote == most)
        .expect("the largest") as u32;
    let ring: Vec<_> = (0..answers.units())
        .map(|_| seeded.below(classes))
        .collect();
    let mut rows = answers.rows().to_vec();
    let mut done = vec![0_u32; counts.len()];
    let mut wallet_of = vec![None; counts.len()];
    for (at, worker) in busy.iter().enumerate() {
        wallet_of[*worker as usize] = Some(answers.workers() + at as u32 * wallets);
    }
    for row in &mut rows {
        let worker = row.worker as usize;
        let Some(first) = wallet_of[worker] else {
            continue;
        };
        let any = answers.rows()[seeded.below(answers.rows().len() as u32) as usize].label;
        row.label = match strategy {
            Strategy::Constant => most,
            Strategy::Random => seeded.below(classes),
            Strategy::Prior => any,
            Strategy::Ring => ring[row.unit as usize],
        };
        let share = counts[worker].div_ceil(wallets);
        row.worker = first + done[worker] / share;
        done[worker] += 1;
    }
    let workers = answers.workers() + busy.len() as u32 * wallets;
    let table = Answers::new(answers.units(), workers, classes, rows).expect("in bounds");
    let rule = Rule::default();
    let judged = judge(&table, gold, &rule, &[]).expect("valid");
    Outcome::new(&judged, &rule, |worker| worker >= answers.workers())
}

/// A made-up campaign: 50 people of accuracy .75 to .95, but the first 10 have `accuracy` and `wallets` each.
/// Returns what those 10 got.
pub fn split(accuracy: f64, wallets: u32, rule: &Rule, seeded: &mut Seeded) -> Outcome {
    const UNITS: u32 = 2_000;
    const PEOPLE: u32 = 50;
    let truth: Vec<_> = (0..UNITS).map(|_| seeded.below(2)).collect();
    let known: Vec<_> = truth.iter().map(|truth| Some(*truth)).collect();
    let gold = real::hide(&known, 2, 10, seeded.next());
    let skill: Vec<_> = (0..PEOPLE).map(|_| 0.75 + 0.2 * seeded.share()).collect();
    let mut slots: Vec<u32> = (0..UNITS).flat_map(|unit| [unit; 5]).collect();
    for at in (1..slots.len()).rev() {
        slots.swap(at, seeded.below(at as u32 + 1) as usize);
    }
    let each = slots.len() as u32 / PEOPLE;
    let mut rows = Vec::new();
    for (at, unit) in slots.into_iter().enumerate() {
        let (person, nth) = (at as u32 / each, at as u32 % each);
        let split = person < 10;
        let accuracy = if split {
            accuracy
        } else {
            skill[person as usize]
        };
        let label = truth[unit as usize] ^ u32::from(seeded.share() >= accuracy);
        let worker = match split {
            true => PEOPLE + person * wallets + nth / each.div_ceil(wallets),
            false => person,
        };
        rows.push(Answer {
            unit,
            worker,
            label,
        });
    }
    let table = Answers::new(UNITS, PEOPLE + 10 * wallets, 2, rows).expect("in bounds");
    let judged = judge(&table, &gold, rule, &[]).expect("valid");
    Outcome::new(&judged, rule, |worker| worker >= PEOPLE)
}
