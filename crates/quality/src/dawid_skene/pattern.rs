//! Units that were answered alike share one row of posteriors.

use crate::table::Answers;

/// Units that are looked at before it is decided whether looking on is worth the time: one in
/// [`ALIKE`] must have been answered like an earlier one.
const FIRST: u32 = 4_096;
const ALIKE: u32 = 16;

/// Which row of posteriors each unit has.
///
/// Rows `0..free.len()` are inferred; behind them comes one per class of `certain`, for known
/// units, and a row of zeros for units without answers.
pub(super) struct Patterns {
    /// Per unit: its row.
    pub(super) row_of: Vec<u32>,
    /// Per inferred row: the first unit that has it.
    pub(super) free: Vec<u32>,
    /// The classes of known units in order, each once.
    pub(super) certain: Vec<u32>,
}

impl Patterns {
    /// One row for all units that have the same answers by the same workers in the same order: from
    /// the first vote on, all their posteriors have the same bits. Tables in which few units are
    /// alike have a row for nearly every one.
    pub(super) fn shared(answers: &Answers, known: &[Option<u32>]) -> Self {
        // Open addressing over units; a slot holds the row plus 1, 0 for none.
        let size = (known.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![0_u32; size];
        let (mut seen, mut alike) = (0, 0);
        Self::new(answers, known, |free, unit| {
            if seen >= FIRST && alike < seen / ALIKE {
                return None;
            }
            seen += 1;
            let own = answers.pairs_of_unit(unit);
            let mixed = own.iter().fold(0_u64, |mixed, pair| {
                (mixed.rotate_left(5) ^ u64::from(*pair)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            });
            let mut slot = (mixed >> 32) as usize & (size - 1);
            loop {
                match slots[slot] {
                    0 => {
                        slots[slot] = free.len() as u32 + 1;
                        return None;
                    }
                    row if answers.pairs_of_unit(free[row as usize - 1]) == own => {
                        alike += 1;
                        return Some(row - 1);
                    }
                    _ => slot = (slot + 1) & (size - 1),
                }
            }
        })
    }

    /// A row of its own for every unit that is not known.
    pub(super) fn single(answers: &Answers, known: &[Option<u32>]) -> Self {
        Self::new(answers, known, |_, _| None)
    }

    fn new(
        answers: &Answers,
        known: &[Option<u32>],
        mut earlier: impl FnMut(&[u32], u32) -> Option<u32>,
    ) -> Self {
        let mut free = Vec::new();
        let mut certain: Vec<u32> = known.iter().copied().flatten().collect();
        certain.sort_unstable();
        certain.dedup();
        let zeros = certain.len();
        // Rows behind the free ones are counted from the end until their number is known.
        let fixed = |row: usize| u32::MAX - row as u32;
        let place = |label: u32| certain.partition_point(|other| *other < label);
        let mut row_of: Vec<u32> = (0..answers.units())
            .map(|unit| match known[unit as usize] {
                Some(label) => fixed(place(label)),
                None if answers.of_unit(unit).is_empty() => fixed(zeros),
                None => earlier(&free, unit).unwrap_or_else(|| {
                    free.push(unit);
                    free.len() as u32 - 1
                }),
            })
            .collect();
        let count = free.len() as u32;
        for row in row_of.iter_mut().filter(|row| **row >= count) {
            *row = count + (u32::MAX - *row);
        }
        Self {
            row_of,
            free,
            certain,
        }
    }
}
