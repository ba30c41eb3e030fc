//! The screening: how strongly each worker's answers speak for content, gold first, peers after.

use super::sighting::{Row, Sighting, exponentiate, normalise, score};
use crate::consensus::{PPM, to_ppm};
use crate::pay::v2::bets::{Bettors, EXPERTS, SHARES};
use crate::table::{Answers, Error, span};

/// Rounds of sceptical trust after the first; one of open trust follows.
const ROUNDS: u32 = 4;
/// Pseudo-answers behind the confusion matrix of each worker, spread as the crowd fares on gold.
const PRIOR_WEIGHT: f64 = 3.0;
/// The crowd's accuracy before any gold: counts of right and of wrong answers.
const CROWD_PRIOR: (f64, f64) = (3.0, 1.0);
/// Evidence is kept within this many nats, so that no later gain is swallowed by an old loss.
const LIMIT: f64 = 700.0;

/// What is to be thought of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screened {
    /// The score to rank by, in thousandths of a standard deviation: how far the worker follows the
    /// truth beyond what its own answers, in any other order, would do. About a standard normal
    /// draw for a farmer, 0 for one who always says the same; below -3,000 a worker is
    /// systematically wrong.
    pub score_milli: i32,
    /// Logarithm of P(answers | the worker looks at the units) / P(answers | it does not), in
    /// millionths of a nat.
    pub evidence_micronats: i64,
    /// Probability that the worker looks, from the evidence and the share of such workers, in ppm.
    pub trust_ppm: u32,
    /// Distinct units whose truth was known to some degree: gold, or answered by trusted others.
    pub seen: u32,
}

/// Screens all workers; `known` has one entry per unit, `None` where there is no gold.
///
/// Formulas: `docs/spec/detection.md`. First gold alone speaks; then a unit's truth is what gold
/// says, or else the product of the class frequencies and the confusion rows of *other* workers,
/// each to the power of its trust. Trust starts at 1 to the number of workers, so that a group that
/// agrees with itself, but that gold did not vouch for, has no say.
///
/// Without gold, the shares of the others' votes stand for the truth at first: who owns the
/// consensus is then believed, and no statistic can help it.
///
/// # Errors
/// [`Error::Length`] or [`Error::UnknownClass`] when `known` does not fit the table.
pub fn screen(answers: &Answers, known: &[Option<u32>]) -> Result<Vec<Screened>, Error> {
    answers.check_known(known)?;
    let mut run = Run::new(answers, known);
    run.start();
    for _ in 0..ROUNDS {
        run.believe();
        run.consensus();
        run.weigh();
    }
    run.open();
    run.consensus();
    run.weigh();
    run.open();
    let screened = |worker: usize| Screened {
        score_milli: libm::round(run.score[worker] * 1e3) as i32,
        evidence_micronats: libm::round(run.evidence[worker] * f64::from(PPM)) as i64,
        trust_ppm: to_ppm(run.trust[worker]),
        seen: run.seen[worker],
    };
    Ok((0..answers.workers() as usize).map(screened).collect())
}

struct Run<'a> {
    answers: &'a Answers,
    known: &'a [Option<u32>],
    width: usize,
    starts: Vec<u32>,
    order: Vec<u32>,
    /// Per row: the position of its (worker, label) pair.
    pair_of: Vec<u32>,
    /// Per unit and class: logarithms, up to a constant, of the consensus of all.
    logits: Vec<f64>,
    /// Per (worker, label) pair and class: weighted count of such answers.
    counts: Vec<f64>,
    /// Per worker and class: sums of these.
    totals: Vec<f64>,
    /// How often the crowd is right.
    accuracy: f64,
    priors: Vec<f64>,
    evidence: Vec<f64>,
    trust: Vec<f64>,
    seen: Vec<u32>,
    score: Vec<f64>,
}

impl<'a> Run<'a> {
    fn new(answers: &'a Answers, known: &'a [Option<u32>]) -> Self {
        let (workers, width) = (answers.workers() as usize, answers.classes() as usize);
        let (starts, order) = answers.by_worker();
        let mut pair_of = vec![0; answers.rows().len()];
        for unit in 0..answers.units() {
            let pairs = answers.pairs_of_unit(unit).iter();
            for (row, pair) in answers.of_unit(unit).iter().zip(pairs) {
                pair_of[*row as usize] = *pair;
            }
        }
        Self {
            answers,
            known,
            width,
            starts,
            order,
            pair_of,
            logits: vec![0.0; answers.units() as usize * width],
            counts: vec![0.0; answers.pairs().len() * width],
            totals: vec![0.0; workers * width],
            accuracy: CROWD_PRIOR.0 / (CROWD_PRIOR.0 + CROWD_PRIOR.1),
            priors: vec![1.0 / width.max(1) as f64; width],
            evidence: vec![0.0; workers],
            trust: vec![0.5; workers],
            seen: vec![0; workers],
            score: vec![0.0; workers],
        }
    }

