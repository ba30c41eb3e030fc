//! The chain of true tags: transitions, and forward and backward passes over one unit.

/// First-order Markov chain over tags in which a span goes on only within its kind.
pub(super) struct Chain {
    width: usize,
    /// Log-free transition probabilities by tag before (the last row: no token before) and tag.
    steps: Vec<f64>,
    counts: Vec<f64>,
}

/// Scaled passes over one unit.
pub(super) struct Passes {
    width: usize,
    pub forward: Vec<f64>,
    pub backward: Vec<f64>,
    /// Likelihoods, each token's largest being 1.
    pub likely: Vec<f64>,
    pub scales: Vec<f64>,
}

impl Passes {
    /// Posterior of the tags of `token`.
    pub(super) fn posterior(&self, token: usize) -> impl Iterator<Item = f64> {
        let row = token * self.width..(token + 1) * self.width;
        let product = self.forward[row.clone()].iter().zip(&self.backward[row]);
        product.map(|(forward, backward)| forward * backward)
    }
}

impl Chain {
    pub(super) fn new(width: usize) -> Self {
        let cells = (width + 1) * width;
        Self {
            width,
            steps: vec![0.0; cells],
            counts: vec![0.0; cells],
        }
    }

    /// P(`tag` | `before`); `before` of the width means the start of the unit.
    pub(super) fn step(&self, before: usize, tag: usize) -> f64 {
        self.steps[before * self.width + tag]
    }

    /// Adds the transitions of one unit as if its tokens were independent.
    pub(super) fn count_independent(&mut self, posteriors: &[f64]) {
        let width = self.width;
        for (token, now) in posteriors.chunks(width).enumerate() {
            if token == 0 {
                let start = &mut self.counts[width * width..];
                start.iter_mut().zip(now).for_each(|(count, q)| *count += q);
                continue;
            }
            let before = &posteriors[(token - 1) * width..token * width];
            for (row, p) in self.counts.chunks_mut(width).zip(before) {
                row.iter_mut()
                    .zip(now)
                    .for_each(|(count, q)| *count += p * q);
            }
        }
    }

    /// Adds the expected transitions of one unit.
    pub(super) fn count(&mut self, passes: &Passes) {
        let width = self.width;
        let start = &mut self.counts[width * width..];
        start
            .iter_mut()
            .zip(passes.posterior(0))
            .for_each(|(count, q)| *count += q);
        let mut ahead = vec![0.0; width];
        for token in 1..passes.scales.len() {
            let at = token * width;
            for (tag, ahead) in ahead.iter_mut().enumerate() {
                *ahead = passes.likely[at + tag] * passes.backward[at + tag] / passes.scales[token];
            }
            let before = &passes.forward[at - width..at];
            for (tag, weight) in before.iter().enumerate() {
                let row = tag * width..(tag + 1) * width;
                let counts = self.counts[row.clone()].iter_mut();
                for ((count, step), ahead) in counts.zip(&self.steps[row]).zip(&ahead) {
                    *count += weight * step * ahead;
                }
            }
        }
    }

    /// Transitions from the counts, one more for each that is possible; the counts begin anew.
    pub(super) fn maximise(&mut self) {
        let width = self.width;
        for before in 0..=width {
            let row = before * width..(before + 1) * width;
            let mut total = 0.0;
            for (tag, count) in self.counts[row.clone()].iter_mut().enumerate() {
                *count = if possible(before, tag, width) {
                    *count + 1.0
                } else {
                    0.0
                };
                total += *count;
            }
            for cell in row {
                self.steps[cell] = self.counts[cell] / total;
            }
        }
        self.counts.fill(0.0);
    }

    /// Both passes for the log-likelihoods of a unit of at least one token.
    pub(super) fn run(&self, mut evidence: Vec<f64>) -> Passes {
        let width = self.width;
        for row in evidence.chunks_mut(width) {
            let top = row.iter().fold(f64::NEG_INFINITY, |top, log| top.max(*log));
            row.iter_mut().for_each(|log| *log = libm::exp(*log - top));
        }
        let tokens = evidence.len() / width;
        let mut passes = Passes {
            width,
            forward: vec![0.0; evidence.len()],
            backward: vec![1.0; evidence.len()],
            likely: evidence,
            scales: vec![0.0; tokens],
        };
        for token in 0..tokens {
            self.forward(token, &mut passes);
        }
        for token in (1..tokens).rev() {
            self.backward(token, &mut passes);
        }
        passes
    }

    fn forward(&self, token: usize, passes: &mut Passes) {
        let (width, at) = (self.width, token * self.width);
        let mut row = vec![0.0; width];
        if token == 0 {
            row.copy_from_slice(&self.steps[width * width..]);
        } else {
            let before = &passes.forward[at - width..at];
            for (weight, steps) in before.iter().zip(self.steps.chunks(width)) {
                row.iter_mut()
                    .zip(steps)
                    .for_each(|(sum, step)| *sum += weight * step);
            }
        }
        let likely = &passes.likely[at..at + width];
        row.iter_mut()
            .zip(likely)
            .for_each(|(value, likely)| *value *= likely);
        // Outside and every begin are possible everywhere, so the sum is positive unless all
        // of them are unlikely beyond what a float can say; then they are taken as equal.
        let sum: f64 = row.iter().sum();
        if sum < f64::MIN_POSITIVE {
            (0..width).for_each(|tag| row[tag] = f64::from(u8::from(possible(width, tag, width))));
        }
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|value| *value /= sum);
        passes.scales[token] = sum;
        passes.forward[at..at + width].copy_from_slice(&row);
    }

    /// Backward values of the token before `token`, rescaled so that each posterior sums to 1.
    fn backward(&self, token: usize, passes: &mut Passes) {
        let (width, at) = (self.width, token * self.width);
        for before in 0..width {
            let mut sum = 0.0;
            for tag in 0..width {
                let ahead = passes.likely[at + tag] * passes.backward[at + tag];
                sum += self.steps[before * width + tag] * ahead;
            }
            passes.backward[at - width + before] = sum / passes.scales[token];
        }
        let row = at - width..at;
        let total: f64 = passes.posterior(token - 1).sum();
        // 1 up to rounding, but after a token whose evidence vanished it need not be.
        if total > 0.0 && total.is_finite() {
            passes.backward[row]
                .iter_mut()
                .for_each(|value| *value /= total);
        } else {
            passes.backward[row].fill(1.0);
        }
    }
}

/// Whether `tag` may follow `before` (the width: the start): an inside follows its kind only.
fn possible(before: usize, tag: usize, width: usize) -> bool {
    let inside = tag > 0 && tag.is_multiple_of(2);
    !inside || (before < width && (before == tag || before + 1 == tag))
}
