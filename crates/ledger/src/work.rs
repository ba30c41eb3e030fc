//! A campaign's work: rounds, sealed answers, blocks, and what scoring has made of them.

use crate::State;
use crate::conduct::Conduct;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;
use protocol::campaign::{Rule, Spec};
use protocol::document::{ContributorScore, Outcome, UnitScore};
use protocol::event::{HoldId, OpenedAnswer};
use protocol::operation::{Erase, EraseReason, ErasedGold, Erasure};
use protocol::{AccountId, Amount, AssetId, Hash};
use serde::{Deserialize, Serialize};

/// A campaign from opening to settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The requester.
    pub owner: AccountId,
    /// What was promised to contributors.
    pub spec: Spec,
    /// Where it stands.
    pub stage: Stage,
    /// Scores posted so far.
    pub judgements: u16,
    /// In the order of opening.
    pub rounds: Vec<Round>,
    /// Work by contributor.
    pub work: BTreeMap<AccountId, Work>,
    /// Opened answers of all closed rounds, in log order.
    pub answers: Vec<Answer>,
    /// Known labels of opened gold units.
    pub gold: BTreeMap<u32, u16>,
    /// Latest consensus, by unit.
    pub units: Vec<UnitScore>,
    /// Latest judgement of each contributor.
    pub contributors: Vec<ContributorScore>,
    /// The latest scores document.
    pub scores: Option<Hash>,
    /// The label set, once closed.
    pub asset: Option<AssetId>,
    /// What a campaign with a method has beside all this; empty without one. Stands behind the
    /// first layout of the state's bytes.
    #[serde(skip)]
    pub conduct: Conduct,
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Rounds can be opened.
    Open,
    /// The last scores are posted.
    Scored,
    /// The label set exists; appeals run.
    Closed,
    /// All money has gone where it belongs.
    Settled,
}

/// A stretch of units that is worked on together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Position in the campaign at which the round begins.
    pub first_unit: u32,
    /// How many.
    pub unit_count: u32,
    /// What the operator committed to before the first answer.
    pub gold_root: Hash,
    /// Sealed batches in log order, each entry once; emptied when the round is opened.
    pub sealed: Vec<SealedBatch>,
    /// SHA-256 of the sidecar that has opened the seals; `None` while the round runs.
    pub openings: Option<Hash>,
    /// True once that sidecar is erased, and with it what the answers and gold units were.
    pub forgotten: bool,
}

impl Round {
    /// Positions in the campaign of the units that it is about.
    pub fn units(&self) -> Range<u32> {
        self.first_unit..self.first_unit + self.unit_count
    }

    /// The answers that an entry has sealed in this round.
    pub fn batch(&self, entry: u64) -> Option<&SealedBatch> {
        let place = self.place(entry)?;
        self.sealed.get(place)
    }

    pub(crate) fn place(&self, entry: u64) -> Option<usize> {
        self.sealed.binary_search_by_key(&entry, |it| it.seq).ok()
    }
}

/// Sealed answers of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBatch {
    /// The entry.
    pub seq: u64,
    /// Who gave them.
    pub account: AccountId,
    /// The nonce to which the commitments are bound.
    pub nonce: u64,
    /// One per answer; none where the entry has replaced an answer of an earlier one.
    pub commitments: Vec<Hash>,
}

/// An opened answer and the block it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who and what.
    pub opened: OpenedAnswer,
    /// The contributor's block in this campaign.
    pub block: u32,
}

/// One contributor's work in a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// In the order of work. A round begins a new block, so that each is judged whole.
    pub blocks: Vec<Block>,
    /// Blocks of earlier rounds.
    pub earlier: u32,
    /// Answers sealed in the newest round.
    pub sealed: u32,
}

/// Consecutive answers of one contributor, judged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The price of its answers, pending.
    pub pay: HoldId,
    /// The contributor's deposit, pending.
    pub deposit: HoldId,
    /// The round in which it was worked.
    pub round: u32,
    /// What has become of it.
    pub outcome: Outcome,
    /// Answers that counted when it was judged.
    pub valid: u16,
}

