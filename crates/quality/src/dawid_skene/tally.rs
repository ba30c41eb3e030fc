//! What a maximisation needs of the posteriors: counts by worker and label, sums, and the entropy.
//!
//! Every sum runs over units in their order, whoever computes it, so that it has the same bits on
//! any number of threads.

use core::ops::Range;

use super::cells::Cells;
use super::pattern::Patterns;
use super::tiles::Tiles;
use crate::parallel::Threads;
use crate::table::Answers;
use crate::wide::wide;

/// What is summed over. Matrices are row-major with K columns, one per true class.
#[derive(Clone, Copy)]
pub(super) struct Posteriors<'a> {
    pub(super) answers: &'a Answers,
    pub(super) patterns: &'a Patterns,
    /// Per row of `patterns`.
    pub(super) rows: &'a [f64],
    /// p ln p of every inferred probability, or none.
    pub(super) terms: &'a [f64],
}

/// Sums, and who computes which of them.
pub(super) struct Tally {
    threads: Threads,
    tiles: Tiles,
    /// Blocks of pairs that one thread takes at a time, and the pairs in them.
    shares: Vec<(Range<usize>, usize)>,
    /// Per (worker, label) pair: expected number of such answers by truth.
    pub(super) counts: Vec<f64>,
    pub(super) sums: Sums,
}

/// Sums over all units.
pub(super) struct Sums {
    /// Of the posteriors of answered units, by class.
    pub(super) mass: Vec<f64>,
    /// Of -p ln p; 0 without terms.
    pub(super) entropy: f64,
}

/// What a thread takes at a time.
enum Part<'a> {
    Sums(&'a mut Sums),
    Counts(Range<usize>, &'a mut [f64]),
}

impl Tally {
    pub(super) fn new(answers: &Answers, threads: Threads) -> Self {
        let width = answers.classes() as usize;
        let tiles = Tiles::new(answers);
        // Smaller shares would even out threads that are held up, but read all rows once each.
        let shares = tiles.shares(threads.count().saturating_mul(2) - 1);
        Self {
            threads,
            tiles,
            shares,
            counts: vec![0.0; answers.pairs().len() * width],
            sums: Sums {
                mass: vec![0.0; width],
                entropy: 0.0,
            },
        }
    }

    /// Computes all sums anew; the mass of each class begins with `prior`.
    pub(super) fn take(&mut self, posteriors: &Posteriors<'_>, prior: f64) {
        self.sums.mass.fill(prior);
        self.sums.entropy = 0.0;
        self.counts.fill(0.0);
        let width = self.sums.mass.len();
        let mut parts = vec![Part::Sums(&mut self.sums)];
        let mut rest = &mut self.counts[..];
        for (blocks, pairs) in &self.shares {
            let cells = rest.len().min(pairs * width);
            let (counts, others) = rest.split_at_mut(cells);
            rest = others;
            parts.push(Part::Counts(blocks.clone(), counts));
        }
        let tiles = &self.tiles;
        let compute = |part: &mut Part<'_>| {
            wide(
                #[inline(always)]
                || match width {
                    // Widths known to the compiler are worth half of the time.
                    2 => part.compute([0.0; 2], tiles, posteriors),
                    3 => part.compute([0.0; 3], tiles, posteriors),
                    4 => part.compute([0.0; 4], tiles, posteriors),
                    5 => part.compute([0.0; 5], tiles, posteriors),
                    width => part.compute(vec![0.0; width], tiles, posteriors),
                },
            );
        };
        self.threads
            .update(&mut parts, 1, |_, parts| parts.iter_mut().for_each(compute));
    }
}

impl Part<'_> {
    /// `own` has K cells.
    #[inline(always)]
    fn compute<C: Cells>(&mut self, own: C, tiles: &Tiles, posteriors: &Posteriors<'_>) {
        match self {
            Self::Sums(sums) => sums.add(own, posteriors),
            Self::Counts(blocks, counts) => tiles.count(own, posteriors, blocks.clone(), counts),
        }
    }
}

impl Sums {
    /// `mass` has K cells.
    #[inline(always)]
    fn add<C: Cells>(&mut self, mut mass: C, posteriors: &Posteriors<'_>) {
        let Posteriors {
            answers,
            patterns,
            rows,
            terms,
        } = *posteriors;
        mass.as_mut().copy_from_slice(&self.mass);
        let mut entropy = self.entropy;
        for (unit, row) in (0..).zip(&patterns.row_of) {
            let row = *row as usize;
            if answers.of_unit(unit).is_empty() {
                continue;
            }
            let row_cells = mass.row(rows, row);
            let sums = mass.as_mut().iter_mut();
            sums.zip(row_cells).for_each(|(sum, q)| *sum += q);
            // Rows of known units have no terms.
            if row < patterns.free.len() && !terms.is_empty() {
                mass.row(terms, row).iter().for_each(|term| entropy -= term);
            }
        }
        self.mass.copy_from_slice(mass.as_mut());
        self.entropy = entropy;
    }
}
