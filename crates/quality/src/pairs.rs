//! Ratings of items that were compared in pairs, with how sure they are and what they hang on.
//!
//! Formulas, sources and limits stand in `docs/spec/ranking.md`. The model is that of Bradley and
//! Terry (1952): item `i` is preferred to `j` with odds `exp(r_i - r_j)`; a tie counts half for
//! each, or has a probability of its own (Davidson 1970; Newman 2023 has the same likelihood). No
//! rating is given where the comparisons do not determine one: [`Error`] says so.

mod bootstrap;
mod counts;
mod curvature;
mod error;
mod fit;
mod graph;
mod leverage;
mod next;
mod rank;
mod run;
mod sandwich;
mod style;
mod table;
mod voter;
mod win;

pub use bootstrap::{Bootstrap, bootstrap};
pub use counts::{Counts, Edge, Tally};
pub use error::Error;
pub use fit::{Fit, Model, Ties, fit};
pub use graph::{Groups, connected, mutual};
pub use leverage::{Removal, Robustness, robustness};
pub use next::{Candidate, next_pairs};
pub use rank::{Interval, RankInterval, elo, normal_quantile, order, ranks};
pub use sandwich::{ARENA_RIDGE, covariance, standard_errors};
pub use style::{Styled, Styles, fit_styled};
pub use table::{Comparison, Comparisons, ITEM_LIMIT, Outcome};
pub use voter::{Reliability, fit_voters};
pub use win::{average_win_rates, points, win_rates};
