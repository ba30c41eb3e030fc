//! What an audit says: counts of all it has checked, or the first fault.

use std::fmt;

/// How an audit runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether every entry's Ed25519 signature is checked; off only to measure the rest.
    pub signatures: bool,
    /// Threads that read, hash, decode and verify ahead of the one that replays; below 2 that one
    /// does everything. The outcome does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            signatures: true,
            threads: 1,
        }
    }
}

/// How far an audit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being checked.
    pub stage: Stage,
    /// Entries, or posted epochs, that are behind.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// The two walks of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bundles, tiles and rules, entry by entry.
    Log,
    /// The contracts against the ledger, epoch by epoch.
    Chain,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Number of the entry that it concerns, where there is one.
    pub at: Option<u64>,
    /// Public file that it concerns, where there is one: the path below the data directory.
    pub file: Option<String>,
    /// One lower-case sentence without a period, for people.
    pub what: String,
    /// Stable snake_case word for programs (`docs/spec/audit.md` lists them).
    pub code: &'static str,
    /// Signed notes that prove it to others, byte for byte; most faults are proven by the files.
    pub evidence: Vec<String>,
}

impl Fault {
    /// A fault of no entry and no file.
    pub(crate) fn new(code: &'static str, what: impl Into<String>) -> Self {
        Self {
            at: None,
            file: None,
            what: what.into(),
            code,
            evidence: Vec::new(),
        }
    }

    /// The same fault, of this entry.
    pub(crate) fn of_entry(mut self, seq: u64) -> Self {
        self.at = Some(seq);
        self
    }

    /// The same fault, proven by these notes.
    pub(crate) fn with_evidence(mut self, notes: &[&[u8]]) -> Self {
        let text = |note: &&[u8]| String::from_utf8_lossy(note).into_owned();
        self.evidence = notes.iter().map(text).collect();
        self
    }

    /// The same fault, of this file.
    pub(crate) fn of_file(mut self, path: impl Into<String>) -> Self {
        self.file = Some(path.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

/// What has been checked, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries in the signed log.
    pub log_size: u64,
    /// The signed RFC 6962 root over them.
    pub log_root: [u8; 32],
    /// Ed25519 signatures that were verified; 0 with [`Options::signatures`] off.
    pub signatures_checked: u64,
    /// Accounts, the operator's included.
    pub accounts: u64,
    /// Accounts whose wallet is public, each with its own signature over the delegation.
    pub wallets_disclosed: u64,
    /// Accounts whose wallet is still a commitment; their delegation cannot be checked yet.
    pub wallets_undisclosed: u64,
    /// Campaigns opened.
    pub campaigns: u64,
    /// Answers that were opened and held against their seals.
    pub answers: u64,
    /// Score documents that were computed again and found equal.
    pub scores_recomputed: u64,
    /// Score documents over erased answers, which nobody can compute again.
    pub scores_erased: u64,
    /// Sidecars with openings that are gone, each with a tombstone in the log.
    pub erased: u64,
    /// Posted roots of the state that replay has given too.
    pub state_roots_matched: u64,
    /// Posted roots of states that held openings which were erased later.
    pub state_roots_erased: u64,
    /// Names of the trusted witnesses that have cosigned the checkpoint.
    pub witnesses_seen: Vec<String>,
    /// Other names under which something stands on the checkpoint. Nobody has checked it.
    pub witnesses_unchecked: Vec<String>,
    /// Blocks of answers that are paid.
    pub blocks_released: u64,
    /// Blocks of answers that are not paid, used or exported.
    pub blocks_rejected: u64,
    /// Assets registered.
    pub assets: u64,
    /// Segments whose rows were summed and hashed again.
    pub segments: u64,
    /// Metered uses in them.
    pub uses: u64,
    /// Epochs closed in the log.
    pub epochs: u64,
    /// The chains that the log settles on, the first entry's first.
    pub chains: Vec<ChainCount>,
    /// Whether the log speaks of stakes or votes.
    pub names_beside: bool,
    /// Money by token, in the order of the tokens' numbers.
    pub money: Vec<TokenSums>,
}

/// What was found on one chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainCount {
    /// EIP-155 number.
    pub chain_id: u64,
    /// True if its contracts were read and compared; the figures below are 0 without.
    pub checked: bool,
    /// Epochs posted there with the same root, totals and log.
    pub roots_matched: u64,
    /// Posted epochs that were vetoed there; they pay nothing and are not compared.
    pub vetoed: u64,
    /// True if contracts of stakes and votes were looked for, and held against what the log says
    /// of them.
    pub beside_checked: bool,
    /// Why not, in one sentence; `None` where they were.
    pub beside_why: Option<String>,
}

/// Money of one token in base units. Deposited + slashed = in purses + held + refunded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenSums {
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// The chain that it is on; the same address elsewhere is another token.
    pub chain_id: u64,
    /// Credited from the Escrow contract.
    pub deposited: u128,
    /// In purses, whosever.
    pub in_purses: u128,
    /// Waiting between purses.
    pub held: u128,
    /// Of what is in purses: earnings that the Settlement contract holds.
    pub payable: u128,
    /// Paid out on chain; `None` where the chain was not read.
    pub claimed: Option<u128>,
    /// Returned to funders by the Escrow contract.
    pub refunded: u128,
    /// Taken by slashes from stakes in the Stake contract, and credited to pools.
    pub slashed: u128,
}
