//! Majority vote: every answer counts one.

use crate::consensus::Consensus;
use crate::table::Answers;

/// Shares of votes per unit as posterior, ties to the smallest label; equal to crowd-kit's
/// `MajorityVote`.
pub fn majority(answers: &Answers) -> Consensus {
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    Consensus::new(answers.classes(), shares(answers), decided, 0)
}

/// Shares of votes as one row of K per unit, zeros for a unit without answers.
pub(crate) fn shares(answers: &Answers) -> Vec<f64> {
    let width = answers.classes() as usize;
    let mut shares = vec![0.0; answers.units() as usize * width];
    for unit in 0..answers.units() {
        let rows = answers.of_unit(unit);
        let counts = &mut shares[unit as usize * width..(unit as usize + 1) * width];
        for row in rows {
            counts[answers.rows()[*row as usize].label as usize] += 1.0;
        }
        if !rows.is_empty() {
            counts
                .iter_mut()
                .for_each(|count| *count /= rows.len() as f64);
        }
    }
    shares
}
