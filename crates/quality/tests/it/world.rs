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

    /// What a farmer says to a unit.
    pub fn labels<'a>(
        self,
        answers: &'a Answers,
        seeded: &mut Seeded,
    ) -> impl Fn(u32, &mut Seeded) -> u32 + use<'a> {
        let (classes, rows) = (answers.classes(), answers.rows());
        let votes = tally(classes, rows.iter().map(|answer| answer.label));
        let most = (0..classes)
            .max_by_key(|label| votes[*label as usize])
            .expect("a class");
        let ring: Vec<_> = (0..answers.units())
            .map(|_| seeded.below(classes))
            .collect();
        move |unit, seeded| match self {
            Self::Constant => most,
            Self::Random => seeded.below(classes),
            Self::Prior => rows[seeded.below(rows.len() as u32) as usize].label,
            Self::Ring => ring[unit as usize],
        }
    }
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

/// Replaces 30 % of the workers with at least 20 answers by farmers, each with so many wallets, and
/// judges.
///
/// With `dealt` the farmers' units are dealt out anew among them in random order, as a campaign
/// does; else each takes over the units of the worker replaced, in the file's order.
pub fn infiltrate(
    answers: &Answers,
    gold: &[Option<u32>],
    (strategy, wallets, dealt): (Strategy, u32, bool),
    seed: u64,
) -> Outcome {
    let mut seeded = Seeded(seed);
    let counts = tally(
        answers.workers(),
        answers.rows().iter().map(|answer| answer.worker),
    );
    let mut busy: Vec<_> = (0..answers.workers())
        .filter(|w| counts[*w as usize] >= 20)
        .collect();
    seeded.shuffle(&mut busy);
    busy.truncate(busy.len() * 3 / 10);
    let mut wallet_of = vec![None; counts.len()];
    for (at, worker) in busy.iter().enumerate() {
        wallet_of[*worker as usize] = Some(answers.workers() + at as u32 * wallets);
    }
    let mut rows = answers.rows().to_vec();
    if dealt {
        let farmed = |row: &&Answer| wallet_of[row.worker as usize].is_some();
        let mut units: Vec<_> = rows.iter().filter(farmed).map(|row| row.unit).collect();
        seeded.shuffle(&mut units);
        let farmed = rows
            .iter_mut()
            .filter(|row| wallet_of[row.worker as usize].is_some());
        farmed.zip(units).for_each(|(row, unit)| row.unit = unit);
    }
    let label = strategy.labels(answers, &mut seeded);
    let mut done = vec![0_u32; counts.len()];
    for row in &mut rows {
        let worker = row.worker as usize;
        let Some(first) = wallet_of[worker] else {
            continue;
        };
        row.label = label(row.unit, &mut seeded);
        row.worker = first + done[worker] / counts[worker].div_ceil(wallets);
        done[worker] += 1;
    }
    let workers = answers.workers() + busy.len() as u32 * wallets;
    let table = Answers::new(answers.units(), workers, answers.classes(), rows);
    let rule = Rule::default();
    let judged = judge(&table.expect("in bounds"), gold, &rule, &[]).expect("valid");
    Outcome::new(&judged, &rule, |worker| worker >= answers.workers())
}

/// How often each of `0..keys` occurs.
fn tally(keys: u32, of_row: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut counts = vec![0; keys as usize];
    of_row.for_each(|key| counts[key as usize] += 1);
    counts
}

/// A made-up campaign: 50 people of accuracy .75 to .95, but the first 10 have `accuracy` and
/// `wallets` each. Returns what those 10 got.
pub fn split(accuracy: f64, wallets: u32, rule: &Rule, seeded: &mut Seeded) -> Outcome {
    const UNITS: u32 = 2_000;
    const PEOPLE: u32 = 50;
    let truth: Vec<_> = (0..UNITS).map(|_| seeded.below(2)).collect();
    let known: Vec<_> = truth.iter().map(|truth| Some(*truth)).collect();
    let gold = real::hide(&known, 2, 10, seeded.next());
    let skill: Vec<_> = (0..PEOPLE).map(|_| 0.75 + 0.2 * seeded.share()).collect();
    let mut slots: Vec<u32> = (0..UNITS).flat_map(|unit| [unit; 5]).collect();
    seeded.shuffle(&mut slots);
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
