//! Commands and findings of a judged campaign: appeals, verdicts, facts of a running round.

use crate::{AccountId, CampaignId, Hash, Ppm};
use alloc::vec::Vec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A contributor asks the campaign's panel to look at a rejected block again. What the contributor
/// wants to say is a private body; the submission carries its commitment, the log no word of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Appeal {
    /// Whose judgement is appealed.
    #[n(0)]
    pub campaign: CampaignId,
    /// The contributor's n-th block in the campaign, from 0.
    #[n(1)]
    pub block: u32,
}

/// What a member of the panel thinks of an appealed block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Verdict {
    /// Where the block was worked.
    #[n(0)]
    pub campaign: CampaignId,
    /// Whose block.
    #[n(1)]
    pub account: AccountId,
    /// Which of that account's blocks, from 0.
    #[n(2)]
    pub block: u32,
    /// True if the work deserves its pay.
    #[n(3)]
    pub upheld: bool,
}

/// Units of the open round take no more answers: what is sealed later does not count for them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CloseUnits {
    /// Which campaign; its open round is meant.
    #[n(0)]
    pub campaign: CampaignId,
    /// Positions in the campaign, 1 to 1,000, ascending.
    #[n(1)]
    pub units: Vec<u32>,
    /// The input on which the live rule has found them sure (`docs/spec/judging.md`).
    #[n(2)]
    pub evidence: Hash,
}

/// An account may seal no more answers in the open round, as gold speaks against it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PauseAccount {
    /// Which campaign; its open round is meant.
    #[n(0)]
    pub campaign: CampaignId,
    /// Who.
    #[n(1)]
    pub account: AccountId,
    /// The input on which the live rule has found this.
    #[n(2)]
    pub evidence: Hash,
}

/// What `headwater-pay@2` finds beyond labels, blocks and people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Review {
    /// Gold units whose label proven people contradict at .95 and more; ascending. They count as
    /// ordinary units.
    #[n(0)]
    pub void: Vec<u32>,
    /// Why nobody is slashed, where that is so.
    #[n(1)]
    pub suspended: Option<Suspension>,
    /// Whom the separate test on gold has found below the stated accuracy; ascending.
    #[n(2)]
    pub slashed: Vec<AccountId>,
    /// The evidence on each contributor after the campaign, ordered by account.
    #[n(3)]
    pub evidence: Vec<Shown>,
}

/// Why slashing is suspended, and the panel is called without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
pub enum Suspension {
    /// More than 5 % of the gold is void: the panel looks at every rejected block.
    #[n(0)]
    VoidGold,
    /// Less than 70 % of the answers are accepted: the panel looks at a sample of what is rejected.
    #[n(1)]
    FewAccepted,
}

/// What a campaign has shown of a contributor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Shown {
    /// Who.
    #[n(0)]
    pub account: AccountId,
    /// With what the contributor has brought along.
    #[n(1)]
    pub evidence: Evidence,
}

/// Evidence on a contributor in a skill, as integers (`docs/spec/pay.md`, version 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Evidence {
    /// Logarithm of the product of all evidence by gold, in millionths of a nat.
    #[n(0)]
    pub gold_micronats: i64,
    /// Wealth that is not spent, as a share of what the release of a full block costs.
    #[n(1)]
    pub wealth: Ppm,
    /// Right answers, in thousandths of an answer.
    #[n(2)]
    pub right_milli: u32,
    /// Answers whose truth was known, in thousandths of an answer, at most 200,000: older ones
    /// weigh less and less.
    #[n(3)]
    pub seen_milli: u32,
}
