//! A hierarchical normal model of readings: units, workers' offsets, gains and precisions, by EM.

use super::{Estimate, Method, Reader, Readings, VALUE_LIMIT, residuals};

/// Degrees of freedom of the prior of a worker's variance: the weight of four readings.
const FREEDOM: f64 = 4.0;
/// Rounds at most, and the movement (in standard deviations of all readings) that ends them.
const ROUNDS: u32 = 100;
const SETTLED: f64 = 1e-7;
/// No variance falls below this, in units of the variance of all readings.
const LEAST: f64 = 1e-9;

/// Whether a worker has a gain: some use more of the scale than others, some do not respond at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gains {
    /// All respond alike.
    One,
    /// Each in an own measure, 1 on average.
    Own,
}

/// One reading in standardised units.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub unit: usize,
    pub worker: usize,
    pub value: f64,
}

/// Centre and width of all readings; `None` if they are all equal, to the last bits.
pub(super) fn scale(readings: &Readings) -> Option<(f64, f64)> {
    let count = readings.rows.len() as f64;
    let centre = readings.rows.iter().map(|row| row.value).sum::<f64>() / count;
    let square = |row: &super::Reading| (row.value - centre) * (row.value - centre);
    let width = libm::sqrt(readings.rows.iter().map(square).sum::<f64>() / count);
    // Differences that are rounding errors of the centre carry no information.
    (width > 1e-12 * centre.abs().max(1.0 / VALUE_LIMIT)).then_some((centre, width))
}

pub(super) fn standardised(readings: &Readings, (centre, width): (f64, f64)) -> Vec<Row> {
    let row = |reading: &super::Reading| Row {
        unit: reading.unit as usize,
        worker: reading.worker as usize,
        value: (reading.value - centre) / width,
    };
    readings.rows.iter().map(row).collect()
}

/// Precision-weighted values with offsets per worker, shrunk towards the
/// mean of all units as far as the readings are noisy.
///
/// x = value + offset + noise; value ~ N(m, t^2), noise ~ N(0, s_j^2), offset ~ N(0, k s_j^2),
/// s_j^2 scaled inverse chi-square with 4 degrees of freedom; m, t, k and the common scale are
/// learnt too (empirical Bayes). All readings equal: that value, exactly.
pub fn precision(readings: &Readings) -> Estimate {
    let Some(scale) = scale(readings) else {
        let mut same = super::mean(readings);
        same.method = Method::Precision;
        return same;
    };
    let rows = standardised(readings, scale);
    let size = (readings.units() as usize, readings.workers as usize);
    let mut model = Model::new(size, &rows, Gains::One);
    model.fit(&rows);
    let (centre, width) = scale;
    let seen = |unit: u32| readings.of_unit(unit).next().is_some();
    let value = |unit: u32| seen(unit).then(|| centre + width * model.means[unit as usize]);
    let values: Vec<_> = (0..readings.units()).map(value).collect();
    let counts = residuals(readings, &values);
    let reader = |(worker, plain): (usize, &Reader)| Reader {
        answers: plain.answers,
        offset: width * model.offsets[worker],
        deviation: width * libm::sqrt(model.variances[worker]),
    };
    Estimate {
        method: Method::Precision,
        readers: counts.iter().enumerate().map(reader).collect(),
        values,
        signal: None,
    }
}

/// State of the iteration: posterior moments of units and workers, and what they share.
pub(super) struct Model {
    gains_are: Gains,
    means: Vec<f64>,
    spreads: Vec<f64>,
    gains: Vec<f64>,
    offsets: Vec<f64>,
    variances: Vec<f64>,
    /// Posterior (gain, offset) second moments per worker, relative to its variance: gain, offset
    /// and both.
    doubts: Vec<(f64, f64, f64)>,
    centre: f64,
    width: f64,
    gain_share: f64,
    offset_share: f64,
    common: f64,
}

impl Model {
    pub(super) fn new((units, workers): (usize, usize), rows: &[Row], gains_are: Gains) -> Self {
        let mut sums = vec![(0.0, 0.0); units];
        for row in rows {
            sums[row.unit].0 += row.value;
            sums[row.unit].1 += 1.0;
        }
        let means: Vec<f64> = sums
            .iter()
            .map(|(sum, n)| sum / f64::max(*n, 1.0))
            .collect();
        let square = |row: &Row| (row.value - means[row.unit]) * (row.value - means[row.unit]);
        let noise = (rows.iter().map(square).sum::<f64>() / rows.len().max(1) as f64).max(LEAST);
        Self {
            gains_are,
            means,
            spreads: vec![0.0; units],
            gains: vec![1.0; workers],
            offsets: vec![0.0; workers],
            variances: vec![noise; workers],
            doubts: vec![(0.0, 0.0, 0.0); workers],
            centre: 0.0,
            width: 1.0,
            gain_share: 0.25 / noise,
            offset_share: 0.1,
            common: noise,
        }
    }

    /// Iterates until no unit moves.
    pub(super) fn fit(&mut self, rows: &[Row]) {
        for _ in 0..ROUNDS {
            let moved = self.units(rows);
            self.workers(rows);
            if moved < SETTLED {
                return;
            }
        }
    }

    /// Precision of each worker, the weight of a reading.
    pub(super) fn precisions(&self) -> Vec<f64> {
        self.variances
            .iter()
            .map(|variance| 1.0 / variance)
            .collect()
    }