impl State {
    /// The tombstone of something beside the log, with all that it must name.
    pub fn tombstone(&self, what: Erasure, reason: EraseReason) -> Erase {
        let gold = match what {
            Erasure::Openings(openings) => self.erased_gold(openings),
            Erasure::Body(_) => None,
        };
        Erase { what, reason, gold }
    }

    fn erased_gold(&self, openings: Hash) -> Option<ErasedGold> {
        let rounds = |campaign| Campaign::rounds_opened_by(campaign, openings);
        let mut campaigns = self.campaigns.iter();
        let (campaign, round) = campaigns.find_map(|it| Some((it, rounds(it).next()?.1)))?;
        campaign.erased_gold(round)
    }
}

impl Campaign {
    /// The rounds that a sidecar has opened, with their numbers.
    pub(crate) fn rounds_opened_by(&self, openings: Hash) -> impl Iterator<Item = (u32, &Round)> {
        let numbered = (0u32..).zip(&self.rounds);
        numbered.filter(move |(_, round)| round.openings == Some(openings))
    }

    /// Which units of a round were gold, where gold retires, as it does under a method.
    pub(crate) fn erased_gold(&self, round: &Round) -> Option<ErasedGold> {
        self.spec.method.as_ref()?;
        let gold = self.gold.range(round.units());
        Some(ErasedGold {
            units: self.spec.units,
            places: gold.map(|(unit, _)| unit - round.first_unit).collect(),
        })
    }

    /// The round that takes answers now.
    pub fn open_round(&self) -> Option<&Round> {
        self.rounds.last().filter(|round| round.openings.is_none())
    }

    /// Units that have been out for work so far.
    pub fn units_out(&self) -> u32 {
        self.rounds.last().map_or(0, |round| round.units().end)
    }

    /// What is asked of a contributor for each block, see [`block_deposit`].
    pub fn block_deposit(&self) -> Option<Amount> {
        let worth = self.spec.bonus.map_or(Amount::ZERO, |it| it.worth_units);
        let price = self.spec.price_units.checked_add(worth)?;
        block_deposit(&self.spec.rule, price)
    }

    /// What a contributor sets aside with the first block, where the campaign slashes.
    pub fn stake(&self) -> Option<Amount> {
        let method = self.spec.method.as_ref()?;
        let judged = self.spec.rule.gold_share.ppm() > 0;
        judged.then_some(method.stake_units)
    }

    /// What all verdicts on one block cost; nothing where there is no panel, or nothing is judged.
    /// `None` above the supply cap.
    pub fn panel_fees(&self) -> Option<Amount> {
        let judged = self.spec.rule.gold_share.ppm() > 0;
        match self.spec.method.as_ref().filter(|_| judged) {
            Some(method) => method.verdict_units.checked_mul(method.panel.len() as u64),
            None => Some(Amount::ZERO),
        }
    }

    /// True if answers of the campaign are erased, so that nobody can score it again.
    pub fn forgotten(&self) -> bool {
        self.rounds.iter().any(|round| round.forgotten)
    }

    /// True if the answer stands in a released block: paid, used and exported.
    pub fn accepted(&self, answer: &Answer) -> bool {
        self.work
            .get(&answer.opened.account)
            .and_then(|work| work.blocks.get(answer.block as usize))
            .is_some_and(|block| matches!(block.outcome, Outcome::Released(_)))
    }
}

/// ceil(beta x pay of a full block / (1 - beta)): so much that content-free work loses in
/// expectation (`docs/spec/pay.md`). Nothing where no gold judges the work. `None` above the
/// supply cap.
pub fn block_deposit(rule: &Rule, price: Amount) -> Option<Amount> {
    if rule.gold_share.ppm() == 0 {
        return Some(Amount::ZERO);
    }
    let pay = price.checked_mul(u64::from(rule.block_length))?.units();
    let beta = u128::from(rule.beta.ppm());
    Amount::new((pay * beta).div_ceil(1_000_000 - beta))
}
