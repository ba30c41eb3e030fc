//! What is known about the truth of each unit, and how an answer looks in its light.

use super::layout::Layout;
use super::wealth::Odds;
use crate::dawid_skene::{self, DawidSkene, Variant};
use crate::table::{Answer, Answers, Error};

/// Rounds of expectation maximisation over the peers' answers per pass.
const PEER_ROUNDS: u32 = 20;
/// Dawid-Skene's logarithms of odds are multiplied by this: its posteriors are over-confident, since people err on the same units.
const TEMPER: f64 = 0.7;
/// From this probability on, a peers' label may be named in a worker's confusion.
const NAMED: f64 = 0.9;

/// One answer in the light of what is known about its unit.
#[derive(Clone, Copy)]
pub(super) struct Sighting {
    pub(super) odds: Odds,
    /// Probability that the answer is right.
    pub(super) right: f64,
    /// How sharply the truth is known: 1 for gold, 0 for a uniform distribution.
    pub(super) weight: f64,
    pub(super) gold: bool,
    /// The unit's class, where it is gold or nearly sure.
    pub(super) truth: Option<u32>,
}

/// Classes of a set of units, in sum.
#[derive(Clone)]
struct Pool {
    mass: Vec<f64>,
    units: f64,
}

impl Pool {
    fn new(width: usize) -> Self {
        Self {
            mass: vec![0.0; width],
            units: 0.0,
        }
    }

    fn add(&mut self, truth: &[f64], sign: f64) {
        self.mass
            .iter_mut()
            .zip(truth)
            .for_each(|(mass, q)| *mass += sign * q);
        self.units += sign;
    }

    /// Frequency of `label` among the units left, never outside 0..=1.
    fn frequency(&self, label: u32) -> f64 {
        if self.units < 0.5 {
            1.0
        } else {
            (self.mass[label as usize] / self.units).clamp(0.0, 1.0)
        }
    }
}

/// Consensus of the proven workers' accepted answers.
struct Peers {
    fit: DawidSkene,
    /// Per row: whether it is part of the consensus.
    counted: Vec<bool>,
    /// Per unit: how many counted answers.
    voters: Vec<u32>,
    tempered: Vec<f64>,
    pool: Pool,
}

/// All that is known before a worker is judged.
pub(super) struct Truths<'a> {
    answers: &'a Answers,
    gold: &'a [Option<u32>],
    gold_pool: Pool,
    peers: Option<Peers>,
}

impl<'a> Truths<'a> {
    /// Only gold is known.
    pub(super) fn gold(answers: &'a Answers, gold: &'a [Option<u32>]) -> Self {
        let mut gold_pool = Pool::new(answers.classes() as usize);
        for unit in 0..answers.units() {
            if let (Some(label), false) = (gold[unit as usize], answers.of_unit(unit).is_empty()) {
                gold_pool.mass[label as usize] += 1.0;
                gold_pool.units += 1.0;
            }
        }
        Self {
            answers,
            gold,
            gold_pool,
            peers: None,
        }
    }

    /// Gold, and elsewhere the consensus of the `counted` rows.
    pub(super) fn with_peers(mut self, counted: Vec<bool>) -> Result<Self, Error> {
        let voted = self.answers.retain(&counted)?;
        let width = self.answers.classes() as usize;
        let fit = dawid_skene::fit(&voted, self.gold, Variant::Map, PEER_ROUNDS);
        let mut tempered = vec![0.0; voted.units() as usize * width];
        let mut pool = Pool::new(width);
        let voters: Vec<_> = (0..voted.units())
            .map(|u| voted.of_unit(u).len() as u32)
            .collect();
        for unit in 0..voted.units() {
            if voters[unit as usize] > 0 && self.gold[unit as usize].is_none() {
                let row = &mut tempered[unit as usize * width..][..width];
                let logs = fit.consensus.posterior(unit).iter().map(|q| libm::log(*q));
                row.iter_mut().zip(logs).for_each(|(row, log)| *row = log);
                temper(row);
                pool.add(row, 1.0);
            }
        }
        self.peers = Some(Peers {
            fit,
            counted,
            voters,
            tempered,
            pool,
        });
        Ok(self)
    }

