//! The market: what is registered, what its owner asks for it, and what buyers hold.

use crate::terms::Terms;
use crate::{AccountId, Amount, AssetId, Command, FundId, Hash, Ppm, WaiverId};
use alloc::{boxed::Box, string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Training something on it.
pub const TRAIN: &str = "train";
/// Measuring something by it.
pub const EVALUATE: &str = "evaluate";
/// Asking it, one call after another.
pub const QUERY: &str = "query";
/// Showing parts of it to people, preview rows among them.
pub const DISPLAY: &str = "display";
/// Passing it on, whole or in parts, inside another asset.
pub const REDISTRIBUTE: &str = "redistribute";

/// The words for purposes whose meaning is fixed, ascending; terms may name others beside them.
pub const PURPOSES: [&str; 5] = [DISPLAY, EVALUATE, QUERY, REDISTRIBUTE, TRAIN];

/// What an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
pub enum AssetKind {
    /// Data brought in from outside.
    #[n(0)]
    Dataset,
    /// Consensus and accepted answers of a campaign; made by `CloseCampaign` alone.
    #[n(1)]
    LabelSet,
    /// Something trained.
    #[n(2)]
    Model,
    /// Words that make a model do something.
    #[n(3)]
    Prompt,
    /// Something that runs.
    #[n(4)]
    Program,
}

impl AssetKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Dataset,
        Self::LabelSet,
        Self::Model,
        Self::Prompt,
        Self::Program,
    ];

    /// The kind in one word, as questions and pages have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::LabelSet => "label_set",
            Self::Model => "model",
            Self::Prompt => "prompt",
            Self::Program => "program",
        }
    }

    /// Reads what [`Self::word`] writes; `None` for anything else, other cases of letters included.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What an entry with this command makes, `None` where it makes no asset. Assets are numbered
    /// in the order of such entries.
    pub fn made_by(command: &Command) -> Option<Self> {
        match command {
            Command::RegisterAsset(asset) => Some(asset.kind),
            Command::CloseCampaign(_) => Some(Self::LabelSet),
            _ => None,
        }
    }

    /// Whether its content is a table, whose uses are rows.
    pub const fn is_table(self) -> bool {
        matches!(self, Self::Dataset | Self::LabelSet)
    }

    /// For what a parent is used where a child of this kind is made of it: a model is trained on
    /// it, in all else parts of it are passed on.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Model => TRAIN,
            _ => REDISTRIBUTE,
        }
    }
}

/// See [`crate::Command::RegisterAsset`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RegisterAsset {
    /// What it is.
    #[n(0)]
    pub kind: AssetKind,
    /// Name for people, at most 120 bytes.
    #[n(1)]
    pub title: String,
    /// SHA-256 of the content.
    #[n(2)]
    pub content: Hash,
    /// What it may be used for and what its descendants will owe.
    #[n(3)]
    pub terms: Terms,
    /// What it is built on.
    #[n(4)]
    pub parents: ParentList,
    /// What is asked beside the terms; without it, nothing can be bought but single uses.
    #[n(5)]
    pub listing: Option<Box<Listing>>,
}

/// Parents in the entry itself, or in an attachment where they are many.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ParentList {
    /// At most 1,000, ascending, none twice.
    #[n(0)]
    Inline(#[n(0)] Vec<AssetId>),
    /// SHA-256 of [`crate::document::Parents`].
    #[n(1)]
    Attached(#[n(0)] Hash),
}

/// What an owner asks beside the plain terms. Frozen once it is there, as terms are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Listing {
    /// The licence in words.
    #[n(0)]
    pub license: Option<License>,
    /// What licences for purposes cost, ascending by purpose; a purpose that is left out is free.
    #[n(1)]
    pub prices: Vec<Price>,
    /// How many rows the content has; 0 where it has none to count.
    #[n(2)]
    pub rows: u64,
    /// Whether the owner may revoke grants that were bought.
    #[n(3)]
    pub revocable: bool,
    /// Who may buy, ascending, at most 1,000; everybody where it is empty.
    #[n(4)]
    pub buyers: Vec<AccountId>,
    /// SHA-256 of the card: Markdown with a head in YAML.
    #[n(5)]
    pub card: Option<Hash>,
    /// The earlier asset of the same owner of which this is another version.
    #[n(6)]
    pub version_of: Option<AssetId>,
    /// What the asset pays its parents where that is more than they demand, ascending by parent.
    #[n(7)]
    pub shares: Vec<ParentShare>,
    /// Lower floors that ancestors' owners have offered, ascending; each serves one child.
    #[n(8)]
    pub waivers: Vec<WaiverId>,
    /// The deposit that pays for these waivers.
    #[n(9)]
    pub fund: Option<FundId>,
}

