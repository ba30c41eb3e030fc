//! The words of the command line: subcommands, flags, examples.

pub mod chain;
pub mod config;
pub mod market;
pub mod models;
pub mod node;
pub mod quality;
pub mod question;
pub mod upkeep;
pub mod watch;

use crate::import::{Repeats, parse_classes, parse_share};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt;
use std::path::PathBuf;

/// Where `run` keeps a node that is not told where.
pub const NODE: &str = "headwater-node";
/// Where `demo` does.
pub const DEMO: &str = "headwater-demo";

/// Headwater pays everyone upstream of a model, every time the model is used, and lets anybody
/// check it.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  headwater demo                           run a whole economy, kept in ./headwater-demo
  headwater replay --data DIR --answers answers.csv --gold gold.csv
  headwater audit DIR --log-key KEY        recompute everything; the demo prints the key
  headwater audit URL --log-key KEY --follow
  headwater log show 42 --data DIR         one entry of the log, in words
  headwater account 7 --data DIR           what an account did, earned, and why
  headwater run --data DIR                 a node of your own, on http://127.0.0.1:8448
  headwater receipt 42 --data DIR -o F     a receipt to keep, and how to check it for yourself:
  headwater verify F --log-key KEY

Exit codes: 0 good, 1 a check failed, 2 wrong usage or unreadable input.";

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a seeded economy through the whole flow: work, pay, model, calls, royalties, claims,
    /// audit
    Demo(Demo),
    /// Run the same flow on a real crowd data set (CSV or JSON Lines)
    Replay(Replay),
    /// Recompute hashes, signatures, scores, payouts and roots from the public files and the chain
    Audit(Audit),
    /// Hold each posted epoch against the log, and object to false ones in time
    Watch(watch::Watch),
    /// Look into the log: show an entry or the newest entries
    Log(Log),
    /// Show what an account did, earned, and why
    Account(Account),
    /// Run a node: take submissions over HTTP, make them durable, publish the log
    Run(node::Run),
    /// Check a file of settings for `run --config`, or show what a node makes of it
    Config(node::Configure),
    /// Put the contracts on a chain that others run, too, or end a freeze
    #[command(subcommand)]
    Chain(chain::Chain),
    /// Run a witness: cosign logs that only ever grow
    Witness(node::Witness),
    /// Find, register and read assets at a node
    #[command(subcommand)]
    Asset(market::Asset),
    /// Buy, list and revoke licences at a node
    #[command(subcommand)]
    Grant(market::Grant),
    /// Offer and list lower floors for single assets at a node
    #[command(subcommand)]
    Waiver(market::Waiver),
    /// Get test money from a node that gives some, or list your deposits
    Deposit(market::Deposit),
    /// Print the public key of a node's log
    Key(node::Key),
    /// Get receipts to keep: of an entry, or of all entries of an account (tlog-proof@v1)
    Receipt(node::Receipt),
    /// Check receipts, promises and refusals offline
    Verify(node::Verify),
    /// Train a built-in model from texts and labels
    Train(models::Train),
    /// Ask a model of a node; prints answer, cost and receipt
    Call(models::Call),
    /// Make a key that calls models
    ModelKey(models::ModelKey),
    /// Copy a node while it runs
    Backup(upkeep::Backup),
    /// Make a node of a copy
    Restore(upkeep::Restore),
    /// Read every stored byte again, and write damaged tiles anew
    Scrub(upkeep::Scrub),
    /// Make the state anew from the entries alone, and compare
    Rebuild(upkeep::Where),
    /// Put a fresh log or operator key in the place of the old one
    Rotate(upkeep::Rotate),
    /// Delete a private body or the openings of a round, with a tombstone in the log
    Erase(upkeep::Erase),
    /// Name the witnesses whose time bounds the log's
    Witnesses(upkeep::Witnesses),
    /// Send many submissions to a node and measure the answers
    #[command(hide = true)]
    Load(node::Load),
    /// Ask a node's view in SQL: campaigns, work, money, uses; read-only
    Sql(question::Sql),
    /// Ask a campaign's panel to look at a rejected block of yours again
    Appeal(question::Appeal),
    /// Find out what a crowd knows: labels, workers, rankings, from tables of answers
    Quality(quality::Quality),
    /// Run the log on simulated disks and buckets that fail, from a seed; replays any failure
    Sim(Sim),
    /// Print the version and the rule versions it decides by
    Version,
    /// Print shell completions
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `headwater demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Directory for the node; must not hold one already
    #[arg(long, value_name = "DIR", default_value = DEMO)]
    pub data: PathBuf,
    /// Everything in the demo follows from this number
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    pub json: bool,
}

/// `headwater replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// Directory of the node; created where there is none, continued where there is one
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Answers as CSV or JSON Lines with task, worker, label; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub answers: PathBuf,
    /// Known labels as CSV or JSON Lines with task, label
    #[arg(long, value_name = "FILE")]
    pub gold: Option<PathBuf>,
    /// Share of the known labels that serves as hidden gold; accuracy is measured on the rest. 0
    /// accepts every answer unjudged
    #[arg(long, default_value = "0.1", value_parser = parse_share)]
    pub gold_share: u32,
    /// What to do where a worker answers a task again
    #[arg(long, value_enum, default_value_t = Repeats::Keep)]
    pub repeats: Repeats,
    /// The classes, comma-separated, if not just those that occur
    #[arg(long, value_parser = parse_classes)]
    pub classes: Option<Classes>,
    /// How labels are inferred: without hidden gold `dawid-skene` follows crowd-kit's conventions;
    /// with gold it is the default inference, or by `--pay 1` the maximum a posteriori with gold
    /// fixed
    #[arg(long, value_enum, default_value_t = Inference::DawidSkene)]
    pub consensus: Inference,
    /// Version of the pay rule; the second wants hidden gold that shows its classes equally often
    #[arg(long, value_enum, default_value_t = Pay::Second)]
    pub pay: Pay,
    /// Probability of a label at which a unit takes no more answers; 0 never ends one early
    #[arg(long, default_value = "0", value_parser = parse_share)]
    pub target: u32,
    /// Rounds of work; answers are sealed within a round and judged after it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub rounds: u16,
    /// Price of an accepted answer in base units of the 6-decimal test token
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub price_units: u64,
    /// Model calls that a user pays for
    #[arg(long, default_value_t = 500)]
    pub calls: u32,
    /// All keys of people follow from this number
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    pub json: bool,
}

