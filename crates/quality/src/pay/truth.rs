//! What is known about the truth of each unit, and how an answer looks in its light.

use super::layout::Layout;
use super::wealth::Odds;
use crate::dawid_skene::{self, DawidSkene, Variant};
use crate::table::{Answer, Answers, Error};

/// Rounds of expectation maximisation over the peers' answers per pass.
const PEER_ROUNDS: u32 = 20;
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

/// What is known of one unit's class.
#[derive(Clone, Copy)]
pub(crate) enum Truth<'a> {
    /// Hidden gold, with its class.
    Gold(u32),
    /// The consensus of other proven workers: a probability per class.
    Peers(&'a [f64]),
}

impl Truth<'_> {
    /// How probable it is that the unit is of class `label`.
    pub(crate) fn probability(&self, label: u32) -> f64 {
        match self {
            Self::Gold(class) => f64::from(u8::from(*class == label)),
            Self::Peers(truth) => truth[label as usize],
        }
    }

    /// 1 for gold, 0 for a uniform distribution.
    pub(super) fn sharpness(&self) -> f64 {
        match self {
            Self::Gold(_) => 1.0,
            Self::Peers(truth) => sharpness(truth),
        }
    }

    pub(super) fn is_gold(&self) -> bool {
        matches!(self, Self::Gold(_))
    }

    /// The class, where it is gold or nearly sure.
    pub(super) fn named(&self) -> Option<u32> {
        match self {
            Self::Gold(class) => Some(*class),
            Self::Peers(truth) => {
                let sure = truth.iter().position(|q| *q >= NAMED);
                sure.map(|class| class as u32)
            }
        }
    }
}

/// One answer that counts as evidence, before any judgement.
pub(super) struct Glimpse<'a> {
    pub(super) label: u32,
    pub(super) truth: Truth<'a>,
    /// The evidence units of its kind that the worker has not seen yet, this one included.
    pub(super) pool: &'a Pool,
}

/// Classes of a set of units, in sum.
#[derive(Clone)]
pub(super) struct Pool {
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

    fn add(&mut self, truth: &[f64]) {
        self.mass
            .iter_mut()
            .zip(truth)
            .for_each(|(mass, q)| *mass += q);
        self.units += 1.0;
    }

    fn remove(&mut self, truth: &[f64]) {
        self.mass
            .iter_mut()
            .zip(truth)
            .for_each(|(mass, q)| *mass -= q);
        self.units -= 1.0;
    }

    /// Frequency of `label` among the units left, never outside 0..=1.
    pub(super) fn frequency(&self, label: u32) -> f64 {
        (self.mass[label as usize] / self.units.max(1.0)).clamp(0.0, 1.0)
    }
}

/// Consensus of the proven workers' accepted answers.
struct Peers {
    fit: DawidSkene,
    /// Per row: whether it is part of the consensus.
    counted: Vec<bool>,
    /// Per unit: how many counted answers.
    voters: Vec<u32>,
    pool: Pool,
}

