//! What a requester commits to when a campaign opens.

use crate::terms::Terms;
use crate::{AccountId, Amount, FundId, Hash, Ppm};
use alloc::{boxed::Box, string::String, vec::Vec};
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
    /// Deposit that pays; one that does not exist where nothing is set aside.
    #[n(5)]
    pub fund: FundId,
    /// What is set aside from it, in base units; the pay of all answers never exceeds it. 0 where
    /// neither answers nor verdicts cost anything.
    #[n(6)]
    pub budget_units: Amount,
    /// Most that one accepted answer earns; 0 where it earns a share in the label set alone.
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
    /// Which version of the pay rule judges, and what it asks for; `None` for `headwater-pay@1`,
    /// which asks for nothing more. Stands behind the state's first layout (`docs/spec/state.md`).
    #[n(14)]
    #[serde(skip)]
    pub method: Option<Box<Method>>,
    /// A reward in a second token beside the price; `None` for none. The state's bytes have it in a
    /// part of its own (`docs/spec/state.md`).
    #[n(15)]
    #[serde(skip)]
    pub bonus: Option<Bonus>,
}

/// What accepted work earns beside the price, by the same rule and in another token
/// (`docs/spec/pay.md`, "A second reward").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Bonus {
    /// The requester's deposit that pays it; its token is not that of the price.
    #[n(0)]
    pub fund: FundId,
    /// What is set aside from it, in base units of its token.
    #[n(1)]
    pub budget_units: Amount,
    /// Most that one accepted answer earns of it.
    #[n(2)]
    pub price_units: Amount,
    /// What that is worth in base units of the price's token, as the requester sees it: blocks ask
    /// for a deposit as if the price were so much higher, or guessing would pay.
    #[n(3)]
    pub worth_units: Amount,
}

impl Spec {
    /// The deposit that stands behind price and verdicts; `None` where they cost nothing.
    pub fn backing(&self) -> Option<FundId> {
        (!self.budget_units.is_zero()).then_some(self.fund)
    }

    /// Milliseconds from a rejection until an appeal of it is decided, beyond which nothing waits;
    /// 0 where there is no panel to appeal to.
    pub fn appeals_ms(&self) -> u64 {
        let panel = self.method.iter().find(|method| !method.panel.is_empty());
        panel.map_or(0, |method| self.appeal_ms.saturating_add(method.panel_ms))
    }
}

/// What a campaign states beyond [`Rule`] under a later version of the pay rule
/// (`docs/spec/judging.md`).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Method {
    /// Name and version of the algorithm, `headwater-pay@2`; it never changes its meaning.
    #[n(0)]
    pub algorithm: String,
    /// Requesters whose earlier campaigns of the same skill count as evidence, ascending, none
    /// twice, at most 64. Whoever names another requester takes that one's gold on trust.
    #[n(1)]
    pub trusts: Vec<AccountId>,
    /// Who decides appeals: an odd number of accounts, at most 15, ascending, or none.
    #[n(2)]
    pub panel: Vec<AccountId>,
    /// What a verdict earns, in base units; set aside from the budget with each block.
    #[n(3)]
    pub verdict_units: Amount,
    /// Milliseconds that the panel has from an appeal; silence is for the contributor.
    #[n(4)]
    pub panel_ms: u64,
    /// Accuracy on gold below which a contributor is slashed, as an expert pilot less a margin has
    /// shown it; 0 slashes nobody.
    #[n(5)]
    pub slash_below: Ppm,
    /// What a contributor sets aside with the first block, in base units; what a slash takes.
    #[n(6)]
    pub stake_units: Amount,
    /// Probability of a label at which a unit may be closed before it has all answers; 0 never.
    #[n(7)]
    pub target: Ppm,
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
