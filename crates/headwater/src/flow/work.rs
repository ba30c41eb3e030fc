//! A campaign from opening to label set: rounds of sealed answers, openings, scores, exports.

use super::{CampaignPlan, Progress, Roster, Scenario};
use anyhow::{Context as _, Result, anyhow};
use ledger::commitment::{self, AnswerPlace};
use ledger::score::Algorithm;
use node::Node;
use protocol::campaign::{Method, Spec, Weighting};
use protocol::command::SealAnswers;
use protocol::document::{AnswerOpening, Scores, Unit, Units};
use protocol::terms::{Demand, Terms};
use protocol::{AccountId, Amount, AssetId, CampaignId, Command, Hash, Ppm, TokenId, codec};
use sequencer::Offer;
use std::collections::{BTreeMap, BTreeSet};

/// Submissions that are sent together, to share one sync.
const TOGETHER: usize = 256;

/// Blocks after which a running round is looked at, where units may be closed early.
const LOOK_EVERY: usize = 16;

/// A campaign that is over.
#[derive(Debug)]
pub struct Worked {
    /// Its number in the ledger.
    pub campaign: CampaignId,
    /// Its label set.
    pub asset: AssetId,
    /// The last scores.
    pub scores: Scores,
}

/// Everything that campaigns do before anybody is paid on chain.
pub(super) fn carry_out(
    node: &mut Node,
    scenario: &Scenario,
    roster: &mut Roster,
    progress: &mut Progress<'_>,
) -> Result<Vec<Worked>> {
    let mut worked = Vec::new();
    for plan in &scenario.campaigns {
        let campaign = open(node, scenario, plan, roster)?;
        let stretches = plan.stretches();
        let mut scores = Scores::default();
        for (round, stretch) in stretches.iter().enumerate() {
            let gold = plan
                .gold
                .range(stretch.clone())
                .map(|(unit, label)| (*unit, *label));
            node.open_round(campaign, stretch.len() as u32, gold.collect())?;
            answer(node, (campaign, plan), stretch, roster, progress)?;
            node.advance(scenario.pace.round_ms)?;
            node.close_round(campaign)?;
            let closing = round + 1 == stretches.len();
            progress(
                &format!("`{}`: score", plan.title),
                round as u64,
                stretches.len() as u64,
            );
            scores = node.score(campaign, closing)?;
            progress(
                &format!("`{}`: score", plan.title),
                round as u64 + 1,
                stretches.len() as u64,
            );
        }
        let close = Command::CloseCampaign(campaign);
        submit(node, vec![roster.requesters[plan.requester].sign(close)])?;
        let asset = node
            .state()
            .campaign(campaign)
            .and_then(|closed| closed.asset);
        let asset = asset.context("a closed campaign has a label set")?;
        worked.push(Worked {
            campaign,
            asset,
            scores,
        });
    }
    Ok(worked)
}

fn open(
    node: &mut Node,
    scenario: &Scenario,
    plan: &CampaignPlan,
    roster: &mut Roster,
) -> Result<CampaignId> {
    let rows = plan.units.iter();
    let rows = rows.map(|unit| Unit {
        name: unit.name.clone(),
        text: unit.text.clone(),
    });
    let units = codec::encode(&Units {
        rows: rows.collect(),
        brief: None,
    });
    // One crowd, and requesters who know each other: each takes the others' gold on trust.
    let mut trusts: Vec<AccountId> = roster.requesters.iter().map(|it| it.account).collect();
    trusts.sort_unstable();
    let requester = &mut roster.requesters[plan.requester];
    let spec = Spec {
        title: plan.title.clone(),
        skill: plan.skill.clone(),
        classes: plan.classes.clone(),
        units: Hash(proof::hash::sha256(&[&units])),
        unit_count: u32::try_from(plan.units.len())?,
        fund: requester.fund.context("a requester has a deposit")?,
        budget_units: plan.budget()?,
        price_units: plan.price,
        overlap: plan.overlap,
        repeats: plan.repeats,
        rule: plan.rule.clone(),
        appeal_ms: scenario.pace.appeal_ms,
        terms: Terms {
            purposes: vec!["research".to_owned(), "training".to_owned()],
            token: TokenId(0),
            price_units: plan.model.price,
            demand: Demand::Floor(plan.model.demand),
            contributors_share: Ppm::new(700_000).expect("below a million"),
            expires_ms: None,
        },
        weighting: Weighting::PaidWork,
        method: plan.method(trusts),
        bonus: None,
    };
    let mut offer = requester.sign(Command::OpenCampaign(spec));
    offer.attachments = vec![units];
    let id = CampaignId(u32::try_from(node.state().campaigns.len())?);
    submit(node, vec![offer])?;
    Ok(id)
}

