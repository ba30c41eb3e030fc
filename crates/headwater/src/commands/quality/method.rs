//! The ways to infer labels, with one kind of result.

use super::answers::Crowd;
use crate::cli::quality::{Infer, Method};
use anyhow::Result;
use quality::parallel::Threads;
use quality::{Consensus, Fit, Variant, infer};

/// How many restarts MACE makes.
const RESTARTS: u32 = 10;

/// Labels and workers as one of the methods sees them.
pub struct Found {
    /// Name and version of the method.
    pub algorithm: &'static str,
    /// Labels with probabilities.
    pub consensus: Consensus,
    /// In the order of the crowd's workers.
    pub workers: Vec<Worker>,
}

/// How good a worker is.
pub struct Worker {
    /// How many answers.
    pub answers: u32,
    /// Probability that an answer is right, 0..=1; NaN where the method has none.
    pub skill: f64,
    /// What an answer tells about the truth, in nats; NaN where the method has none.
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
/// Tables and known labels that inference cannot hold; known labels for a method without use for
/// them.
pub fn find(crowd: &Crowd, known: &[Option<u32>], args: &Infer) -> Result<Found> {
    let answers = &crowd.answers;
    let threads = Threads::new(args.threads);
    let takes_gold = matches!(
        args.method,
        Method::Auto | Method::DawidSkene | Method::DawidSkeneCrowdkit
    );
    anyhow::ensure!(
        takes_gold || known.iter().all(Option::is_none),
        "this method has no use for known labels\nhint: leave out `--gold`, or take `--method auto`"
    );
    let with_skills = |algorithm, consensus, skills: Vec<Option<f64>>| Found {
        algorithm,
        consensus,
        workers: workers(crowd, skills.into_iter()),
    };
    Ok(match args.method {
        Method::Auto => default(crowd, known, threads)?,
        Method::Majority => {
            let consensus = quality::majority(answers);
            let skills = quality::vote::agreement(answers, consensus.labels());
            with_skills("majority", consensus, skills)
        }
        Method::Wawa => {
            let vote = quality::wawa(answers);
            with_skills("wawa", vote.consensus, vote.skills)
        }
        Method::OneCoin => {
            let fit = quality::one_coin(answers);
            with_skills("one-coin-dawid-skene", fit.consensus, fit.skills)
        }
        Method::DawidSkene => {
            let fit = Fit::new(Variant::Map).threads(threads);
            let (consensus, skills) = dawid_skene(crowd, known, fit)?;
            with_skills("dawid-skene-map", consensus, skills)
        }
        Method::DawidSkeneCrowdkit => {
            let fit = Fit::new(Variant::Crowdkit).threads(threads);
            let (consensus, skills) = dawid_skene(crowd, known, fit)?;
            with_skills("dawid-skene-crowdkit", consensus, skills)
        }
        Method::Mace => {
            let fit = quality::mace(answers, RESTARTS, 0, threads);
            let knows = fit
                .model
                .knows
                .iter()
                .map(|[draws, knows]| Some(knows / (draws + knows)));
            with_skills("mace", fit.consensus, knows.collect())
        }
        Method::Glad => {
            let fit = quality::glad(answers);
            with_skills("glad", fit.consensus, Vec::new())
        }
    })
}

/// The engine's own choice.
fn default(crowd: &Crowd, known: &[Option<u32>], threads: Threads) -> Result<Found> {
    let inferred = infer(&crowd.answers, known, infer::Options { threads })?;
    let workers = inferred.workers.iter().map(|worker| Worker {
        answers: worker.answers,
        skill: f64::from(worker.skill_ppm) / 1e6,
        information: f64::from(worker.information_unats) / 1e6,
    });
    Ok(Found {
        algorithm: infer::ALGORITHM,
        workers: workers.collect(),
        consensus: inferred.consensus,
    })
}

/// Labels, and P(right) under the class frequencies from the confusion matrices.
fn dawid_skene(
    crowd: &Crowd,
    known: &[Option<u32>],
    fit: Fit<'_>,
) -> Result<(Consensus, Vec<Option<f64>>)> {
    let found = fit.run(&crowd.answers, known)?;
    let skill = |worker| {
        let classes = found.priors().iter().zip(0..);
        let right = classes.map(|(prior, class)| prior * found.confusion(worker, class, class));
        Some(right.sum())
    };
    let skills = (0..crowd.answers.workers()).map(skill).collect();
    Ok((found.consensus, skills))
}

fn workers(crowd: &Crowd, mut skills: impl Iterator<Item = Option<f64>>) -> Vec<Worker> {
    let mut answers = vec![0; crowd.workers.len()];
    for row in crowd.answers.rows() {
        answers[row.worker as usize] += 1;
    }
    let one = |answers| Worker {
        answers,
        skill: skills.next().flatten().unwrap_or(f64::NAN),
        information: f64::NAN,
    };
    answers.into_iter().map(one).collect()
}
