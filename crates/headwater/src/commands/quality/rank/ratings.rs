//! Ratings by the model that the command line names, with intervals and ranks.

use super::super::contest::Contest;
use crate::cli::quality::{Certainty, Rank, TieRule};
use quality::pairs::{
    Error, Fit, Interval, Model, RankInterval, Styled, Tally, Ties, bootstrap, fit, fit_styled,
    normal_quantile, ranks, standard_errors,
};
use quality::parallel::Threads;
use serde_json::{Value, json};

/// Share of the intervals that is to hold the rating.
const LEVEL: f64 = 0.95;

/// Ratings on the natural scale, in the order of the contest's items.
pub struct Rated {
    /// Name of the model and of the intervals.
    pub algorithm: String,
    /// What was fitted.
    pub tally: Tally,
    /// Which likelihood.
    pub model: Model,
    /// The fit, unless covariates were taken out.
    pub fit: Option<Fit>,
    /// Rating of each item.
    pub ratings: Vec<f64>,
    /// Interval of each rating.
    pub intervals: Vec<Interval>,
    /// Ranks that the intervals leave open.
    pub ranks: Vec<RankInterval>,
    /// Resamples that determined no ratings by themselves.
    pub separated: u32,
    styled: Option<Styled>,
}

impl Rated {
    /// Rates the contest.
    ///
    /// # Errors
    /// Why the comparisons determine no ratings.
    pub fn new(contest: &Contest, args: &Rank) -> Result<Self, Error> {
        let tally = Tally::of(&contest.table)?;
        let ties = match args.ties {
            TieRule::Half => Ties::Half,
            TieRule::Davidson => Ties::Davidson,
        };
        let model = Model {
            ties,
            ridge: args.ridge,
        };
        if let Some(styles) = &contest.styles {
            let styled = fit_styled(&contest.table, styles, args.ridge)?;
            return Ok(Self::styled(tally, model, styled));
        }
        let found = fit(&tally, model, None)?;
        let mut separated = 0;
        let intervals: Vec<Interval> = match args.interval {
            Certainty::Sandwich => {
                let errors = standard_errors(&tally, &found, model, 0.0)?;
                around(&found.ratings, &errors)
            }
            Certainty::Bootstrap => {
                let draws = (args.resamples, args.seed);
                let threads = Threads::new(args.threads);
                let drawn = bootstrap(&tally, model, &found, draws, threads)?;
                separated = drawn.separated;
                drawn.intervals(&found, LEVEL)
            }
        };
        let ties = match args.ties {
            TieRule::Half => "half-ties",
            TieRule::Davidson => "davidson-ties",
        };
        let interval = match args.interval {
            Certainty::Sandwich => "sandwich",
            Certainty::Bootstrap => "bootstrap",
        };
        Ok(Self {
            algorithm: format!("bradley-terry/{ties}/{interval}"),
            tally,
            model,
            ratings: found.ratings.clone(),
            ranks: ranks(&intervals),
            intervals,
            fit: Some(found),
            separated,
            styled: None,
        })
    }

    fn styled(tally: Tally, model: Model, styled: Styled) -> Self {
        let intervals = around(&styled.ratings, &styled.errors);
        Self {
            algorithm: "bradley-terry/half-ties/style/sandwich".to_owned(),
            tally,
            model,
            fit: None,
            ratings: styled.ratings.clone(),
            ranks: ranks(&intervals),
            intervals,
            separated: 0,
            styled: Some(styled),
        }
    }

    /// (name, coefficient, its standard error) of each covariate.
    pub fn coefficients<'a>(&'a self, names: &'a [String]) -> Vec<(&'a str, f64, f64)> {
        let Some(styled) = &self.styled else {
            return Vec::new();
        };
        let numbers = styled.coefficients.iter().zip(&styled.coefficient_errors);
        let named = names.iter().zip(numbers);
        named
            .map(|(name, (coefficient, error))| (name.as_str(), *coefficient, *error))
            .collect()
    }

    /// The covariates for `--json`.
    pub fn styles(&self, names: &[String]) -> Value {
        let object = |(name, coefficient, error): (&str, f64, f64)| {
            json!({
                "column": name,
                "coefficient": coefficient,
                "standard_error": error,
            })
        };
        self.coefficients(names).into_iter().map(object).collect()
    }
}

fn around(ratings: &[f64], errors: &[f64]) -> Vec<Interval> {
    let width = normal_quantile(0.5 + 0.5 * LEVEL);
    let pairs = ratings.iter().zip(errors);
    pairs
        .map(|(rating, error)| Interval::around(*rating, *error, width))
        .collect()
}
