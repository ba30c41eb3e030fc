//! The mistake that a worker makes most often, as far as the truth is known.

use super::Confusion;
use crate::consensus::to_ppm;
use crate::table::Answers;

/// The wrong (truth, answer) with the most occurrences, at least two; the smallest classes on a
/// tie. `rows` are positions of one worker's answers, `named` the classes of their units where they
/// are gold or nearly sure.
pub(super) fn most(answers: &Answers, rows: &[u32], named: &[Option<u32>]) -> Option<Confusion> {
    let pairs = rows.iter().zip(named);
    let mut pairs: Vec<_> = pairs
        .filter_map(|(row, truth)| Some(((*truth)?, answers.rows()[*row as usize].label)))
        .collect();
    pairs.sort_unstable();
    let mut most: Option<Confusion> = None;
    for of_truth in pairs.chunk_by(|a, b| a.0 == b.0) {
        for same in of_truth.chunk_by(|a, b| a.1 == b.1) {
            let ((truth, answer), count) = (same[0], same.len() as u32);
            let least = most.as_ref().map_or(1, |most| most.count);
            if truth != answer && count > least {
                let share_ppm = to_ppm(same.len() as f64 / of_truth.len() as f64);
                most = Some(Confusion {
                    truth,
                    answer,
                    share_ppm,
                    count,
                });
            }
        }
    }
    most
}
