//! Calibration: are probabilities as right as they say, and one temperature that makes them so.
//!
//! Expected calibration error: Naeini, Cooper and Hauskrecht 2015; temperature: Guo and others
//! 2017; quadratic score: Brier 1950. `docs/spec/inference.md`, "Calibration".

use crate::consensus::{Consensus, to_ppm};
use crate::table::Error;

/// Bins of equal width that a reliability diagram has.
pub const BINS: usize = 10;
/// A probability counts as at least this before a logarithm.
const FLOOR: f64 = 1e-12;
/// Bounds of ln T, and halvings of the interval that looks for it.
const LOG_BOUND: f64 = 3.0;
const NARROWINGS: u32 = 60;
/// Golden section: (sqrt 5 - 1) / 2.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// One bar of the diagram: units whose top probability lies in its tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// How many labels with gold fall into it.
    pub units: u32,
    /// Their mean top probability in parts per million; 0 in an empty bin.
    pub confidence_ppm: u32,
    /// Share of them with the right label in parts per million; 0 in an empty bin.
    pub accuracy_ppm: u32,
}

/// How right the probabilities of a consensus are on units with gold. All zero without any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reliability {
    /// Units with gold and a label.
    pub units: u32,
    /// Share of right labels, in parts per million.
    pub accuracy_ppm: u32,
    /// Mean over units of |confidence - accuracy| of their bin, in parts per million.
    pub error_ppm: u32,
    /// Mean squared distance of posterior and truth over all classes, in parts per million: 0 to
    /// 2,000,000.
    pub brier_ppm: u32,
    /// Mean of -ln(probability of the truth), in millionths of a nat; no unit adds more than 27.7.
    pub loss_unats: u32,
    /// Tenths of the top probability, 0 to .1 first; a bound belongs to the bin above it.
    pub bins: [Bin; BINS],
}

impl Reliability {
    /// Compares a consensus with the truth of some units, one entry per unit.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::UnknownClass`] when `gold` does not fit the consensus.
    pub fn new(consensus: &Consensus, gold: &[Option<u32>]) -> Result<Self, Error> {
        check(consensus, gold)?;
        let mut bins = [(0_u32, 0.0, 0_u32); BINS];
        let (mut brier, mut loss) = (0.0, 0.0);
        for (unit, truth, label) in judged(consensus, gold) {
            let posterior = consensus.posterior(unit);
            let confidence = posterior[label as usize];
            let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
            bin.0 += 1;
            bin.1 += confidence;
            bin.2 += u32::from(truth == label);
            for (class, q) in posterior.iter().enumerate() {
                let distance = q - f64::from(u8::from(class == truth as usize));
                brier += distance * distance;
            }
            loss -= libm::log(posterior[truth as usize].max(FLOOR));
        }
        let units: u32 = bins.iter().map(|bin| bin.0).sum();
        let all = f64::from(units.max(1));
        let right: u32 = bins.iter().map(|bin| bin.2).sum();
        let gap: f64 = bins
            .iter()
            .map(|bin| (bin.1 - f64::from(bin.2)).abs())
            .sum();
        Ok(Self {
            units,
            accuracy_ppm: to_ppm(f64::from(right) / all),
            error_ppm: to_ppm(gap / all),
            brier_ppm: (brier / all * 1e6 + 0.5) as u32,
            loss_unats: (loss / all * 1e6 + 0.5) as u32,
            bins: bins.map(|(units, confidence, right)| Bin {
                units,
                confidence_ppm: to_ppm(confidence / f64::from(units.max(1))),
                accuracy_ppm: to_ppm(f64::from(right) / f64::from(units.max(1))),
            }),
        })
    }
}

/// A power that all posteriors are raised to before they are normalised anew: q^(1/T).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature {
    inverse: f64,
}

impl Temperature {
    /// The temperature under which gold is most probable, with ln T ~ N(0, 1) before any is seen:
    /// without gold T = 1, and a few units cannot turn it far.
    ///
    /// `gold` must not have been known to the inference, or it will find a confidence that is
    /// certain and right.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::UnknownClass`] when `gold` does not fit the consensus.
    pub fn fit(consensus: &Consensus, gold: &[Option<u32>]) -> Result<Self, Error> {
        check(consensus, gold)?;
        let loss = |log: f64| {
            let inverse = libm::exp(-log);
            let one = |(unit, truth, _)| {
                let row = tempered(consensus.posterior(unit), inverse);
                -libm::log(row[truth as usize].max(FLOOR))
            };
            log * log / 2.0 + judged(consensus, gold).map(one).sum::<f64>()
        };
        let (mut low, mut high) = (-LOG_BOUND, LOG_BOUND);
        for _ in 0..NARROWINGS {
            let step = GOLDEN * (high - low);
            let (left, right) = (high - step, low + step);
            if loss(left) <= loss(right) {
                high = right;
            } else {
                low = left;
            }
        }
        let inverse = libm::exp(-f64::midpoint(low, high));
        Ok(Self { inverse })
    }

    /// T in parts per million: above 1,000,000 where posteriors were too sure.
    pub fn ppm(self) -> u32 {
        (1e6 / self.inverse + 0.5) as u32
    }

