//! Comparisons of pairs, and ratings from them.

use crate::array::{numbers, of_reals, refused};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quality::pairs::{
    self, Comparison, Interval, Model, Outcome, Tally, Ties, fit, fit_voters, standard_errors,
};

/// Comparisons by number: `Comparisons(items, voters, left, right, outcome, voter)`, outcome 0 for
/// left, 1 for right, 2 for a tie; the arrays as bytes of 32-bit numbers.
#[pyclass(frozen)]
pub struct Comparisons(pairs::Comparisons);

#[pymethods]
impl Comparisons {
    #[new]
    fn new(
        counts: (u32, u32),
        left: &[u8],
        right: &[u8],
        outcome: &[u8],
        voter: &[u8],
    ) -> PyResult<Self> {
        let (left, right) = (numbers(left)?, numbers(right)?);
        let (outcome, voter) = (numbers(outcome)?, numbers(voter)?);
        let rows = left
            .into_iter()
            .zip(right)
            .zip(outcome.into_iter().zip(voter));
        let rows = rows.map(|((left, right), (outcome, voter))| Comparison {
            left,
            right,
            outcome: match outcome {
                0 => Outcome::Left,
                1 => Outcome::Right,
                _ => Outcome::Tie,
            },
            voter,
        });
        let table = pairs::Comparisons::new(counts.0, counts.1, rows.collect());
        Ok(Self(table.map_err(refused)?))
    }

    /// Ratings by maximum likelihood with robust standard errors.
    fn bradley_terry<'py>(
        &self,
        py: Python<'py>,
        davidson: bool,
        ridge: f64,
        width: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let ties = if davidson { Ties::Davidson } else { Ties::Half };
        let model = Model { ties, ridge };
        let found = py.detach(|| {
            let tally = Tally::of(&self.0)?;
            let found = fit(&tally, model, None)?;
            let errors = standard_errors(&tally, &found, model, 0.0)?;
            Ok::<_, pairs::Error>((found, errors))
        });
        let (found, errors) = found.map_err(refused)?;
        let intervals = found.ratings.iter().zip(&errors);
        let intervals = intervals.map(|(rating, error)| Interval::around(*rating, *error, width));
        let bounds: Vec<f64> = intervals.flat_map(|it| [it.low, it.high]).collect();
        let dict = PyDict::new(py);
        dict.set_item("ratings", of_reals(py, &found.ratings))?;
        dict.set_item("strengths", of_reals(py, &found.strengths()))?;
        dict.set_item("errors", of_reals(py, &errors))?;
        dict.set_item("intervals", of_reals(py, &bounds))?;
        dict.set_item("nu", found.nu)?;
        Ok(dict)
    }

    /// Ratings that trust voters as far as they go with the others.
    fn noisy<'py>(&self, py: Python<'py>, ridge: f64) -> PyResult<Bound<'py, PyDict>> {
        let found = py.detach(|| fit_voters(&self.0, ridge)).map_err(refused)?;
        let dict = PyDict::new(py);
        dict.set_item("ratings", of_reals(py, &found.fit.ratings))?;
        dict.set_item("strengths", of_reals(py, &found.fit.strengths()))?;
        dict.set_item("skills", of_reals(py, &found.skills))?;
        dict.set_item("biases", of_reals(py, &found.biases))?;
        Ok(dict)
    }
}
