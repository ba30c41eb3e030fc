//! The words of `headwater sql` and `headwater appeal`.

use clap::Args;
use std::path::PathBuf;

/// `headwater sql`.
#[derive(Debug, Args)]
pub struct Sql {
    /// One SELECT, WITH or EXPLAIN; `-` reads it from standard input
    #[arg(value_name = "SQL", required_unless_present = "schema")]
    pub sql: Option<String>,
    /// Data directory of the node, which may be running [default: headwater-node or
    /// headwater-demo, whichever alone is here]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
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

/// `headwater appeal`.
#[derive(Debug, Args)]
pub struct Appeal {
    /// Number of the campaign
    pub campaign: u32,
    /// Which of your blocks there, from 1, as the earnings page numbers them
    pub block: u32,
    /// Address of the node
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8448")]
    pub url: String,
    /// Your account's number
    #[arg(long, value_name = "N")]
    pub account: u32,
    /// File with the secret of a session key of the account: 64 hex digits
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// What the panel should know; the log has its commitment alone
    #[arg(long, value_name = "TEXT")]
    pub say: Option<String>,
}