/// A licence in words.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum License {
    /// An identifier of the SPDX licence list, such as `CC-BY-4.0`; at most 64 bytes.
    #[n(0)]
    Spdx(#[n(0)] String),
    /// SHA-256 of a text of the owner's own.
    #[n(1)]
    Text(#[n(0)] Hash),
}

/// What a licence for one purpose costs: the flat part, and a part for each row that is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Price {
    /// Position of the purpose in the asset's terms.
    #[n(0)]
    pub purpose: u16,
    /// Base units of the asset's token, whatever the number of rows.
    #[n(1)]
    pub flat_units: Amount,
    /// Base units for each row.
    #[n(2)]
    pub row_units: Amount,
    /// For how many milliseconds a grant lasts; for good where it is absent.
    #[n(3)]
    pub lasts_ms: Option<u64>,
}

impl Price {
    /// What so many rows cost; `None` above the supply cap.
    pub const fn of(&self, rows: u64) -> Option<Amount> {
        match self.row_units.checked_mul(rows) {
            Some(all) => all.checked_add(self.flat_units),
            None => None,
        }
    }
}

/// What a child pays a direct parent, of its gross or of what it keeps, as the parent demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct ParentShare {
    /// One of the asset's parents.
    #[n(0)]
    pub parent: AssetId,
    /// Not below what the parent's terms, or a waiver, demand.
    #[n(1)]
    pub share: Ppm,
}

/// See [`crate::Command::BuyGrant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BuyGrant {
    /// What is to be used.
    #[n(0)]
    pub asset: AssetId,
    /// Position of the purpose in the asset's terms.
    #[n(1)]
    pub purpose: u16,
    /// The first rows of the content; 0 stands for all of it.
    #[n(2)]
    pub rows: u64,
    /// What the buyer has agreed to, in base units of the asset's token.
    #[n(3)]
    pub amount_units: Amount,
    /// The buyer's deposit that pays; absent where nothing is to be paid.
    #[n(4)]
    pub fund: Option<FundId>,
}

/// See [`crate::Command::WaiveFloor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WaiveFloor {
    /// Whose floor is lowered.
    #[n(0)]
    pub asset: AssetId,
    /// Who may register one child under the lower floor.
    #[n(1)]
    pub account: AccountId,
    /// The floor in force for that child and what is built on it.
    #[n(2)]
    pub floor: Ppm,
    /// What the waiver costs when it is used, in base units of the asset's token.
    #[n(3)]
    pub price_units: Amount,
    /// Log time in milliseconds after which it can't be used.
    #[n(4)]
    pub expires_ms: u64,
}

/// See [`crate::Command::ListAsset`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ListAsset {
    /// The asset of the asker's that has no listing yet.
    #[n(0)]
    pub asset: AssetId,
    /// What is asked; parents and waivers are settled by then, so it names none.
    #[n(1)]
    pub listing: Listing,
}

/// A licence as it stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What may be used.
    pub asset: AssetId,
    /// Who may.
    pub buyer: AccountId,
    /// Position of the purpose in the asset's terms.
    pub purpose: u16,
    /// The first rows of the content; 0 stands for all of it.
    pub rows: u64,
    /// What was paid.
    pub amount_units: Amount,
    /// Log time of buying, milliseconds.
    pub bought_ms: u64,
    /// Log time in milliseconds from which it allows nothing more, where it ends by itself.
    pub expires_ms: Option<u64>,
    /// Log time in milliseconds at which it was revoked.
    pub revoked_ms: Option<u64>,
}

impl Grant {
    /// Whether it allows anything at a log time.
    pub fn lives(&self, time_ms: u64) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|expires| time_ms < expires)
    }
}

/// A lower floor on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Whose floor.
    pub asset: AssetId,
    /// To whom.
    pub account: AccountId,
    /// The floor instead.
    pub floor: Ppm,
    /// What it costs.
    pub price_units: Amount,
    /// Until when, log time in milliseconds.
    pub expires_ms: u64,
    /// The child that was registered under it.
    pub used_by: Option<AssetId>,
}