    /// One entry per answer of `worker`, in order; `None` where nothing is known, or the unit was answered before.
    ///
    /// The frequencies that a sighting is compared with are those of the units this worker has not seen yet: for
    /// units handed out at random they make the likelihood ratio's expectation exactly 1 for a content-free answer.
    pub(super) fn sightings(&self, worker: u32, layout: &Layout) -> Vec<Option<Sighting>> {
        let mut gold_pool = self.gold_pool.clone();
        let truths = self.peer_truths(worker, layout);
        let mut peer_pool = self.peer_pool(worker, layout, &truths);
        let mut sightings = Vec::with_capacity(truths.len());
        for (row, truth) in layout.rows(worker).iter().zip(truths) {
            let answer = self.answers.rows()[*row as usize];
            let known = self.gold[answer.unit as usize].filter(|_| layout.fresh[*row as usize]);
            sightings.push(match (known, truth) {
                (Some(label), _) => {
                    let chance = gold_pool.frequency(answer.label);
                    gold_pool.mass[label as usize] -= 1.0;
                    gold_pool.units -= 1.0;
                    let right = if label == answer.label { 1.0 } else { 0.0 };
                    Some(self.sighting(right, chance, 1.0, Some(label), true))
                }
                (None, Some(truth)) => {
                    let chance = peer_pool.frequency(answer.label);
                    peer_pool.add(&truth, -1.0);
                    let named = truth
                        .iter()
                        .position(|q| *q >= NAMED)
                        .map(|class| class as u32);
                    let right = truth[answer.label as usize];
                    Some(self.sighting(right, chance, sharpness(&truth), named, false))
                }
                (None, None) => None,
            });
        }
        sightings
    }

    fn sighting(
        &self,
        right: f64,
        chance: f64,
        weight: f64,
        truth: Option<u32>,
        gold: bool,
    ) -> Sighting {
        let classes = f64::from(self.answers.classes());
        let odds = Odds {
            truth: classes * right,
            chance: classes * chance,
        };
        Sighting {
            odds,
            right,
            weight,
            gold,
            truth,
        }
    }

    /// For each answer of `worker` the distribution of its unit's class by the others' consensus, where there is one.
    fn peer_truths(&self, worker: u32, layout: &Layout) -> Vec<Option<Vec<f64>>> {
        let rows = layout.rows(worker);
        let Some(peers) = &self.peers else {
            return vec![None; rows.len()];
        };
        let width = self.answers.classes() as usize;
        let truth = |row: &u32| {
            let unit = self.answers.rows()[*row as usize].unit;
            if !layout.fresh[*row as usize] || self.gold[unit as usize].is_some() {
                return None;
            }
            let rows = self.answers.of_unit(unit);
            let own = |row: &&u32| {
                peers.counted[**row as usize]
                    && self.answers.rows()[**row as usize].worker == worker
            };
            let own: Vec<u32> = rows.iter().filter(own).copied().collect();
            match peers.voters[unit as usize] - own.len() as u32 {
                0 => None,
                _ if own.is_empty() => {
                    Some(peers.tempered[unit as usize * width..][..width].to_vec())
                }
                _ => Some(self.without(peers, unit, &own)),
            }
        };
        rows.iter().map(truth).collect()
    }

    /// A unit's posterior with a worker's `own` answers taken out of it.
    fn without(&self, peers: &Peers, unit: u32, own: &[u32]) -> Vec<f64> {
        let mut row: Vec<f64> = peers.fit.consensus.posterior(unit).to_vec();
        for (class, q) in row.iter_mut().enumerate() {
            *q = libm::log(*q);
            for answer in own {
                let Answer { worker, label, .. } = self.answers.rows()[*answer as usize];
                *q -= libm::log(peers.fit.confusion(worker, class as u32, label));
            }
        }
        temper(&mut row);
        row
    }

    /// The peers' pool as it would be without the `worker`.
    fn peer_pool(&self, worker: u32, layout: &Layout, truths: &[Option<Vec<f64>>]) -> Pool {
        let width = self.answers.classes() as usize;
        let Some(peers) = &self.peers else {
            return Pool::new(0);
        };
        let mut pool = peers.pool.clone();
        for (row, truth) in layout.rows(worker).iter().zip(truths) {
            let unit = self.answers.rows()[*row as usize].unit as usize;
            let evidence = layout.fresh[*row as usize] && self.gold[unit].is_none();
            if evidence && peers.voters[unit] > 0 {
                pool.add(&peers.tempered[unit * width..][..width], -1.0);
                if let Some(truth) = truth {
                    pool.add(truth, 1.0);
                }
            }
        }
        pool
    }
}

/// Turns logarithms of a posterior into a tempered distribution.
fn temper(row: &mut [f64]) {
    let top = row.iter().fold(f64::NEG_INFINITY, |top, log| top.max(*log));
    let mut total = 0.0;
    for value in row.iter_mut() {
        *value = libm::exp(TEMPER * (*value - top));
        total += *value;
    }
    row.iter_mut().for_each(|value| *value /= total);
}

/// (K sum q^2 - 1) / (K - 1): the chance-corrected agreement of two draws from the distribution.
fn sharpness(truth: &[f64]) -> f64 {
    let classes = truth.len() as f64;
    let agreement: f64 = truth.iter().map(|q| q * q).sum();
    ((classes * agreement - 1.0) / (classes - 1.0).max(1.0)).clamp(0.0, 1.0)
}
