//! The words of the market: assets, grants and waivers at a node.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where, and who asks.
#[derive(Clone, Debug, Args)]
pub struct Who {
    /// Address of the node
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8448")]
    pub url: String,
    /// File with your secret; made, and an account opened, at the first use
    #[arg(long, value_name = "FILE", default_value = "headwater.key")]
    pub keys: PathBuf,
}

/// `headwater asset`.
#[derive(Debug, Subcommand)]
pub enum Asset {
    /// Find assets by words, kind and purpose; newest first
    List(List),
    /// Print one asset with its terms, as JSON
    Show {
        /// Its number
        id: u32,
        /// Address of the node
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8448")]
        url: String,
    },
    /// Upload a content and register it under terms
    Register(Box<Register>),
    /// Read a content that you own, have bought, or that is free
    Download(Download),
    /// Put a model, or the rows of a data set of yours, into service at the node's gateway
    Serve {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
        /// Its number
        id: u32,
        /// Base units for a million tokens that are asked
        #[arg(long, value_name = "UNITS", default_value_t = 0)]
        input: u64,
        /// Base units for a million tokens that are answered
        #[arg(long, value_name = "UNITS", default_value_t = 0)]
        output: u64,
        /// Base units for a row of a data set or label set; a million rows count as `--output`
        #[arg(long, value_name = "UNITS", conflicts_with_all = ["input", "output"])]
        row: Option<u64>,
    },
    /// Say what calls of a model of yours may use of others, paid by whoever calls it
    Compose {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
        /// Its number
        id: u32,
        /// What may be used, older than it; left out, nothing any more
        #[arg(long, value_name = "ASSET", value_delimiter = ',')]
        uses: Vec<u32>,
        /// Most that one call spends on others, in base units
        #[arg(long, value_name = "UNITS", default_value_t = 0)]
        most: u64,
    },
    /// Take a model of yours out of service
    Withdraw {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
        /// Its number
        id: u32,
    },
    /// Have what you have earned paid to the wallet of your key file; the first time says so in the
    /// log
    Payout {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
    },
    /// Set money aside for calls of a model, which keys of yours may then spend
    Allow(Allow),
    /// Make a key that calls the models for which you have set money aside; it is shown once
    Key {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
        /// What you call it
        #[arg(long, default_value = "command line")]
        name: String,
        /// Most that it spends, in base units
        #[arg(long, value_name = "UNITS")]
        budget: Option<u64>,
        /// How many days it lasts
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
        days: u64,
    },
}

/// `headwater deposit`.
#[derive(Debug, Args)]
pub struct Deposit {
    #[command(flatten)]
    /// Where, and who asks
    pub who: Who,
    /// How much in base units; as much as the node gives at once, if it is left out
    #[arg(long, value_name = "UNITS")]
    pub units: Option<u64>,
    /// Only list what you have
    #[arg(long)]
    pub list: bool,
}

/// `headwater asset allow`.
#[derive(Debug, Args)]
pub struct Allow {
    #[command(flatten)]
    /// Where, and who asks
    pub who: Who,
    /// The model's number
    pub id: u32,
    /// Number of the deposit that pays
    #[arg(long)]
    pub fund: u64,
    /// Most that calls may cost, in base units
    #[arg(long, value_name = "UNITS")]
    pub cap: u64,
    /// After so many days what is left returns to the deposit
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
    pub days: u64,
}

/// `headwater asset list`.
#[derive(Debug, Args)]
pub struct List {
    /// Address of the node
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8448")]
    pub url: String,
    /// Words of the title
    #[arg(long)]
    pub text: Option<String>,
    /// dataset, label_set, model, prompt or program
    #[arg(long)]
    pub kind: Option<String>,
    /// A purpose that the terms must allow
    #[arg(long)]
    pub purpose: Option<String>,
}

