//! MACE: a worker either knows the label or draws from a strategy of their own.
//!
//! Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, "Learning Whom to Trust with MACE", by
//! variational Bayes. Products over answers are sums of logarithms here, and restarts differ;
//! crowd-kit 1.4.2 multiplies probabilities and repeats one start (`docs/guide/peers.md`).

mod special;

use crate::consensus::Consensus;
use crate::elementary;
use crate::parallel::Threads;
use crate::random::Random;
use crate::table::{Answers, Error};
use special::{digamma, dirichlet_divergence};

/// Rounds of each restart.
const ROUNDS: u32 = 50;
/// Pseudo-counts: of drawing and of knowing, and of each answer that is drawn.
const KNOWS_PRIOR: f64 = 0.5;
const STRATEGY_PRIOR: f64 = 10.0;
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
/// threads share the restarts, and the result has the same bits for any number of them.
pub fn mace(answers: &Answers, restarts: u32, seed: u64, threads: Threads) -> Mace {
    let (workers, width) = (answers.workers() as usize, answers.classes() as usize);
    let runs = threads.map(restarts.max(1) as usize, |at| {
        let model = Model::drawn(workers, width, &mut Random::new(seed, at as u64));
        Run::new(answers, model).finish()
    });
    best(answers, runs)
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
    Ok(best(answers, vec![Run::new(answers, model).finish()]))
}

/// The first of the runs with the largest bound, and how all of them did.
fn best(answers: &Answers, runs: Vec<Run<'_>>) -> Mace {
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

struct Run<'a> {
    answers: &'a Answers,
    width: usize,
    model: Model,
    /// Units with answers.
    units: Vec<u32>,
    rows: Vec<f64>,
    /// Per (worker, label) pair: expected number of drawn answers, and of known ones.
    counts: Vec<[f64; 2]>,
    /// Sum over units of ln of their answers' weight under the model.
    log_weight: f64,
    /// Evidence lower bound at the end.
    bound: f64,
}

/// Units whose exponentials and logarithms are computed together.
const BLOCK: usize = 64;

/// What one (worker, label) pair means for the posterior.
#[derive(Clone, Copy)]
struct Odds {
    label: u32,
    /// ln P(answer | another truth), and ln of P(answer | the same truth) over it.
    log: [f64; 2],
    /// P(drawn | the answer is right), and P(known | the answer is right).
    drawn: [f64; 2],
}

impl<'a> Run<'a> {
    fn new(answers: &'a Answers, model: Model) -> Self {
        let width = answers.classes() as usize;
        let answered = |unit: &u32| !answers.of_unit(*unit).is_empty();
        Self {
            answers,
            width,
            model,
            units: (0..answers.units()).filter(answered).collect(),
            rows: vec![0.0; answers.units() as usize * width],
            counts: vec![[0.0; 2]; answers.pairs().len()],
            log_weight: 0.0,
            bound: 0.0,
        }
    }

    fn finish(mut self) -> Self {
        if self.answers.rows().is_empty() {
            return self;
        }
        self.expect();
        let mut divergence = 0.0;
        for round in 1..=ROUNDS {
            if round == ROUNDS {
                divergence = self.divergence();
            }
            self.maximise();
            self.expect();
        }
        self.bound = self.log_weight - divergence;
        self
    }

    /// How far the Dirichlet posteriors of the counts are from their priors, in nats, all workers
    /// together: what the bound subtracts from the weight of the answers.
    fn divergence(&self) -> f64 {
        let pairs = self.answers.pairs();
        let mut knows = vec![[0.0; 2]; self.model.knows.len()];
        let mut total = 0.0;
        // Pairs of one worker stand together.
        for own in pairs.chunk_by(|a, b| a.0 == b.0) {
            let first = pairs.partition_point(|pair| *pair < own[0]);
            let counts = &self.counts[first..first + own.len()];
            let mut strategy: Vec<f64> = counts.iter().map(|[drawn, _]| *drawn).collect();
            let known = counts.iter().map(|[_, known]| known).sum();
            knows[own[0].0 as usize] = [strategy.iter().sum(), known];
            strategy.resize(self.width, 0.0);
            total += dirichlet_divergence(&strategy, STRATEGY_PRIOR);
        }
        let knows = knows.iter();
        total
            + knows
                .map(|counts| dirichlet_divergence(counts, KNOWS_PRIOR))
                .sum::<f64>()
    }

    fn expect(&mut self) {
        match self.width {
            2 => self.expect_cells(2),
            3 => self.expect_cells(3),
            4 => self.expect_cells(4),
            width => self.expect_cells(width),
        }
    }

