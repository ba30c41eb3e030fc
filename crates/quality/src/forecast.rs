//! Forecasts: how good they were, who is paid for them, and what many scorers agree on.
//!
//! Formulas, signs and sources: `docs/spec/forecast.md`.

mod score;
#[cfg(test)]
mod tests;
mod wager;
mod yuma;

pub use score::{brier, interval, log, normal_crps, quantile, ranked, sample_crps};
pub use wager::{Payout, Wager, settle};
pub use yuma::{Outcome, Scorers, yuma};