    /// The same consensus with probabilities at this temperature; no label changes.
    pub fn apply(self, consensus: &Consensus) -> Consensus {
        let width = consensus.classes as usize;
        let mut tempered_rows = consensus.posteriors.clone();
        for row in tempered_rows.chunks_mut(width.max(1)) {
            let new = tempered(row, self.inverse);
            row.copy_from_slice(&new);
        }
        Consensus {
            posteriors: tempered_rows,
            ..consensus.clone()
        }
    }
}

/// q^(1/T), normalised; a row of zeros stays one.
fn tempered(row: &[f64], inverse: f64) -> Vec<f64> {
    let top = row.iter().fold(0.0_f64, |top, q| top.max(*q));
    if top <= 0.0 {
        return row.to_vec();
    }
    let power = |q: &f64| {
        if *q > 0.0 {
            libm::pow(q / top, inverse)
        } else {
            0.0
        }
    };
    let mut powers: Vec<f64> = row.iter().map(power).collect();
    let total: f64 = powers.iter().sum();
    powers.iter_mut().for_each(|q| *q /= total);
    powers
}

/// Units with gold and a label: unit, truth, label.
fn judged<'a>(
    consensus: &'a Consensus,
    gold: &'a [Option<u32>],
) -> impl Iterator<Item = (u32, u32, u32)> + 'a {
    (0_u32..)
        .zip(gold)
        .filter_map(|(unit, truth)| Some((unit, (*truth)?, consensus.label(unit)?)))
}

fn check(consensus: &Consensus, gold: &[Option<u32>]) -> Result<(), Error> {
    let (found, needed) = (gold.len(), consensus.labels().len());
    if found != needed {
        let list = "gold";
        return Err(Error::Length {
            list,
            found,
            needed,
        });
    }
    let outside = |label: &Option<u32>| label.is_some_and(|label| label >= consensus.classes);
    match gold.iter().position(outside) {
        Some(unit) => Err(Error::UnknownClass { unit: unit as u32 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes; unit `u` has class 0 with the given probability.
    fn binary(first: &[f64]) -> Consensus {
        let rows = first.iter().flat_map(|q| [*q, 1.0 - q]).collect();
        Consensus::new(2, rows, first.iter().map(|_| true), 0)
    }

    #[test]
    fn figures_are_those_by_hand() {
        // Confidences .9, .9, .6; labels 0, 0, 1; the second is wrong.
        let found = Reliability::new(&binary(&[0.9, 0.9, 0.4]), &[Some(0), Some(1), Some(1)])
            .expect("fits");
        assert_eq!(found.units, 3);
        assert_eq!(found.accuracy_ppm, 666_667);
        // |1.8 - 1| + |.6 - 1| = 1.2 over 3.
        assert_eq!(found.error_ppm, 400_000);
        // (.02 + 1.62 + .32) / 3.
        assert_eq!(found.brier_ppm, 653_333);
        let loss = -(libm::log(0.9) + libm::log(0.1) + libm::log(0.6)) / 3.0;
        assert!((f64::from(found.loss_unats) / 1e6 - loss).abs() < 1e-6);
        assert_eq!(found.bins[9].units, 2);
        assert_eq!(found.bins[9].accuracy_ppm, 500_000);
        assert_eq!(found.bins[6].confidence_ppm, 600_000);
    }

    #[test]
    fn temperature_cools_and_heats() {
        // 100 units at .99 of which 80 are right want T > 1; at .6 with 95 right, T < 1.
        let gold = |right| {
            (0..100)
                .map(|n| Some(u32::from(n >= right)))
                .collect::<Vec<_>>()
        };
        for (q, right, above) in [(0.99, 80, true), (0.6, 95, false)] {
            let consensus = binary(&[q; 100]);
            let gold = gold(right);
            let fitted = Temperature::fit(&consensus, &gold).expect("fits");
            assert_eq!(fitted.ppm() > 1_000_000, above);
            let after = fitted.apply(&consensus);
            assert_eq!(after.labels(), consensus.labels());
            let error = |c| Reliability::new(c, &gold).expect("fits").error_ppm;
            assert!(error(&after) < 40_000, "{}", error(&after));
            assert!(error(&consensus) > 150_000);
        }
        let none = Temperature::fit(&binary(&[0.99]), &[None]).expect("fits");
        assert!(none.ppm().abs_diff(1_000_000) < 10);
    }

    #[test]
    fn odd_input_is_refused_or_defined() {
        let consensus = binary(&[0.7]);
        assert!(Reliability::new(&consensus, &[]).is_err());
        assert!(Temperature::fit(&consensus, &[Some(2)]).is_err());
        let nothing = Reliability::new(&consensus, &[None]).expect("fits");
        assert_eq!(nothing, Reliability::default());
        let empty = Consensus::new(0, Vec::new(), [].into_iter(), 0);
        assert_eq!(Reliability::new(&empty, &[]).expect("fits").units, 0);
        let fitted = Temperature::fit(&empty, &[]).expect("fits");
        assert_eq!(fitted.apply(&empty), empty);
        let zeros = Consensus::new(2, vec![0.0, 0.0], [false].into_iter(), 0);
        assert_eq!(fitted.apply(&zeros), zeros);
    }
}
