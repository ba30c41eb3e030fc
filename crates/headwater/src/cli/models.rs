//! The words of the commands around models: train, call, model-key.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `headwater train`.
#[derive(Debug, Args)]
pub struct Train {
    /// Examples: CSV with a header, or JSON Lines, such as the exported labels of a campaign
    #[arg(value_name = "FILE")]
    pub examples: PathBuf,
    /// Where the model goes; its SHA-256 is the content of the asset
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// What is trained
    #[arg(long, value_enum, default_value_t = Kind::Classifier)]
    pub kind: Kind,
    /// Column with the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub text: String,
    /// Column with the label
    #[arg(long, value_name = "NAME", default_value = "label")]
    pub label: String,
    /// Buckets of hashed features, as a power of two
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub bits: u8,
}

/// A built-in model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Softmax over hashed words and letters, from texts with labels
    Classifier,
    /// N-gram language model, from texts
    Ngram,
    /// Hash embeddings: a rule without weights, which no example changes
    Embedding,
}

/// `headwater call`.
#[derive(Debug, Args)]
pub struct Call {
    /// Name of the model, or the number of its asset
    pub model: String,
    /// What is asked; of rows `COLUMN=TEXT`, or nothing for all
    pub text: String,
    /// Address of the node
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8448")]
    pub url: String,
    /// Key of the gateway; better in the environment than on the command line
    #[arg(
        long,
        env = "HEADWATER_MODEL_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub key: String,
    /// Which way to ask
    #[arg(long, value_enum, default_value_t = Way::Chat)]
    pub way: Way,
    /// Most rows of the answer, with `--way rows`
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<u64>,
    /// How many rows to pass over, with `--way rows`
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub from: u64,
    /// What for, one of the purposes in the model's terms
    #[arg(long, value_name = "WORD")]
    pub purpose: Option<String>,
    /// Most that the call may cost with all that it uses, in base units
    #[arg(long, value_name = "UNITS")]
    pub most: Option<u128>,
    /// A word of your own for this call: sent again with the same, it costs nothing more
    #[arg(long, value_name = "WORD")]
    pub once: Option<String>,
    /// Keep the receipt here, to check it with `headwater verify`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A route of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/completions`
    Complete,
    /// `/v1/classify`
    Classify,
    /// `/v1/embeddings`
    Embed,
    /// `/v1/rows`, of a data set or a label set
    Rows,
}

/// `headwater model-key`.
#[derive(Debug, Args)]
pub struct ModelKey {
    /// Directory of the node
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Account that pays
    #[arg(long, value_name = "NUMBER")]
    pub account: u32,
    /// Allowance that it pays from; repeat for more
    #[arg(long, value_name = "NUMBER", required = true)]
    pub allowance: Vec<u32>,
    /// What its owner calls it
    #[arg(long, default_value = "command line")]
    pub name: String,
    /// Most that it spends, in base units
    #[arg(long, value_name = "UNITS")]
    pub budget: Option<u128>,
    /// Most requests in a minute
    #[arg(long, value_name = "COUNT")]
    pub per_minute: Option<u32>,
    /// Asset that it may call, if not all of its allowances' assets; repeat for more
    #[arg(long, value_name = "NUMBER")]
    pub model: Vec<u32>,
    /// What it is used for
    #[arg(long, value_name = "WORD")]
    pub purpose: Option<String>,
    /// How many days it lasts
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
    pub days: u64,
}