/// The truth of one answer's unit as far as others know it.
enum Known {
    /// Gold, with its class.
    Gold(u32),
    /// The consensus of peers who are all other workers.
    Peers,
    /// The consensus with the worker's own answers taken out: a position in the list of such rows.
    Without(usize),
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
        let fit = dawid_skene::fit(&voted, self.gold, Variant::Map, PEER_ROUNDS);
        let voters: Vec<_> = (0..voted.units())
            .map(|u| voted.of_unit(u).len() as u32)
            .collect();
        let mut pool = Pool::new(self.answers.classes() as usize);
        for unit in 0..voted.units() {
            if voters[unit as usize] > 0 && self.gold[unit as usize].is_none() {
                pool.add(fit.consensus.posterior(unit));
            }
        }
        self.peers = Some(Peers {
            fit,
            counted,
            voters,
            pool,
        });
        Ok(self)
    }

    /// One entry per answer of `worker`, in order; `None` where nothing is known, or the unit was
    /// answered before.
    pub(super) fn sightings(&self, worker: u32, layout: &Layout) -> Vec<Option<Sighting>> {
        self.glimpses(worker, layout, |glimpse| {
            let right = glimpse.truth.probability(glimpse.label);
            Sighting {
                odds: self.odds(right, glimpse.pool.frequency(glimpse.label)),
                right,
                weight: glimpse.truth.sharpness(),
                gold: glimpse.truth.is_gold(),
                truth: glimpse.truth.named(),
            }
        })
    }

    /// What `see` makes of each answer of `worker`, in order; `None` where nothing is known, or the
    /// unit was answered before.
    ///
    /// The frequencies that an answer is compared with are those of the units this worker has not
    /// seen yet: for units handed out at random they make the likelihood ratio's expectation
    /// exactly 1 for a content-free answer.
    pub(super) fn glimpses<T>(
        &self,
        worker: u32,
        layout: &Layout,
        mut see: impl FnMut(&Glimpse<'_>) -> T,
    ) -> Vec<Option<T>> {
        let width = self.answers.classes() as usize;
        let (known, without) = self.known(worker, layout);
        let mut gold_pool = self.gold_pool.clone();
        let mut peer_pool = self.peer_pool(worker, layout, &known, &without);
        let mut seen = Vec::with_capacity(known.len());
        for (row, known) in layout.rows(worker).iter().zip(known) {
            let Answer { unit, label, .. } = self.answers.rows()[*row as usize];
            let truth = match known {
                None => {
                    seen.push(None);
                    continue;
                }
                Some(Known::Gold(class)) => Truth::Gold(class),
                Some(Known::Peers) => Truth::Peers(self.posterior(unit)),
                Some(Known::Without(at)) => Truth::Peers(&without[at * width..(at + 1) * width]),
            };
            let pool = match truth {
                Truth::Gold(_) => &mut gold_pool,
                Truth::Peers(_) => &mut peer_pool,
            };
            let glimpse = Glimpse { label, truth, pool };
            seen.push(Some(see(&glimpse)));
            match truth {
                Truth::Gold(class) => {
                    pool.mass[class as usize] -= 1.0;
                    pool.units -= 1.0;
                }
                Truth::Peers(truth) => pool.remove(truth),
            }
        }
        seen
    }

    fn odds(&self, truth: f64, chance: f64) -> Odds {
        let classes = f64::from(self.answers.classes());
        Odds {
            truth: classes * truth,
            chance: classes * chance,
        }
    }

    /// The consensus of all peers on a unit.
    fn posterior(&self, unit: u32) -> &[f64] {
        self.peers
            .as_ref()
            .map_or(&[], |peers| peers.fit.consensus.posterior(unit))
    }

    /// What is known for each answer of `worker`, and the rows of posteriors that had to be made
    /// for this worker.
    fn known(&self, worker: u32, layout: &Layout) -> (Vec<Option<Known>>, Vec<f64>) {
        let mut without = Vec::new();
        let mut own = Vec::new();
        let mut known = |row: &u32| {
            let unit = self.answers.rows()[*row as usize].unit;
            if !layout.fresh[*row as usize] {
                return None;
            }
            if let Some(label) = self.gold[unit as usize] {
                return Some(Known::Gold(label));
            }
            let peers = self.peers.as_ref()?;
            let voters = peers.voters[unit as usize];
            own.clear();
            own.extend(self.answers.of_unit(unit).iter().copied().filter(|row| {
                peers.counted[*row as usize] && self.answers.rows()[*row as usize].worker == worker
            }));
            if voters == own.len() as u32 {
                return None;
            }
            if own.is_empty() {
                return Some(Known::Peers);
            }
            let at = without.len() / self.answers.classes() as usize;
            self.push_without(peers, unit, &own, &mut without);
            Some(Known::Without(at))
        };
        (
            layout.rows(worker).iter().map(&mut known).collect(),
            without,
        )
    }

    /// Appends a unit's posterior with a worker's `own` answers taken out of it.
    fn push_without(&self, peers: &Peers, unit: u32, own: &[u32], rows: &mut Vec<f64>) {
        let start = rows.len();
        for (class, q) in peers.fit.consensus.posterior(unit).iter().enumerate() {
            let mut log = libm::log(*q);
            for answer in own {
                let Answer { worker, label, .. } = self.answers.rows()[*answer as usize];
                log -= libm::log(peers.fit.confusion(worker, class as u32, label));
            }
            rows.push(log);
        }
        let row = &mut rows[start..];
        let top = row.iter().fold(f64::NEG_INFINITY, |top, log| top.max(*log));
        let mut total = 0.0;
        for value in row.iter_mut() {
            *value = libm::exp(*value - top);
            total += *value;
        }
        row.iter_mut().for_each(|value| *value /= total);
    }

    /// The peers' pool as it would be without the `worker`.
    fn peer_pool(
        &self,
        worker: u32,
        layout: &Layout,
        known: &[Option<Known>],
        without: &[f64],
    ) -> Pool {
        let width = self.answers.classes() as usize;
        let Some(peers) = &self.peers else {
            return Pool::new(0);
        };
        let mut pool = peers.pool.clone();
        for (row, known) in layout.rows(worker).iter().zip(known) {
            let unit = self.answers.rows()[*row as usize].unit;
            match known {
                Some(Known::Without(at)) => {
                    pool.remove(self.posterior(unit));
                    pool.add(&without[at * width..(at + 1) * width]);
                }
                // Only the worker's own answers: without them the unit is no evidence.
                None if layout.fresh[*row as usize] && peers.voters[unit as usize] > 0 => {
                    pool.remove(self.posterior(unit));
                }
                _ => {}
            }
        }
        pool
    }
}

/// (K sum q^2 - 1) / (K - 1): the chance-corrected agreement of two draws from the distribution.
fn sharpness(truth: &[f64]) -> f64 {
    let classes = truth.len() as f64;
    let agreement: f64 = truth.iter().map(|q| q * q).sum();
    ((classes * agreement - 1.0) / (classes - 1.0).max(1.0)).clamp(0.0, 1.0)
}
