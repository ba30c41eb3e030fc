//! Why comparisons are refused or leave ratings open.

use core::fmt;

/// Why a table of comparisons, or ratings from it, are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A comparison names an item or voter outside the declared bounds.
    OutOfBounds {
        /// Position of the comparison.
        row: usize,
        /// Which of its indices it is.
        column: &'static str,
    },
    /// A comparison of an item with itself.
    SelfComparison {
        /// Position of the comparison.
        row: usize,
    },
    /// A weight is not a number, infinite or below 0.
    Weight {
        /// Position of the comparison.
        row: usize,
    },
    /// A covariate is not a finite number.
    Covariate {
        /// Position of the comparison.
        row: usize,
    },
    /// A list that goes with the table has another length than the table asks for.
    Length {
        /// What the list holds.
        list: &'static str,
        /// Entries found.
        found: usize,
        /// Entries needed.
        needed: usize,
    },
    /// More items, comparisons or covariates than the computation can hold.
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The most that is accepted.
        limit: u64,
    },
    /// A number of the model lies outside its range.
    Setting {
        /// Name of the field.
        field: &'static str,
    },
    /// The items fall into groups without any comparison between them: no common scale exists.
    Disconnected {
        /// Number of groups.
        groups: u32,
    },
    /// Some group of items never lost to, nor tied with, the rest: the most likely rating is
    /// infinite.
    Separated {
        /// Number of groups within which everyone has something to lose.
        groups: u32,
    },
    /// Ties, but no wins to measure them against (or wins and ties that one order of the items
    /// explains without error): the most likely tie parameter is infinite.
    TiesUnbounded,
    /// Covariates that depend on each other or on the items, or explain every outcome.
    Unidentified,
    /// The iteration did not reach its tolerance.
    NotConverged,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::OutOfBounds { row, column } => {
                write!(f, "comparison `{row}`: its `{column}` is outside the table")
            }
            Error::SelfComparison { row } => {
                write!(f, "comparison `{row}` is of an item with itself")
            }
            Error::Weight { row } => write!(
                f,
                "the weight of comparison `{row}` is not a number from 0 up"
            ),
            Error::Covariate { row } => {
                write!(
                    f,
                    "a covariate of comparison `{row}` is not a finite number"
                )
            }
            Error::Length {
                list,
                found,
                needed,
            } => write!(f, "`{list}` has `{found}` entries, `{needed}` are needed"),
            Error::TooLarge { what, limit } => {
                write!(f, "too many {what}: at most `{limit}` are accepted")
            }
            Error::Setting { field } => write!(f, "`{field}` is outside its range"),
            Error::Disconnected { groups } => write!(
                f,
                "the items fall into `{groups}` groups without comparisons between them, \
                 so they have no common scale"
            ),
            Error::Separated { groups } => write!(
                f,
                "the items fall into `{groups}` groups of which one never lost to another, \
                 so the most likely rating is infinite"
            ),
            Error::TiesUnbounded => write!(
                f,
                "wins do not limit the tie parameter, so the most likely one is infinite"
            ),
            Error::Unidentified => write!(
                f,
                "the covariates depend on each other or on the items, or explain every outcome"
            ),
            Error::NotConverged => write!(f, "the ratings did not settle"),
        }
    }
}

impl std::error::Error for Error {}
