//! The words of `headwater watch`.

use super::Trusted;
use clap::Args;
use std::path::PathBuf;

/// `headwater watch`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Watch {
    /// Address of a JSON-RPC server of the chain, or env:NAME of a variable that holds it
    #[arg(long, value_name = "URL")]
    pub rpc: String,
    /// Where the public files are: a data directory, an address, or a bucket, as for `audit`
    #[arg(long, value_name = "URL|DIR")]
    pub log: String,
    /// Whose log it is.
    #[command(flatten)]
    pub trusted: Trusted,
    /// Address of the Settlement contract [default: the one that the log names]
    #[arg(long, value_name = "ADDRESS")]
    pub settlement: Option<String>,
    /// First block that may hold an event of the contracts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub from_block: u64,
    /// Server of another chain that the same operator posts to: two statements about one epoch
    /// convict it on both. `#N` names the first block that may hold an event of the contracts. May
    /// be given several times
    #[arg(long, value_name = "URL[#N]")]
    pub also_rpc: Vec<String>,
    /// Variable that holds the key to act with, as 64 hex digits; without a key it only tells
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    pub key_env: Option<String>,
    /// The key to act with: env:NAME, keystore:FILE or signer:URL#ADDRESS
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Most base units of the bond's token that its challenges may put at risk, those that it has
    /// lost included [default: one challenge]
    #[arg(long, value_name = "UNITS")]
    pub most_bond: Option<u128>,
    /// Challenge too what cannot be checked because the log does not answer: an outage of your own
    /// costs a bond then
    #[arg(long)]
    pub challenge_unchecked: bool,
    /// URL that is told of everything, signed as the node's webhooks are
    #[arg(long, value_name = "URL", requires = "webhook_secret_env")]
    pub webhook: Option<String>,
    /// Variable that holds the webhook's secret: whsec_ and base64
    #[arg(long, value_name = "NAME", requires = "webhook")]
    pub webhook_secret_env: Option<String>,
    /// The watcher's own directory: what it has judged, told and done
    #[arg(long, value_name = "DIR", default_value = "headwater-watch")]
    pub memory: PathBuf,
    /// Seconds between two looks
    #[arg(long, value_name = "S", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub every: u64,
    /// Look once, do what is due, and end
    #[arg(long)]
    pub once: bool,
    /// Print a JSON object for each thing to tell
    #[arg(long)]
    pub json: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all that stands on the chain is the log's, 1 a false epoch was found, 2 something
could not be checked.";
