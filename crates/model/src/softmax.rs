//! Multinomial logistic regression (softmax) over sparse features, by Adagrad in a fixed order.

use crate::Error;
use crate::feature::{BITS, Features, Scheme};
use crate::random::SplitMix;

/// The whole of probability, in parts per million.
pub const WHOLE_PPM: u32 = 1_000_000;

/// What a model takes and gives; it is written at the head of the artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How features are made from a unit.
    pub scheme: Scheme,
    /// Power of two of the number of feature buckets, 1 to 20; 14 suits some thousand short texts.
    pub bits: u8,
    /// Number of classes, 2 to 256.
    pub classes: u32,
}

/// How to train. Integers, so that a log entry can state them and an auditor repeat them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Training {
    /// Passes over all examples; the only stopping rule.
    pub epochs: u32,
    /// Adagrad's step size in parts per million.
    pub rate_ppm: u32,
    /// L2 penalty in parts per million, felt by the buckets of an example when it is visited.
    pub l2_ppm: u32,
    /// Seeds the order of examples within every pass.
    pub seed: u64,
}

impl Default for Training {
    /// 12 passes at step .3 with penalty .00002: found on demo texts and real answer patterns.
    fn default() -> Training {
        Training {
            epochs: 12,
            rate_ppm: 300_000,
            l2_ppm: 20,
            seed: 0,
        }
    }
}

/// One labelled unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Made by the scheme and with the bits of the [`Shape`] trained for.
    pub features: Features,
    /// Index of the class, from 0.
    pub label: u32,
    /// How much it counts: a consensus probability, say. At most 1,000,000, which is once; 0 is
    /// as if it were not there.
    pub weight_ppm: u32,
}

/// A trained classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Softmax {
    shape: Shape,
    /// Row by bucket, column by class; the last row is the bias.
    weights: Vec<f32>,
}

impl Softmax {
    /// Trains in `f64` and rounds the weights once, to `f32`. Same input, same bits, anywhere.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NoExamples`], or [`Error::Example`] for the first example with a
    /// label, bucket or weight out of bounds.
    pub fn train(
        shape: Shape,
        examples: &[Example],
        training: &Training,
    ) -> Result<Softmax, Error> {
        shape.check()?;
        check(shape, examples)?;
        let mut descent = Adagrad::new(shape, training);
        let counts = |at: &u32| examples[*at as usize].weight_ppm > 0;
        let mut order: Vec<u32> = (0..).take(examples.len()).filter(counts).collect();
        let mut random = SplitMix(training.seed);
        for _ in 0..training.epochs {
            random.shuffle(&mut order);
            for &at in &order {
                descent.step(&examples[at as usize]);
            }
        }
        let weights = descent
            .weights
            .into_iter()
            .map(|weight| weight as f32)
            .collect();
        Ok(Softmax { shape, weights })
    }

    /// Scheme, buckets and classes it was trained for.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// One probability for each class, summing to 1 but for rounding in the last bits.
    ///
    /// Buckets beyond the shape's, which its own scheme and bits never make, are ignored.
    pub fn predict(&self, features: &Features) -> Vec<f64> {
        let classes = self.shape.classes as usize;
        let bias = self.weights.len() - classes;
        let mut scores: Vec<f64> = self.weights[bias..].iter().map(|&w| f64::from(w)).collect();
        for &(bucket, value) in features.pairs() {
            let start = bucket as usize * classes;
            let row = self.weights[..bias]
                .get(start..start + classes)
                .unwrap_or_default();
            for (score, &weight) in scores.iter_mut().zip(row) {
                *score += f64::from(value) * f64::from(weight);
            }
        }
        normalise(&mut scores);
        scores
    }

    /// Probabilities as integers that sum to exactly [`WHOLE_PPM`]: floors first, then one more
    /// for the largest remainders, the lower class first among equals.
    pub fn predict_ppm(&self, features: &Features) -> Vec<u32> {
        let scaled: Vec<f64> = self
            .predict(features)
            .iter()
            .map(|p| p * f64::from(WHOLE_PPM))
            .collect();
        let mut parts: Vec<u32> = scaled.iter().map(|&part| part as u32).collect();
        let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
        let remainder = |class: usize| scaled[class] - scaled[class].floor();
        by_remainder.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
        let missing = WHOLE_PPM - parts.iter().sum::<u32>();
        for &class in by_remainder.iter().take(missing as usize) {
            parts[class] += 1;
        }
        parts
    }

