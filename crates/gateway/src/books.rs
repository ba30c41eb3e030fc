//! What the gateway must know of the log: assets in service, and what allowances still hold.

use protocol::service::Price;
use protocol::{AccountId, AllowanceId, AssetId, Hash, TokenId};
use serde_json::Value;

use crate::rows::{Page, Unread, Wanted};

/// An asset in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its number.
    pub asset: AssetId,
    /// Its name for people.
    pub title: String,
    /// SHA-256 of its content: the file of a built-in model, or anything else.
    pub content: Hash,
    /// What a use costs.
    pub price: Price,
    /// Whether it is a data set or a label set, whose rows are read, and counted as tokens are.
    pub is_table: bool,
    /// Which of the log's tokens its price counts in.
    pub token: TokenId,
    /// What it may be used for.
    pub purposes: Vec<String>,
    /// Time in milliseconds after which nothing new may be charged for it.
    pub expires_ms: Option<u64>,
    /// What its calls may use of others, as its owner has declared it last.
    pub composition: Option<Composition>,
}

/// What calls of an asset may use of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composition {
    /// All of them, also those that are used by what is used.
    pub components: Vec<AssetId>,
    /// The most that one call spends on them, in base units.
    pub most_units: u128,
}

/// What is left of an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The only one whose uses it pays for.
    pub asset: AssetId,
    /// Whose money it is.
    pub payer: AccountId,
    /// How much of it no segment has charged yet, in base units.
    pub units: u128,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
    /// Whether it pays for tokens at the asset's prices.
    pub knew_prices: bool,
    /// Whether it holds nothing itself and is charged to its payer's prepaid credit.
    pub on_credit: bool,
}

/// The log as the gateway sees it; answers come from memory.
pub trait Books: Send + Sync {
    /// All assets in service, ascending.
    fn served(&self) -> Vec<Served>;

    /// What is left of an allowance; `None` where it is unknown or has ended. Once a segment is
    /// noted as posted in the [`crate::Till`], this must have its charges.
    fn left(&self, allowance: AllowanceId) -> Option<Left>;

    /// What was declared for an allowance's asset when it was granted: what its payer has read.
    fn composition(&self, _: AllowanceId) -> Option<Composition> {
        None
    }

    /// Whether the log lets an allowance for another asset pay for uses of this one.
    ///
    /// # Errors
    /// What forbids it, in words.
    fn covers(&self, _: AllowanceId, _: AssetId) -> Result<(), String> {
        Err("nothing was declared".to_owned())
    }

    /// Whether an account may have an asset used for a purpose, going by its listing and the grants
    /// that were bought; `None` for payers of whom the log need not know yet. Of a data set, how
    /// many of its first rows that is; `None` for all of it.
    ///
    /// # Errors
    /// What is missing, in words.
    fn licensed(
        &self,
        asset: AssetId,
        account: Option<AccountId>,
        purpose: &str,
    ) -> Result<Option<u64>, String>;

    /// The bytes of an asset's content, where its owner has brought them here: that somebody else
    /// has is not enough, or whoever names another's content would be paid for it.
    fn content(&self, served: &Served) -> Option<Vec<u8>>;

    /// Rows of an asset that is a table, read on this thread.
    ///
    /// # Errors
    /// See [`Unread`].
    fn rows(&self, _: AssetId, _: &Wanted) -> Result<Page, Unread> {
        Err(Unread::Absent("it has no rows".to_owned()))
    }

    /// What keeps an asset in service from being called here, in words; `None` where nothing does,
    /// and for what is not in service.
    fn absence(&self, _: AssetId) -> Option<String> {
        None
    }

    /// The row of a receipt's id with its place in a segment of the log, and the proof of it;
    /// `near` says where to look: the asset, and the time of the use. `None` while it is in none.
    ///
    /// # Errors
    /// In words, where the log could not be read.
    fn proof(&self, id: &[u8; 32], near: Option<(AssetId, u64)>) -> Result<Option<Value>, String>;

    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
}
