//! Models trained on label sets for real, and registered as their children.

use super::work::submit;
use super::{CampaignPlan, Input, Progress, Roster, Scenario, Worked};
use anyhow::{Context as _, Result};
use model::feature::{self, Features, Scheme};
use model::softmax::{Example, Shape, Softmax, Training};
use node::Node;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{AssetId, Command, Hash, Ppm, TokenId};

/// Buckets of hashed features, as a power of two.
const BITS: u8 = 14;

/// A model that can be called.
#[derive(Debug)]
pub struct Trained {
    /// Its number in the ledger.
    pub asset: AssetId,
    /// The label set it was built on.
    pub parent: AssetId,
    /// Units it was trained on.
    pub examples: u64,
    /// Of the units with a known label that it was not trained on: how many it gets right, of how
    /// many.
    pub right: (u64, u64),
    classifier: Softmax,
    patterns: Vec<Vec<(u32, u32)>>,
}

impl Trained {
    /// The model's answer, by its place in the campaign's classes.
    pub fn label(&self, input: &Input) -> u32 {
        self.classifier.label(&self.features(input))
    }

    fn features(&self, input: &Input) -> Features {
        match input {
            Input::Text(text) => feature::text(text, BITS),
            Input::Unit(unit) => feature::answer_pattern(&self.patterns[*unit as usize], BITS),
        }
    }
}

/// Trains one model per campaign on four fifths of its labelled units and measures on the rest.
pub(super) fn train(
    node: &mut Node,
    scenario: &Scenario,
    roster: &mut Roster,
    worked: &[Worked],
    progress: &mut Progress<'_>,
) -> Result<Vec<Trained>> {
    let total = worked.len() as u64;
    let mut trained = Vec::new();
    for (plan, worked) in scenario.campaigns.iter().zip(worked) {
        progress("models are trained", trained.len() as u64, total);
        let patterns = patterns(node, plan, worked);
        let mut model = fit(plan, worked, patterns)?;
        let artefact = model.classifier.to_bytes();
        let asset = RegisterAsset {
            kind: AssetKind::Model,
            title: plan.model.title.clone(),
            content: Hash(proof::hash::sha256(&[&artefact])),
            terms: Terms {
                purposes: plan.model.purposes.clone(),
                token: TokenId(0),
                price_units: plan.model.price,
                demand: Demand::Floor(Ppm::new(100_000).expect("below a million")),
                contributors_share: Ppm::ZERO,
                expires_ms: None,
            },
            parents: ParentList::Inline(vec![worked.asset]),
            listing: None,
        };
        model.asset = AssetId(u32::try_from(node.state().assets.len())?);
        let mut offer = roster.developer.sign(Command::RegisterAsset(asset));
        offer.attachments = vec![artefact];
        submit(node, vec![offer])?;
        trained.push(model);
    }
    progress("models are trained", total, total);
    Ok(trained)
}

/// Accepted answers per unit, as (contributor, label): what a model learns from where units have no
/// text.
fn patterns(node: &Node, plan: &CampaignPlan, worked: &Worked) -> Vec<Vec<(u32, u32)>> {
    let mut patterns = vec![Vec::new(); plan.units.len()];
    let Some(campaign) = node.state().campaign(worked.campaign) else {
        return patterns;
    };
    for answer in campaign
        .answers
        .iter()
        .filter(|answer| campaign.accepted(answer))
    {
        if let Some((unit, label)) = answer.opened.given {
            patterns[unit as usize].push((answer.opened.account.0, u32::from(label)));
        }
    }
    patterns
}

fn fit(plan: &CampaignPlan, worked: &Worked, patterns: Vec<Vec<(u32, u32)>>) -> Result<Trained> {
    let texts = plan.units.iter().all(|unit| unit.text.is_some());
    let features = |unit: usize| match &plan.units[unit].text {
        Some(text) if texts => feature::text(text, BITS),
        _ => feature::answer_pattern(&patterns[unit], BITS),
    };
    let mut examples = Vec::new();
    let mut held_out = Vec::new();
    for (unit, score) in worked.scores.units.iter().enumerate() {
        let Some(label) = score.label else { continue };
        if unit % 5 == 4 {
            held_out.push(unit);
        } else {
            let weight_ppm = score.probability.ppm();
            examples.push(Example {
                features: features(unit),
                label: u32::from(label),
                weight_ppm,
            });
        }
    }
    let scheme = if texts {
        Scheme::Text
    } else {
        Scheme::AnswerPattern
    };
    let shape = Shape {
        scheme,
        bits: BITS,
        classes: u32::try_from(plan.classes.len())?,
    };
    let classifier = Softmax::train(shape, &examples, &Training::default())
        .context("cannot train the model; did any answer get accepted?")?;
    let judged = held_out.iter().filter_map(|unit| {
        let truth = plan.model.truth.get(&u32::try_from(*unit).ok()?)?;
        Some(classifier.label(&features(*unit)) == u32::from(*truth))
    });
    let judged: Vec<bool> = judged.collect();
    let right = judged.iter().filter(|right| **right).count() as u64;
    Ok(Trained {
        asset: AssetId(0),
        parent: worked.asset,
        examples: examples.len() as u64,
        right: (right, judged.len() as u64),
        classifier,
        patterns,
    })
}
