//! A table of answers, and every way to infer labels from it.

use crate::array::{known, numbers, of_numbers, of_options, of_reals, reals, refused};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use quality::agree::{Draws, Level, Measure, Units, estimate};
use quality::infer::Options;
use quality::parallel::Threads;
use quality::{Answer, Answers, Consensus, Fit, Variant, Vote};
use std::collections::BTreeSet;

/// Answers by number: `Table(units, workers, classes, unit, worker, label)`, the last three as
/// bytes of 32-bit numbers, one per answer.
#[pyclass(frozen)]
pub struct Table(Answers);

type Found<'py> = PyResult<Bound<'py, PyDict>>;

#[pymethods]
impl Table {
    #[new]
    fn new(counts: (u32, u32, u32), unit: &[u8], worker: &[u8], label: &[u8]) -> PyResult<Self> {
        let (unit, worker, label) = (numbers(unit)?, numbers(worker)?, numbers(label)?);
        let rows = unit
            .into_iter()
            .zip(worker)
            .zip(label)
            .map(|((unit, worker), label)| Answer {
                unit,
                worker,
                label,
            });
        let (units, workers, classes) = counts;
        let answers = Answers::new(units, workers, classes, rows.collect()).map_err(refused)?;
        Ok(Self(answers))
    }

    /// The default inference, with calibrated probabilities.
    fn infer<'py>(&self, py: Python<'py>, gold: &[u8], threads: usize) -> Found<'py> {
        let gold = known(gold)?;
        let threads = Threads::new(threads);
        let found = py.detach(|| quality::infer(&self.0, &gold, Options { threads }));
        let found = found.map_err(refused)?;
        let dict = self.posterior(py, &found.consensus)?;
        let share = |ppm: u32| f64::from(ppm) / 1e6;
        let skills: Vec<f64> = found.workers.iter().map(|it| share(it.skill_ppm)).collect();
        let information = found.workers.iter().map(|it| share(it.information_unats));
        let priors: Vec<f64> = found.priors_ppm.iter().map(|ppm| share(*ppm)).collect();
        dict.set_item("skills", of_reals(py, &skills))?;
        dict.set_item(
            "information",
            of_reals(py, &information.collect::<Vec<_>>()),
        )?;
        dict.set_item("priors", of_reals(py, &priors))?;
        Ok(dict)
    }

    /// Votes, weighted where there are weights.
    #[pyo3(signature = (weights=None))]
    fn vote<'py>(&self, py: Python<'py>, weights: Option<&[u8]>) -> Found<'py> {
        let weights = weights.map(reals).transpose()?;
        let vote = py.detach(|| match &weights {
            Some(weights) => quality::weighted(&self.0, weights),
            None => {
                let consensus = quality::majority(&self.0);
                let skills = quality::vote::agreement(&self.0, consensus.labels());
                Ok(Vote { consensus, skills })
            }
        });
        self.vote_dict(py, &vote.map_err(refused)?)
    }

    fn wawa<'py>(&self, py: Python<'py>) -> Found<'py> {
        let vote = py.detach(|| quality::wawa(&self.0));
        self.vote_dict(py, &vote)
    }

    fn zero_based_skill<'py>(&self, py: Python<'py>) -> Found<'py> {
        let vote = py.detach(|| quality::zero_based_skill(&self.0));
        self.vote_dict(py, &vote)
    }

    /// Dawid and Skene with crowd-kit's conventions, from votes or from posteriors.
    #[pyo3(signature = (gold, rounds, threads, start=None))]
    fn dawid_skene<'py>(
        &self,
        py: Python<'py>,
        gold: &[u8],
        rounds: u32,
        threads: usize,
        start: Option<&[u8]>,
    ) -> Found<'py> {
        let gold = known(gold)?;
        let start = start.map(reals).transpose()?;
        let fit = Fit::new(Variant::Crowdkit)
            .rounds(rounds)
            .threads(Threads::new(threads));
        let fit = match &start {
            Some(posteriors) => fit.from_posteriors(posteriors),
            None => fit,
        };
        let found = py.detach(|| fit.run(&self.0, &gold)).map_err(refused)?;
        let dict = self.posterior(py, &found.consensus)?;
        let pairs: BTreeSet<(u32, u32)> = self
            .0
            .rows()
            .iter()
            .map(|row| (row.worker, row.label))
            .collect();
        let errors = pairs.iter().flat_map(|(worker, label)| {
            let found = &found;
            (0..self.0.classes()).map(move |truth| found.confusion(*worker, truth, *label))
        });
        dict.set_item("errors", of_reals(py, &errors.collect::<Vec<_>>()))?;
        let workers: Vec<u32> = pairs.iter().map(|pair| pair.0).collect();
        let labels: Vec<u32> = pairs.iter().map(|pair| pair.1).collect();
        dict.set_item("error_workers", of_numbers(py, &workers))?;
        dict.set_item("error_labels", of_numbers(py, &labels))?;
        dict.set_item("priors", of_reals(py, found.priors()))?;
        dict.set_item("iterations", found.consensus.iterations)?;
        Ok(dict)
    }

    fn one_coin<'py>(&self, py: Python<'py>) -> Found<'py> {
        let found = py.detach(|| quality::one_coin(&self.0));
        let dict = self.posterior(py, &found.consensus)?;
        dict.set_item("skills", of_options(py, &found.skills))?;
        dict.set_item("priors", of_reals(py, &found.priors))?;
        Ok(dict)
    }

    fn mace<'py>(&self, py: Python<'py>, restarts: u32, seed: u64, threads: usize) -> Found<'py> {
        let threads = Threads::new(threads);
        let found = py.detach(|| quality::mace(&self.0, restarts, seed, threads));
        let dict = self.posterior(py, &found.consensus)?;
        let knows: Vec<f64> = found.model.knows.iter().flatten().copied().collect();
        dict.set_item("knows", of_reals(py, &knows))?;
        dict.set_item("strategies", of_reals(py, &found.model.strategies))?;
        dict.set_item("bounds", found.bounds)?;
        Ok(dict)
    }

    fn glad<'py>(&self, py: Python<'py>) -> Found<'py> {
        let found = py.detach(|| quality::glad(&self.0));
        let dict = self.posterior(py, &found.consensus)?;
        dict.set_item("abilities", of_reals(py, &found.abilities))?;
        dict.set_item("eases", of_reals(py, &found.eases))?;
        dict.set_item("objective", found.objective)?;
        Ok(dict)
    }

    fn kos<'py>(&self, py: Python<'py>, seed: u64) -> Found<'py> {
        let found = py.detach(|| quality::kos(&self.0, seed)).map_err(refused)?;
        self.posterior(py, &found)
    }

    /// Agreement with its interval: `nominal`, `ordinal`, `interval`, `ratio` alpha, `fleiss` or
    /// `percentage`.
    fn agreement(
        &self,
        py: Python<'_>,
        measure: &str,
        values: &[u8],
        draws: (u32, u64, usize),
    ) -> PyResult<(f64, f64, f64)> {
        let (resamples, seed, threads) = draws;
        let values = reals(values)?;
        let measure = match measure {
            "nominal" => Measure::Alpha(Level::Nominal),
            "ordinal" => Measure::Alpha(Level::Ordinal),
            "interval" => Measure::Alpha(Level::Interval(&values)),
            "ratio" => Measure::Alpha(Level::Ratio(&values)),
            "fleiss" => Measure::Fleiss,
            "percentage" => Measure::Percentage,
            other => return Err(refused(format!("there is no measure `{other}`"))),
        };
        let draws = Draws {
            resamples,
            seed,
            ..Draws::default()
        };
        let threads = Threads::new(threads);
        let found = py.detach(|| estimate(&Units::new(&self.0), measure, draws, threads));
        let found = found.map_err(refused)?;
        Ok((found.value, found.low, found.high))
    }
}

impl Table {
    /// Posterior, labels (all bits set where there is none) and their probabilities.
    fn posterior<'py>(&self, py: Python<'py>, consensus: &Consensus) -> Found<'py> {
        let dict = PyDict::new(py);
        let units = 0..self.0.units();
        let rows = units.flat_map(|unit| consensus.posterior(unit).iter().copied());
        dict.set_item("posterior", of_reals(py, &rows.collect::<Vec<_>>()))?;
        let labels = consensus
            .labels()
            .iter()
            .map(|label| label.unwrap_or(u32::MAX));
        let labels: Bound<'py, PyBytes> = of_numbers(py, &labels.collect::<Vec<_>>());
        dict.set_item("labels", labels)?;
        Ok(dict)
    }

    fn vote_dict<'py>(&self, py: Python<'py>, vote: &Vote) -> Found<'py> {
        let dict = self.posterior(py, &vote.consensus)?;
        dict.set_item("skills", of_options(py, &vote.skills))?;
        Ok(dict)
    }
}
