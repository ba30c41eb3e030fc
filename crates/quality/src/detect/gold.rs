//! The sequential test on gold: the only evidence on which a stake is taken.

use crate::table::Error;

/// Wald's test of "as accurate as agreed" (p0) against "guessing" (p1), for class-balanced gold.
///
/// Wald (1945): the log-likelihood ratio grows by ln(p1 / p0) with a right answer and by
/// ln((1 - p1) / (1 - p0)) with a wrong one. A worker of accuracy p0 ever reaches ln(1 / alpha)
/// with probability at most alpha, however long it works, because the ratio is a martingale (Ville
/// 1939); a better one less often still.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoldTest {
    right: f64,
    wrong: f64,
    line: f64,
}

/// Where a worker stands in a [`GoldTest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoldState {
    /// Log-likelihood ratio of guessing against the agreed accuracy, in millionths of a nat, at the
    /// last answer.
    pub ratio_micronats: i64,
    /// Gold answers after which the line was crossed for the first time.
    pub crossed: Option<u32>,
}

impl GoldTest {
    /// `pilot_ppm` is the accuracy of the experts in the pilot, `margin_ppm` what is forgiven below
    /// it; guessing is right once in `classes`. `alpha_ppm` bounds the share of workers at the
    /// agreed accuracy who are ever wronged.
    ///
    /// # Errors
    /// [`Error::Rule`]: `alpha_ppm` outside 1..=500,000, or an agreed accuracy that is not above
    /// guessing and below 1, or fewer than 2 `classes`.
    pub fn new(
        classes: u32,
        pilot_ppm: u32,
        margin_ppm: u32,
        alpha_ppm: u32,
    ) -> Result<Self, Error> {
        if alpha_ppm == 0 || alpha_ppm > 500_000 {
            return Err(Error::Rule { field: "alpha_ppm" });
        }
        let agreed = f64::from(pilot_ppm.saturating_sub(margin_ppm)) / 1e6;
        let chance = 1.0 / f64::from(classes.max(1));
        if classes < 2 || agreed <= chance || agreed >= 1.0 {
            return Err(Error::Rule { field: "pilot_ppm" });
        }
        Ok(Self {
            right: libm::log(chance / agreed),
            wrong: libm::log((1.0 - chance) / (1.0 - agreed)),
            line: libm::log(1e6 / f64::from(alpha_ppm)),
        })
    }

    /// Plays one worker's gold answers in order: `true` for right.
    pub fn run(&self, answers: impl IntoIterator<Item = bool>) -> GoldState {
        let (mut ratio, mut crossed) = (0.0, None);
        for (nth, right) in answers.into_iter().enumerate() {
            ratio += if right { self.right } else { self.wrong };
            if crossed.is_none() && ratio >= self.line {
                crossed = Some(nth as u32 + 1);
            }
        }
        GoldState {
            ratio_micronats: libm::round(ratio * 1e6) as i64,
            crossed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Share of 20,000 lives of 200 golds that cross the line, and their median length.
    fn crossed(accuracy: f64, test: &GoldTest) -> (f64, u32) {
        let mut random = Random::new(5, 0);
        let mut ends = Vec::new();
        for _ in 0..20_000 {
            let life: Vec<bool> = (0..200).map(|_| random.unit() < accuracy).collect();
            ends.extend(test.run(life).crossed);
        }
        ends.sort_unstable();
        let median = ends.get(ends.len() / 2).copied().unwrap_or(0);
        (ends.len() as f64 / 20_000.0, median)
    }

    #[test]
    fn honest_people_are_safe_and_guessers_are_found() {
        // Experts at .75 in the pilot, .10 forgiven: whoever is right in .65 keeps the stake.
        let test = GoldTest::new(2, 750_000, 100_000, 10_000).expect("in range");
        let (honest, _) = crossed(0.65, &test);
        assert!(honest <= 0.01, "{honest} of those at .65");
        let (better, _) = crossed(0.75, &test);
        assert!(better <= honest, "{better} of those at .75");
        let (guessing, golds) = crossed(0.5, &test);
        assert!(guessing > 0.6 && golds <= 130, "{guessing} after {golds}");
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let field =
            |classes, pilot, margin, alpha| match GoldTest::new(classes, pilot, margin, alpha) {
                Err(Error::Rule { field }) => field,
                other => panic!("{other:?}"),
            };
        assert_eq!(field(2, 850_000, 100_000, 0), "alpha_ppm");
        assert_eq!(field(2, 500_000, 0, 1_000), "pilot_ppm");
        assert_eq!(field(1, 900_000, 0, 1_000), "pilot_ppm");
        assert_eq!(field(2, 1_000_000, 0, 1_000), "pilot_ppm");
        assert_eq!(field(2, 100_000, 200_000, 1_000), "pilot_ppm");
    }
}
