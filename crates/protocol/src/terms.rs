//! Licence terms: what an asset may be used for, at what price, and what its descendants owe.

use crate::{Amount, Ppm, TokenId};
use alloc::{string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What an asset's owner offers to everyone. Frozen when the asset is registered (a campaign's when
/// it opens), so that a use is always judged by the terms its payer could read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Terms {
    /// Uses that are allowed, each a lower-case word such as `research`; ascending, none twice.
    #[n(0)]
    pub purposes: Vec<String>,
    /// Token in which uses are charged.
    #[n(1)]
    pub token: TokenId,
    /// Price of one use in the token's base units.
    #[n(2)]
    pub price_units: Amount,
    /// What a derived asset owes for being built on this one.
    #[n(3)]
    pub demand: Demand,
    /// Part of what the asset keeps that goes to its contributors; the rest is its owner's.
    #[n(4)]
    pub contributors_share: Ppm,
    /// Log time in milliseconds after which nothing new may be built on or charged for the asset.
    #[n(5)]
    pub expires_ms: Option<u64>,
}

/// A parent's claim on the revenue of what is built on it (`docs/spec/royalty.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum Demand {
    /// Part of the gross of every descendant, however many generations lie between; counted once.
    #[n(0)]
    Floor(#[n(0)] Ppm),
    /// Part of what a direct child itself keeps; grandchildren owe nothing directly.
    #[n(1)]
    Flow(#[n(0)] Ppm),
}