    /// Mean over the units of the log signal-to-noise ratio that a weighted mean of `rows` has if
    /// this model is right: (sum w a)^2 over sum (w s)^2, whatever the unit of measure; the gains
    /// `a` squared with their doubt.
    pub(super) fn signal(&self, rows: &[Row], weights: &[f64]) -> f64 {
        let mut sums = vec![(0.0, 0.0, 0.0); self.means.len()];
        for row in rows {
            let (weight, variance) = (weights[row.worker], self.variances[row.worker]);
            let sum = &mut sums[row.unit];
            let noise = weight * weight * variance;
            sum.0 += weight * self.gains[row.worker];
            sum.1 += noise * self.doubts[row.worker].0;
            sum.2 += noise;
        }
        let (mut total, mut seen) = (0.0, 0.0);
        for (signal, doubt, noise) in sums {
            if noise > 0.0 {
                total += libm::log((signal * signal + doubt) / noise);
                seen += 1.0;
            }
        }
        total / f64::max(seen, 1.0)
    }

    /// Variance of offset plus gain times value, relative to the worker's own.
    fn doubt(&self, worker: usize, mean: f64, spread: f64) -> f64 {
        let (gain, offset, both) = self.doubts[worker];
        offset + gain * (mean * mean + spread) + 2.0 * mean * both
    }

    /// Posterior mean and variance of every unit, then their common normal; returns the largest
    /// movement.
    fn units(&mut self, rows: &[Row]) -> f64 {
        let mut sums = vec![(0.0, 0.0); self.means.len()];
        for row in rows {
            let (gain, variance) = (self.gains[row.worker], self.variances[row.worker]);
            sums[row.unit].0 += gain / variance * (row.value - self.offsets[row.worker]);
            sums[row.unit].1 += gain * gain / variance;
        }
        let (mut moved, mut total, mut seen) = (0.0_f64, 0.0, 0.0);
        for (unit, (sum, precision)) in sums.iter().enumerate() {
            let whole = precision + 1.0 / self.width;
            let mean = (sum + self.centre / self.width) / whole;
            moved = moved.max((mean - self.means[unit]).abs());
            self.means[unit] = mean;
            self.spreads[unit] = 1.0 / whole;
            // Units without a reading say nothing about the others.
            if *precision > 0.0 {
                total += mean;
                seen += 1.0;
            }
        }
        let seen = f64::max(seen, 1.0);
        self.centre = total / seen;
        let mut squares = 0.0;
        for (unit, (_, precision)) in sums.iter().enumerate() {
            if *precision > 0.0 {
                let rest = self.means[unit] - self.centre;
                squares += rest * rest + self.spreads[unit];
            }
        }
        self.width = (squares / seen).max(LEAST);
        moved
    }

    /// Gains, offsets and variances of the workers, then the priors that they share.
    fn workers(&mut self, rows: &[Row]) {
        let mut sums = vec![Moments::default(); self.gains.len()];
        for row in rows {
            let (mean, spread) = (self.means[row.unit], self.spreads[row.unit]);
            sums[row.worker].add(row.value, mean, spread);
        }
        for (worker, sum) in sums.iter().enumerate() {
            self.coefficients(worker, sum);
        }
        let mut squares = vec![0.0; self.gains.len()];
        for row in rows {
            let (mean, spread) = (self.means[row.unit], self.spreads[row.unit]);
            let gain = self.gains[row.worker];
            let excess = row.value - self.offsets[row.worker] - gain * mean;
            let doubt = self.doubt(row.worker, mean, spread) * self.variances[row.worker];
            squares[row.worker] += excess * excess + gain * gain * spread + doubt;
        }
        self.scatter(&sums, &squares);
    }

    /// Ridge regression of one worker's readings on the units' values.
    fn coefficients(&mut self, worker: usize, sum: &Moments) {
        let offset_prior = 1.0 / self.offset_share;
        let own = sum.count + offset_prior;
        if self.gains_are == Gains::One {
            self.offsets[worker] = (sum.values - sum.means) / own;
            self.doubts[worker] = (0.0, 1.0 / own, 0.0);
            return;
        }
        let gain_prior = 1.0 / self.gain_share;
        let slope = sum.squares + gain_prior;
        // Positive: by Cauchy and Schwarz, and both priors are.
        let det = slope * own - sum.means * sum.means;
        let product = sum.products + gain_prior;
        self.gains[worker] = (product * own - sum.means * sum.values) / det;
        self.offsets[worker] = (slope * sum.values - sum.means * product) / det;
        self.doubts[worker] = (own / det, slope / det, -sum.means / det);
    }

    /// Variances from expected squares, and the three shared priors.
    fn scatter(&mut self, sums: &[Moments], squares: &[f64]) {
        let (mut offsets, mut gains, mut active) = (0.0, 0.0, 0.0);
        let mut inverse = 0.0;
        for (worker, sum) in sums.iter().enumerate() {
            let variance = FREEDOM * self.common + squares[worker];
            self.variances[worker] = (variance / (FREEDOM + sum.count)).max(LEAST);
        }
        for (worker, sum) in sums.iter().enumerate() {
            if sum.count == 0.0 {
                continue;
            }
            let variance = self.variances[worker];
            let (gain, offset) = (self.gains[worker] - 1.0, self.offsets[worker]);
            offsets += offset * offset / variance + self.doubts[worker].1;
            gains += gain * gain / variance + self.doubts[worker].0;
            inverse += 1.0 / variance;
            active += 1.0;
        }
        if active > 0.0 {
            self.common = (active / inverse).max(LEAST);
            self.offset_share = (offsets / active).max(LEAST);
            self.gain_share = (gains / active).max(LEAST);
        }
    }
}

/// Sums over one worker's readings.
#[derive(Clone, Default)]
struct Moments {
    count: f64,
    values: f64,
    means: f64,
    squares: f64,
    products: f64,
}

impl Moments {
    fn add(&mut self, value: f64, mean: f64, spread: f64) {
        self.count += 1.0;
        self.values += value;
        self.means += mean;
        self.squares += mean * mean + spread;
        self.products += mean * value;
    }
}
