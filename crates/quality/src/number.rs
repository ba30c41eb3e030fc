//! Numeric answers: one value per unit from the readings of several workers.
//!
//! Formulas and the rule of choice: `docs/spec/structured.md`, "Numbers".

mod choice;
mod model;
#[cfg(test)]
mod tests;

pub use choice::choose;
pub use model::precision;

use crate::table::{self, Error};

/// Readings lie within plus and minus this, so that no sum of squares overflows.
pub const VALUE_LIMIT: f64 = 1e12;

/// One answer: `worker` reads `value` off `unit`. Both indices are dense, from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Row of the units' list.
    pub unit: u32,
    /// Row of the contributors' list.
    pub worker: u32,
    /// The number that was answered, in the unit of measure of the task.
    pub value: f64,
}

/// A checked table of readings with an index by unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Readings {
    workers: u32,
    rows: Vec<Reading>,
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl Readings {
    /// Checks bounds and values, and indexes `rows`; repeated (unit, worker) pairs are kept.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`]; [`Error::Entry`] for a value that is not finite or beyond
    /// [`VALUE_LIMIT`]; [`Error::TooLarge`] beyond 2^32 rows.
    pub fn new(units: u32, workers: u32, rows: Vec<Reading>) -> Result<Self, Error> {
        if u32::try_from(rows.len()).is_err() {
            let cells = rows.len() as u64;
            return Err(Error::TooLarge { cells });
        }
        for (row, reading) in rows.iter().enumerate() {
            let out = |column| Err(Error::OutOfBounds { row, column });
            match () {
                () if reading.unit >= units => return out("unit"),
                () if reading.worker >= workers => return out("worker"),
                // A NaN compares as false and is refused with the rest.
                () if reading.value.abs() <= VALUE_LIMIT => {}
                () => {
                    let rule = "is not a number within plus and minus 1e12";
                    return Err(Error::Entry { row, rule });
                }
            }
        }
        let (starts, order) = table::index(units, rows.iter().map(|reading| reading.unit));
        Ok(Self {
            workers,
            rows,
            starts,
            order,
        })
    }

    /// How many units the table declares, answered or not.
    pub fn units(&self) -> u32 {
        (self.starts.len() - 1) as u32
    }

    /// How many contributors the table declares, active or not.
    pub fn workers(&self) -> u32 {
        self.workers
    }

    /// All readings in the order of submission.
    pub fn rows(&self) -> &[Reading] {
        &self.rows
    }

    /// Values read off `unit`, in the order of submission.
    fn of_unit(&self, unit: u32) -> impl Iterator<Item = f64> {
        let rows = &self.order[table::span(&self.starts, unit as usize)];
        rows.iter().map(|row| self.rows[*row as usize].value)
    }
}

/// How the values of an [`Estimate`] came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Arithmetic mean per unit.
    Mean,
    /// Median per unit, the mean of the middle two for an even number.
    Median,
    /// Mean without a share of the smallest and of the largest values of the unit.
    Trimmed,
    /// Means weighted by the workers' precision, their offsets taken off.
    Precision,
}

/// What is known of one worker after an inference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reader {
    /// Readings this worker gave.
    pub answers: u32,
    /// Mean excess over the units' values, shrunk towards 0 for few readings.
    pub offset: f64,
    /// Standard deviation of the readings about value plus offset.
    pub deviation: f64,
}

/// One value per unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The method that the values follow.
    pub method: Method,
    /// Value per unit, `None` without a reading.
    pub values: Vec<Option<f64>>,
    /// One entry per worker.
    pub readers: Vec<Reader>,
    /// Mean log signal-to-noise ratio of mean and precision weights; only from [`choose`], and only
    /// where the readings decide.
    pub signal: Option<[f64; 2]>,
}

impl Estimate {
    /// The value of `unit` in millionths, rounded to the nearest, half away from zero: what may
    /// enter a log.
    pub fn micro(&self, unit: u32) -> Option<i64> {
        self.values[unit as usize].map(|value| libm::round(value * 1e6) as i64)
    }

    /// Values by a rule that looks at one unit at a time, with the workers' residuals about them.
    fn plain(readings: &Readings, method: Method, of_unit: impl Fn(Vec<f64>) -> f64) -> Self {
        let value = |unit| {
            let values: Vec<f64> = readings.of_unit(unit).collect();
            (!values.is_empty()).then(|| of_unit(values))
        };
        let values: Vec<Option<f64>> = (0..readings.units()).map(value).collect();
        let readers = residuals(readings, &values);
        Self {
            method,
            values,
            readers,
            signal: None,
        }
    }
}

/// Arithmetic means: without bias whatever the workers' scatter, and not robust.
pub fn mean(readings: &Readings) -> Estimate {
    Estimate::plain(readings, Method::Mean, |values| average(&values))
}

/// Medians: unmoved by a minority of any readings.
pub fn median(readings: &Readings) -> Estimate {
    Estimate::plain(readings, Method::Median, |values| middle(values, 500_000))
}

/// Means of what is left of each unit after `share_ppm` of its readings is cut off at either end
/// (rounded down to whole readings); 0 gives the mean, 500,000 the median.
///
/// # Errors
/// [`Error::Setting`] for a share above 500,000.
pub fn trimmed(readings: &Readings, share_ppm: u32) -> Result<Estimate, Error> {
    if share_ppm > 500_000 {
        return Err(Error::Setting { field: "share_ppm" });
    }
    let method = Method::Trimmed;
    let rule = |values| middle(values, share_ppm);
    Ok(Estimate::plain(readings, method, rule))
}

/// Mean of the sorted values without `share_ppm` of them at either end, at least one or two left.
fn middle(mut values: Vec<f64>, share_ppm: u32) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len();
    let cut = (count as u64 * u64::from(share_ppm) / 1_000_000) as usize;
    let cut = cut.min((count - 1) / 2);
    average(&values[cut..count - cut])
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Offsets and deviations of the workers about given values, without shrinkage.
fn residuals(readings: &Readings, values: &[Option<f64>]) -> Vec<Reader> {
    let mut sums = vec![(0_u32, 0.0, 0.0); readings.workers as usize];
    let excess = |reading: &Reading| {
        let value = values[reading.unit as usize].unwrap_or(reading.value);
        reading.value - value
    };
    for reading in &readings.rows {
        let sum = &mut sums[reading.worker as usize];
        sum.0 += 1;
        sum.1 += excess(reading);
    }
    for reading in &readings.rows {
        let sum = &mut sums[reading.worker as usize];
        let rest = excess(reading) - sum.1 / f64::from(sum.0);
        sum.2 += rest * rest;
    }
    let reader = |(answers, sum, squares): (u32, f64, f64)| {
        let count = f64::from(answers.max(1));
        Reader {
            answers,
            offset: sum / count,
            deviation: libm::sqrt(squares / count),
        }
    };
    sums.into_iter().map(reader).collect()
}
