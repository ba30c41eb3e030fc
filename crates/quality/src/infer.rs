//! The default truth inference: votes, and confusion matrices with a learnt prior, pooled.
//!
//! Three readings of the same answers are averaged with equal weights: the shares of votes; a
//! hierarchical Dawid-Skene model; and the same model where an answer says nothing about the
//! worker by whom its own unit is judged. Formulas, sources and measurements:
//! `docs/spec/inference.md`; why these three: decision 0026.

mod gamma;

mod hierarchy;

mod layout;

mod worker;

#[cfg(test)]
mod tests;

pub use worker::Worker;

use crate::consensus::{Consensus, PPM, to_ppm};
use crate::parallel::Threads;
use crate::table::{Answers, Error};
use hierarchy::{Evidence, Hierarchy};
use layout::Layout;

/// Name of this version of the rules, for logs and reports; another result has another name.
pub const ALGORITHM: &str = "headwater-infer@1";

/// What a caller may choose; nothing here changes a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Threads to compute with: the bytes of the result are the same for every number.
    pub threads: Threads,
}

/// How the truth of a unit is read off the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shares of votes: as if the answers to one unit had all their errors in common.
    Votes,
    /// Hierarchical Dawid-Skene: as if, given the truth, answers were independent.
    Joint,
    /// The same, but each unit is judged by what its workers did on *other* units.
    LeaveOneOut,
}

/// One of the pooled readings, and how far the consensus followed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which one.
    pub kind: Kind,
    /// Its weight in the pool, in parts per million.
    pub weight_ppm: u32,
    /// Units with answers where it alone would give the consensus label, in parts per million of
    /// them; 0 without any.
    pub agreement_ppm: u32,
    /// Rounds of expectation and maximisation; 0 for votes.
    pub iterations: u32,
}

/// Labels with probabilities, and what the answers say about workers and classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// Label and posterior of each unit; known units keep their label with certainty.
    pub consensus: Consensus,
    /// One entry per worker of the table, active or not.
    pub workers: Vec<Worker>,
    /// Frequency of each class over units with a label, in parts per million; zeros without any.
    pub priors_ppm: Vec<u32>,
    /// The three readings: votes, joint, leave-one-out.
    pub readings: [Reading; 3],
}

/// Infers labels, workers' skills and class frequencies from answers alone, or with `known` labels
/// (one entry per unit) that stay as they are and show how good their workers are.
///
/// Repeated answers of a worker to a unit count as one answer together, split over the labels
/// given. Classes that nobody names have probability 0.
///
/// # Errors
/// [`Error::Length`] or [`Error::UnknownClass`] when `known` does not fit the table.
pub fn infer(
    answers: &Answers,
    known: &[Option<u32>],
    options: Options,
) -> Result<Inferred, Error> {
    answers.check_known(known)?;
    let layout = Layout::new(answers, known);
    let votes = layout.votes();
    let mut modelled = vec![0.0; votes.len()];
    let mut labels = vec![layout.labels(&votes)];
    let mut iterations = vec![0];
    let mut concentrations = Vec::new();
    for evidence in [Evidence::All, Evidence::LeaveOneOut] {
        let fit = Hierarchy::fit(&layout, &votes, evidence, options.threads);
        let sums = modelled.iter_mut().zip(&fit.posteriors);
        sums.for_each(|(sum, q)| *sum += q / 2.0);
        labels.push(layout.labels(&fit.posteriors));
        iterations.push(fit.iterations);
        concentrations = fit.concentrations;
    }
    let mut pooled = votes;
    let votes_and_models = pooled.iter_mut().zip(&modelled);
    votes_and_models.for_each(|(vote, model)| *vote = (*vote + 2.0 * model) / 3.0);
    let final_labels = layout.labels(&pooled);
    let kinds = [Kind::Votes, Kind::Joint, Kind::LeaveOneOut];
    let readings = [0, 1, 2].map(|reading| Reading {
        kind: kinds[reading],
        weight_ppm: PPM / 3,
        agreement_ppm: agreement(&layout, &final_labels, &labels[reading]),
        iterations: iterations[reading],
    });
    // Votes lean towards frequent errors and even frequencies: workers are seen by the models only.
    let last = Hierarchy::maximised(&layout, modelled, concentrations, options.threads);
    let decided = |unit| !answers.of_unit(unit).is_empty() || known[unit as usize].is_some();
    Ok(Inferred {
        consensus: Consensus::new(
            answers.classes(),
            layout.widen(&pooled),
            (0..answers.units()).map(decided),
            iterations.iter().sum(),
        ),
        workers: worker::describe(&layout, &last),
        priors_ppm: frequencies(&layout, &last.posteriors),
        readings,
    })
}

/// Share of the units with answers that have the same label in two lists.
fn agreement(layout: &Layout, one: &[u32], other: &[u32]) -> u32 {
    let answered = |unit: &usize| !layout.entries(*unit).is_empty();
    let all = (0..layout.units).filter(answered).count();
    let same = (0..layout.units)
        .filter(answered)
        .filter(|unit| one[*unit] == other[*unit]);
    to_ppm(same.count() as f64 / all.max(1) as f64)
}

/// Mean posterior of the units that have one, over all declared classes.
fn frequencies(layout: &Layout, posteriors: &[f64]) -> Vec<u32> {
    let mut sums = vec![0.0; layout.width];
    for unit in 0..layout.units {
        let row = &posteriors[unit * layout.width..][..layout.width];
        sums.iter_mut().zip(row).for_each(|(sum, q)| *sum += q);
    }
    let total: f64 = sums.iter().sum();
    let mut wide = vec![0; layout.declared];
    for (class, sum) in layout.classes.iter().zip(sums) {
        wide[*class as usize] = if total > 0.0 { to_ppm(sum / total) } else { 0 };
    }
    wide
}
