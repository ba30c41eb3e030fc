//! MACE: a worker either knows the label or draws from a strategy of their own.
//!
//! Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, "Learning Whom to Trust with MACE", by
//! variational Bayes. Products over answers are sums of logarithms here, and restarts differ;
//! crowd-kit 1.4.2 multiplies probabilities and repeats one start (`docs/guide/peers.md`).

mod lanes;
mod run;
mod special;

use crate::consensus::Consensus;
use crate::parallel::Threads;
use crate::random::Random;
use crate::table::{Answers, Error};
use run::{Found, find};

/// Rounds of each restart.
const ROUNDS: u32 = 50;
/// Restarts that are run side by side.
const BESIDE: u32 = 4;
/// A start draws weights from 1 to 2.5, as crowd-kit does, and makes shares of them.
const SPREAD: f64 = 1.5;

/// Labels, and what was learnt about workers.
#[derive(Clone, Debug, PartialEq)]
pub struct Mace {
    /// Labels with probabilities.
    pub consensus: Consensus,
    /// The workers of the best restart.
    pub model: Model,
    /// Evidence lower bound of each restart in order; the first of the largest was taken.
    pub bounds: Vec<f64>,
}

/// What MACE says about workers: where it starts from and what it ends with.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Per worker the weights of drawing from the strategy and of knowing the label. They sum to
    /// less than 1 after a variational step.
    pub knows: Vec<[f64; 2]>,
    /// Per worker K weights: which labels the strategy draws.
    pub strategies: Vec<f64>,
}

impl Model {
    /// A random start.
    fn drawn(workers: usize, width: usize, random: &mut Random) -> Self {
        let mut shares = |count: usize| {
            let mut row: Vec<f64> = (0..count).map(|_| 1.0 + SPREAD * random.unit()).collect();
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|share| *share /= total);
            row
        };
        let knows = (0..workers).map(|_| shares(2)).map(|row| [row[0], row[1]]);
        let knows = knows.collect();
        let strategies = (0..workers).flat_map(|_| shares(width)).collect();
        Self { knows, strategies }
    }
}

/// The best of `restarts` (0 counts as 1) that all begin at random places which follow from `seed`;
/// threads share the restarts by fours, and the result has the same bits for any number of them.
pub fn mace(answers: &Answers, restarts: u32, seed: u64, threads: Threads) -> Mace {
    let (workers, width) = (answers.workers() as usize, answers.classes() as usize);
    let restarts = restarts.max(1);
    let runs = threads.map(restarts.div_ceil(BESIDE) as usize, |group| {
        let first = group as u32 * BESIDE;
        let start = |at| Model::drawn(workers, width, &mut Random::new(seed, u64::from(at)));
        let starts = (first..restarts.min(first.saturating_add(BESIDE))).map(start);
        find(answers, starts.collect())
    });
    best(answers, runs.into_iter().flatten().collect())
}

/// One run from a given start.
///
/// # Errors
/// [`Error::Length`] when the model does not fit the table, [`Error::Weight`] for a worker with a
/// weight that is not above 0 or not finite.
pub fn mace_from(answers: &Answers, model: Model) -> Result<Mace, Error> {
    let (workers, width) = (answers.workers() as usize, answers.classes() as usize);
    for (list, found, needed) in [
        ("knows", model.knows.len(), workers),
        ("strategies", model.strategies.len(), workers * width),
    ] {
        if found != needed {
            return Err(Error::Length {
                list,
                found,
                needed,
            });
        }
    }
    let wrong = |weight: &f64| !(1e-300..=1e290).contains(weight);
    let rows = model.strategies.chunks(width.max(1));
    let mut rows = rows.zip(&model.knows);
    if let Some(worker) = rows.position(|(row, knows)| row.iter().chain(knows).any(wrong)) {
        let worker = worker as u32;
        return Err(Error::Weight { worker });
    }
    Ok(best(answers, find(answers, vec![model])))
}

/// The first of the runs with the largest bound, and how all of them did.
fn best(answers: &Answers, runs: Vec<Found>) -> Mace {
    let bounds: Vec<f64> = runs.iter().map(|run| run.bound).collect();
    let best = runs
        .into_iter()
        .reduce(|best, run| if run.bound > best.bound { run } else { best });
    let best = best.expect("at least one restart");
    let iterations = if answers.rows().is_empty() { 0 } else { ROUNDS };
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    Mace {
        consensus: Consensus::new(answers.classes(), best.rows, decided, iterations),
        model: best.model,
        bounds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Answer;

    #[test]
    fn restarts_side_by_side_find_what_each_finds_alone() {
        for classes in [1, 2, 5] {
            let mut random = Random::new(6, 0);
            let mut below = |count| random.below(count);
            let rows = (0..900).map(|_| Answer {
                unit: below(130),
                worker: below(20),
                label: below(classes),
            });
            let answers = Answers::new(150, 21, classes, rows.collect()).expect("in bounds");
            let start = |at| Model::drawn(21, classes as usize, &mut Random::new(8, at));
            let alone = (0..7).flat_map(|at| find(&answers, vec![start(at)]));
            let alone: Vec<Found> = alone.collect();
            for restarts in 1..=7 {
                for threads in [1, 2, 8] {
                    let found = mace(&answers, restarts, 8, Threads::new(threads));
                    let first = &alone[..restarts as usize];
                    assert!(first.iter().map(|run| run.bound).eq(found.bounds));
                    let best = first
                        .iter()
                        .reduce(|best, run| if run.bound > best.bound { run } else { best });
                    let best = best.expect("at least one restart");
                    assert_eq!(found.model, best.model);
                    assert_eq!(found.consensus.posteriors, best.rows);
                }
            }
        }
    }
}
