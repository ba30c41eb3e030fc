//! How texts are made: phrases of a class, asides of another, slots, haste and typing errors.

use super::write::{self, Slots};
use super::{Difficulty, Unit};
use crate::random::Random;

/// A kind of text, as phrases to combine. Phrases begin in lower case and, but for asides, end as
/// sentences. `[this|that]` is a choice; `{name}` is a slot, filled alike all through one text from
/// `slots`, and anew each time from the dice for `{n}`, `{amount}` and `{order}`.
pub(super) struct Genre {
    pub(super) slots: Slots,
    pub(super) openings: &'static [&'static str],
    pub(super) closings: &'static [&'static str],
    /// One for each class, in the order of the classes.
    pub(super) classes: &'static [Phrases],
    /// Ways of saying two things of which one is meant.
    pub(super) pairs: &'static [Pair],
    /// Phrases that two classes could say: the first is meant three times in five.
    pub(super) ambiguous: &'static [(&'static str, u32, u32)],
}

/// What one class says.
pub(super) struct Phrases {
    /// Share of texts, against that of other classes.
    pub(super) share: u32,
    /// Says what it is about.
    pub(super) core: &'static [&'static str],
    /// May follow its core, and says little alone.
    pub(super) follow: &'static [&'static str],
    /// What texts of other classes say of this one in passing.
    pub(super) aside: &'static [&'static str],
    /// Barely says what it is about.
    pub(super) hint: &'static [&'static str],
}

/// Joins the core of the class that is meant and the core of another; word order tells which.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) lead: &'static str,
    pub(super) own_first: bool,
    pub(super) bridge: &'static str,
}

impl Genre {
    /// Distinct units, as many as wanted.
    pub(super) fn units(&self, random: &mut Random, count: usize) -> Vec<Unit> {
        let mut units = Vec::with_capacity(count);
        let mut texts = std::collections::BTreeSet::new();
        while units.len() < count {
            let unit = self.compose(random);
            if texts.insert(unit.text.clone()) {
                units.push(unit);
            }
        }
        units
    }

    /// One text with its truth.
    pub(super) fn compose(&self, random: &mut Random) -> Unit {
        let shares: Vec<u32> = self.classes.iter().map(|phrases| phrases.share).collect();
        let mut truth = random.weighted(&shares) as u32;
        let classes = self.classes.len() as u32;
        let mut lure = (truth + random.between(1, classes - 1)) % classes;
        let own = &self.classes[truth as usize];
        let other = &self.classes[lure as usize];
        let (difficulty, mut pieces) = match random.below(100) {
            0..62 => (Difficulty::Plain, plain(random, own)),
            62..78 => (Difficulty::Mixed, mixed(random, own, other)),
            78..88 => (Difficulty::Mixed, paired(random, self.pairs, own, other)),
            88..93 => (Difficulty::Vague, vec![random.pick(own.hint)]),
            _ => {
                let (phrase, first, second) = random.pick(self.ambiguous);
                let meant = if random.chance(600_000) {
                    (first, second)
                } else {
                    (second, first)
                };
                (truth, lure) = meant;
                (Difficulty::Vague, vec![phrase])
            }
        };
        if random.chance(400_000) {
            pieces.insert(0, random.pick(self.openings));
        }
        if random.chance(400_000) {
            pieces.push(random.pick(self.closings));
        }
        let text = write::text(random, self.slots, &pieces);
        Unit {
            text,
            truth,
            lure,
            difficulty,
        }
    }
}

fn plain(random: &mut Random, own: &Phrases) -> Vec<&'static str> {
    let mut pieces = vec![random.pick(own.core)];
    if random.chance(500_000) {
        pieces.push(random.pick(own.follow));
    }
    pieces
}

fn mixed(random: &mut Random, own: &Phrases, other: &Phrases) -> Vec<&'static str> {
    let (core, aside) = (random.pick(own.core), random.pick(other.aside));
    if random.chance(500_000) {
        vec![
            aside,
            random.pick(&[", but", ", only", ", though", ", and now", "."]),
            core,
        ]
    } else {
        vec![core, aside, "."]
    }
}

fn paired(
    random: &mut Random,
    pairs: &[Pair],
    own: &Phrases,
    other: &Phrases,
) -> Vec<&'static str> {
    let (own, other, pair) = (
        random.pick(own.core),
        random.pick(other.core),
        random.pick(pairs),
    );
    let (first, second) = if pair.own_first {
        (own, other)
    } else {
        (other, own)
    };
    let pieces = [pair.lead, first, pair.bridge, second];
    pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// Gold for a campaign: from each class equally many units, drawn at random.
pub(super) fn gold(
    random: &mut Random,
    units: &[Unit],
    classes: usize,
    share_ppm: u32,
) -> Vec<u32> {
    let wanted = units.len() as u64 * u64::from(share_ppm) / 1_000_000;
    let each = wanted as usize / classes;
    let mut gold = Vec::with_capacity(each * classes);
    for class in 0..classes as u32 {
        let mut members: Vec<u32> = (0..)
            .zip(units)
            .filter(|(_, unit)| unit.truth == class)
            .map(|(at, _)| at)
            .collect();
        random.draw_to_front(&mut members, each);
        gold.extend(members.into_iter().take(each));
    }
    gold.sort_unstable();
    gold
}
