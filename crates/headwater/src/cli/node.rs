//! The words of the commands around a running node: run, witness, key, receipt, verify.

use clap::{Args, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use web::login::Proxies;

/// Form of the events on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// Time, event and words.
    #[default]
    Text,
    /// An object with time, level, event, message and fields.
    Json,
}

/// `headwater config`.
#[derive(Debug, Args)]
pub struct Configure {
    /// What to do with it.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What can be done with settings.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Name every mistake with its line and what to do about it
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print every setting as it would hold, and where it comes from; no secrets
    Show {
        /// The file; without one, the usual values
        file: Option<PathBuf>,
    },
}

/// `headwater run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Take settings from this file: TOML, each flag's name with `_` for `-`; flags win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of the node; made at the first start
    #[arg(long, value_name = "DIR", default_value = super::NODE)]
    pub data: PathBuf,
    /// Seed a small economy and keep it moving: people made up for it open campaigns and work,
    /// everybody who comes gets test money, epochs close every 15 s
    #[arg(long)]
    pub demo: bool,
    /// Address and port to serve HTTP on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8448")]
    pub listen: SocketAddr,
    /// Keep journal and public files in a bucket: s3://, gs:// or az://
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Stand by: follow the log of another node in the bucket, and take over when it falls silent
    #[arg(long, requires = "store", conflicts_with = "read_only")]
    pub standby: bool,
    /// Only read the log that another node writes
    #[arg(long)]
    pub read_only: bool,
    /// Where clients reach this node, if not under the address it listens on
    #[arg(long, value_name = "URL")]
    pub advertise: Option<String>,
    /// Ask this witness to cosign checkpoints; repeat for more
    #[arg(long, value_name = "VKEY=URL")]
    pub witness: Vec<String>,
    /// How many witnesses must have cosigned before a checkpoint is published
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub quorum: usize,
    /// Time between checkpoints while entries come
    #[arg(long, value_name = "MS", default_value_t = 1_000,
          value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    pub publish_every: u64,
    /// Within which time a checkpoint covers an accepted entry; every promise names it
    #[arg(long, value_name = "MS", default_value_t = 60_000,
          value_parser = clap::value_parser!(u64).range(1_000..=86_400_000))]
    pub merge_delay: u64,
    /// Go on with a log that is older than what a witness has seen: after a restored backup
    #[arg(long)]
    pub accept_rollback: bool,
    /// Where people reach this node in a browser, such as https://data.example; repeat for more
    #[arg(long, value_name = "URL")]
    pub public_url: Vec<String>,
    /// Time between epochs while there is something to settle
    #[arg(long, value_name = "MS", default_value_t = 86_400_000,
          value_parser = clap::value_parser!(u64).range(1_000..=2_678_400_000))]
    pub epoch_every: u64,
    /// How long a posted epoch waits for objections; fixed when the node is made
    #[arg(long, value_name = "S", default_value_t = node::node::WINDOW_S,
          value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    pub window: u64,
    /// Upstreams that answer for models in service, a TOML file (docs/guide/models.md)
    #[arg(long, value_name = "FILE")]
    pub gateway: Option<PathBuf>,
    /// Test money for each account that asks, in base units of the embedded chain's token; 0 none
    #[arg(long, value_name = "UNITS", default_value_t = 0)]
    pub faucet: u64,
    /// Part of all revenue of assets that goes to the operator, in parts per million; what is
    /// higher than before begins after seven days
    #[arg(long, value_name = "PPM", requires = "fee_account",
          value_parser = clap::value_parser!(u32).range(..=i64::from(protocol::fee::MOST_FEE_PPM)))]
    pub fee_ppm: Option<u32>,
    /// Account to which that part is paid
    #[arg(long, value_name = "NUMBER", requires = "fee_ppm")]
    pub fee_account: Option<u32>,
    /// Give the contributors of every label set votes on the first chain
    #[arg(long)]
    pub votes: bool,
    /// Take stakes of contributors on the first chain; each waits so long on its way out, fixed
    /// for good: the longest deposit of a campaign, its appeals and a week
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(8..=1_000))]
    pub stake_exit_days: Option<u64>,
    /// Least that the operator pays the gas of a contributor's claim for, in base units of the
    /// first token; less waits and adds up
    #[arg(long, value_name = "UNITS", default_value_t = 0)]
    pub claim_from: u64,
    /// The proxies before the node, whose `X-Forwarded-For` is believed: how many, or their
    /// networks, such as 10.0.0.0/8,fd00::/8
    #[arg(long, value_name = "N|CIDR", default_value = "0", value_parser = Proxies::parse)]
    pub proxies: Proxies,
    /// How the node writes what happens to it: lines for people, or one JSON object per line
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    pub log: LogForm,
    /// Deliver webhooks over plain HTTP and to addresses of this machine and its network, too
    #[arg(long)]
    pub webhooks_anywhere: bool,
    /// Where epochs are settled
    #[command(flatten)]
    pub ground: super::chain::Ground,
}

