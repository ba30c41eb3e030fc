//! Cohen's kappa of two contributors, plain or with weights for how far labels are apart.

use std::collections::BTreeMap;

use super::Error;
use crate::table::Answers;

/// How much a disagreement counts, by the distance of the labels' indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weighting {
    /// All the same (Cohen 1960).
    #[default]
    Plain,
    /// In proportion to the distance (Cohen 1968).
    Linear,
    /// In proportion to its square.
    Quadratic,
}

impl Weighting {
    fn of(self, a: u32, b: u32) -> f64 {
        let apart = f64::from(a.abs_diff(b));
        match self {
            Weighting::Plain => f64::from(u8::from(a != b)),
            Weighting::Linear => apart,
            Weighting::Quadratic => apart * apart,
        }
    }
}

/// How often each pair of labels came from two contributors on the same unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contingency {
    /// (label of one, label of the other) and units, in order.
    pub(crate) cells: Vec<((u32, u32), u32)>,
}

impl Contingency {
    /// Counts the units that contributors `one` and `other` both answered, by their first answers.
    ///
    /// # Errors
    /// [`Error::Contributor`], [`Error::NoPairs`].
    pub fn new(answers: &Answers, one: u32, other: u32) -> Result<Self, Error> {
        if one == other || one >= answers.workers() || other >= answers.workers() {
            return Err(Error::Contributor);
        }
        let mut labels: BTreeMap<u32, [Option<u32>; 2]> = BTreeMap::new();
        for row in answers.rows() {
            let place = match row.worker {
                worker if worker == one => 0,
                worker if worker == other => 1,
                _ => continue,
            };
            labels.entry(row.unit).or_default()[place].get_or_insert(row.label);
        }
        let mut cells: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for found in labels.values() {
            if let [Some(one), Some(other)] = found {
                *cells.entry((*one, *other)).or_default() += 1;
            }
        }
        if cells.is_empty() {
            return Err(Error::NoPairs);
        }
        Ok(Self {
            cells: cells.into_iter().collect(),
        })
    }

    /// Units that both answered.
    pub fn units(&self) -> u32 {
        self.cells.iter().map(|cell| cell.1).sum()
    }

    /// Kappa: 1 is full agreement, 0 that of chance with each one's own shares of labels.
    ///
    /// # Errors
    /// [`Error::NoVariation`] where both always gave the same one label.
    pub fn kappa(&self, weighting: Weighting) -> Result<f64, Error> {
        let times: Vec<u32> = self.cells.iter().map(|cell| cell.1).collect();
        self.kappa_of(&times, weighting)
    }

    pub(crate) fn kappa_of(&self, times: &[u32], weighting: Weighting) -> Result<f64, Error> {
        let mut observed = 0.0;
        let mut sides: [BTreeMap<u32, f64>; 2] = Default::default();
        let mut all = 0.0;
        for (((one, other), _), times) in self.cells.iter().zip(times) {
            let times = f64::from(*times);
            observed += times * weighting.of(*one, *other);
            *sides[0].entry(*one).or_default() += times;
            *sides[1].entry(*other).or_default() += times;
            all += times;
        }
        let mut expected = 0.0;
        for (one, count) in &sides[0] {
            let apart = sides[1]
                .iter()
                .map(|(other, times)| times * weighting.of(*one, *other));
            expected += count * apart.sum::<f64>();
        }
        if expected <= 0.0 {
            return Err(Error::NoVariation);
        }
        Ok(1.0 - all * observed / expected)
    }
}
