//! The words about a chain that others run, too: flags of `run`, and `headwater chain`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where a node settles; without these, on its embedded chain.
#[derive(Clone, Debug, Default, Args)]
pub struct Ground {
    /// Settle on the chain behind this JSON-RPC address, not on the embedded one; `env:NAME` takes
    /// it from the environment (docs/operate/chain.md)
    #[arg(long, value_name = "URL", requires_all = ["chain_id", "chain_settlement",
          "chain_post_key", "chain_debit_key", "chain_relay_key"])]
    pub chain_rpc_url: Option<String>,
    /// The number that this chain must have (EIP-155)
    #[arg(long, value_name = "N", requires = "chain_rpc_url")]
    pub chain_id: Option<u64>,
    /// The Settlement contract there; it names the Escrow and the tokens
    #[arg(long, value_name = "ADDRESS", requires = "chain_rpc_url")]
    pub chain_settlement: Option<String>,
    /// The block in which the contracts were deployed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub chain_from_block: u64,
    /// Blocks after which this chain takes nothing back; else its own mark `finalized` counts
    #[arg(long, value_name = "N", requires = "chain_rpc_url")]
    pub chain_confirmations: Option<u64>,
    /// Most that a unit of gas may cost
    #[arg(long, value_name = "GWEI", default_value_t = 500)]
    pub chain_max_fee_gwei: u64,
    /// Time between looks at the chain
    #[arg(long, value_name = "MS", default_value_t = 4_000,
          value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub chain_poll: u64,
    /// Who posts epochs: env:NAME, keystore:FILE or signer:URL#ADDRESS
    #[arg(long, value_name = "KEY", requires = "chain_rpc_url")]
    pub chain_post_key: Option<String>,
    /// Who debits deposits, as for --chain-post-key
    #[arg(long, value_name = "KEY", requires = "chain_rpc_url")]
    pub chain_debit_key: Option<String>,
    /// Who pays for finality, releases, claims and refunds, as for --chain-post-key
    #[arg(long, value_name = "KEY", requires = "chain_rpc_url")]
    pub chain_relay_key: Option<String>,
    /// Chains beside this one, which only a file of settings names: its tables `[[chains]]`.
    #[arg(skip)]
    pub further: Vec<Ground>,
}

/// `headwater chain`.
#[derive(Debug, Subcommand)]
pub enum Chain {
    /// Put the contracts on a chain, at addresses that follow from the terms; prints settings
    Deploy(Box<Deploy>),
    /// Read a frozen chain anew, once you have looked what happened
    Thaw(Thaw),
    /// Show to the Escrow what a final epoch owes and its operator has not debited, and end
    /// disputes on which nobody has ruled in time; anybody may
    ShowDebits(ShowDebits),
}

/// `headwater chain show-debits`.
#[derive(Debug, Args)]
pub struct ShowDebits {
    /// Number of the final epoch
    pub epoch: u64,
    /// Where the public files are: a data directory, an address, or a bucket, as for `audit`
    #[arg(long, value_name = "URL|DIR")]
    pub log: String,
    /// JSON-RPC address of the chain, or env:NAME
    #[arg(long, value_name = "URL")]
    pub rpc: String,
    /// The Settlement contract there
    #[arg(long, value_name = "ADDRESS")]
    pub settlement: String,
    /// One deposit, by its number in the Escrow [default: all of which something is missing]
    #[arg(long, value_name = "N")]
    pub deposit: Option<u64>,
    /// Who sends and pays for it: env:NAME, keystore:FILE or signer:URL#ADDRESS. Without it, the
    /// calls are printed for another wallet
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Where to note what was sent, so that a broken run can be run again
    #[arg(long, value_name = "DIR", default_value = "headwater-show")]
    pub notes: PathBuf,
}

/// `headwater chain deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// JSON-RPC address of the chain, or env:NAME
    #[arg(long, value_name = "URL")]
    pub rpc_url: String,
    /// The number that the chain must have
    #[arg(long, value_name = "N")]
    pub chain_id: u64,
    /// Who pays for it: env:NAME, keystore:FILE or signer:URL#ADDRESS; it has no right afterwards
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// Address that posts epochs
    #[arg(long, value_name = "ADDRESS")]
    pub post: String,
    /// Address that debits deposits
    #[arg(long, value_name = "ADDRESS")]
    pub debit: String,
    /// Address that halts epochs and cancels rotations
    #[arg(long, value_name = "ADDRESS")]
    pub guardian: String,
    /// Address that rules on halted epochs
    #[arg(long, value_name = "ADDRESS")]
    pub arbiter: String,
    /// Address that announces the next keys
    #[arg(long, value_name = "ADDRESS")]
    pub rotator: String,
    /// Address that gets the operator's bond back
    #[arg(long, value_name = "ADDRESS")]
    pub bond_holder: String,
    /// A token that may be deposited; repeat for more, at most eight
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub token: Vec<String>,
    /// How long a posted epoch waits for objections
    #[arg(long, value_name = "S", default_value_t = node::node::WINDOW_S)]
    pub window: u64,
    /// How long the arbiter has after a halt
    #[arg(long, value_name = "S", default_value_t = 7 * 24 * 3_600)]
    pub ruling: u64,
    /// What the operator must have bonded to post, in base units of the token with the lowest
    /// address
    #[arg(long, value_name = "UNITS", default_value_t = 0)]
    pub bond: u64,
    /// What a challenge costs whose author is wrong, in base units of the token with the lowest
    /// address
    #[arg(long, value_name = "UNITS", default_value_t = chain::deployment::CHALLENGE_BOND)]
    pub challenge_bond: u64,
    /// Where to note what was sent, so that a broken run can be run again
    #[arg(long, value_name = "DIR", default_value = "headwater-deploy")]
    pub notes: PathBuf,
}

/// `headwater chain thaw`.
#[derive(Debug, Args)]
pub struct Thaw {
    /// Directory of the node, which must not be running
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// A chain beside the first one [default: the first]
    #[arg(long, value_name = "N")]
    pub chain_id: Option<u64>,
}