impl Run {
    /// The window for objections of a new node, in seconds.
    pub fn window(&self) -> u64 {
        if self.demo {
            self.window.min(5)
        } else {
            self.window
        }
    }

    /// The operator's fee and its receiver, where one is set.
    pub fn fee(&self) -> Option<(protocol::Ppm, protocol::AccountId)> {
        let fee = protocol::Ppm::new(self.fee_ppm?)?;
        Some((fee, protocol::AccountId(self.fee_account?)))
    }

    /// The contracts beside the pot.
    pub fn beside(&self) -> node::beside::Beside {
        node::beside::Beside {
            votes: self.votes,
            stake_exit_s: self.stake_exit_days.map(|days| days * 86_400),
        }
    }

    /// Least that a claim is relayed for.
    pub fn claim_from(&self) -> protocol::Amount {
        protocol::Amount::new(self.claim_from.into()).unwrap_or_default()
    }

    /// Time between epochs, in milliseconds.
    pub fn epoch_ms(&self) -> u64 {
        if self.demo {
            self.epoch_every.min(15_000)
        } else {
            self.epoch_every
        }
    }

    /// Where webhooks are delivered to.
    pub fn webhook_reach(&self) -> http::Reach {
        if self.webhooks_anywhere {
            http::Reach::Anywhere
        } else {
            http::Reach::Public
        }
    }

    /// Test money for each account that asks.
    pub fn faucet(&self) -> protocol::Amount {
        let units = match self.faucet {
            0 if self.demo => 100_000_000,
            units => units,
        };
        protocol::Amount::new(units.into()).unwrap_or_default()
    }
}

/// `headwater witness`.
#[derive(Debug, Args)]
pub struct Witness {
    /// Directory of the witness: its key and one record per log; made at the first start
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Address and port to serve HTTP on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8449")]
    pub listen: SocketAddr,
    /// Name that it cosigns under, such as witness.example/w1
    #[arg(long)]
    pub name: String,
    /// Key of a log to watch, as its operator announces it; repeat for more
    #[arg(long, value_name = "VKEY", required = true)]
    pub log: Vec<String>,
}

/// `headwater key`.
#[derive(Debug, Args)]
pub struct Key {
    /// Directory of the node
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// `headwater receipt`.
#[derive(Debug, Args)]
pub struct Receipt {
    /// Index of an entry; or of whom to collect all receipts: account:NUMBER or a 0x address
    #[arg(value_name = "INDEX|ACCOUNT|ADDRESS")]
    pub what: String,
    /// Data directory of the node [default: headwater-node or headwater-demo, whichever
    /// alone is here]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Ask this node instead
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub url: Option<String>,
    /// File of the one receipt, or directory for all of an account; without it, standard output
    /// and the current directory
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `headwater verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Receipts, promises and refusals, as the node gave them
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The log's public key as its operator announces it; without it nothing can be proven
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<String>,
    /// Where the log's key has changed since: a rotation statement that the log publishes, as
    /// `log/rotations/1.tlog-proof`, or a directory of them; repeat for more
    #[arg(long, value_name = "PATH", requires = "log_key")]
    pub rotation: Vec<PathBuf>,
    /// The gateway's key, for receipts of uses; without it the log's own entries name it
    #[arg(long, value_name = "HEX")]
    pub gateway_key: Option<String>,
    /// Key of a witness whose word counts; repeat for more
    #[arg(long, value_name = "VKEY")]
    pub witness: Vec<String>,
    /// How many of these witnesses must have cosigned
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub quorum: usize,
    /// Hold promises against this: a node's URL, a data directory, a receipt or a checkpoint;
    /// and receipts of uses: a data directory
    #[arg(long, value_name = "URL|PATH")]
    pub against: Option<String>,
}

/// `headwater load`.
#[derive(Debug, Args)]
pub struct Load {
    /// Address of the node
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// Connections that send at the same time, each for an account of its own
    #[arg(long, default_value_t = 1)]
    pub connections: usize,
    /// Submissions in one request
    #[arg(long, default_value_t = 1)]
    pub batch: usize,
    /// Submissions in all
    #[arg(long, default_value_t = 1_000)]
    pub count: usize,
}
