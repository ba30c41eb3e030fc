//! Proper scoring rules: losses that are least in expectation for who says what they believe.
//!
//! Smaller is better. Gneiting and Raftery 2007.

use crate::table::Error;

/// Probabilities may miss 1 by this in sum.
const SLACK: f64 = 1e-9;
/// 1 / sqrt(pi) and 1 / sqrt(2 pi).
const INVERSE_ROOT_PI: f64 = 0.564_189_583_547_756_3;
const INVERSE_ROOT_TWO_PI: f64 = 0.398_942_280_401_432_7;

/// Checks a distribution over classes and the class that came.
fn check(probabilities: &[f64], outcome: u32) -> Result<(), Error> {
    let bad = |p: &f64| p.is_nan() || *p < 0.0 || *p > 1.0;
    if let Some(row) = probabilities.iter().position(bad) {
        let rule = "is no probability";
        return Err(Error::Entry { row, rule });
    }
    if (probabilities.iter().sum::<f64>() - 1.0).abs() > SLACK {
        return Err(Error::Setting {
            field: "probabilities",
        });
    }
    if outcome as usize >= probabilities.len() {
        return Err(Error::Setting { field: "outcome" });
    }
    Ok(())
}

/// Numbers that may be scored.
fn finite(values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Error::Entry {
            row,
            rule: "is no finite number",
        }),
        None => Ok(()),
    }
}

/// Brier score over classes: sum of squared differences from the class that came, 0..=2 (Brier
/// 1950).
///
/// # Errors
/// [`Error::Entry`] or [`Error::Setting`] for what is no distribution, or another class.
pub fn brier(probabilities: &[f64], outcome: u32) -> Result<f64, Error> {
    check(probabilities, outcome)?;
    let square = |(class, p): (usize, &f64)| {
        let apart = p - f64::from(u8::from(class == outcome as usize));
        apart * apart
    };
    Ok(probabilities.iter().enumerate().map(square).sum())
}

/// Logarithmic score in nats (Good 1952), with probabilities below `floor` taken as `floor`, which
/// is above 0 and below 1: without it one wrong certainty would cost without bound.
///
/// # Errors
/// As [`brier`]; [`Error::Setting`] for the floor.
pub fn log(probabilities: &[f64], outcome: u32, floor: f64) -> Result<f64, Error> {
    check(probabilities, outcome)?;
    if !(f64::MIN_POSITIVE..1.0).contains(&floor) {
        return Err(Error::Setting { field: "floor" });
    }
    Ok(-libm::log(probabilities[outcome as usize].max(floor)))
}

/// Ranked probability score over ordered classes: squared differences of the cumulative
/// distributions over K - 1, 0..=1 (Epstein 1969); 0 for one class.
///
/// # Errors
/// As [`brier`].
pub fn ranked(probabilities: &[f64], outcome: u32) -> Result<f64, Error> {
    check(probabilities, outcome)?;
    let (mut below, mut sum) = (0.0, 0.0);
    for (class, p) in probabilities[..probabilities.len() - 1].iter().enumerate() {
        below += p;
        let apart = below - f64::from(u8::from(class >= outcome as usize));
        sum += apart * apart;
    }
    Ok(sum / (probabilities.len() - 1).max(1) as f64)
}

/// Continuous ranked probability score of a normal forecast, in the unit of the outcome: closed
/// form; a deviation of 0 gives the absolute error.
///
/// # Errors
/// [`Error::Entry`] for a number that is not finite, [`Error::Setting`] for a negative deviation.
pub fn normal_crps(mean: f64, deviation: f64, outcome: f64) -> Result<f64, Error> {
    finite(&[mean, deviation, outcome])?;
    if deviation < 0.0 {
        return Err(Error::Setting { field: "deviation" });
    }
    if deviation == 0.0 {
        return Ok((outcome - mean).abs());
    }
    let z = (outcome - mean) / deviation;
    let density = INVERSE_ROOT_TWO_PI * libm::exp(-0.5 * z * z);
    // 2 F(z) - 1 for the standard normal F.
    let balance = libm::erf(z * core::f64::consts::FRAC_1_SQRT_2);
    Ok(deviation * (z * balance + 2.0 * density - INVERSE_ROOT_PI))
}

/// Continuous ranked probability score of a sample as the forecast, in the unit of the outcome:
/// mean distance to the outcome less half the mean distance between two draws.
///
/// # Errors
/// [`Error::Entry`] for a number that is not finite, [`Error::Setting`] for no sample.
pub fn sample_crps(sample: &[f64], outcome: f64) -> Result<f64, Error> {
    finite(sample)?;
    finite(&[outcome])?;
    if sample.is_empty() {
        return Err(Error::Setting { field: "sample" });
    }
    let mut sorted = sample.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let (mut near, mut spread) = (0.0, 0.0);
    for (place, value) in sorted.iter().enumerate() {
        near += (value - outcome).abs();
        // Every pair once: a value is added for those below and taken off for those above.
        spread += (2.0 * place as f64 + 1.0 - count) * value;
    }
    Ok(near / count - spread / (count * count))
}

/// Quantile (pinball) loss, doubled so that its mean over all levels is the CRPS.
///
/// # Errors
/// [`Error::Entry`] for a number that is not finite, [`Error::Setting`] for a level not within
/// 0..=1.
pub fn quantile(level: f64, value: f64, outcome: f64) -> Result<f64, Error> {
    finite(&[level, value, outcome])?;
    if !(0.0..=1.0).contains(&level) {
        return Err(Error::Setting { field: "level" });
    }
    let hit = f64::from(u8::from(outcome <= value));
    Ok(2.0 * (hit - level) * (value - outcome))
}

/// Interval score of a central interval that misses with probability `miss`: its width, and what
/// the outcome lies outside times 2 / `miss` (Winkler 1972).
///
/// # Errors
/// [`Error::Entry`] for a number that is not finite, [`Error::Setting`] for bounds that cross or a
/// probability not within 0..1.
pub fn interval((low, high): (f64, f64), miss: f64, outcome: f64) -> Result<f64, Error> {
    finite(&[low, high, miss, outcome])?;
    if low > high {
        return Err(Error::Setting { field: "interval" });
    }
    if miss <= 0.0 || miss >= 1.0 {
        return Err(Error::Setting { field: "miss" });
    }
    let outside = (low - outcome).max(outcome - high).max(0.0);
    Ok(high - low + 2.0 / miss * outside)
}