/// `headwater asset register`.
#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    /// Where, and who asks
    pub who: Who,
    /// Its name
    #[arg(long)]
    pub title: String,
    /// The content, at most 1 MiB here; larger ones go in over the page
    #[arg(long, value_name = "FILE")]
    pub content: PathBuf,
    /// dataset, model, prompt or program
    #[arg(long, default_value = "dataset")]
    pub kind: String,
    /// What it may be used for: train, evaluate, query, display, redistribute, or own words
    #[arg(long, value_name = "WORD", required = true, value_delimiter = ',')]
    pub purpose: Vec<String>,
    /// What a licence costs in base units, `PURPOSE=FLAT` or `PURPOSE=FLAT+ROW`; repeat for more
    #[arg(long, value_name = "PRICE")]
    pub price: Vec<String>,
    /// What a single call costs in base units
    #[arg(long, value_name = "UNITS", default_value = "0")]
    pub call: String,
    /// The number of the token that all prices are in; each belongs to one chain
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub token: u16,
    /// SPDX id of the licence
    #[arg(long, value_name = "ID")]
    pub license: Option<String>,
    /// The card, Markdown with a head in YAML
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,
    /// What all that is built on it pays of its gross, in parts per million
    #[arg(long, value_name = "PPM", default_value_t = 0)]
    pub floor: u32,
    /// What it is built on
    #[arg(long, value_name = "ASSET", value_delimiter = ',')]
    pub parent: Vec<u32>,
    /// Waivers that you were offered and that it uses up: each lowers what one ancestor is paid
    #[arg(long, value_name = "WAIVER", value_delimiter = ',')]
    pub waiver: Vec<u32>,
    /// Number of the deposit that pays for the waivers
    #[arg(long)]
    pub fund: Option<u64>,
    /// The earlier asset of yours of which it is a version
    #[arg(long, value_name = "ASSET")]
    pub version_of: Option<u32>,
    /// You may take licences back
    #[arg(long)]
    pub revocable: bool,
}

/// `headwater asset download`.
#[derive(Debug, Args)]
pub struct Download {
    #[command(flatten)]
    /// Where, and who asks
    pub who: Who,
    /// Which asset
    pub id: u32,
    /// What for; the first purpose that you may, if it is left out
    #[arg(long)]
    pub purpose: Option<String>,
    /// Where the content goes
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: PathBuf,
}

/// `headwater grant`.
#[derive(Debug, Subcommand)]
pub enum Grant {
    /// Buy a licence
    Buy {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
        /// For which asset
        asset: u32,
        /// What for
        #[arg(long)]
        purpose: String,
        /// So many rows, the first ones; 0 for all
        #[arg(long, default_value_t = 0)]
        rows: u64,
        /// Number of the deposit that pays
        #[arg(long)]
        fund: Option<u64>,
    },
    /// List the licences that you hold
    List {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
    },
    /// Take a licence back that you have sold, or give up one that you hold
    Revoke {
        #[command(flatten)]
        /// Where, and who asks
        who: Who,
        /// Its number
        grant: u32,
    },
}

/// `headwater waiver`.
#[derive(Debug, Subcommand)]
pub enum Waiver {
    /// Let one account register one asset that pays less to one of yours; cannot be taken back
    Offer(Offer),
    /// List waivers, newest first: whose, to whom, at what price, and which asset has used them
    List {
        /// Address of the node
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8448")]
        url: String,
        /// Only those of this asset's floor
        #[arg(long)]
        asset: Option<u32>,
        /// Only those offered to this account
        #[arg(long)]
        account: Option<u32>,
        /// Only those that can be used now
        #[arg(long)]
        open: bool,
    },
}

/// `headwater waiver offer`.
#[derive(Clone, Debug, Args)]
pub struct Offer {
    #[command(flatten)]
    /// Where, and who asks
    pub who: Who,
    /// Your asset whose floor is lowered
    pub asset: u32,
    /// The number of the account that may use it
    #[arg(long)]
    pub account: u32,
    /// What its asset pays of its gross instead, in parts per million
    #[arg(long, value_name = "PPM")]
    pub floor: u32,
    /// What the waiver costs when it is used, in base units of the asset's token
    #[arg(long, value_name = "UNITS", default_value = "0")]
    pub price: String,
    /// After so many days it can no longer be used
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
    pub days: u64,
}
