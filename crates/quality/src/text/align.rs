//! Word edit distance, and the cheapest alignment of a text with a network of slots.

/// Levenshtein distance between two lists of words over the longer length, 0..=1; 0 if both are
/// empty.
pub(super) fn distance(one: &[u32], other: &[u32]) -> f64 {
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 0.0;
    }
    let mut costs: Vec<u32> = (0..=other.len() as u32).collect();
    for (row, word) in one.iter().enumerate() {
        let mut corner = row as u32;
        costs[0] = corner + 1;
        for (column, with) in other.iter().enumerate() {
            let change = corner + u32::from(word != with);
            corner = costs[column + 1];
            costs[column + 1] = change.min(corner + 1).min(costs[column] + 1);
        }
    }
    f64::from(costs[other.len()]) / longer as f64
}

/// What happens at one step of an alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next word stands in the next slot.
    Both,
    /// The next slot is passed without a word.
    Slot,
    /// The next word stands between slots.
    Word,
}

/// The cheapest steps through `slots` places and `words`, where a word costs nothing in a slot for
/// which `fits` holds and one everywhere else; ties to [`Step::Both`], then [`Step::Slot`].
pub(super) fn align(slots: usize, words: &[u32], fits: impl Fn(usize, u32) -> bool) -> Vec<Step> {
    let width = words.len() + 1;
    let mut costs = vec![0_u32; (slots + 1) * width];
    let mut steps = vec![Step::Both; (slots + 1) * width];
    for slot in 0..=slots {
        for place in 0..width {
            let cell = slot * width + place;
            let mut best = (u32::MAX, Step::Both);
            if slot > 0 && place > 0 {
                let change = u32::from(!fits(slot - 1, words[place - 1]));
                best = (costs[cell - width - 1] + change, Step::Both);
            }
            if slot > 0 && costs[cell - width] + 1 < best.0 {
                best = (costs[cell - width] + 1, Step::Slot);
            }
            if place > 0 && costs[cell - 1] + 1 < best.0 {
                best = (costs[cell - 1] + 1, Step::Word);
            }
            if cell > 0 {
                (costs[cell], steps[cell]) = best;
            }
        }
    }
    let (mut slot, mut place) = (slots, words.len());
    let mut path = Vec::new();
    while slot > 0 || place > 0 {
        let step = steps[slot * width + place];
        slot -= usize::from(step != Step::Word);
        place -= usize::from(step != Step::Slot);
        path.push(step);
    }
    path.reverse();
    path
}
