//! Expectation: posteriors of units from what is known about classes and workers.

use super::cells::Cells;
use crate::elementary;
use crate::table::Answers;
use crate::wide::wide;

/// Units whose exponentials and logarithms are computed together.
const BLOCK: usize = 64;
/// Probabilities are never taken below this before a logarithm (crowd-kit's constant).
pub(super) const FLOOR: f64 = 1e-10;
/// Its natural logarithm.
const LOG_FLOOR: f64 = -23.025_850_929_940_457;

/// What posteriors follow from. Matrices are row-major with K columns, one per true class.
pub(super) struct Likelihood<'a> {
    pub(super) answers: &'a Answers,
    pub(super) log_priors: &'a [f64],
    /// Per (worker, label) pair.
    pub(super) log_errors: &'a [f64],
}

/// Some units with their rows of posteriors, and of p ln p where the variant has a bound.
pub(super) struct Portion<'a> {
    pub(super) units: &'a [u32],
    pub(super) rows: &'a mut [f64],
    /// Empty without a bound.
    pub(super) terms: &'a mut [f64],
}

impl Likelihood<'_> {
    /// New posteriors in place. Returns the largest change of a probability; 0 where there is a
    /// bound, which says itself when to stop.
    pub(super) fn infer(&self, portion: &mut Portion<'_>) -> f64 {
        wide(
            #[inline(always)]
            || match self.log_priors.len() {
                // Widths known to the compiler are worth half of the time.
                2 => self.infer_rows([0.0; 2], portion),
                3 => self.infer_rows([0.0; 3], portion),
                4 => self.infer_rows([0.0; 4], portion),
                5 => self.infer_rows([0.0; 5], portion),
                width => self.infer_rows(vec![0.0; width], portion),
            },
        )
    }

    /// `sums` has K cells.
    #[inline(always)]
    fn infer_rows<C: Cells>(&self, mut sums: C, portion: &mut Portion<'_>) -> f64 {
        let width = sums.as_mut().len();
        let mut block = Block::new(width);
        let mut moved = 0.0;
        let mut terms = portion.terms.chunks_mut(BLOCK * width);
        let rows = portion.rows.chunks_mut(BLOCK * width);
        for (units, rows) in portion.units.chunks(BLOCK).zip(rows) {
            for (unit, shifts) in units.iter().zip(block.shifts.chunks_exact_mut(width)) {
                self.shifted_logs(*unit, &mut sums, shifts);
            }
            block.normalise(width, units.len());
            let gap = replace(rows, &block.shares[..rows.len()]);
            match terms.next() {
                Some(terms) => block.fill_terms(width, terms),
                None => moved = larger(moved, gap),
            }
        }
        moved
    }

    /// The unnormalised log-posterior of one unit, less its largest entry. Sums stand in a buffer
    /// of the caller's so that they stay in registers.
    #[inline(always)]
    fn shifted_logs<C: Cells>(&self, unit: u32, sums: &mut C, shifts: &mut [f64]) {
        sums.as_mut().fill(0.0);
        for pair in self.answers.pairs_of_unit(unit) {
            let logs = sums.row(self.log_errors, *pair as usize);
            let cells = sums.as_mut().iter_mut().zip(logs);
            cells.for_each(|(sum, log)| *sum += log);
        }
        let mut top = f64::NEG_INFINITY;
        for (sum, log) in sums.as_mut().iter_mut().zip(self.log_priors) {
            *sum += log;
            top = larger(top, *sum);
        }
        let cells = shifts.iter_mut().zip(sums.as_mut());
        cells.for_each(|(shift, sum)| *shift = *sum - top);
    }
}

/// The cells of [`BLOCK`] units.
struct Block {
    /// Logarithms of the unnormalised posteriors, less the largest of each row.
    shifts: Vec<f64>,
    /// Their exponentials, and then the posteriors.
    shares: Vec<f64>,
    /// Sums of the exponentials, one per row.
    totals: Vec<f64>,
    /// Inverses of `totals`, and then their logarithms.
    scales: Vec<f64>,
}

impl Block {
    fn new(width: usize) -> Self {
        Self {
            shifts: vec![0.0; BLOCK * width],
            shares: vec![0.0; BLOCK * width],
            totals: vec![0.0; BLOCK],
            scales: vec![0.0; BLOCK],
        }
    }

    /// Posteriors of the first `count` rows from their shifts.
    #[inline(always)]
    fn normalise(&mut self, width: usize, count: usize) {
        let shares = &mut self.shares[..count * width];
        elementary::exp(&self.shifts[..count * width], shares);
        for (total, row) in self.totals.iter_mut().zip(shares.chunks_exact(width)) {
            *total = row.iter().fold(0.0, |sum, weight| sum + weight);
        }
        let scales = self.scales.iter_mut().zip(&self.totals);
        scales.for_each(|(scale, total)| *scale = 1.0 / total);
        for (scale, row) in self.scales.iter().zip(shares.chunks_exact_mut(width)) {
            row.iter_mut().for_each(|weight| *weight *= scale);
        }
    }

    /// p ln p of every probability of the first rows, p no smaller than [`FLOOR`].
    #[inline(always)]
    fn fill_terms(&mut self, width: usize, terms: &mut [f64]) {
        let count = terms.len() / width;
        elementary::log(&self.totals[..count], &mut self.scales[..count]);
        let shares = self.shares.chunks_exact(width);
        let rows = shares.zip(self.shifts.chunks_exact(width));
        for ((terms, log_total), row) in terms.chunks_exact_mut(width).zip(&self.scales).zip(rows) {
            for (term, (q, shift)) in terms.iter_mut().zip(row.0.iter().zip(row.1)) {
                let log = shift - log_total;
                let log = if *q > FLOOR { log } else { LOG_FLOOR };
                *term = log * larger(FLOOR, *q);
            }
        }
    }
}

/// The larger of two numbers, the first if the second is none: one instruction, which `f64::max`
/// is not.
#[inline(always)]
fn larger(one: f64, other: f64) -> f64 {
    if other > one { other } else { one }
}

/// Puts `new` in place of `old` and returns the largest difference of two cells at the same place.
/// Several maxima run side by side.
#[inline(always)]
fn replace(old: &mut [f64], new: &[f64]) -> f64 {
    let mut most = [0.0; 8];
    let (old, old_rest) = old.as_chunks_mut::<8>();
    let (new, new_rest) = new.as_chunks::<8>();
    for (old, new) in old.iter_mut().zip(new) {
        for (most, (old, new)) in most.iter_mut().zip(old.iter_mut().zip(new)) {
            *most = larger(*most, (*old - new).abs());
            *old = *new;
        }
    }
    for (most, (old, new)) in most.iter_mut().zip(old_rest.iter_mut().zip(new_rest)) {
        *most = larger(*most, (*old - new).abs());
        *old = *new;
    }
    most.into_iter().fold(0.0, larger)
}
