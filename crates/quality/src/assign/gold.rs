//! When a worker gets gold, and which: class-balanced, as often as any unit, then never again.

use crate::random::Random;
use crate::reputation::{Level, Reputation};
use crate::table::Error;

/// Shares of gold among what a worker is given, in ppm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoldRate {
    /// For somebody of whom nothing is known, and under an alarm; at most 1,000,000.
    pub start_ppm: u32,
    /// For somebody who has proven a lot; at most `start_ppm`.
    pub floor_ppm: u32,
}

impl Default for GoldRate {
    /// 20 %, later 5 %.
    fn default() -> Self {
        Self {
            start_ppm: 200_000,
            floor_ppm: 50_000,
        }
    }
}

impl GoldRate {
    /// The share of gold for a worker in a skill with so many `classes`: the start for novices and
    /// under an `alarm`, the floor for experts, in equal steps between.
    pub fn share_ppm(&self, reputation: &Reputation, classes: u32, alarm: bool) -> u32 {
        let steps = match reputation.level(classes) {
            _ if alarm => 0,
            Level::Novice => 0,
            Level::Contributor => 1,
            Level::Skilled => 2,
            Level::Expert => 3,
        };
        let floor = self.floor_ppm.min(self.start_ppm);
        self.start_ppm - (self.start_ppm - floor) / 3 * steps
    }
}

/// The gold of a campaign that is still to be used.
///
/// A unit that comes more often than others is recognised (with 20 gold units and 5 answers a unit,
/// counting finds all of them), so each gold unit gets exactly as many answers as an ordinary one.
#[derive(Clone, Debug)]
pub struct GoldStock {
    overlap: u32,
    /// Per class: units with the answers they have got, in seeded order.
    of_class: Vec<Vec<(u32, u32)>>,
    random: Random,
}

impl GoldStock {
    /// `gold` are pairs (unit, class); every unit may get `overlap` answers. The order follows from
    /// `seed`.
    ///
    /// # Errors
    /// [`Error::UnknownClass`] with the unit whose class is not below `classes`.
    pub fn new(gold: &[(u32, u32)], classes: u32, overlap: u32, seed: u64) -> Result<Self, Error> {
        let mut of_class = vec![Vec::new(); classes as usize];
        for (unit, class) in gold {
            match of_class.get_mut(*class as usize) {
                Some(units) => units.push((*unit, 0)),
                None => return Err(Error::UnknownClass { unit: *unit }),
            }
        }
        let mut random = Random::new(seed, 0x601d);
        for units in &mut of_class {
            units.sort_unstable();
            units.dedup();
            random.shuffle(units);
        }
        Ok(Self {
            overlap,
            of_class,
            random,
        })
    }

    /// Whether the next unit for a worker is gold, when a share of `share_ppm` is due. A draw, so
    /// that no worker can count along.
    pub fn due(&mut self, share_ppm: u32) -> bool {
        self.random.below(1_000_000) < share_ppm
    }

    /// A gold unit for a worker who has had `seen` gold of each class: of the class it has seen
    /// least, the one with most answers that it `may` get, so that few units are half used.
    /// A unit with its full number of answers retires. `None` when nothing is left for this worker.
    pub fn next(&mut self, seen: &[u32], mut may: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut classes: Vec<usize> = (0..self.of_class.len()).collect();
        classes.sort_by_key(|class| (seen.get(*class).copied().unwrap_or(0), *class));
        for class in classes {
            let units = &mut self.of_class[class];
            let overlap = self.overlap;
            let free = units.iter_mut().filter(|(_, used)| *used < overlap);
            // The first that may be used: started units stand before fresh ones.
            if let Some((unit, used)) = free.into_iter().find(|(unit, _)| may(*unit)) {
                *used += 1;
                let found = *unit;
                units.retain(|(_, used)| *used < overlap);
                return Some(found);
            }
        }
        None
    }

    /// Units that can still be given to somebody.
    pub fn left(&self) -> usize {
        self.of_class.iter().map(Vec::len).sum()
    }
}
