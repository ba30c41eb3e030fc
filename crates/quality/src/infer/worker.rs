//! What the answers say about each worker: accuracy and information.

use super::hierarchy::Hierarchy;
use super::layout::Layout;
use crate::consensus::to_ppm;

/// One worker as the consensus sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worker {
    /// Answers in the table, repeats included.
    pub answers: u32,
    /// Probability of a right answer to a unit drawn by the class frequencies, in parts per
    /// million; the crowd's for somebody without answers.
    pub skill_ppm: u32,
    /// Mutual information between the truth and an answer, in millionths of a nat: 0 for whoever
    /// answers without looking, whatever the classes' frequencies; at most ln K. Labels that the
    /// worker never gave are taken as one, so that it is a lower bound.
    pub information_unats: u32,
}

/// One entry per worker.
pub(super) fn describe(layout: &Layout, fit: &Hierarchy) -> Vec<Worker> {
    let one = |worker| Worker {
        answers: layout.answers[worker],
        skill_ppm: to_ppm(skill(layout, fit, worker)),
        information_unats: (information(layout, fit, worker) * 1e6 + 0.5) as u32,
    };
    (0..layout.workers).map(one).collect()
}

/// Sum over classes of frequency x P(right | class).
fn skill(layout: &Layout, fit: &Hierarchy, worker: usize) -> f64 {
    let width = layout.width;
    let mut right = 0.0;
    let mut own = layout.worker_starts[worker]..layout.worker_starts[worker + 1];
    let mut next = own.next();
    for class in 0..width {
        while next.is_some_and(|pair| (layout.pairs[pair].1 as usize) < class) {
            next = own.next();
        }
        let diagonal = match next {
            Some(pair) if layout.pairs[pair].1 as usize == class => {
                fit.confusion(layout, pair, class)
            }
            _ => {
                let seen = fit.totals[worker * width + class];
                fit.pseudo[class * width + class] / (seen + fit.concentrations[class])
            }
        };
        right += fit.priors[class] * diagonal;
    }
    right
}

/// Mutual information of truth and answer, labels never given as one.
fn information(layout: &Layout, fit: &Hierarchy, worker: usize) -> f64 {
    let width = layout.width;
    let mut rest = vec![1.0; width];
    let mut sum = 0.0;
    for pair in layout.worker_starts[worker]..layout.worker_starts[worker + 1] {
        let row: Vec<f64> = (0..width)
            .map(|class| fit.confusion(layout, pair, class))
            .collect();
        rest.iter_mut().zip(&row).for_each(|(rest, p)| *rest -= p);
        sum += part(&fit.priors, &row);
    }
    rest.iter_mut().for_each(|rest| *rest = rest.max(0.0));
    (sum + part(&fit.priors, &rest)).max(0.0)
}

/// Sum over classes of prior x p ln(p / mean p).
fn part(priors: &[f64], row: &[f64]) -> f64 {
    let mean: f64 = priors.iter().zip(row).map(|(prior, p)| prior * p).sum();
    if mean <= 0.0 {
        return 0.0;
    }
    let term = |(prior, p): (&f64, &f64)| {
        if *p > 0.0 {
            prior * p * libm::log(p / mean)
        } else {
            0.0
        }
    };
    priors.iter().zip(row).map(term).sum()
}
