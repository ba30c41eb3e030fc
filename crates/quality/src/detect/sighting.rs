//! One answer in the light of a known or likely truth, and how far a row of them follows it.

use crate::pay::truth::Truth;

/// One unit that a worker has answered and whose truth is known to some degree.
pub(super) struct Sighting {
    pub(super) pair: usize,
    pub(super) label: u32,
    pub(super) truth: Row,
}

/// The truth of one sighting.
pub(super) enum Row {
    Gold(u32),
    Peers(Vec<f64>),
}

impl Row {
    pub(super) fn truth(&self) -> Truth<'_> {
        match self {
            Self::Gold(class) => Truth::Gold(*class),
            Self::Peers(truth) => Truth::Peers(truth),
        }
    }

    pub(super) fn get(&self, class: usize) -> f64 {
        self.truth().probability(class as u32)
    }

    pub(super) fn add(&self, mass: &mut [f64], times: f64) {
        match self {
            Self::Gold(class) => mass[*class as usize] += times,
            Self::Peers(truth) => mass
                .iter_mut()
                .zip(truth)
                .for_each(|(m, q)| *m += times * q),
        }
    }
}

/// (agreement with the truth - its mean over all orders of the answers) / standard deviation; 0
/// where every order agrees as well. The variance is that of Hoeffding (1951).
pub(super) fn score(seen: &[Sighting], width: usize) -> f64 {
    let units = seen.len() as f64;
    let (mut truths, mut answers) = (vec![0.0; width], vec![0.0; width]);
    for sighting in seen {
        sighting.truth.add(&mut truths, 1.0 / units);
        answers[sighting.label as usize] += 1.0 / units;
    }
    let used: Vec<usize> = (0..width).filter(|class| answers[*class] > 0.0).collect();
    let (mut sum, mut variance) = (0.0, 0.0);
    for sighting in seen {
        let above = |class: usize| sighting.truth.get(class) - truths[class];
        sum += above(sighting.label as usize);
        let mean: f64 = used
            .iter()
            .map(|class| answers[*class] * above(*class))
            .sum();
        for class in &used {
            let distance = above(*class) - mean;
            variance += answers[*class] * distance * distance;
        }
    }
    variance *= units / (units - 1.0).max(1.0);
    if variance > 1e-12 {
        sum / libm::sqrt(variance)
    } else {
        0.0
    }
}

/// Turns logarithms into numbers of which the largest is 1.
pub(super) fn exponentiate(row: &mut [f64]) {
    let top = row.iter().fold(f64::NEG_INFINITY, |top, log| top.max(*log));
    row.iter_mut()
        .for_each(|value| *value = libm::exp(*value - top));
}

/// Scales to a sum of 1; `false` where there is nothing to scale.
pub(super) fn normalise(row: &mut [f64]) -> bool {
    let total: f64 = row.iter().sum();
    if total > 0.0 {
        row.iter_mut().for_each(|value| *value /= total);
    }
    total > 0.0
}