/// A list of class names; a type of its own, so that one flag holds all of them.
pub type Classes = std::vec::Vec<String>;

/// Truth inference by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Inference {
    /// Most votes
    Majority,
    /// Dawid and Skene 1979
    DawidSkene,
}

/// A version of the pay rule by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pay {
    /// `headwater-pay@1`
    #[value(name = "1")]
    First,
    /// `headwater-pay@2`
    #[value(name = "2")]
    Second,
}

/// The keys under which a log is read.
#[derive(Debug, Args)]
pub struct Trusted {
    /// The log's public key as the operator announces it, now or earlier (`headwater key` prints
    /// it); needed, as a wholly replaced log would pass without it
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<String>,
    /// Public key of a witness that you trust; may be given several times
    #[arg(long, value_name = "VKEY")]
    pub witness: Vec<String>,
    /// How many of these witnesses must have cosigned the checkpoint [default: all]
    #[arg(long, value_name = "K", requires = "witness")]
    pub quorum: Option<usize>,
}

/// `headwater audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// Where the public files are: a data directory, the address of a node or mirror (http://,
    /// https://), or a bucket (s3://, gs://, az://)
    #[arg(value_name = "DIR|URL")]
    pub log: String,
    /// Whose log it is.
    #[command(flatten)]
    pub trusted: Trusted,
    /// Directory with the chain's transactions, to check the contracts of a log that is read over
    /// the network; a data directory has its own
    #[arg(long, value_name = "DIR")]
    pub chain: Option<PathBuf>,
    /// JSON-RPC server of a chain that the log settles on, or env:NAME of a variable that holds its
    /// address; `#N` behind it says in which block the contracts were deployed [default: 0]. Once
    /// for each chain
    #[arg(long, value_name = "URL[#N]")]
    pub rpc: Vec<String>,
    /// Print one JSON object instead of words
    #[arg(long)]
    pub json: bool,
    /// Write what was found to this file as JSON, a fault with its evidence too
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Promises that the log has given: one that it has broken fails the audit
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub promise: Vec<PathBuf>,
    /// Refusals that the log has signed: each is decided again, one without cause fails the audit
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "sent")]
    pub refusal: Vec<PathBuf>,
    /// What was refused, as it was sent to the node's submit address: CBOR or JSON
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub sent: Vec<PathBuf>,
    /// Keep watching: check each new checkpoint and what it adds until ctrl-c or the first fault
    #[arg(long)]
    pub follow: bool,
    /// Threads that read and verify ahead [default: one per core; 16 over the network]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// `headwater log`.
#[derive(Debug, Args)]
pub struct Log {
    /// Data directory [default: headwater-node or headwater-demo, whichever alone is here]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// What to look at
    #[command(subcommand)]
    pub view: LogView,
}

/// Ways to look into the log.
#[derive(Debug, Subcommand)]
pub enum LogView {
    /// One entry in words
    Show {
        /// Index of the entry, from 0
        index: u64,
    },
    /// The newest entries, a line each
    Tail {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20)]
        count: u64,
    },
}

/// `headwater account`.
#[derive(Debug, Args)]
pub struct Account {
    /// Data directory [default: headwater-node or headwater-demo, whichever alone is here]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The account's number
    pub id: u32,
    /// Print one JSON object instead of words
    #[arg(long)]
    pub json: bool,
}

/// `headwater sim`.
#[derive(Debug, Args)]
pub struct Sim {
    /// Everything that happens follows from this number
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many things happen
    #[arg(long, default_value_t = 10_000)]
    pub steps: u64,
    /// Where the simulated logs keep their journal
    #[arg(long, value_enum, default_value_t = SimBackend::Either)]
    pub backend: SimBackend,
}

/// Kinds of storage on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SimBackend {
    /// In each life as chance says
    Either,
    /// A local disk
    Disk,
    /// A bucket that two machines use
    Bucket,
}

/// An error with an exit code of its own.
#[derive(Debug)]
pub enum Failure {
    /// A check failed: exit code 1.
    Check(String),
}

impl Failure {
    /// The process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Check(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Failure {}
