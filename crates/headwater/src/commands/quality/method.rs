//! The ways to infer labels, with one kind of result.

use super::answers::Crowd;
use crate::cli::quality::{Infer, Method};
use anyhow::Result;
use quality::{Consensus, DawidSkene, Variant, dawid_skene};

/// Labels and workers as one of the methods sees them.
pub struct Found {
    /// Name and version of the method.
    pub algorithm: String,
    /// Labels with probabilities.
    pub consensus: Consensus,
    /// In the order of the crowd's workers.
    pub workers: Vec<Worker>,
}

/// How good a worker is.
pub struct Worker {
    /// How many answers.
    pub answers: u32,
    /// Probability that an answer is right, 0..=1.
    pub skill: f64,
    /// What an answer tells about the truth, in bits.
    pub information: f64,
}

impl Found {
    /// Probability of a task's label, 0..=1.
    pub fn probability(&self, unit: u32) -> f64 {
        f64::from(self.consensus.probability_ppm(unit)) / 1e6
    }

    /// Mean probability of the labels.
    pub fn expected_accuracy(&self) -> f64 {
        let labels = self.consensus.labels().iter().zip(0..);
        let labelled = labels.filter(|(label, _)| label.is_some());
        let (count, sum) = labelled.fold((0_u32, 0.0), |(count, sum), (_, unit)| {
            (count + 1, sum + self.probability(unit))
        });
        sum / f64::from(count.max(1))
    }
}

/// Runs the method that the command line names.
///
/// # Errors
/// Tables beyond what inference can hold.
pub fn find(crowd: &Crowd, known: &[Option<u32>], args: &Infer) -> Result<Found> {
    let answers = &crowd.answers;
    let fit = |variant| dawid_skene(answers, known, variant);
    let (algorithm, fit) = match args.method {
        Method::Auto | Method::DawidSkene => ("dawid-skene-map", fit(Variant::Map)?),
        Method::DawidSkeneCrowdkit => ("dawid-skene-crowdkit", fit(Variant::Crowdkit)?),
        Method::Majority => ("majority", fit(Variant::Map)?),
    };
    let workers = workers(crowd, &fit);
    let consensus = match args.method {
        Method::Majority => quality::majority(answers),
        _ => fit.consensus,
    };
    Ok(Found {
        algorithm: algorithm.to_owned(),
        consensus,
        workers,
    })
}

fn workers(crowd: &Crowd, fit: &DawidSkene) -> Vec<Worker> {
    let mut answers = vec![0; crowd.workers.len()];
    for row in crowd.answers.rows() {
        answers[row.worker as usize] += 1;
    }
    let one = |(worker, answers): (u32, u32)| {
        let right = fit.priors().iter().zip(0..);
        let skill = right
            .map(|(prior, class)| prior * fit.confusion(worker, class, class))
            .sum();
        Worker {
            answers,
            skill,
            information: 0.0,
        }
    };
    (0..).zip(answers).map(one).collect()
}
