//! Answers counted by unit, equal units taken together; plain agreement and Fleiss' kappa.

use std::collections::BTreeMap;

use super::Error;
use crate::table::Answers;

/// What the answers to a unit are, if two contributors or more gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// (label, answers), labels ascending.
    pub(crate) labels: Vec<(u32, u32)>,
    /// Answers in all; at least 2.
    pub(crate) answers: u32,
    /// Units that look like this.
    pub(crate) units: u32,
}

/// The units that can be compared, as patterns of their answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    pub(crate) classes: u32,
    pub(crate) patterns: Vec<Pattern>,
}

impl Units {
    /// Counts the first answer of each contributor to each unit; units with one answer are left
    /// out.
    pub fn new(answers: &Answers) -> Self {
        let mut patterns: BTreeMap<Vec<(u32, u32)>, u32> = BTreeMap::new();
        let mut first: Vec<(u32, u32, u32)> = Vec::new();
        for unit in 0..answers.units() {
            first.clear();
            let rows = answers.of_unit(unit).iter();
            first.extend(rows.map(|row| {
                let answer = answers.rows()[*row as usize];
                (answer.worker, *row, answer.label)
            }));
            first.sort_unstable();
            first.dedup_by_key(|answer| answer.0);
            if first.len() < 2 {
                continue;
            }
            let mut labels: Vec<u32> = first.iter().map(|answer| answer.2).collect();
            labels.sort_unstable();
            let counted = labels
                .chunk_by(|a, b| a == b)
                .map(|run| (run[0], run.len() as u32));
            *patterns.entry(counted.collect()).or_default() += 1;
        }
        let pattern = |(labels, units): (Vec<(u32, u32)>, u32)| Pattern {
            answers: labels.iter().map(|(_, count)| count).sum(),
            labels,
            units,
        };
        Self {
            classes: answers.classes(),
            patterns: patterns.into_iter().map(pattern).collect(),
        }
    }

    /// Units with two answers or more.
    pub fn count(&self) -> u32 {
        self.patterns.iter().map(|pattern| pattern.units).sum()
    }

    /// How often each pattern occurs.
    pub(crate) fn times(&self) -> Vec<u32> {
        self.patterns.iter().map(|pattern| pattern.units).collect()
    }

    /// Answers of each label, each pattern taken `times`; and all of them.
    pub(crate) fn totals(&self, times: &[u32]) -> (Vec<f64>, f64) {
        let mut totals = vec![0.0; self.classes as usize];
        for (pattern, times) in self.patterns.iter().zip(times) {
            for (label, count) in &pattern.labels {
                totals[*label as usize] += f64::from(*times) * f64::from(*count);
            }
        }
        let all = totals.iter().sum();
        (totals, all)
    }
}

/// Mean over units of the share of answer pairs that agree, in 0..=1.
///
/// # Errors
/// [`Error::NoPairs`].
pub fn percentage(units: &Units) -> Result<f64, Error> {
    share_agreeing(units, &units.times())
}

/// Kappa of Fleiss (1971): agreement above that of answers drawn with the shares of all answers.
///
/// Units may have different numbers of answers: each counts once in the agreement, each answer once
/// in the shares; with equal numbers it is Fleiss' own.
///
/// # Errors
/// [`Error::NoPairs`], [`Error::NoVariation`].
pub fn fleiss(units: &Units) -> Result<f64, Error> {
    fleiss_of(units, &units.times())
}

pub(crate) fn share_agreeing(units: &Units, times: &[u32]) -> Result<f64, Error> {
    let (mut sum, mut all) = (0.0, 0.0);
    for (pattern, times) in units.patterns.iter().zip(times) {
        let pairs = |count: u32| f64::from(count) * (f64::from(count) - 1.0);
        let agreeing: f64 = pattern.labels.iter().map(|(_, count)| pairs(*count)).sum();
        sum += f64::from(*times) * (agreeing / pairs(pattern.answers));
        all += f64::from(*times);
    }
    if all == 0.0 {
        return Err(Error::NoPairs);
    }
    Ok(sum / all)
}

pub(crate) fn fleiss_of(units: &Units, times: &[u32]) -> Result<f64, Error> {
    let agreeing = share_agreeing(units, times)?;
    let (totals, all) = units.totals(times);
    let chance: f64 = totals
        .iter()
        .map(|total| (total / all) * (total / all))
        .sum();
    if totals.iter().filter(|total| **total > 0.0).count() < 2 {
        return Err(Error::NoVariation);
    }
    Ok((agreeing - chance) / (1.0 - chance))
}
