//! Consensus: for each unit the probability of each class, and the label that follows from it.

/// One million, the denominator of every probability that leaves this crate.
pub const PPM: u32 = 1_000_000;

/// Rounds a share to parts per million, half up, clamped to 0..=1: the one place where a float
/// becomes an integer.
pub(crate) fn to_ppm(share: f64) -> u32 {
    // A NaN cannot arise from checked tables; `as` would turn it into 0 all the same.
    (share.clamp(0.0, 1.0) * f64::from(PPM) + 0.5) as u32
}

/// Posterior per unit over the classes, with the iterations it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Consensus {
    pub(crate) classes: u32,
    pub(crate) posteriors: Vec<f64>,
    pub(crate) labels: Vec<Option<u32>>,
    /// Rounds of expectation and maximisation; 0 for a plain vote.
    pub iterations: u32,
}

impl Consensus {
    /// Takes rows of posteriors; `decided` says which units have a label at all (answers, or a
    /// known label).
    pub(crate) fn new(
        classes: u32,
        posteriors: Vec<f64>,
        decided: impl Iterator<Item = bool>,
        iterations: u32,
    ) -> Self {
        let width = classes as usize;
        let label = |(unit, decided): (usize, bool)| {
            decided.then(|| best(&posteriors[unit * width..(unit + 1) * width]))
        };
        let labels = decided.enumerate().map(label).collect();
        Self {
            classes,
            posteriors,
            labels,
            iterations,
        }
    }

    /// The most probable class; on a tie the smallest; `None` without an answer or a known label.
    pub fn label(&self, unit: u32) -> Option<u32> {
        self.labels[unit as usize]
    }

    /// Probability of [`Self::label`] in parts per million, 0 where there is none.
    pub fn probability_ppm(&self, unit: u32) -> u32 {
        self.label(unit)
            .map_or(0, |label| to_ppm(self.posterior(unit)[label as usize]))
    }

    /// Probabilities of all classes for `unit`; zeros where it has no label. For inspection, never
    /// for the log.
    pub fn posterior(&self, unit: u32) -> &[f64] {
        let width = self.classes as usize;
        &self.posteriors[unit as usize * width..(unit as usize + 1) * width]
    }

    /// Labels of all units in order.
    pub fn labels(&self) -> &[Option<u32>] {
        &self.labels
    }
}

/// Position of the largest value, the first of equals.
fn best(values: &[f64]) -> u32 {
    let mut best = 0;
    for (class, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = class;
        }
    }
    best as u32
}
