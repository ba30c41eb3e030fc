//! What an audit reads: the public files by their paths, and the facts of the contracts.

use protocol::chain::Contracts;
use protocol::{Address, UsageRow};
use std::collections::BTreeMap;
use std::fmt;

/// Where the public bytes come from: a directory, a bucket, or the same paths over HTTP. Several
/// threads read from it at once.
///
/// No byte that a source gives is believed before it is reached from the signed checkpoint; for
/// the facts of the chain the source vouches.
pub trait Source: Sync {
    /// A file of the log by its path below `log/`: `checkpoint`, `tile/<L>/<N>[.p/<W>]`,
    /// `tile/entries/<N>[.p/<W>]` as C2SP has them, or `rotations/<n>.tlog-proof`, the receipt
    /// of the n-th new log key, from 1. `None` where it does not exist.
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError>;

    /// A document by its SHA-256, from the attachments or else the openings; `None` where neither
    /// has it.
    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError>;

    /// The same for the content of an asset, which stands among the attachments or is not public:
    /// a source that pays for each look need not look for it elsewhere.
    fn content(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.document(hash)
    }

    /// The same for the openings of a round, which a source may look for in their own place first.
    fn openings(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.document(hash)
    }

    /// The bytes of `claims/<epoch>.json`; `None` where it does not exist.
    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError>;

    /// The rows of a segment's Parquet file (`docs/spec/segment.md`), in the file's order.
    fn usage_rows(&self, parquet: &[u8]) -> Result<Vec<UsageRow>, ReadError>;

    /// The contracts' state at one block of each chain that is at hand, of those which the log
    /// names; empty where none is given, so that only the log is audited.
    fn chains(&self, named: &[Named]) -> Result<Vec<ChainFacts>, ReadError>;

    /// An empty index for one audit. It comes to have an id for each use: a source that has room
    /// for them elsewhere keeps the audit's memory from growing with them.
    fn index(&self) -> Result<Box<dyn Index>, ReadError> {
        Ok(Box::new(BTreeMap::new()))
    }
}

/// Which ids the entries of a log have named.
pub trait Index: Send {
    /// One of these ids, which ascend, with the entry that has named it; `None` if all are new.
    fn find(&self, ids: &[[u8; 16]]) -> Result<Option<([u8; 16], u64)>, ReadError>;

    /// Notes the ids that an entry names.
    fn add(&mut self, entry: u64, ids: &[[u8; 16]]);
}

impl Index for BTreeMap<[u8; 16], u64> {
    fn find(&self, ids: &[[u8; 16]]) -> Result<Option<([u8; 16], u64)>, ReadError> {
        let mut found = ids.iter().filter_map(|id| Some((*id, *self.get(id)?)));
        Ok(found.next())
    }

    fn add(&mut self, entry: u64, ids: &[[u8; 16]]) {
        self.extend(ids.iter().map(|id| (*id, entry)));
    }
}

/// A chain as a log names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Settlement, Escrow and tokens.
    pub contracts: Contracts,
    /// The Stake contract; on the first chain, where stakes were noted.
    pub stake: Option<Address>,
    /// The wallets whose stakes were noted, ascending.
    pub stakers: Vec<Address>,
    /// The PoolVotes contracts, in the order in which votes were opened.
    pub votes: Vec<Address>,
}

