//! Content-addressed documents: attachments that drive `decide`, and the sidecars that open seals.
//!
//! An entry holds at most 65,535 bytes; what is larger stands beside the log under its SHA-256.

use crate::brief::Brief;
use crate::judging::Review;
use crate::{AccountId, AssetId, Hash, Ppm};
use alloc::{string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Longest private body beside an entry, in bytes; none of it is public.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The units of a campaign, in the order by which everything else counts them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Units {
    /// One row a unit.
    #[n(0)]
    pub rows: Vec<Unit>,
    /// How contributors are shown the units, and what they are asked; `None` where units are plain
    /// texts and the answer is one of the classes.
    #[n(1)]
    pub brief: Option<Brief>,
}

/// One thing to work on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Unit {
    /// The requester's own id for it, shown in exports.
    #[n(0)]
    pub name: String,
    /// The text to judge, where the unit is a text; an object of JSON where it has several fields.
    #[n(1)]
    pub text: Option<String>,
}

/// What opens a round's seals; public, deletable, its SHA-256 logged by `CloseRound`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Openings {
    /// One per commitment of the round, in log order; `None` where nobody opened it.
    #[n(0)]
    pub answers: Vec<Option<AnswerOpening>>,
    /// One per unit of the round, in unit order.
    #[n(1)]
    pub gold: Vec<GoldOpening>,
}

/// An answer and the salt that hid it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnswerOpening {
    /// Position of the unit in the campaign.
    #[n(0)]
    pub unit: u32,
    /// Position of the label in the campaign's classes.
    #[n(1)]
    pub label: u16,
    /// 32 fresh random bytes.
    #[n(2)]
    pub salt: Hash,
    /// What the contributor wrote: the answer itself where it is free text, reasons elsewhere.
    #[n(3)]
    pub text: Option<String>,
}

/// Whether a unit was gold, and its known label if so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GoldOpening {
    /// The known label; `None` for an ordinary unit.
    #[n(0)]
    pub label: Option<u16>,
    /// 32 fresh random bytes.
    #[n(1)]
    pub salt: Hash,
}

/// Everything that `ledger::score` infers for a campaign, as integers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Scores {
    /// One per unit that has been opened for work so far, in unit order.
    #[n(0)]
    pub units: Vec<UnitScore>,
    /// One per block, ordered by account, then block.
    #[n(1)]
    pub blocks: Vec<BlockScore>,
    /// One per contributor of the campaign, ordered by account.
    #[n(2)]
    pub contributors: Vec<ContributorScore>,
    /// What `headwater-pay@2` finds beyond them; `None` under `headwater-pay@1`.
    #[n(3)]
    pub review: Option<Review>,
}

/// A consensus label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct UnitScore {
    /// Position of the label in the classes; `None` without an accepted answer or gold.
    #[n(0)]
    pub label: Option<u16>,
    /// Its posterior probability.
    #[n(1)]
    pub probability: Ppm,
    /// Accepted answers behind it.
    #[n(2)]
    pub accepted: u32,
}

/// The judgement of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlockScore {
    /// Whose block.
    #[n(0)]
    pub account: AccountId,
    /// The contributor's n-th block in the campaign.
    #[n(1)]
    pub block: u32,
    /// What becomes of it.
    #[n(2)]
    pub outcome: Outcome,
    /// Answers in it that count: opened, in range, on a unit of the round.
    #[n(3)]
    pub valid: u16,
    /// Logarithm of the likelihood ratio of its evidence against chance, in micro-nats.
    #[n(4)]
    pub evidence_micronats: i64,
    /// Answers to gold that count as evidence.
    #[n(5)]
    pub gold_seen: u16,
    /// Of these, right.
    #[n(6)]
    pub gold_right: u16,
    /// Answers compared with the consensus of others whom gold has proven.
    #[n(7)]
    pub peer_seen: u16,
}

/// What becomes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum Outcome {
    /// Not enough evidence yet; judged together with what follows.
    #[n(0)]
    Held,
    /// Accepted: every valid answer earns the price times this factor.
    #[n(1)]
    Released(#[n(0)] Ppm),
    /// Unproven when the campaign closed: neither paid, nor exported, nor used.
    #[n(2)]
    Rejected,
}

/// What the campaign has shown of a contributor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct ContributorScore {
    /// Who.
    #[n(0)]
    pub account: AccountId,
    /// Gold answers seen.
    #[n(1)]
    pub gold_seen: u32,
    /// Gold answers right.
    #[n(2)]
    pub gold_right: u32,
    /// Answers that could be compared with the consensus of others whom gold has proven.
    #[n(3)]
    pub peer_seen: u32,
    /// Whether released answers of this contributor count as evidence about others.
    #[n(4)]
    pub proven: bool,
    /// Reputation: the lower 5 % bound of the chance to be right.
    #[n(5)]
    pub reputation: Ppm,
    /// The most frequent mistake, where there is one.
    #[n(6)]
    pub confusion: Option<Confusion>,
}

/// "You answer `given` for `truth` in `rate` of the cases."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Confusion {
    /// Position of the true label in the classes.
    #[n(0)]
    pub truth: u16,
    /// Position of the label that was given instead.
    #[n(1)]
    pub given: u16,
    /// How often, of the cases with that truth.
    #[n(2)]
    pub rate: Ppm,
}

/// Parents of an asset that has more than an entry can hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Parents {
    /// Ascending, none twice.
    #[n(0)]
    pub assets: Vec<AssetId>,
}
