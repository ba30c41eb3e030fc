//! Answers in tiles of near units and near pairs, so that counting them stays within the caches.

use core::ops::Range;

use super::cells::Cells;
use super::tally::Posteriors;
use crate::table::{Answers, span};

/// Bits of an entry that hold the pair within its block; the others hold the unit within its band.
const PAIR_BITS: u32 = 20;
/// Cells of posteriors, and of counts, that the nearest cache holds beside each other.
const CELLS: usize = 2_048;
/// A tile of fewer answers, on average, would not be worth its start.
const ANSWERS: usize = 16;

/// All answers by band of units, then by block of (worker, label) pairs, then in the order of
/// units: so those of one pair follow each other in the order of units.
pub(super) struct Tiles {
    /// Units of a band.
    units: usize,
    /// A block has 2^`shift` pairs.
    shift: u32,
    blocks: usize,
    /// Where each tile's entries begin: band after band, in it block after block.
    starts: Vec<u32>,
    /// Unit and pair of each answer, each within its band or block.
    entries: Vec<u32>,
}

impl Tiles {
    pub(super) fn new(answers: &Answers) -> Self {
        let width = answers.classes().max(1) as usize;
        let units = (CELLS / width).clamp(16, 1 << (u32::BITS - PAIR_BITS));
        let bands = (answers.units() as usize).div_ceil(units);
        let (pairs, count) = (answers.pairs().len(), answers.rows().len());
        let mut shift = (CELLS / width).max(1).ilog2();
        while shift < PAIR_BITS && (pairs >> shift) * bands > count / ANSWERS {
            shift += 1;
        }
        let blocks = (pairs >> shift) + 1;
        let mut tiles = Self {
            units,
            shift,
            blocks,
            starts: Vec::with_capacity(bands * blocks + 1),
            entries: vec![0; count],
        };
        let mut next = vec![0; blocks];
        let mut end = 0;
        for first in (0..answers.units()).step_by(units) {
            let band = first..answers.units().min(first.saturating_add(units as u32));
            end = tiles.sort(answers, band, &mut next, end);
        }
        tiles.starts.push(end);
        tiles
    }

    /// Adds the tiles of one band, whose entries begin at `start`; returns where they end. `next`
    /// has a cell for each block.
    fn sort(&mut self, answers: &Answers, band: Range<u32>, next: &mut [u32], start: u32) -> u32 {
        next.fill(0);
        for pair in band.clone().flat_map(|unit| answers.pairs_of_unit(unit)) {
            next[(pair >> self.shift) as usize] += 1;
        }
        let mut end = start;
        for next in next.iter_mut() {
            self.starts.push(end);
            end += core::mem::replace(next, end);
        }
        for (at, unit) in (0..).zip(band) {
            for pair in answers.pairs_of_unit(unit) {
                let next = &mut next[(pair >> self.shift) as usize];
                let within = pair & ((1 << self.shift) - 1);
                self.entries[*next as usize] = at << PAIR_BITS | within;
                *next += 1;
            }
        }
        end
    }

    /// About `count` ranges of blocks that have about as many answers each, and how many pairs
    /// each of them holds at the most.
    pub(super) fn shares(&self, count: usize) -> Vec<(Range<usize>, usize)> {
        let count = count.min(self.blocks);
        let mut sizes = vec![0; self.blocks];
        for (tile, ends) in self.starts.windows(2).enumerate() {
            sizes[tile % self.blocks] += (ends[1] - ends[0]) as usize;
        }
        let mut shares: Vec<(Range<usize>, usize)> = Vec::new();
        let (mut start, mut taken) = (0, 0);
        for (block, size) in sizes.into_iter().enumerate() {
            taken += size;
            let full = taken * count >= self.entries.len() * (shares.len() + 1);
            if full || block + 1 == self.blocks {
                shares.push((start..block + 1, (block + 1 - start) << self.shift));
                start = block + 1;
            }
        }
        shares
    }

    /// Adds to each pair of `blocks` the rows of its answers. `own` has K cells.
    #[inline(always)]
    pub(super) fn count<C: Cells>(
        &self,
        mut own: C,
        posteriors: &Posteriors<'_>,
        blocks: Range<usize>,
        counts: &mut [f64],
    ) {
        let rows = posteriors.rows;
        for (band, row_of) in posteriors.patterns.row_of.chunks(self.units).enumerate() {
            for block in blocks.clone() {
                let first = (block - blocks.start) << self.shift;
                for entry in &self.entries[span(&self.starts, band * self.blocks + block)] {
                    let row = row_of[(entry >> PAIR_BITS) as usize];
                    // In a buffer the compiler sees that the row is no part of the counts.
                    let row = own.row(rows, row as usize);
                    own.as_mut().copy_from_slice(row);
                    let pair = first | (entry & ((1 << PAIR_BITS) - 1)) as usize;
                    let sums = own.row_mut(counts, pair).iter_mut();
                    sums.zip(own.as_mut()).for_each(|(sum, q)| *sum += *q);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::Patterns;
    use super::*;
    use crate::random::Random;
    use crate::table::Answer;

    /// `count` answers anywhere in the table, and half of its last units without any.
    fn table(units: u32, workers: u32, classes: u32, count: u32) -> Answers {
        let mut random = Random::new(4, 0);
        let rows = (0..count).map(|_| Answer {
            unit: random.below(units.div_ceil(2)),
            worker: random.below(workers),
            label: random.below(classes),
        });
        Answers::new(units, workers, classes, rows.collect()).expect("in bounds")
    }

    #[test]
    fn counts_are_those_of_the_answers_in_the_order_of_units() {
        let shapes = [
            (1, 1, 1, 5),
            (9_000, 2_000, 2, 40_000),
            (3_000, 900, 4, 20_000),
            (200, 300, 90, 5_000),
            (60_000, 30_000, 3, 3_000),
            (10, 5, 3, 0),
        ];
        for (units, workers, classes, count) in shapes {
            let answers = table(units, workers, classes, count);
            let patterns = Patterns::single(&answers, &vec![None; units as usize]);
            let width = classes as usize;
            let mut random = Random::new(5, 0);
            let cells = (patterns.free.len() + 1) * width;
            let rows: Vec<f64> = (0..cells).map(|_| random.unit()).collect();
            let cells = answers.pairs().len() * width;
            let (mut expected, mut found) = (vec![0.0; cells], vec![0.0; cells]);
            for unit in 0..units {
                let row = &rows[patterns.row_of[unit as usize] as usize * width..][..width];
                for pair in answers.pairs_of_unit(unit) {
                    let own = expected[*pair as usize * width..].iter_mut();
                    own.zip(row).for_each(|(sum, q)| *sum += q);
                }
            }
            let posteriors = Posteriors {
                answers: &answers,
                patterns: &patterns,
                rows: &rows,
                terms: &[],
            };
            let tiles = Tiles::new(&answers);
            for shares in [1, 3, 50] {
                found.fill(0.0);
                let mut rest = &mut found[..];
                for (blocks, pairs) in tiles.shares(shares) {
                    let (own, others) = rest.split_at_mut((pairs * width).min(rest.len()));
                    rest = others;
                    tiles.count(vec![0.0; width], &posteriors, blocks, own);
                }
                assert!(rest.is_empty());
                assert_eq!(found, expected, "{units} units, {shares} shares");
            }
        }
    }
}