    /// The most probable class, the lowest among equals in parts per million.
    pub fn label(&self, features: &Features) -> u32 {
        let mut best = (0, 0);
        for (class, ppm) in (0..).zip(self.predict_ppm(features)) {
            if ppm > best.1 {
                best = (class, ppm);
            }
        }
        best.0
    }

    pub(crate) fn weights(&self) -> &[f32] {
        &self.weights
    }

    pub(crate) fn from_weights(shape: Shape, weights: Vec<f32>) -> Softmax {
        debug_assert_eq!(weights.len(), shape.weight_count());
        Softmax { shape, weights }
    }
}

impl Shape {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if (2..=256).contains(&self.classes) && BITS.contains(&self.bits) {
            return Ok(());
        }
        Err(Error::Shape {
            classes: self.classes,
            bits: self.bits,
        })
    }

    /// A row of weights for each bucket and one for the bias.
    pub(crate) fn weight_count(&self) -> usize {
        ((1_usize << self.bits) + 1) * self.classes as usize
    }
}

/// Weights in the making. Duchi, Hazan and Singer, "Adaptive Subgradient Methods" (2011),
/// diagonal form.
struct Adagrad {
    classes: usize,
    rate: f64,
    l2: f64,
    weights: Vec<f64>,
    squares: Vec<f64>,
    /// Scores, then probabilities, then slopes of the example at hand.
    slopes: Vec<f64>,
}

impl Adagrad {
    fn new(shape: Shape, training: &Training) -> Adagrad {
        let count = shape.weight_count();
        Adagrad {
            classes: shape.classes as usize,
            rate: f64::from(training.rate_ppm) / f64::from(WHOLE_PPM),
            l2: f64::from(training.l2_ppm) / f64::from(WHOLE_PPM),
            weights: vec![0.0; count],
            squares: vec![0.0; count],
            slopes: vec![0.0; shape.classes as usize],
        }
    }

    fn step(&mut self, example: &Example) {
        let classes = self.classes;
        let bias = self.weights.len() - classes;
        self.slopes.copy_from_slice(&self.weights[bias..]);
        for &(bucket, value) in example.features.pairs() {
            let start = bucket as usize * classes;
            let row = &self.weights[start..start + classes];
            for (slope, weight) in self.slopes.iter_mut().zip(row) {
                *slope += f64::from(value) * weight;
            }
        }
        normalise(&mut self.slopes);
        self.slopes[example.label as usize] -= 1.0;
        let importance = f64::from(example.weight_ppm) / f64::from(WHOLE_PPM);
        for slope in &mut self.slopes {
            *slope *= importance;
        }
        for &(bucket, value) in example.features.pairs() {
            self.descend(bucket as usize * classes, f64::from(value), self.l2);
        }
        self.descend(bias, 1.0, 0.0);
    }

    /// Moves one row of weights, which begins at `start`, down its slopes.
    fn descend(&mut self, start: usize, value: f64, l2: f64) {
        let row = start..start + self.classes;
        let (weights, squares) = (&mut self.weights[row.clone()], &mut self.squares[row]);
        for ((weight, square), slope) in weights.iter_mut().zip(squares).zip(&self.slopes) {
            let gradient = slope * value + l2 * *weight;
            *square += gradient * gradient;
            // The small constant keeps the first step finite where the gradient is zero.
            *weight -= self.rate * gradient / (square.sqrt() + 1e-9);
        }
    }
}

fn check(shape: Shape, examples: &[Example]) -> Result<(), Error> {
    for (index, example) in examples.iter().enumerate() {
        let buckets = example.features.pairs();
        let problem = if example.label >= shape.classes {
            format!(
                "its label `{}` is not below `{}`",
                example.label, shape.classes
            )
        } else if example.weight_ppm > WHOLE_PPM {
            format!(
                "its weight `{}` is above `{WHOLE_PPM}` ppm",
                example.weight_ppm
            )
        } else if buckets
            .last()
            .is_some_and(|&(bucket, _)| bucket >> shape.bits != 0)
        {
            format!(
                "its features were made with more than `{}` bits",
                shape.bits
            )
        } else {
            continue;
        };
        return Err(Error::Example { index, problem });
    }
    if examples.iter().all(|example| example.weight_ppm == 0) {
        return Err(Error::NoExamples);
    }
    Ok(())
}

/// Turns scores into probabilities. The largest score is taken off first, so nothing overflows.
fn normalise(scores: &mut [f64]) {
    let mut largest = f64::NEG_INFINITY;
    for &score in scores.iter() {
        largest = if score > largest { score } else { largest };
    }
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = libm::exp(*score - largest);
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
}
