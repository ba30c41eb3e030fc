//! What a run has come to, as numbers: the same for the words of the demo and the JSON of a replay.

use crate::flow::{CampaignPlan, Outcome, Scenario, Worked};
use anyhow::{Context as _, Result};
use ledger::claims;
use node::Node;
use protocol::document::{Outcome as Verdict, UnitScore};
use protocol::event::PurseOwner;
use protocol::{AccountId, Amount, TokenId};

/// Sums over a run's campaigns.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Units that were out for work.
    pub units: u64,
    /// Sealed by contributors, counted or not.
    pub answers: u64,
    /// Answers in released blocks.
    pub accepted: u64,
    /// Base units paid for accepted answers.
    pub paid: Amount,
    /// Base units that calls of the models moved up to label sets.
    pub royalty: Amount,
    /// Base units charged for calls.
    pub charged: Amount,
    /// Units with a delivered label.
    pub labelled: u64,
}

impl Sums {
    /// Counts what a run has left in the ledger.
    pub fn of(node: &Node, outcome: &Outcome) -> Result<Self> {
        let mut sums = Self::default();
        for (worked, trained) in outcome.worked.iter().zip(&outcome.trained) {
            let campaign = node
                .state()
                .campaign(worked.campaign)
                .context("a campaign")?;
            sums.units += worked.scores.units.len() as u64;
            sums.answers += campaign.answers.len() as u64;
            sums.labelled += delivered(&worked.scores.units);
            for block in &worked.scores.blocks {
                if let Verdict::Released(factor) = block.outcome {
                    sums.accepted += u64::from(block.valid);
                    let price = campaign
                        .spec
                        .price_units
                        .checked_mul(u64::from(block.valid));
                    sums.paid = add(sums.paid, price.context("a price")?.share(factor));
                }
            }
            let model = node.state().asset(trained.asset).context("a model")?;
            sums.charged = add(sums.charged, model.charged_units);
            sums.royalty = add(sums.royalty, received(node, worked));
        }
        Ok(sums)
    }
}

/// Units whose label stands on accepted answers: what the requester has bought.
pub fn delivered(units: &[UnitScore]) -> u64 {
    units.iter().filter(|unit| unit.accepted > 0).count() as u64
}

/// What uses of its descendants have brought a label set.
fn received(node: &Node, worked: &Worked) -> Amount {
    let asset = node.state().asset(worked.asset);
    asset
        .and_then(|asset| asset.received.get(&TokenId(0)).copied())
        .unwrap_or_default()
}

/// What every account has earned: for work, and by its shares in label sets, which earn royalties
/// and the deposits that others have lost.
pub fn earnings(node: &Node) -> Result<Vec<(Amount, Amount)>> {
    let state = node.state();
    let due = claims::due(state, |purse| purse.balance)
        .map_err(|rejection| anyhow::anyhow!("cannot sum what is due: {rejection}"))?;
    let tokens = state.token_count().max(1);
    let accounts = (0u32..).map(AccountId).zip(due.chunks(tokens));
    Ok(accounts
        .map(|(account, due)| {
            let earned = state.book.balance(PurseOwner::Earned(account), TokenId(0));
            (earned, due[0].checked_sub(earned).unwrap_or_default())
        })
        .collect())
}

/// Right labels among the units with a known one, and how many those are.
pub fn accuracy<'a>(
    truth: impl IntoIterator<Item = (&'a u32, &'a u16)>,
    label: impl Fn(u32) -> Option<u16>,
) -> (u64, u64) {
    let mut counts = (0, 0);
    for (unit, truth) in truth {
        counts.1 += 1;
        counts.0 += u64::from(label(*unit) == Some(*truth));
    }
    counts
}

/// The sum, at most the supply cap.
pub fn add(a: Amount, b: Amount) -> Amount {
    a.checked_add(b).unwrap_or(Amount::MAX)
}

/// Labels as one would infer them from every answer, accepted or not: what is compared with a
/// majority.
pub struct Inferred {
    /// By the campaign's rule, gold fixed.
    pub consensus: quality::Consensus,
    /// Most votes.
    pub majority: quality::Consensus,
}

impl Inferred {
    /// Infers from a plan's answers.
    pub fn of(scenario: &Scenario, plan: &CampaignPlan) -> Result<Self> {
        use protocol::campaign::Consensus;
        let rows = plan
            .answers
            .iter()
            .map(|(unit, worker, label)| quality::Answer {
                unit: *unit,
                worker: *worker,
                label: u32::from(*label),
            });
        let units = u32::try_from(plan.units.len())?;
        let workers = u32::try_from(scenario.contributors.len())?;
        let classes = u32::try_from(plan.classes.len())?;
        let answers = quality::Answers::new(units, workers, classes, rows.collect())
            .map_err(|error| anyhow::anyhow!("cannot infer labels: {error}"))?;
        let gold: Vec<Option<u32>> = (0..units)
            .map(|unit| plan.gold.get(&unit).map(|label| u32::from(*label)))
            .collect();
        let majority = quality::majority(&answers);
        let variant = match plan.rule.consensus {
            Consensus::Majority => {
                return Ok(Self {
                    consensus: majority.clone(),
                    majority,
                });
            }
            Consensus::DawidSkene => quality::Variant::Map,
            Consensus::DawidSkeneCrowdkit => quality::Variant::Crowdkit,
        };
        let consensus = quality::dawid_skene(&answers, &gold, variant)
            .map_err(|error| anyhow::anyhow!("cannot infer labels: {error}"))?
            .consensus;
        Ok(Self {
            consensus,
            majority,
        })
    }
}

/// A label of `quality` as the ledger counts classes.
pub fn narrow(label: Option<u32>) -> Option<u16> {
    label.and_then(|label| u16::try_from(label).ok())
}
