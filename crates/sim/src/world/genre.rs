//! How texts are made: phrases of a class, asides of another, slots, haste and typing errors.

use super::random::Random;
use super::{Difficulty, Unit};

/// A kind of text, as phrases to combine. Phrases begin in lower case and end as sentences;
/// `{name}` is a slot, filled from `slots`, or from the dice for `{n}`, `{amount}`, `{order}`.
pub(super) struct Genre {
    pub(super) slots: &'static [(&'static str, &'static [&'static str])],
    pub(super) openings: &'static [&'static str],
    pub(super) closings: &'static [&'static str],
    /// One for each class, in the order of the classes.
    pub(super) classes: &'static [Phrases],
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
        let difficulty = match random.below(100) {
            0..62 => Difficulty::Plain,
            62..88 => Difficulty::Mixed,
            _ => Difficulty::Vague,
        };
        let mut pieces: Vec<String> = Vec::with_capacity(4);
        match difficulty {
            Difficulty::Plain => {
                pieces.push(random.pick(own.core).to_owned());
                if random.chance(500_000) {
                    pieces.push(random.pick(own.follow).to_owned());
                }
            }
            Difficulty::Mixed => {
                let (core, aside) = (random.pick(own.core), random.pick(other.aside));
                if random.chance(500_000) {
                    let bridge = random.pick(&[", but", ", only", ", though", " and now", "."]);
                    pieces.extend([format!("{aside}{bridge}"), core.to_owned()]);
                } else {
                    pieces.extend([core.to_owned(), format!("{aside}.")]);
                }
            }
            Difficulty::Vague if random.chance(450_000) => {
                let (phrase, first, second) = random.pick(self.ambiguous);
                (truth, lure) = if random.chance(600_000) {
                    (first, second)
                } else {
                    (second, first)
                };
                pieces.push(phrase.to_owned());
            }
            Difficulty::Vague => pieces.push(random.pick(own.hint).to_owned()),
        }
        if random.chance(400_000) {
            pieces.insert(0, random.pick(self.openings).to_owned());
        }
        if random.chance(400_000) {
            pieces.push(random.pick(self.closings).to_owned());
        }
        Unit {
            text: self.write(random, &pieces),
            truth,
            lure,
            difficulty,
        }
    }

    /// Fills slots, joins sentences, and sometimes hurries.
    fn write(&self, random: &mut Random, pieces: &[String]) -> String {
        let mut text = String::new();
        for piece in pieces {
            let begins = text.is_empty() || text.ends_with(['.', '!', '?']);
            if !text.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            self.fill(random, piece, &mut text);
            if begins {
                text[start..start + 1].make_ascii_uppercase();
            }
        }
        if random.chance(80_000) {
            text.make_ascii_lowercase();
            text.truncate(text.trim_end_matches(['.', '!', '?']).len());
        }
        if random.chance(140_000) {
            text = mistype(random, text);
        }
        text
    }

    fn fill(&self, random: &mut Random, piece: &str, text: &mut String) {
        let mut rest = piece;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after
                .split_once('}')
                .expect("every slot in a phrase is closed");
            text.push_str(before);
            match slot {
                "n" => text.push_str(&random.between(2, 29).to_string()),
                "order" => text.push_str(&random.between(10_000, 99_999).to_string()),
                "amount" => {
                    let cents = random.pick(&["00", "49", "50", "90", "95", "99"]);
                    text.push_str(&format!("{}.{cents}", random.between(4, 180)));
                }
                name => {
                    let list = self.slots.iter().find(|(known, _)| *known == name);
                    let (_, words) = list.expect("every named slot of a genre has a list");
                    text.push_str(random.pick(words));
                }
            }
            rest = after;
        }
        text.push_str(rest);
    }
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

/// Swaps two neighbouring letters inside one long word, as quick fingers do.
fn mistype(random: &mut Random, text: String) -> String {
    let mut bytes = text.into_bytes();
    let inside: Vec<usize> = (1..bytes.len().saturating_sub(3))
        .filter(|&at| bytes[at - 1..at + 3].iter().all(u8::is_ascii_lowercase))
        .collect();
    if !inside.is_empty() {
        let at = random.pick(&inside);
        bytes.swap(at, at + 1);
    }
    String::from_utf8(bytes).expect("only two ASCII letters changed places")
}
