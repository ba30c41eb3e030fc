//! ROVER: texts aligned into slots of alternatives, a weighted vote in each slot.

use super::align::{Step, align, distance};
use super::{Distances, Texts, Writings};
use crate::consensus::to_ppm;
use std::collections::BTreeMap;

/// Alternatives of one place with their weights; `None` is no word here.
type Slot = BTreeMap<Option<u32>, f64>;

/// The words that most weight agrees on, place by place (Fiscus 1997): the text nearest to all is
/// the backbone, the others are aligned to it in order of their distance from it.
///
/// Texts come out as [`super::tokens`] joined by spaces; a tie goes to the backbone's choice, then
/// to the first word in order. May say what nobody wrote.
pub fn rover(writings: &Writings) -> Texts {
    let distances = Distances::new(writings);
    let (mut texts, mut support_ppm) = (Vec::new(), Vec::new());
    for unit in 0..writings.units() {
        let Some((place, _)) = distances.nearest(writings, unit) else {
            texts.push(None);
            support_ppm.push(0);
            continue;
        };
        let words = vote(writings, &distances, unit, place);
        let (mut near, mut total) = (0.0, 0.0);
        for row in writings.of_unit(unit) {
            let weight = distances.weights[writings.rows[*row as usize].worker as usize];
            near += weight * (1.0 - distance(&words, &writings.words[*row as usize]));
            total += weight;
        }
        let words: Vec<&str> = words
            .iter()
            .map(|word| writings.vocabulary[*word as usize].as_str())
            .collect();
        texts.push(Some(words.join(" ")));
        support_ppm.push(to_ppm(near / total));
    }
    Texts {
        texts,
        support_ppm,
        writers: distances.writers,
    }
}

/// Words of one unit by vote over the slots.
fn vote(writings: &Writings, distances: &Distances, unit: u32, backbone: usize) -> Vec<u32> {
    let rows = writings.of_unit(unit);
    let apart = &distances.units[unit as usize][backbone * rows.len()..(backbone + 1) * rows.len()];
    let mut order: Vec<usize> = (0..rows.len()).filter(|place| *place != backbone).collect();
    order.sort_by(|a, b| apart[*a].total_cmp(&apart[*b]).then(a.cmp(b)));
    let mut slots: Vec<(Option<u32>, Slot)> = Vec::new();
    let mut total = 0.0;
    for place in core::iter::once(backbone).chain(order) {
        let row = rows[place] as usize;
        let weight = distances.weights[writings.rows[row].worker as usize];
        slots = joined(slots, &writings.words[row], weight, total);
        total += weight;
    }
    let best = |(first, slot): (Option<u32>, Slot)| {
        let top = slot.values().fold(0.0_f64, |top, weight| top.max(*weight));
        if slot.get(&first).is_some_and(|weight| *weight >= top) {
            return first;
        }
        slot.into_iter()
            .find(|(_, weight)| *weight >= top)
            .and_then(|(word, _)| word)
    };
    slots.into_iter().filter_map(best).collect()
}

/// The slots with one more text; slots that it opens hold "no word" for all texts before it, whose
/// weight is `before`.
fn joined(
    slots: Vec<(Option<u32>, Slot)>,
    words: &[u32],
    weight: f64,
    before: f64,
) -> Vec<(Option<u32>, Slot)> {
    let fits = |slot: usize, word: u32| slots[slot].1.contains_key(&Some(word));
    let path = align(slots.len(), words, fits);
    let (mut old, mut next) = (slots.into_iter(), words.iter());
    let mut all = Vec::with_capacity(path.len());
    for step in path {
        let word = match step {
            Step::Slot => None,
            Step::Both | Step::Word => next.next().copied(),
        };
        let opened = || {
            // Without texts before it, the first text's words are the backbone's choices.
            let empty = (before > 0.0).then_some((None, before));
            (
                if before > 0.0 { None } else { word },
                empty.into_iter().collect::<Slot>(),
            )
        };
        let mut slot = match step {
            Step::Word => opened(),
            Step::Both | Step::Slot => old.next().unwrap_or_else(opened),
        };
        *slot.1.entry(word).or_insert(0.0) += weight;
        all.push(slot);
    }
    all
}
