//! Restarts side by side: they read the same answers, so that their numbers share registers.

use core::array::from_fn;

use super::lanes::{lanes, minus, over, plus, times};
use super::special::{digamma, digammas, dirichlet_divergence};
use super::{Model, ROUNDS};
use crate::elementary;
use crate::table::Answers;
use crate::wide::wide;

/// Pseudo-counts: of drawing and of knowing, and of each answer that is drawn.
const KNOWS_PRIOR: f64 = 0.5;
const STRATEGY_PRIOR: f64 = 10.0;

/// What one run ends with.
pub(super) struct Found {
    pub(super) model: Model,
    /// Posteriors, K to a unit; zeros for units without answers.
    pub(super) rows: Vec<f64>,
    /// Evidence lower bound.
    pub(super) bound: f64,
}

/// One run from each of up to four starts, in their order.
pub(super) fn find(answers: &Answers, starts: Vec<Model>) -> Vec<Found> {
    if answers.rows().is_empty() {
        let cells = answers.units() as usize * answers.classes() as usize;
        let found = |model| Found {
            model,
            rows: vec![0.0; cells],
            bound: 0.0,
        };
        return starts.into_iter().map(found).collect();
    }
    let mut found = match starts.len() {
        0 => Vec::new(),
        1 => Run::<1>::new(answers, &starts).finish(),
        2 => Run::<2>::new(answers, &starts).finish(),
        _ => Run::<4>::new(answers, &starts).finish(),
    };
    found.truncate(starts.len());
    found
}

/// The state of L runs between two rounds.
struct Run<'a, const L: usize> {
    answers: &'a Answers,
    width: usize,
    /// Units with answers.
    units: Vec<u32>,
    /// Per worker: the weights of drawing and of knowing.
    knows: Vec<[[f64; L]; 2]>,
    /// Per (worker, label) pair: the weight of the label in the worker's strategy.
    strategies: Vec<[f64; L]>,
    /// Per worker: digamma of the sum of the pseudo-counts of the strategy.
    log_totals: Vec<[f64; L]>,
    /// Per pair: expected number of drawn answers, and of known ones.
    counts: Vec<[[f64; L]; 2]>,
}

/// Units whose exponentials are computed together.
const BLOCK: usize = 64;

/// What one (worker, label) pair means for the posterior.
struct Odds<const L: usize> {
    label: u32,
    /// ln of P(answer | the same truth) over P(answer | another truth).
    same: [f64; L],
    /// P(drawn | the answer is right), and P(known | the answer is right).
    drawn: [[f64; L]; 2],
}

impl<'a, const L: usize> Run<'a, L> {
    /// Lanes beyond the starts take the last of them, of which there is at least one.
    fn new(answers: &'a Answers, starts: &[Model]) -> Self {
        let width = answers.classes() as usize;
        let answered = |unit: &u32| !answers.of_unit(*unit).is_empty();
        let start = |lane: usize| &starts[lane.min(starts.len() - 1)];
        let knows = |worker: usize| [0, 1].map(|way| from_fn(|at| start(at).knows[worker][way]));
        let strategy = |(worker, label): &(u32, u32)| {
            let cell = *worker as usize * width + *label as usize;
            from_fn(|lane| start(lane).strategies[cell])
        };
        let workers = answers.workers() as usize;
        Self {
            answers,
            width,
            units: (0..answers.units()).filter(answered).collect(),
            knows: (0..workers).map(knows).collect(),
            strategies: answers.pairs().iter().map(strategy).collect(),
            log_totals: vec![[0.0; L]; workers],
            counts: vec![[[0.0; L]; 2]; answers.pairs().len()],
        }
    }

    fn finish(mut self) -> Vec<Found> {
        self.expect(None);
        for _ in 1..ROUNDS {
            self.maximise();
            self.expect(None);
        }
        let divergences: Vec<f64> = (0..L).map(|lane| self.divergence(lane)).collect();
        self.maximise();
        let mut end = End {
            rows: vec![[0.0; L]; self.answers.units() as usize * self.width],
            log_weight: [0.0; L],
            others: Vec::new(),
        };
        self.expect(Some(&mut end));
        let found = |(lane, divergence): (usize, f64)| Found {
            model: self.model(lane),
            rows: end.rows.iter().map(|cell| cell[lane]).collect(),
            bound: end.log_weight[lane] - divergence,
        };
        divergences.into_iter().enumerate().map(found).collect()
    }

    /// The model of one lane.
    fn model(&self, lane: usize) -> Model {
        let width = self.width;
        let never = digamma(STRATEGY_PRIOR);
        let totals = self.log_totals.iter();
        let rows = totals.flat_map(|total| {
            let share = libm::exp(never - total[lane]);
            core::iter::repeat_n(share, width)
        });
        let mut strategies: Vec<f64> = rows.collect();
        for ((worker, label), share) in self.answers.pairs().iter().zip(&self.strategies) {
            strategies[*worker as usize * width + *label as usize] = share[lane];
        }
        let knows = self.knows.iter();
        Model {
            knows: knows.map(|ways| ways.map(|way| way[lane])).collect(),
            strategies,
        }
    }

