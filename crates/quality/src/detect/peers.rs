//! Scores from peers alone: agreement, agreement beyond chance, correlated agreement, entropy.

use crate::table::{Answers, span};

/// With more classes the correlation matrix of [`correlated_agreement`] would not fit.
pub const CLASS_LIMIT: u32 = 1_024;

/// A mean over all (own answer, peer's answer) pairs of one worker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeerScore {
    /// Higher is better; the range stands with the function.
    pub mean: f64,
    /// Number of pairs; the mean is 0 without any.
    pub pairs: u64,
}

/// Share of the peers' answers to the same units that equal the worker's, 0..=1.
///
/// An alarm only: constant answerers score above honest workers where one class is frequent.
pub fn output_agreement(answers: &Answers) -> Vec<PeerScore> {
    pairwise(answers, |a, b| f64::from(u8::from(a == b)), false)
}

/// Output agreement less what the two sets of answers would agree by chance, -1..=1 (Dasgupta and
/// Ghosh 2013). Truthful for two classes; blind to rings.
pub fn dasgupta_ghosh(answers: &Answers) -> Vec<PeerScore> {
    pairwise(answers, |a, b| f64::from(u8::from(a == b)), true)
}

/// Correlated agreement (Shnayder and others 2016), detail-free: answers a, b of two workers to one
/// unit count 1 where they occur together more often than by chance over the whole table, less the
/// same for answers to different units; -1..=1. For ordered or confusable classes. `None` with more
/// than [`CLASS_LIMIT`] classes.
pub fn correlated_agreement(answers: &Answers) -> Option<Vec<PeerScore>> {
    if answers.classes() > CLASS_LIMIT {
        return None;
    }
    let width = answers.classes() as usize;
    let mut joint = vec![0.0; width * width];
    for unit in 0..answers.units() {
        let rows = answers.of_unit(unit);
        for a in rows {
            for b in rows {
                let (a, b) = (answers.rows()[*a as usize], answers.rows()[*b as usize]);
                if a.worker != b.worker {
                    let share = 1.0 / (rows.len() as f64 - 1.0);
                    joint[a.label as usize * width + b.label as usize] += share;
                }
            }
        }
    }
    let total: f64 = joint.iter().sum();
    let single: Vec<f64> = joint
        .chunks(width.max(1))
        .map(|row| row.iter().sum())
        .collect();
    let together = |a: u32, b: u32| {
        let (a, b) = (a as usize, b as usize);
        f64::from(u8::from(
            joint[a * width + b] * total > single[a] * single[b],
        ))
    };
    Some(pairwise(answers, together, true))
}

/// Mean of `score` over all peers' answers to the worker's units; with `penalty` less its mean over
/// the worker's answers and all those peers' answers, drawn independently.
fn pairwise(answers: &Answers, score: impl Fn(u32, u32) -> f64, penalty: bool) -> Vec<PeerScore> {
    let (starts, order) = answers.by_worker();
    let width = answers.classes() as usize;
    let of_worker = |worker: u32| {
        let (mut sum, mut pairs) = (0.0, 0_u64);
        let (mut own, mut others) = (vec![0.0; width], vec![0.0; width]);
        for at in &order[span(&starts, worker as usize)] {
            let mine = answers.rows()[*at as usize];
            for other in answers.of_unit(mine.unit) {
                let other = answers.rows()[*other as usize];
                if other.worker != worker {
                    sum += score(mine.label, other.label);
                    pairs += 1;
                    own[mine.label as usize] += 1.0;
                    others[other.label as usize] += 1.0;
                }
            }
        }
        if pairs == 0 {
            return PeerScore { mean: 0.0, pairs };
        }
        let all = pairs as f64;
        let used = |shares: &[f64]| (0..width).filter(|c| shares[*c] > 0.0).collect::<Vec<_>>();
        let mut chance = 0.0;
        if penalty {
            let peers = used(&others);
            for a in used(&own) {
                for b in &peers {
                    chance += own[a] / all * (others[*b] / all) * score(a as u32, *b as u32);
                }
            }
        }
        PeerScore {
            mean: sum / all - chance,
            pairs,
        }
    };
    (0..answers.workers()).map(of_worker).collect()
}

/// Entropy of each worker's answers in millionths of a nat, 0 ..= ln K: 0 for one answer only. An
/// alarm: low for constant answers, but high for random ones.
pub fn entropy_micronats(answers: &Answers) -> Vec<u32> {
    let (starts, order) = answers.by_worker();
    let of_worker = |worker: u32| {
        let rows = &order[span(&starts, worker as usize)];
        let mut labels: Vec<_> = rows
            .iter()
            .map(|at| answers.rows()[*at as usize].label)
            .collect();
        labels.sort_unstable();
        let share = |run: &[u32]| run.len() as f64 / labels.len() as f64;
        let runs = labels.chunk_by(|a, b| a == b).map(share);
        let entropy: f64 = runs.map(|share| -share * libm::log(share)).sum();
        libm::round(entropy * 1e6) as u32
    };
    (0..answers.workers()).map(of_worker).collect()
}
