//! From phrases to a text: choices, slots, sentence case, and sometimes haste.

use crate::random::Random;

/// Words for each named slot.
pub(super) type Slots = &'static [(&'static str, &'static [&'static str])];

/// Phrases as one text, with sentence case; some writers never use the shift key, some mistype.
pub(super) fn text(random: &mut Random, slots: Slots, pieces: &[&'static str]) -> String {
    let mut writer = Writer {
        slots,
        chosen: vec![None; slots.len()],
        text: String::new(),
    };
    for piece in pieces {
        let begins = writer.text.is_empty() || writer.text.ends_with(['.', '!', '?']);
        if !writer.text.is_empty() && !piece.starts_with([',', '.']) {
            writer.text.push(' ');
        }
        let start = writer.text.len();
        writer.fill(random, piece);
        if begins {
            writer.text[start..start + 1].make_ascii_uppercase();
        }
    }
    let mut text = writer.text;
    if random.chance(80_000) {
        text.make_ascii_lowercase();
        text.truncate(text.trim_end_matches(['.', '!', '?']).len());
    }
    if random.chance(140_000) {
        text = mistype(random, text);
    }
    text
}

struct Writer {
    slots: Slots,
    /// What each slot was filled with before in this text: it is the same kettle all along.
    chosen: Vec<Option<&'static str>>,
    text: String,
}

impl Writer {
    fn fill(&mut self, random: &mut Random, phrase: &'static str) {
        let mut rest = phrase;
        while let Some(at) = rest.find(['{', '[']) {
            self.text.push_str(&rest[..at]);
            let close = if rest.as_bytes()[at] == b'{' {
                '}'
            } else {
                ']'
            };
            let (inner, after) = rest[at + 1..]
                .split_once(close)
                .expect("every slot and choice is closed");
            if close == '}' {
                self.fill_slot(random, inner);
            } else {
                let options: Vec<&'static str> = inner.split('|').collect();
                let option = random.pick(&options);
                self.fill(random, option);
            }
            rest = after;
        }
        self.text.push_str(rest);
    }

    fn fill_slot(&mut self, random: &mut Random, slot: &str) {
        match slot {
            "n" => self.text.push_str(&random.between(2, 29).to_string()),
            "order" => self
                .text
                .push_str(&random.between(10_000, 99_999).to_string()),
            "amount" => {
                let cents = random.pick(&["00", "49", "50", "90", "95", "99"]);
                self.text
                    .push_str(&format!("{}.{cents}", random.between(4, 180)));
            }
            name => {
                let known = self.slots.iter().position(|(known, _)| *known == name);
                let at = known.expect("every named slot of a genre has its words");
                let word = self.chosen[at].unwrap_or_else(|| random.pick(self.slots[at].1));
                self.chosen[at] = Some(word);
                self.fill(random, word);
            }
        }
    }
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
