//! The words of `headwater sql`.

use clap::Args;
use std::path::PathBuf;

/// `headwater sql`.
#[derive(Debug, Args)]
pub struct Sql {
    /// One SELECT, WITH or EXPLAIN; `-` reads it from standard input
    #[arg(value_name = "SQL", required_unless_present = "schema")]
    pub sql: Option<String>,
    /// Data directory of the node, which may be running
    #[arg(long, value_name = "DIR", default_value = "headwater-demo")]
    pub data: PathBuf,
    /// Print one JSON object per row
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print comma-separated values with a line of names
    #[arg(long)]
    pub csv: bool,
    /// Print so many rows at most, and say so if there are more
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub rows: usize,
    /// Give up after so long, in seconds
    #[arg(long, value_name = "S", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub time: u64,
    /// Print the tables and columns with their meanings
    #[arg(long, conflicts_with_all = ["sql", "json", "csv"])]
    pub schema: bool,
}
