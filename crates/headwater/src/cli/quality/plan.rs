//! The words of `headwater quality plan`.

use clap::Args;
use std::path::PathBuf;

/// `headwater quality plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// A pilot: answers with the columns task, worker, label; shows how good workers are, instead
    /// of `--right` and `--wrong`
    #[arg(long, value_name = "FILE", requires = "gold")]
    pub pilot: Option<PathBuf>,
    /// Known labels of the pilot, with the columns task, label
    #[arg(long, value_name = "FILE", requires = "pilot")]
    pub gold: Option<PathBuf>,
    /// Accuracies are taken for draws from a Beta distribution; its first parameter
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub right: u32,
    /// Its second parameter; 8 and 2 make .8 on average
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub wrong: u32,
    /// Number of labels to choose from
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub classes: u32,
    /// Tasks to be labelled
    #[arg(long, value_name = "N")]
    pub tasks: u32,
    /// Share of the labels that should be right, as in `0.95`
    #[arg(long, value_name = "SHARE", default_value_t = 0.95)]
    pub target: f64,
    /// Answers that no task exceeds
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub most: u32,
    /// Share of gold among all answers, as in `0.1`; it is paid like other work
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub gold_share: f64,
    /// Price of one answer in whole units of money, e.g. millionths of a dollar
    #[arg(long, value_name = "UNITS", default_value_t = 0)]
    pub price: u64,
    /// Seed of the simulation; the same seed gives the same plan everywhere
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON object instead of words
    #[arg(long)]
    pub json: bool,
}