    #[inline(always)]
    fn expect_cells(&mut self, width: usize) {
        let odds = self.odds();
        self.counts.fill([0.0; 2]);
        let log_width = libm::log(width as f64);
        let [mut shifts, mut weights] = [vec![0.0; BLOCK * width], vec![0.0; BLOCK * width]];
        let [mut bases, mut totals, mut log_totals] = [[0.0; BLOCK]; 3];
        let mut sum = 0.0;
        for units in self.units.chunks(BLOCK) {
            let (count, cells) = (units.len(), units.len() * width);
            let rows = shifts.chunks_exact_mut(width).zip(&mut bases);
            for (unit, (row, base)) in units.iter().zip(rows) {
                let own = self.answers.pairs_of_unit(*unit);
                *base = shifted_logs(own, &odds, -log_width, row);
            }
            elementary::exp(&shifts[..cells], &mut weights[..cells]);
            for (total, row) in totals.iter_mut().zip(weights[..cells].chunks_exact(width)) {
                *total = row.iter().fold(0.0, |sum, weight| sum + weight);
            }
            elementary::log(&totals[..count], &mut log_totals[..count]);
            let rows = weights.chunks_exact(width).zip(&totals);
            for (unit, (weights, total)) in units.iter().zip(rows) {
                let row = &mut self.rows[*unit as usize * width..][..width];
                let scale = 1.0 / total;
                let cells = row.iter_mut().zip(weights);
                cells.for_each(|(value, weight)| *value = weight * scale);
                for pair in self.answers.pairs_of_unit(*unit) {
                    let odds = &odds[*pair as usize];
                    let right = row[odds.label as usize];
                    let counts = &mut self.counts[*pair as usize];
                    // An answer to another class than the truth is always drawn.
                    counts[0] += (1.0 - right) + right * odds.drawn[0];
                    counts[1] += right * odds.drawn[1];
                }
            }
            let logs = bases.iter().zip(&log_totals).take(count);
            logs.for_each(|(base, log_total)| sum += base + log_total);
        }
        self.log_weight = sum;
    }

    /// Per (worker, label) pair.
    fn odds(&self) -> Vec<Odds> {
        let pairs = self.answers.pairs();
        let chances = pairs.iter().flat_map(|(worker, label)| {
            let [draws, knows] = self.model.knows[*worker as usize];
            let cell = *worker as usize * self.width + *label as usize;
            let drawn = draws * self.model.strategies[cell];
            [drawn, drawn + knows]
        });
        let chances: Vec<f64> = chances.collect();
        let mut logs = vec![0.0; chances.len()];
        elementary::log(&chances, &mut logs);
        let odds = |((worker, label), at): (&(u32, u32), usize)| {
            let [drawn, right] = [chances[at], chances[at + 1]];
            let [_, knows] = self.model.knows[*worker as usize];
            Odds {
                label: *label,
                log: [logs[at], logs[at + 1] - logs[at]],
                drawn: [drawn / right, knows / right],
            }
        };
        pairs.iter().zip((0..).step_by(2)).map(odds).collect()
    }

    /// Expected weights under Dirichlet posteriors (variational step): exp(digamma(count + prior)
    /// - digamma(sum)).
    fn maximise(&mut self) {
        let share = |count: f64, total: f64| libm::exp(digamma(count) - digamma(total));
        let width = self.width;
        let mut knows = vec![[KNOWS_PRIOR; 2]; self.model.knows.len()];
        let unseen = STRATEGY_PRIOR;
        self.model.strategies.fill(unseen);
        for ((worker, label), [drawn, known]) in self.answers.pairs().iter().zip(&self.counts) {
            knows[*worker as usize][0] += drawn;
            knows[*worker as usize][1] += known;
            self.model.strategies[*worker as usize * width + *label as usize] += drawn;
        }
        for (own, [drawn, known]) in self.model.knows.iter_mut().zip(knows) {
            let total = drawn + known;
            *own = [share(drawn, total), share(known, total)];
        }
        for row in self.model.strategies.chunks_exact_mut(width) {
            let total: f64 = row.iter().sum();
            let log_total = digamma(total);
            // Most labels of most workers were never drawn: one exponential serves them all.
            let never = libm::exp(digamma(unseen) - log_total);
            for cell in row {
                *cell = if *cell == unseen {
                    never
                } else {
                    libm::exp(digamma(*cell) - log_total)
                };
            }
        }
    }
}

/// The log-posterior of one unit with the answers `own`, less its largest entry, into `row`;
/// returns that entry and `base` with all that the classes have in common.
#[inline(always)]
fn shifted_logs(own: &[u32], odds: &[Odds], mut base: f64, row: &mut [f64]) -> f64 {
    row.fill(0.0);
    for pair in own {
        let odds = &odds[*pair as usize];
        let [other, same] = odds.log;
        base += other;
        row[odds.label as usize] += same;
    }
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.iter_mut().for_each(|value| *value -= top);
    base + top
}
