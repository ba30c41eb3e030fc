//! `headwater demo`: a seeded economy through the whole flow, and what became of everybody.

mod print;
mod story;

use super::{audit, audited, exports, session};
use crate::cli::{Demo, Failure};
use crate::flow::{self, CallPlan, CampaignPlan, Input, Judging, ModelPlan, Pace, Scenario, Unit};
use crate::progress::Bars;
use anyhow::{Context as _, Result};
use protocol::campaign::Consensus;
use protocol::{Amount, Ppm};
use sim::world::{Campaign, World};
use std::collections::BTreeMap;
use std::time::Instant;

const HOUR_MS: u64 = 3_600_000;
const ROUNDS: u16 = 2;

/// Runs the demo and tells its story.
pub fn run(args: &Demo) -> Result<()> {
    let began = Instant::now();
    session::refuse_existing(&args.data, "the demo")?;
    let world = World::new(args.seed);
    let scenario = scenario(&world)?;
    let mut node = session::create(&args.data, &format!("demo {}", args.seed))?;
    let mut bars = Bars::new(args.json);
    let outcome = flow::run(&mut node, &scenario, &mut |step, done, total| {
        bars.show(step, done, total);
    })?;
    let mut exported = Vec::new();
    for worked in &outcome.worked {
        exported.push(exports::write(&node, &args.data, worked.campaign)?);
    }
    let checkpoint = node.close()?;
    let key = node.keys().log_key();
    let audited = audit::audit_directory(&args.data, &key, &mut bars);
    bars.finish();
    let story = story::Story::new(&node, &world, &scenario, &outcome)?;
    let ending = story::Ending {
        dir: &args.data,
        key: key.to_string(),
        head: checkpoint.head,
        verdict: audited.as_ref().map_err(audited::fault_line).map(|_| ()),
        seconds: began.elapsed().as_secs_f64(),
        exports: &exported,
    };
    if args.json {
        println!("{}", story.json(&ending));
    } else {
        story.print(&ending);
    }
    match audited {
        Ok(_) => Ok(()),
        Err(fault) => {
            Err(Failure::Check(format!("not verified: {}", audited::fault_line(&fault))).into())
        }
    }
}

/// The world's people and works, as a scenario that knows nothing of personas.
fn scenario(world: &World) -> Result<Scenario> {
    let campaigns = (0..world.campaigns.len()).map(|number| plan(world, number));
    let calls = world.calls().iter().map(|call| CallPlan {
        user: call.user as usize,
        campaign: call.model as usize,
        purpose: call.purpose.to_owned(),
        input: Input::Text(call.text.clone()),
    });
    Ok(Scenario {
        seed: format!("demo {}", world.seed),
        requesters: world
            .requesters
            .iter()
            .map(|requester| requester.name.to_owned())
            .collect(),
        contributors: world
            .contributors
            .iter()
            .map(|person| person.name.clone())
            .collect(),
        developer: world.developer.name.to_owned(),
        users: world
            .users
            .iter()
            .map(|user| user.name.to_owned())
            .collect(),
        campaigns: campaigns.collect::<Result<_>>()?,
        calls: calls.collect(),
        pace: Pace {
            round_ms: 36 * HOUR_MS,
            calls_ms: 7 * 24 * HOUR_MS,
            appeal_ms: 3 * 24 * HOUR_MS,
            closes_after_ms: 28 * 24 * HOUR_MS,
        },
    })
}

fn plan(world: &World, number: usize) -> Result<CampaignPlan> {
    let campaign = &world.campaigns[number];
    let count = u32::try_from(campaign.units.len())?;
    let gold = flow::balance(&gold(campaign)?, &flow::stretches(count, ROUNDS));
    let share = CampaignPlan::gold_share(gold.len(), campaign.units.len());
    let answers = world.answers(number).iter();
    Ok(CampaignPlan {
        requester: number,
        title: campaign.name.to_owned(),
        skill: "short-text".to_owned(),
        classes: campaign
            .classes
            .iter()
            .map(|class| (*class).to_owned())
            .collect(),
        units: units(campaign),
        answers: answers
            .map(|answer| {
                Ok((
                    answer.unit,
                    answer.contributor,
                    u16::try_from(answer.label)?,
                ))
            })
            .collect::<Result<_>>()?,
        gold,
        price: amount(campaign.price_units)?,
        overlap: u16::try_from(campaign.overlap)?,
        repeats: false,
        rounds: ROUNDS,
        rule: CampaignPlan::rule(Consensus::DawidSkene, share, ROUNDS),
        judging: Some(judging(campaign)?),
        model: model(world, number)?,
    })
}

/// Who is right on less than half of the hidden checks loses a stake of ten answers' price.
fn judging(campaign: &Campaign) -> Result<Judging> {
    Ok(Judging {
        slash_below: ppm(500_000)?,
        stake: amount(campaign.price_units * 10)?,
        ..Judging::PLAIN
    })
}

fn model(world: &World, number: usize) -> Result<ModelPlan> {
    let model = &world.developer.models[number];
    let users = world
        .users
        .iter()
        .filter(|user| user.model as usize == number);
    let mut purposes: Vec<String> = users.map(|user| user.purpose.to_owned()).collect();
    purposes.sort();
    purposes.dedup();
    let truth = (0u32..).zip(&world.campaigns[number].units);
    Ok(ModelPlan {
        title: model.name.to_owned(),
        demand: ppm(model.demand_ppm)?,
        price: amount(model.price_units)?,
        purposes,
        truth: truth
            .map(|(unit, known)| Ok((unit, u16::try_from(known.truth)?)))
            .collect::<Result<_>>()?,
    })
}

fn units(campaign: &Campaign) -> Vec<Unit> {
    (1u32..)
        .zip(&campaign.units)
        .map(|(number, unit)| Unit {
            name: format!("{}-{number:04}", campaign.name),
            text: Some(unit.text.clone()),
        })
        .collect()
}

fn gold(campaign: &Campaign) -> Result<BTreeMap<u32, u16>> {
    campaign
        .gold
        .iter()
        .map(|unit| Ok((*unit, u16::try_from(campaign.units[*unit as usize].truth)?)))
        .collect()
}

fn amount(units: u128) -> Result<Amount> {
    Amount::new(units).context("an amount exceeds the supply cap")
}

fn ppm(share: u32) -> Result<Ppm> {
    Ppm::new(share).context("a share exceeds the whole")
}
