//! The words of `headwater quality detect`.

use super::Sheets;
use clap::Args;
use std::path::PathBuf;

/// `headwater quality detect`.
#[derive(Debug, Args)]
pub struct Detect {
    /// Answers, with the columns task, worker, label, in the order in which they were given
    #[command(flatten)]
    pub sheets: Sheets,
    /// Known labels, with the columns task, label; without them a group that owns the consensus is
    /// believed
    #[arg(long, value_name = "FILE")]
    pub gold: Option<PathBuf>,
}