/// Why a source could not give what was asked: one sentence in lower case, without a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(pub String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// What the Settlement and Escrow contracts of a chain hold, at one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainFacts {
    /// EIP-155 number of the chain.
    pub chain_id: u64,
    /// Address of the Settlement contract.
    pub settlement: [u8; 20],
    /// Address of the Escrow contract.
    pub escrow: [u8; 20],
    /// ERC-20 contracts that the Settlement contract pays, ascending.
    pub tokens: Vec<[u8; 20]>,
    /// All deposits, by number.
    pub deposits: Vec<Deposit>,
    /// What vouchers of prepaid credit have brought, by token, in the order of their redemption.
    pub redeemed: Vec<([u8; 20], u128)>,
    /// All posted epochs, by number, vetoed ones included.
    pub posted: Vec<Posted>,
    /// What the Escrow contract has ever debited, one or more rows per epoch and deposit; what was
    /// disputed later too. Those of vetoed epochs are not looked at.
    pub debits: Vec<Debit>,
    /// What rulings upon disputes have given back to deposits, in base units by number.
    pub returned: Vec<(u64, u128)>,
    /// What each wallet has ever been paid.
    pub claimed: Vec<Claimed>,
    /// What all wallets together have been paid, by token.
    pub paid: Vec<([u8; 20], u128)>,
    /// Whether the contracts of stakes and votes that the log names were looked for; else the two
    /// lists below are empty.
    pub beside_read: bool,
    /// Why they were not, in one sentence.
    pub beside_why: Option<String>,
    /// What the Stake contract holds, if it is one of this Escrow: one row after each event, in
    /// order. The first is of the zero address and has no sums.
    pub stakes: Vec<Staked>,
    /// What those PoolVotes contracts that are of this Settlement have minted, by contract and
    /// wallet. Each has a row of the zero address and no votes.
    pub votes: Vec<Minted>,
}

/// What a wallet has in a Stake contract since an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staked {
    /// Address of the Stake contract.
    pub contract: [u8; 20],
    /// ERC-20 contract of what is staked.
    pub token: [u8; 20],
    /// How long a part waits on its way out, in milliseconds.
    pub exit_ms: u64,
    /// Address of whoever has staked.
    pub account: [u8; 20],
    /// When the event was, in milliseconds since 1970; 0 for a wallet that the log does not note.
    pub since_ms: u64,
    /// Ever staked, in base units.
    pub staked: u128,
    /// Staked and not on its way out.
    pub active: u128,
    /// On its way out.
    pub queued: u128,
    /// Ever slashed, in base units.
    pub slashed: u128,
}

/// What a wallet has of a pool's votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minted {
    /// Address of the PoolVotes contract.
    pub contract: [u8; 20],
    /// Address of whoever votes.
    pub account: [u8; 20],
    /// Ever minted.
    pub votes: u128,
}

/// A deposit as the Escrow contract keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deposit {
    /// The contract's number, from 1.
    pub id: u64,
    /// Ledger account that the funder named; 4,294,967,295 where the reference is no account
    /// number.
    pub account: u32,
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// What was deposited, in base units.
    pub amount: u128,
    /// Most that may be debited for one epoch.
    pub epoch_cap: u128,
    /// When it closes, in milliseconds since 1970.
    pub closes_ms: u64,
    /// What has gone back to the funder, in base units.
    pub refunded: u128,
}

/// An epoch as it was posted to the Settlement contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// The epoch, from 1.
    pub id: u64,
    /// The epoch it stands on; 0 for the first.
    pub parent: u64,
    /// Root of the claim tree.
    pub root: [u8; 32],
    /// Declared sums of the lines by token; tokens without lines may be left out or zero.
    pub totals: Vec<([u8; 20], u128)>,
    /// Root of the log of `log_size` entries.
    pub checkpoint_root: [u8; 32],
    /// Size of the log that the epoch is recomputed from.
    pub log_size: u64,
    /// Log time that the epoch covers, in milliseconds since 1970.
    pub log_time_ms: u64,
    /// SHA-256 of the file of leaves.
    pub data_hash: [u8; 32],
    /// True once it was halted for good; it pays nothing.
    pub vetoed: bool,
    /// True once it pays, for ever.
    pub final_: bool,
}

/// Money that an epoch has taken out of a deposit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Debit {
    /// The epoch that owes it.
    pub epoch: u64,
    /// The deposit's number.
    pub fund: u64,
    /// Base units.
    pub amount: u128,
    /// True for what anybody has shown to be owed once the epoch was final, which may name a later
    /// epoch than the one that owes it.
    pub by_proof: bool,
    /// True once the money stands in the Settlement contract.
    pub released: bool,
}

/// What a wallet has ever been paid in one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// The wallet.
    pub account: [u8; 20],
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// Base units.
    pub amount: u128,
}
