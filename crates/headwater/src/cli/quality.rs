//! The words of `headwater quality`: what crowds know, from tables.

mod agree;
mod detect;
mod plan;
mod rank;

pub use agree::{Agree, Scale};
pub use detect::Detect;
pub use plan::Plan;
pub use rank::{Certainty, Rank, TieRule};

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `headwater quality`.
#[derive(Debug, Args)]
pub struct Quality {
    /// What to find out
    #[command(subcommand)]
    pub question: Question,
}

/// What can be found out from a table.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// Infer one label per task from the answers of many, with its probability, and how good the
    /// workers are
    Infer(Infer),
    /// Rank what was compared in pairs, and tell how sure the ranks are
    Rank(Rank),
    /// Measure how far workers agree beyond chance
    Agree(Agree),
    /// Tell what each row of training data, and each contributor, is worth on test rows
    Value(Value),
    /// Find near-duplicate texts and who came first
    Dedup(Dedup),
    /// Find workers who answer without looking, or copy each other
    Detect(Detect),
    /// Tell how many answers a target accuracy needs and what they cost, before any is given
    Plan(Plan),
}

/// The table that is asked about, and the forms in which the answer is wanted.
#[derive(Debug, Args)]
pub struct Sheets {
    /// The table: CSV (.csv, .tsv), JSON Lines (.jsonl) or Parquet (.parquet); `-` reads standard
    /// input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the file calls a column, as in `--column task=question`; may be given several times
    #[arg(long = "column", value_name = "ROLE=NAME", value_parser = renamed)]
    pub columns: Vec<Renamed>,
    /// Print one JSON object instead of words
    #[arg(long)]
    pub json: bool,
    /// Write the result to this file as well: .csv, .jsonl or .parquet
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the pictures to this folder as SVG
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Write one page of HTML that explains the result to somebody who was not there
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// A column under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// What the program calls it.
    pub role: String,
    /// What the file calls it.
    pub column: String,
}

fn renamed(text: &str) -> Result<Renamed, String> {
    match text.split_once('=') {
        Some((role, column)) if !role.is_empty() && !column.is_empty() => Ok(Renamed {
            role: role.to_owned(),
            column: column.to_owned(),
        }),
        _ => Err("write it as in `task=question`".to_owned()),
    }
}

/// `headwater quality infer`.
#[derive(Debug, Args)]
pub struct Infer {
    /// Answers, with the columns task, worker, label
    #[command(flatten)]
    pub sheets: Sheets,
    /// Known labels, with the columns task, label: they are fixed, and show how good workers are
    #[arg(long, value_name = "FILE")]
    pub gold: Option<PathBuf>,
    /// Labels to measure the result against, with the columns task, label; they are not used
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    /// What the labels are
    #[arg(long, value_enum, default_value_t = Kind::Classes)]
    pub kind: Kind,
    /// How labels are inferred
    #[arg(long, value_enum, default_value_t = Method::Auto)]
    pub method: Method,
    /// Write the workers to this file: .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE")]
    pub workers: Option<PathBuf>,
    /// Threads to compute with; the result is the same for any number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
}

/// Truth inference by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// The default model, with calibrated probabilities
    Auto,
    /// Most votes
    Majority,
    /// Votes weighted by how far a worker agrees with the majority
    Wawa,
    /// Dawid and Skene 1979, maximum a posteriori
    DawidSkene,
    /// Dawid and Skene 1979 with crowd-kit's conventions, for comparison
    DawidSkeneCrowdkit,
    /// One probability of being right per worker
    OneCoin,
    /// Hovy and others 2013: workers know, or draw from a strategy of their own
    Mace,
    /// Whitehill and others 2009: abilities of workers and difficulties of tasks
    Glad,
}

/// What stands in the column of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// One of several choices
    Classes,
    /// Spans of tokens: `[[start, end, "kind"], ...]`; a column n_tokens may tell lengths
    Spans,
    /// Boxes: `[[left, top, right, bottom], ...]`, each with a kind at its end or without
    Boxes,
    /// A number
    Number,
    /// Free text
    Text,
}

/// `headwater quality value`.
#[derive(Debug, Args)]
pub struct Value {
    /// Training rows: the column label, the column contributor or not, all others are features
    #[command(flatten)]
    pub sheets: Sheets,
    /// Test rows, with the same columns for label and features
    #[arg(long, value_name = "FILE")]
    pub test: PathBuf,
    /// What a set of rows is worth
    #[arg(long, value_enum, default_value_t = Worth::Hard)]
    pub worth: Worth,
    /// K, the nearest rows that vote on a test row
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub neighbours: u32,
    /// Threads to compute with; the result is the same for any number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
}

/// The utility that is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Worth {
    /// Right rows among the K nearest, over K (Jia et al. 2019)
    Hard,
    /// Right rows among the nearest, over their number (Wang and Jia 2023)
    Soft,
}

/// `headwater quality dedup`.
#[derive(Debug, Args)]
pub struct Dedup {
    /// Texts, with the columns id, text, in the order in which they came
    #[command(flatten)]
    pub sheets: Sheets,
    /// Least share of common runs of words, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    pub threshold: f64,
    /// Words in a run
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub words: u32,
    /// Threads to compute with; the result is the same for any number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
}
