//! Which unit is answered next: the least certain one first, none beyond what it needs.

use std::collections::BTreeSet;

use crate::random::Random;
use crate::table::Error;

/// When a unit has enough answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Answers that every unit gets; at least 1.
    pub least: u32,
    /// Answers that no unit exceeds; at least `least`.
    pub most: u32,
    /// A unit is done when its most probable class reaches this probability, in ppm; above 0, at
    /// most 1,000,000.
    pub sure_ppm: u32,
}

impl Default for Stop {
    /// 2 to 10 answers, until .99.
    fn default() -> Self {
        Self {
            least: 2,
            most: 10,
            sure_ppm: 990_000,
        }
    }
}

/// Why a unit is not handed out any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Its most probable class is probable enough.
    Sure,
    /// It has the largest number of answers.
    Full,
}

/// Place in the queue, most urgent first: answers missing to the least number, then uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Answers and leases where the least number is not reached, else that number.
    started: u32,
    /// 2 ln(classes) and more, less the entropy, in millionths of a nat.
    certainty: u64,
    /// Ties are broken by a seeded order, in which farmers see no pattern.
    draw: u64,
    unit: u32,
}

#[derive(Clone, Copy, Debug)]
struct Unit {
    answers: u32,
    leases: u32,
    entropy_micronats: u64,
    sure: bool,
    draw: u64,
}

/// The open units of a campaign.
///
/// Each operation costs O(log units), and [`Self::next`] one step more for every unit that it may
/// not hand out. Handing out breadth first until each unit has its least number of answers, then by
/// entropy, is the most-uncertain-first rule; with workers who are alike and two classes it is the
/// order of expected information too.
#[derive(Clone, Debug)]
pub struct Queue {
    stop: Stop,
    units: Vec<Unit>,
    open: BTreeSet<Place>,
}

impl Queue {
    /// All of `units` open and without answers, in an order that follows from `seed`.
    ///
    /// # Errors
    /// [`Error::Rule`] with the field of `stop` that is out of range.
    pub fn new(units: u32, stop: Stop, seed: u64) -> Result<Self, Error> {
        let refused = |field| Err(Error::Rule { field });
        match () {
            () if stop.least == 0 => return refused("least"),
            () if stop.most < stop.least => return refused("most"),
            () if stop.sure_ppm == 0 || stop.sure_ppm > 1_000_000 => return refused("sure_ppm"),
            () => {}
        }
        let mut random = Random::new(seed, 0x71);
        let fresh = |_| Unit {
            answers: 0,
            leases: 0,
            entropy_micronats: u64::from(u32::MAX),
            sure: false,
            draw: random.next(),
        };
        let mut queue = Self {
            stop,
            units: (0..units).map(fresh).collect(),
            open: BTreeSet::new(),
        };
        // Made of all places at once the tree is sorted once: a round has millions of them.
        let open: BTreeSet<Place> = (0..units).filter_map(|unit| queue.place(unit)).collect();
        queue.open = open;
        Ok(queue)
    }

    /// Leases the most urgent unit that `may` be handed out, e.g. because this worker has not
    /// answered it yet. `None` when there is nothing to do for the asker.
    pub fn next(&mut self, mut may: impl FnMut(u32) -> bool) -> Option<u32> {
        let unit = self
            .open
            .iter()
            .map(|place| place.unit)
            .find(|unit| may(*unit))?;
        self.change(unit, |unit| unit.leases += 1);
        Some(unit)
    }

    /// The unit is sure enough by whatever else is known: it takes no more answers.
    pub fn close(&mut self, unit: u32) {
        self.change(unit, |unit| unit.sure = true);
    }

    /// A lease of a unit that somebody was given before, such as one from before a restart.
    pub fn take(&mut self, unit: u32) {
        self.change(unit, |unit| unit.leases += 1);
    }

    /// Turns a lease into an answer.
    pub fn answered(&mut self, unit: u32) {
        self.change(unit, |unit| {
            unit.leases = unit.leases.saturating_sub(1);
            unit.answers = unit.answers.saturating_add(1);
        });
    }

    /// Takes a lease back that ran out.
    pub fn returned(&mut self, unit: u32) {
        self.change(unit, |unit| unit.leases = unit.leases.saturating_sub(1));
    }

    /// Notes what is now believed of a unit. A unit that was sure may open again.
    ///
    /// `posterior` are the calibrated probabilities of its classes.
    pub fn believe(&mut self, unit: u32, posterior: &[f64]) {
        let sure = f64::from(self.stop.sure_ppm) / 1e6;
        let top = posterior.iter().fold(0.0_f64, |top, q| top.max(*q));
        let entropy: f64 = posterior
            .iter()
            .filter(|q| **q > 0.0)
            .map(|q| -q * libm::log(*q))
            .sum();
        self.change(unit, |unit| {
            unit.sure = top >= sure;
            unit.entropy_micronats = libm::round(entropy.max(0.0) * 1e6) as u64;
        });
    }

    /// Why `unit` is closed; `None` while it is open or its leases are still out.
    pub fn done(&self, unit: u32) -> Option<Done> {
        let state = &self.units[unit as usize];
        match () {
            () if state.answers >= self.stop.most => Some(Done::Full),
            () if state.answers >= self.stop.least && state.sure => Some(Done::Sure),
            () => None,
        }
    }

    /// How many units can still be handed out.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    fn change(&mut self, unit: u32, how: impl FnOnce(&mut Unit)) {
        if let Some(place) = self.place(unit) {
            self.open.remove(&place);
        }
        how(&mut self.units[unit as usize]);
        self.open.extend(self.place(unit));
    }

    /// Where a unit stands in line, if it does.
    fn place(&self, unit: u32) -> Option<Place> {
        let state = &self.units[unit as usize];
        let started = state.answers.saturating_add(state.leases);
        let enough = started >= self.stop.least && (state.sure || started >= self.stop.most);
        (!enough).then(|| Place {
            started: started.min(self.stop.least),
            certainty: u64::from(u32::MAX) - state.entropy_micronats.min(u64::from(u32::MAX)),
            draw: state.draw,
            unit,
        })
    }
}