/// Contributors work through a stretch of units. Whoever has a block together signs and sends it.
fn answer(
    node: &mut Node,
    (campaign, plan): (CampaignId, &CampaignPlan),
    stretch: &std::ops::Range<u32>,
    roster: &mut Roster,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let label = format!("`{}`: sealed answers", plan.title);
    let answers = plan
        .answers
        .iter()
        .filter(|answer| stretch.contains(&answer.0));
    let total = answers.clone().count() as u64;
    let length = usize::from(plan.rule.block_length);
    let mut desks: BTreeMap<u32, Vec<(u32, u16)>> = BTreeMap::new();
    let (mut offers, mut done) = (Vec::new(), 0);
    let live = plan.judging.is_some_and(|judging| judging.target.ppm() > 0);
    let together = if live { LOOK_EVERY } else { TOGETHER };
    let mut closed: BTreeSet<u32> = BTreeSet::new();
    for (unit, contributor, answer) in answers {
        if closed.contains(unit) {
            // Nobody is handed a unit that is sure already.
            continue;
        }
        let desk = desks.entry(*contributor).or_default();
        desk.push((*unit, *answer));
        if desk.len() == length {
            let block = std::mem::take(desk);
            done += block.len() as u64;
            offers.push(seal(roster, *contributor, campaign, &block)?);
        }
        if offers.len() == together {
            submit(node, std::mem::take(&mut offers))?;
            progress(&label, done, total);
            if live {
                closed.extend(node.look(campaign)?);
            }
        }
    }
    for (contributor, block) in desks.into_iter().filter(|(_, block)| !block.is_empty()) {
        offers.push(seal(roster, contributor, campaign, &block)?);
    }
    submit(node, offers)?;
    progress(&label, total, total);
    Ok(())
}

fn seal(
    roster: &mut Roster,
    contributor: u32,
    campaign: CampaignId,
    block: &[(u32, u16)],
) -> Result<Offer> {
    let person = &mut roster.contributors[contributor as usize];
    let account = person.account;
    let mut openings: Vec<AnswerOpening> = Vec::new();
    let salt_seed = person.secret(&campaign.0.to_be_bytes());
    let space = person.space();
    let mut offer = person.sign_with_nonce(|nonce| {
        let fields = (0u16..).zip(block);
        let sealed = fields.map(|(field, (unit, label))| {
            let place = AnswerPlace {
                space,
                account,
                nonce,
                field,
            };
            let position = [&nonce.to_be_bytes()[..], &field.to_be_bytes()].concat();
            let salt = Hash(proof::hash::sha256(&[&salt_seed.0, &position]));
            let opening = AnswerOpening {
                unit: *unit,
                label: *label,
                salt,
                text: None,
            };
            let hidden = commitment::answer(place, &opening);
            openings.push(opening);
            hidden
        });
        Command::SealAnswers(SealAnswers {
            campaign,
            commitments: sealed.collect(),
        })
    });
    offer.body = codec::encode(&openings);
    Ok(offer)
}

/// Submits and expects every offer to be accepted.
pub(super) fn submit(node: &mut Node, offers: Vec<Offer>) -> Result<()> {
    for answer in node.submit(offers)? {
        answer.map_err(|rejection| anyhow!("cannot go on: {}", rejection.line()))?;
    }
    Ok(())
}

impl CampaignPlan {
    /// What the campaign states under `headwater-pay@2`. It has no panel: nobody in a scenario
    /// appeals.
    fn method(&self, trusts: Vec<AccountId>) -> Option<Box<Method>> {
        self.judging.map(|judging| {
            Box::new(Method {
                algorithm: Algorithm::Pay2.name().to_owned(),
                trusts,
                panel: Vec::new(),
                verdict_units: Amount::ZERO,
                panel_ms: 0,
                slash_below: judging.slash_below,
                stake_units: judging.stake,
                target: judging.target,
            })
        })
    }

    /// The price of all answers.
    pub(super) fn budget(&self) -> Result<Amount> {
        let answers = self.answers.len() as u64;
        self.price
            .checked_mul(answers)
            .context("the budget exceeds the supply cap")
    }

    /// What a contributor sets aside for each block, by the ledger's own formula.
    pub(super) fn block_deposit(&self) -> Result<Amount> {
        ledger::work::block_deposit(&self.rule, self.price)
            .context("the block deposit exceeds the supply cap")
    }

    /// How many blocks each contributor will fill: every round begins a new one.
    pub(super) fn blocks(&self) -> BTreeMap<u32, u32> {
        let mut blocks = BTreeMap::new();
        for stretch in self.stretches() {
            let mut answers: BTreeMap<u32, u32> = BTreeMap::new();
            for answer in self
                .answers
                .iter()
                .filter(|answer| stretch.contains(&answer.0))
            {
                *answers.entry(answer.1).or_default() += 1;
            }
            for (contributor, count) in answers {
                let length = u32::from(self.rule.block_length);
                *blocks.entry(contributor).or_default() += count.div_ceil(length);
            }
        }
        blocks
    }
}