    /// Evidence from gold alone or, where there is none, from the votes of others.
    fn start(&mut self) {
        let gold = self
            .answers
            .rows()
            .iter()
            .any(|row| self.known[row.unit as usize].is_some());
        let mut votes = vec![0.0; if gold { 0 } else { self.logits.len() }];
        if !gold {
            for row in self.answers.rows() {
                votes[row.unit as usize * self.width + row.label as usize] += 1.0;
            }
        }
        let width = self.width;
        self.all_workers(|unit, own, truth| {
            if votes.is_empty() {
                return false;
            }
            truth.copy_from_slice(&votes[unit as usize * width..(unit as usize + 1) * width]);
            own.iter()
                .for_each(|(_, label)| truth[*label as usize] -= 1.0);
            normalise(truth)
        });
    }

    /// Evidence from gold and from the consensus of others.
    fn weigh(&mut self) {
        let width = self.width;
        let (answers, logits) = (self.answers, std::mem::take(&mut self.logits));
        let rows = self.log_rows();
        self.all_workers(|unit, own, truth| {
            if answers.of_unit(unit).len() == own.len() {
                return false;
            }
            truth.copy_from_slice(&logits[unit as usize * width..(unit as usize + 1) * width]);
            for (pair, _) in own {
                let row = &rows[pair * width..(pair + 1) * width];
                truth.iter_mut().zip(row).for_each(|(sum, log)| *sum -= log);
            }
            exponentiate(truth);
            normalise(truth)
        });
        self.logits = logits;
    }

    /// Per pair and class: the logarithm of the worker's confusion, times its trust.
    fn log_rows(&self) -> Vec<f64> {
        let mut rows = vec![0.0; self.counts.len()];
        let wrong = (1.0 - self.accuracy) / (self.width.max(2) as f64 - 1.0);
        for (pair, (worker, label)) in self.answers.pairs().iter().enumerate() {
            let trust = self.trust[*worker as usize];
            for class in 0..self.width {
                let right = class == *label as usize;
                let prior = PRIOR_WEIGHT * if right { self.accuracy } else { wrong };
                let total = self.totals[*worker as usize * self.width + class] + PRIOR_WEIGHT;
                let share = (self.counts[pair * self.width + class] + prior) / total;
                rows[pair * self.width + class] = trust * libm::log(share.max(1e-12));
            }
        }
        rows
    }

    /// The consensus of all by their trust, and the class frequencies that follow from it.
    fn consensus(&mut self) {
        let (rows, width) = (self.log_rows(), self.width);
        let mut mass = vec![1.0; width];
        for unit in 0..self.answers.units() {
            if self.answers.of_unit(unit).is_empty() {
                continue;
            }
            let logits = &mut self.logits[unit as usize * width..(unit as usize + 1) * width];
            for (logit, prior) in logits.iter_mut().zip(&self.priors) {
                *logit = libm::log(*prior);
            }
            for row in self.answers.of_unit(unit) {
                let pair = self.pair_of[*row as usize] as usize * width;
                let logs = &rows[pair..pair + width];
                logits
                    .iter_mut()
                    .zip(logs)
                    .for_each(|(logit, log)| *logit += log);
            }
            if self.known[unit as usize].is_none() {
                let mut truth = logits.to_vec();
                exponentiate(&mut truth);
                normalise(&mut truth);
                mass.iter_mut().zip(&truth).for_each(|(mass, q)| *mass += q);
            }
        }
        normalise(&mut mass);
        self.priors = mass;
    }

