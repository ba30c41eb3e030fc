//! How far contributors agree beyond chance: alpha and kappas, with intervals over units.
//!
//! Formulas, sources and limits stand in `docs/spec/agreement.md`. Of several answers of one
//! contributor to one unit the first counts.

mod alpha;
mod cohen;
mod entropy;
mod interval;
mod units;

pub use alpha::{Level, alpha};
pub use cohen::{Contingency, Weighting};
pub use entropy::entropy_ppm;
pub use interval::{Draws, Estimate, Measure, estimate, estimate_cohen};
pub use units::{Units, fleiss, percentage};

use core::fmt;

/// Why an agreement has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No unit has answers of two contributors.
    NoPairs,
    /// All answers that could be compared are the same: nothing tells agreement from chance.
    NoVariation,
    /// A label's value is not a finite number of at most 1e100 in size, or below 0 on a ratio
    /// scale.
    Value {
        /// The label.
        label: u32,
    },
    /// Not one value for each label.
    Length {
        /// Entries found.
        found: usize,
        /// Entries needed.
        needed: usize,
    },
    /// More different labels than every pair of them is weighed up for.
    TooManyLabels {
        /// The most that are accepted.
        limit: u32,
    },
    /// A contributor outside the table, or the same one twice.
    Contributor,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoPairs => write!(f, "no unit has answers of two contributors"),
            Error::NoVariation => write!(
                f,
                "all answers that can be compared are the same, so chance cannot be told apart"
            ),
            Error::Value { label } => {
                write!(
                    f,
                    "the value of label `{label}` is not a number of the scale"
                )
            }
            Error::Length { found, needed } => {
                write!(f, "`{found}` values for `{needed}` labels")
            }
            Error::TooManyLabels { limit } => {
                write!(
                    f,
                    "too many different labels: at most `{limit}` are accepted"
                )
            }
            Error::Contributor => write!(f, "two different contributors of the table are needed"),
        }
    }
}

impl std::error::Error for Error {}
