//! The words of `headwater quality agree`.

use super::Sheets;
use clap::{Args, ValueEnum};

/// `headwater quality agree`.
#[derive(Debug, Args)]
pub struct Agree {
    /// Answers, with the columns task, worker, label
    #[command(flatten)]
    pub sheets: Sheets,
    /// What the labels are; `auto` takes numbers for all kinds of scale, anything else for names
    #[arg(long, value_enum, default_value_t = Scale::Auto)]
    pub scale: Scale,
    /// The labels from the lowest to the highest, separated by commas, where they are not numbers
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    pub order: Vec<String>,
    /// Two workers to compare by Cohen's kappa; without it, when there are exactly two
    #[arg(long, num_args = 2, value_names = ["WORKER", "WORKER"])]
    pub pair: Vec<String>,
    /// Resamples of the units that the intervals come from
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub resamples: u32,
    /// Seed of the resamples; the same seed gives the same result everywhere
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Threads to compute with; the result is the same for any number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
}

/// What labels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// Numbers if all labels are, else names; ranks if `--order` is given
    Auto,
    /// Names
    Nominal,
    /// Ranks
    Ordinal,
    /// Numbers whose differences mean something
    Interval,
    /// Numbers from 0 up whose ratios mean something
    Ratio,
}