    /// Goes through every worker's units, asking `others` for the truth of those that are not gold,
    /// and renews evidence, counts and trust.
    ///
    /// `others` gets the unit and the worker's own (pair, label) answers to it, and fills in a
    /// distribution; it says `false` where nothing is known.
    fn all_workers(&mut self, others: impl Fn(u32, &[(usize, u32)], &mut [f64]) -> bool) {
        self.counts.fill(0.0);
        self.totals.fill(0.0);
        let (mut right, mut all) = CROWD_PRIOR;
        all += right;
        for worker in 0..self.answers.workers() {
            let seen = self.sightings(worker, &others);
            self.seen[worker as usize] = seen.len() as u32;
            self.evidence[worker as usize] = self.gain(&seen);
            self.score[worker as usize] = score(&seen, self.width);
            for Sighting { pair, label, truth } in &seen {
                let (mut rightness, mut sharp) = (0.0, 0.0);
                for class in 0..self.width {
                    let q = truth.get(class);
                    self.counts[pair * self.width + class] += q;
                    self.totals[worker as usize * self.width + class] += q;
                    rightness += if class == *label as usize { q } else { 0.0 };
                    sharp += q * q;
                }
                right += sharp * rightness;
                all += sharp;
            }
        }
        self.accuracy = right / all;
    }

    /// One entry per distinct unit of `worker`; the first answer counts.
    fn sightings(
        &self,
        worker: u32,
        others: &impl Fn(u32, &[(usize, u32)], &mut [f64]) -> bool,
    ) -> Vec<Sighting> {
        let mut seen = Vec::new();
        let mut row = vec![0.0; self.width];
        let mut own = Vec::new();
        for at in &self.order[span(&self.starts, worker as usize)] {
            let answer = self.answers.rows()[*at as usize];
            own.clear();
            let of_unit = self.answers.of_unit(answer.unit).iter();
            own.extend(of_unit.filter(|row| self.answers.rows()[**row as usize].worker == worker));
            if own.first() != Some(at) {
                continue;
            }
            let truth = match self.known[answer.unit as usize] {
                Some(class) => Row::Gold(class),
                None => {
                    let own = own.iter().map(|row| {
                        let label = self.answers.rows()[*row as usize].label;
                        (self.pair_of[*row as usize] as usize, label)
                    });
                    let own: Vec<_> = own.collect();
                    if !others(answer.unit, &own, &mut row) {
                        continue;
                    }
                    Row::Peers(row.clone())
                }
            };
            seen.push(Sighting {
                pair: self.pair_of[*at as usize] as usize,
                label: answer.label,
                truth,
            });
        }
        seen
    }

    /// The bettors' gain over one worker's sightings, in nats.
    fn gain(&self, seen: &[Sighting]) -> f64 {
        let mut left = vec![0.0; self.width];
        for sighting in seen {
            sighting.truth.add(&mut left, 1.0);
        }
        let mut bettors = Bettors::new(self.answers.classes());
        let mut logs = [0.0; EXPERTS];
        let mut units = seen.len() as f64;
        for Sighting { label, truth, .. } in seen {
            let chance = |class: u32| (left[class as usize] / units).clamp(0.0, 1.0);
            let ratios = bettors.see(*label, truth.truth(), chance);
            for (log, ratio) in logs.iter_mut().zip(ratios) {
                *log = (*log + libm::log(ratio)).clamp(-LIMIT, LIMIT);
            }
            truth.add(&mut left, -1.0);
            units -= 1.0;
        }
        let top = logs
            .iter()
            .fold(f64::NEG_INFINITY, |top, log| top.max(*log));
        let parts = logs
            .iter()
            .zip(SHARES)
            .map(|(log, share)| share * libm::exp(log - top));
        top + libm::log(parts.sum::<f64>())
    }

    /// Trust by Bayes' rule, at odds of 1 to the number of workers before any evidence: so that
    /// chance alone is expected to make one worker of them all look trustworthy, and a group that
    /// nobody has vouched for has no say.
    fn believe(&mut self) {
        self.trust_at(libm::log(self.trust.len() as f64));
    }

    fn trust_at(&mut self, odds: f64) {
        for (trust, evidence) in self.trust.iter_mut().zip(&self.evidence) {
            *trust = 1.0 / (1.0 + libm::exp(odds - evidence));
        }
    }

    /// Trust by Bayes' rule, with the share of workers who look found by expectation maximisation.
    fn open(&mut self) {
        let mut share = 0.5;
        for _ in 0..20 {
            self.trust_at(libm::log((1.0 - share) / share));
            share = (1.0 + self.trust.iter().sum::<f64>()) / (self.trust.len() as f64 + 2.0);
        }
    }
}
