//! Votes: every answer counts one, or as much as its worker's weight.
//!
//! Numbers are those of crowd-kit's `MajorityVote`, `Wawa` and `ZeroBasedSkill` (1.4.2); weights
//! that it has no defined result for are refused or ignored here, as each function says.

use crate::consensus::Consensus;
use crate::table::{Answers, Error};

/// A consensus and, per worker, the share of answers that agree with the labels of a vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// Shares of weighted votes per unit; ties to the smallest label.
    pub consensus: Consensus,
    /// Per worker, 0 to 1; `None` without answers.
    pub skills: Vec<Option<f64>>,
}

/// Shares of votes per unit as posterior, ties to the smallest label; equal to crowd-kit's
/// `MajorityVote`.
pub fn majority(answers: &Answers) -> Consensus {
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    Consensus::new(answers.classes(), shares(answers), decided, 0)
}

/// Worker agreement with the aggregate (Appen's Wawa): a vote in which each answer weighs as much
/// as its worker agrees with the plain majority. `skills` are those weights.
pub fn wawa(answers: &Answers) -> Vote {
    let skills = agreement(answers, majority(answers).labels());
    let weights: Vec<f64> = skills.iter().map(|skill| skill.unwrap_or(0.0)).collect();
    Vote {
        consensus: weigh(answers, &weights),
        skills,
    }
}

/// A vote in which each answer weighs as much as its worker, who has one entry in `weights`;
/// `skills` are the shares of answers that agree with the result.
///
/// A unit whose answers weigh nothing in sum falls back to the plain vote.
///
/// # Errors
/// [`Error::Length`], or [`Error::Weight`] for a weight that is negative, infinite or no number.
pub fn weighted(answers: &Answers, weights: &[f64]) -> Result<Vote, Error> {
    let (found, needed) = (weights.len(), answers.workers() as usize);
    if found != needed {
        let list = "weights";
        return Err(Error::Length {
            list,
            found,
            needed,
        });
    }
    // Sums of weights stay finite below this bound.
    let wrong = |weight: &f64| !(0.0..=1e290).contains(weight);
    if let Some(worker) = weights.iter().position(wrong) {
        let worker = worker as u32;
        return Err(Error::Weight { worker });
    }
    let consensus = weigh(answers, weights);
    let skills = agreement(answers, consensus.labels());
    Ok(Vote { consensus, skills })
}

/// Zero-based skill: 100 rounds of weighted votes, after each of which a worker's weight moves to
/// the share of answers that agree, by a step that starts at 1 and halves every 20 rounds.
///
/// Workers start at 1/K of the labels that occur, plus 1e-5.
pub fn zero_based_skill(answers: &Answers) -> Vote {
    let mut occurs: Vec<u32> = answers.pairs().iter().map(|(_, label)| *label).collect();
    occurs.sort_unstable();
    occurs.dedup();
    let start = 1.0 / occurs.len().max(1) as f64 + 1e-5;
    let mut weights = vec![start; answers.workers() as usize];
    let mut step = 1.0;
    for round in 1..=100 {
        if round % 20 == 0 {
            step *= 0.5;
        }
        let labels = weigh(answers, &weights);
        let agreement = agreement(answers, labels.labels());
        for (weight, agrees) in weights.iter_mut().zip(agreement) {
            *weight += step * (agrees.unwrap_or(*weight) - *weight);
        }
    }
    let mut answered = vec![false; weights.len()];
    for (worker, _) in answers.pairs() {
        answered[*worker as usize] = true;
    }
    let skills = weights.iter().zip(answered);
    Vote {
        skills: skills.map(|(skill, any)| any.then_some(*skill)).collect(),
        consensus: weigh(answers, &weights),
    }
}

/// Per worker the share of distinct answers that equal the label of their unit; an answer given
/// twice counts once, as in crowd-kit.
pub fn agreement(answers: &Answers, labels: &[Option<u32>]) -> Vec<Option<f64>> {
    let mut counts = vec![[0_u32; 2]; answers.workers() as usize];
    for (unit, label) in (0..).zip(labels) {
        let Some(label) = label else { continue };
        let pairs = answers.pairs_of_unit(unit);
        for (at, pair) in pairs.iter().enumerate() {
            if pairs[..at].contains(pair) {
                continue;
            }
            let (worker, said) = answers.pairs()[*pair as usize];
            let [right, all] = &mut counts[worker as usize];
            *right += u32::from(said == *label);
            *all += 1;
        }
    }
    let share = |[right, all]: [u32; 2]| (all > 0).then(|| f64::from(right) / f64::from(all));
    counts.into_iter().map(share).collect()
}

fn weigh(answers: &Answers, weights: &[f64]) -> Consensus {
    let width = answers.classes() as usize;
    let mut shares = vec![0.0; answers.units() as usize * width];
    for (unit, row) in (0..).zip(shares.chunks_exact_mut(width.max(1))) {
        for pair in answers.pairs_of_unit(unit) {
            let (worker, label) = answers.pairs()[*pair as usize];
            row[label as usize] += weights[worker as usize];
        }
        let total: f64 = row.iter().sum();
        if total > 0.0 {
            row.iter_mut().for_each(|sum| *sum /= total);
        } else {
            row.fill(0.0);
            share(answers, unit, row);
        }
    }
    let decided = (0..answers.units()).map(|unit| !answers.of_unit(unit).is_empty());
    Consensus::new(answers.classes(), shares, decided, 0)
}

/// Shares of votes as one row of K per unit, zeros for a unit without answers.
pub(crate) fn shares(answers: &Answers) -> Vec<f64> {
    let width = answers.classes() as usize;
    let mut shares = vec![0.0; answers.units() as usize * width];
    for (unit, row) in (0..).zip(shares.chunks_exact_mut(width.max(1))) {
        share(answers, unit, row);
    }
    shares
}

/// Shares of the votes for one unit into `row`, which is all zeros.
pub(crate) fn share(answers: &Answers, unit: u32, row: &mut [f64]) {
    let answered = answers.pairs_of_unit(unit);
    for pair in answered {
        row[answers.pairs()[*pair as usize].1 as usize] += 1.0;
    }
    if !answered.is_empty() {
        row.iter_mut()
            .for_each(|count| *count /= answered.len() as f64);
    }
}
