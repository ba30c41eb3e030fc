//! What a requester commits to when a campaign opens.

use crate::terms::Terms;
use crate::{Amount, FundId, Hash, Ppm};
use alloc::{string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A campaign as its contributors read it before they work; frozen at opening.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Spec {
    /// Name for people, at most 120 bytes.
    #[n(0)]
    pub title: String,
    /// The skill whose reputation the work builds, a lower-case word.
    #[n(1)]
    pub skill: String,
    /// Labels to choose from, 2 to 65,535, none twice; answers name them by position.
    #[n(2)]
    pub classes: Vec<String>,
    /// Attachment with the units ([`crate::document::Units`]).
    #[n(3)]
    pub units: Hash,
    /// How many units that attachment holds.
    #[n(4)]
    pub unit_count: u32,
    /// Deposit that pays.
    #[n(5)]
    pub fund: FundId,
    /// What is set aside from it, in base units; the pay of all answers never exceeds it.
    #[n(6)]
    pub budget_units: Amount,
    /// Most that one accepted answer earns.
    #[n(7)]
    pub price_units: Amount,
    /// Answers wanted per unit; what comes after them in a round does not count.
    #[n(8)]
    pub overlap: u16,
    /// Whether one contributor may answer a unit more than once.
    #[n(9)]
    pub repeats: bool,
    /// How answers become labels and pay.
    #[n(10)]
    pub rule: Rule,
    /// Milliseconds in which a contributor may appeal after a rejection; the price stays held.
    #[n(11)]
    pub appeal_ms: u64,
    /// Terms of the label set that the campaign will make.
    #[n(12)]
    pub terms: Terms,
    /// How contributors' shares in the label set are weighed.
    #[n(13)]
    pub weighting: Weighting,
}

/// The quality rule (`docs/spec/pay.md`).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Rule {
    /// How labels are inferred from accepted answers.
    #[n(0)]
    pub consensus: Consensus,
    /// Part of the units that are gold; 0 accepts every answer unjudged.
    #[n(1)]
    pub gold_share: Ppm,
    /// A contributor's answers per block, 1 to 1,000.
    #[n(2)]
    pub block_length: u16,
    /// Chance that content-free work is released: a block is paid at a likelihood ratio of 1/beta.
    #[n(3)]
    pub beta: Ppm,
    /// Accuracy on balanced classes that earns the full price.
    #[n(4)]
    pub reference_accuracy: Ppm,
    /// How many times at most the answers are scored; the chance `beta` is shared out over them.
    #[n(5)]
    pub judgements: u16,
}

/// Truth inference, by a name whose meaning never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
pub enum Consensus {
    /// Most votes; a tie goes to the first class.
    #[n(0)]
    Majority,
    /// Dawid and Skene 1979, maximum a posteriori, gold clamped.
    #[n(1)]
    DawidSkene,
    /// Dawid and Skene with crowd-kit 1.4's conventions, for comparison.
    #[n(2)]
    DawidSkeneCrowdkit,
}

/// What gives a contributor a share in the label set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
pub enum Weighting {
    /// One share per accepted answer.
    #[n(0)]
    AcceptedAnswers,
    /// One share per thousand parts of price paid: better work weighs more.
    #[n(1)]
    PaidWork,
}