    /// How far the Dirichlet posteriors of the counts are from their priors, in nats, all workers
    /// together: what the bound subtracts from the weight of the answers.
    fn divergence(&self, lane: usize) -> f64 {
        let mut knows = vec![[0.0; 2]; self.knows.len()];
        let mut total = 0.0;
        let mut first = 0;
        // Pairs of one worker stand together.
        for own in self.answers.pairs().chunk_by(|a, b| a.0 == b.0) {
            let counts = &self.counts[first..first + own.len()];
            first += own.len();
            let mut strategy: Vec<f64> = counts.iter().map(|[drawn, _]| drawn[lane]).collect();
            let known = counts.iter().map(|[_, known]| known[lane]).sum();
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

    /// Expected counts of each pair from the posteriors that follow from the model; the end of the
    /// last round keeps these.
    fn expect(&mut self, end: Option<&mut End<L>>) {
        wide(
            #[inline(always)]
            || self.expect_blocks(end),
        );
    }

    #[inline(always)]
    fn expect_blocks(&mut self, mut end: Option<&mut End<L>>) {
        let (odds, others) = self.odds();
        if let Some(end) = &mut end {
            end.others = others;
        }
        self.counts.fill([[0.0; L]; 2]);
        let mut block = Block::new(self.width);
        for units in self.units.chunks(BLOCK) {
            block.infer(self.answers, units, &odds);
            let rows = block.shares.chunks_exact(self.width);
            for (unit, row) in units.iter().zip(rows) {
                for pair in self.answers.pairs_of_unit(*unit) {
                    let own = &odds[*pair as usize];
                    let (right, [drawn, known]) = (row[own.label as usize], own.drawn);
                    let counts = &mut self.counts[*pair as usize];
                    // An answer to another class than the truth is always drawn.
                    let wrong = right.map(|right| 1.0 - right);
                    let drawn = plus(wrong, times(right, drawn));
                    *counts = [plus(counts[0], drawn), plus(counts[1], times(right, known))];
                }
            }
            if let Some(end) = &mut end {
                end.take(self.answers, units, &block);
            }
        }
    }

    /// Per (worker, label) pair, and ln P(answer | another truth) of each.
    #[inline(always)]
    fn odds(&self) -> (Vec<Odds<L>>, Vec<[f64; L]>) {
        let pairs = self.answers.pairs();
        let mut rights: Vec<[f64; L]> = Vec::with_capacity(pairs.len());
        let mut others: Vec<[f64; L]> = Vec::with_capacity(pairs.len());
        for ((worker, _), strategy) in pairs.iter().zip(&self.strategies) {
            let [draws, knows] = &self.knows[*worker as usize];
            let drawn = times(*draws, *strategy);
            rights.push(plus(drawn, *knows));
            others.push(drawn);
        }
        let (drawn, right) = (others.clone(), rights.clone());
        elementary::log(drawn.as_flattened(), others.as_flattened_mut());
        elementary::log(right.as_flattened(), rights.as_flattened_mut());
        let odds = |((worker, label), at): (&(u32, u32), usize)| {
            let [_, knows] = &self.knows[*worker as usize];
            Odds {
                label: *label,
                same: minus(rights[at], others[at]),
                drawn: [over(drawn[at], right[at]), over(*knows, right[at])],
            }
        };
        (pairs.iter().zip(0..).map(odds).collect(), others)
    }

    /// Expected weights under Dirichlet posteriors (variational step): exp(digamma(count + prior)
    /// - digamma(sum)).
    fn maximise(&mut self) {
        let pairs = self.answers.pairs();
        let mut knows = vec![[[KNOWS_PRIOR; L]; 2]; self.knows.len()];
        let mut first = 0;
        self.log_totals.fill(strategy_total(&[], &[], self.width));
        for own in pairs.chunk_by(|a, b| a.0 == b.0) {
            let counts = &self.counts[first..first + own.len()];
            let worker = own[0].0 as usize;
            for count in counts {
                let [drawn, known] = knows[worker];
                knows[worker] = [plus(drawn, count[0]), plus(known, count[1])];
            }
            self.log_totals[worker] = strategy_total(own, counts, self.width);
            first += own.len();
        }
        let totals = knows.iter().map(|[drawn, known]| plus(*drawn, *known));
        let mut totals: Vec<[f64; L]> = totals.collect();
        for (strategy, [drawn, _]) in self.strategies.iter_mut().zip(&self.counts) {
            *strategy = drawn.map(|drawn| STRATEGY_PRIOR + drawn);
        }
        digammas(totals.as_flattened_mut());
        digammas(knows.as_flattened_mut().as_flattened_mut());
        digammas(self.log_totals.as_flattened_mut());
        digammas(self.strategies.as_flattened_mut());
        for (ways, total) in knows.iter_mut().zip(&totals) {
            *ways = ways.map(|way| minus(way, *total));
        }
        for ((worker, _), strategy) in pairs.iter().zip(&mut self.strategies) {
            *strategy = minus(*strategy, self.log_totals[*worker as usize]);
        }
        let logs = knows.as_flattened().as_flattened();
        elementary::exp(logs, self.knows.as_flattened_mut().as_flattened_mut());
        let logs = self.strategies.clone();
        elementary::exp(logs.as_flattened(), self.strategies.as_flattened_mut());
    }
}

/// The sum of a worker's pseudo-counts in the order of the classes, of which `own` are counted.
fn strategy_total<const L: usize>(
    own: &[(u32, u32)],
    counts: &[[[f64; L]; 2]],
    width: usize,
) -> [f64; L] {
    let mut total = [0.0; L];
    let mut own = own.iter().zip(counts).peekable();
    for class in 0..width {
        let seen = own.next_if(|((_, label), _)| *label as usize == class);
        for (lane, total) in total.iter_mut().enumerate() {
            *total += STRATEGY_PRIOR + seen.map_or(0.0, |(_, [drawn, _])| drawn[lane]);
        }
    }
    total
}

/// The cells of [`BLOCK`] units, K to a unit.
struct Block<const L: usize> {
    width: usize,
    /// Logarithms of the unnormalised posteriors, less the largest of each row.
    shifts: Vec<[f64; L]>,
    /// The posteriors.
    shares: Vec<[f64; L]>,
    /// Per unit: what was subtracted from its row.
    tops: [[f64; L]; BLOCK],
    /// Per unit: the sum of its row before it was normalised.
    totals: [[f64; L]; BLOCK],
}

impl<const L: usize> Block<L> {
    fn new(width: usize) -> Self {
        Self {
            width,
            shifts: vec![[0.0; L]; BLOCK * width],
            shares: vec![[0.0; L]; BLOCK * width],
            tops: [[0.0; L]; BLOCK],
            totals: [[0.0; L]; BLOCK],
        }
    }

    /// Posteriors of `units`, in the first rows.
    #[inline(always)]
    fn infer(&mut self, answers: &Answers, units: &[u32], odds: &[Odds<L>]) {
        let (width, cells) = (self.width, units.len() * self.width);
        let rows = self.shifts.chunks_exact_mut(width).zip(&mut self.tops);
        for (unit, (row, top)) in units.iter().zip(rows) {
            row.fill([0.0; L]);
            for pair in answers.pairs_of_unit(*unit) {
                let own = &odds[*pair as usize];
                let cell = &mut row[own.label as usize];
                *cell = plus(*cell, own.same);
            }
            let larger = |one, other| if other > one { other } else { one };
            let most = row.iter().fold([f64::NEG_INFINITY; L], |most, cell| {
                lanes(most, *cell, larger)
            });
            row.iter_mut().for_each(|cell| *cell = minus(*cell, most));
            *top = most;
        }
        let shares = &mut self.shares[..cells];
        elementary::exp(
            self.shifts[..cells].as_flattened(),
            shares.as_flattened_mut(),
        );
        for (total, row) in self.totals.iter_mut().zip(shares.chunks_exact_mut(width)) {
            let all = row.iter().fold([0.0; L], |all, cell| plus(all, *cell));
            let scale = all.map(|all| 1.0 / all);
            row.iter_mut().for_each(|cell| *cell = times(*cell, scale));
            *total = all;
        }
    }
}

/// What a last round keeps.
struct End<const L: usize> {
    /// Posteriors, K cells to a unit.
    rows: Vec<[f64; L]>,
    /// Sum over units of ln of their answers' weight under the model.
    log_weight: [f64; L],
    /// Per pair: ln P(answer | another truth).
    others: Vec<[f64; L]>,
}

impl<const L: usize> End<L> {
    fn take(&mut self, answers: &Answers, units: &[u32], block: &Block<L>) {
        let width = block.width;
        let base = -libm::log(width as f64);
        let mut logs = [[0.0; L]; BLOCK];
        elementary::log(block.totals.as_flattened(), logs.as_flattened_mut());
        let rows = block.shares.chunks_exact(width).zip(&block.tops).zip(&logs);
        for (unit, ((row, top), log)) in units.iter().zip(rows) {
            self.rows[*unit as usize * width..][..width].copy_from_slice(row);
            for lane in 0..L {
                let own = answers.pairs_of_unit(*unit).iter();
                let all = own.fold(base, |sum, pair| sum + self.others[*pair as usize][lane]);
                self.log_weight[lane] += (all + top[lane]) + log[lane];
            }
        }
    }
}
