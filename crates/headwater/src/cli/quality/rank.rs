//! The words of `headwater quality rank`.

use super::Sheets;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `headwater quality rank`.
#[derive(Debug, Args)]
pub struct Rank {
    /// Comparisons, with the columns left, right, winner and, if known, worker and weight; the
    /// winner is `left`, `right`, `tie` or the name of one of the two
    #[command(flatten)]
    pub sheets: Sheets,
    /// What a tie is
    #[arg(long, value_enum, default_value_t = TieRule::Half)]
    pub ties: TieRule,
    /// Pull ratings towards their mean, as a normal prior of variance 1/R would: gives ratings to
    /// items that never won or never lost
    #[arg(long, value_name = "R", default_value_t = 0.0)]
    pub ridge: f64,
    /// Rank the largest group of connected items only, if there are several
    #[arg(long)]
    pub largest: bool,
    /// How intervals are found
    #[arg(long, value_enum, default_value_t = Certainty::Sandwich)]
    pub interval: Certainty,
    /// Resamples of a bootstrap
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub resamples: u32,
    /// Seed of a bootstrap; the same seed gives the same result everywhere
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Take out the influence of this column of numbers (what left has more of than right); may be
    /// given several times
    #[arg(long, value_name = "COLUMN")]
    pub style: Vec<String>,
    /// Write the workers, with how far they follow the ratings, to this file: .csv, .jsonl or
    /// .parquet
    #[arg(long, value_name = "FILE")]
    pub workers: Option<PathBuf>,
    /// Threads to compute with; the result is the same for any number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
}

/// What a tie is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TieRule {
    /// Half a win for each
    Half,
    /// An outcome with a probability of its own (Davidson 1970, Newman 2023)
    Davidson,
}

/// How intervals are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Certainty {
    /// A formula for large samples that does not need the model to be right
    Sandwich,
    /// Comparisons drawn anew, many times
    Bootstrap,
}
