//! Campaigns as everybody sees them, and what their owners may do.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use protocol::document::Outcome;
use protocol::event::PurseOwner;
use protocol::{AccountId, CampaignId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Work, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::page_of::{self, Paging};
use crate::problem::Problem;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listing {
    /// Only campaigns at this point of their life.
    stage: Option<String>,
    cursor: Option<String>,
    limit: Option<u64>,
}

/// `GET /api/v1/campaigns?stage=&cursor=&limit=`: newest first.
pub(super) async fn list(
    State(work): State<Work>,
    query: Result<Query<Listing>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(query) = query?;
    let limit = page_of::rows(query.limit)?;
    let before = query.cursor.as_deref();
    let before = before
        .map(|text| page_of::read("campaigns", text))
        .transpose()?;
    let known = ["open", "waiting", "scored", "closed", "settled"];
    if let Some(stage) = query
        .stage
        .as_deref()
        .filter(|stage| !known.contains(stage))
    {
        let detail = format!("`{stage}` is none of the stages {}", known.join(", "));
        return Err(Problem::invalid("invalid_query", detail));
    }
    let rows = blocking(move || {
        let wanted = |row: &Value| {
            query
                .stage
                .as_deref()
                .is_none_or(|stage| row["stage"] == stage)
        };
        work.0.host.read(|state| {
            let count = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
            let before = before.and_then(|before| u32::try_from(before).ok());
            let end = before.unwrap_or(u32::MAX).min(count);
            let rows = (0..end).rev().map(|id| summary(state, CampaignId(id)));
            rows.flatten()
                .filter(wanted)
                .take(limit + 1)
                .collect::<Vec<_>>()
        })
    });
    let id = |row: &Value| row["id"].as_u64().unwrap_or(0);
    let (rows, next) = page_of::ended("campaigns", rows.await?, limit, id);
    Ok(Json(json!({"campaigns": rows, "next": next})))
}

/// `GET /api/v1/campaigns/{id}`: everything a contributor reads before work.
pub(super) async fn one(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(blocking(move || brief(&work, CampaignId(id))).await??))
}

/// A campaign with its terms and its brief.
pub(crate) fn brief(work: &Work, id: CampaignId) -> Result<Value, Problem> {
    let units = work.0.workplace.units(id).ok();
    let wanted = work.0.workplace.left(id).1;
    let paused = work.plans().of_campaign(id);
    let paused = paused.is_ok_and(|plan| plan.is_some_and(|plan| plan.paused));
    let found = work.0.host.read(|state| {
        let mut row = summary(state, id)?;
        row["terms"] = detail(state, id)?;
        Some(row)
    });
    let mut row = found.ok_or_else(|| no_campaign(id))?;
    row["brief"] = json!(units.and_then(|units| units.brief.clone()));
    row["tasks_wanted"] = json!(wanted);
    row["paused"] = json!(paused);
    row["training"] = json!(work.draft(id)?.conduct.training);
    Ok(row)
}

/// `GET /api/v1/campaigns/{id}/labels?cursor=&limit=`: the newest consensus, unit by unit.
pub(super) async fn labels(
    State(work): State<Work>,
    Path(id): Path<u32>,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let limit = paging.rows()?;
    let from = paging
        .place("labels")?
        .map_or(0, |last| last.saturating_add(1));
    let from = u32::try_from(from).unwrap_or(u32::MAX);
    let rows = label_rows(&work, CampaignId(id), from, limit + 1)?;
    let unit = |row: &Value| row["unit"].as_u64().unwrap_or(0);
    let (rows, next) = page_of::ended("labels", rows, limit, unit);
    Ok(Json(json!({"labels": rows, "next": next})))
}

/// So many units of a campaign from one on, with their labels.
pub(crate) fn label_rows(
    work: &Work,
    id: CampaignId,
    from: u32,
    limit: usize,
) -> Result<Vec<Value>, Problem> {
    let units = work.0.workplace.units(id);
    let units = units.map_err(|why| super::lease::refused(id, why))?;
    let rows = work.0.host.read(|state| {
        let campaign = state.campaign(id)?;
        let scored = campaign.units.iter().enumerate();
        let rows = scored.skip(from as usize).take(limit);
        let row = |(unit, score): (usize, &protocol::document::UnitScore)| {
            let label = score
                .label
                .map(|label| campaign.spec.classes[usize::from(label)].clone());
            json!({
                "unit": unit,
                "name": units.rows.get(unit).map(|row| row.name.clone()),
                "label": label,
                "probability_ppm": score.probability.ppm(),
                "answers": score.accepted,
                "gold": campaign.gold.contains_key(&(unit as u32)),
            })
        };
        Some(rows.map(row).collect::<Vec<_>>())
    });
    rows.ok_or_else(|| no_campaign(id))
}

/// `GET /api/v1/campaigns/{id}/people?cursor=&limit=`: contributors as the log has them, by number.
pub(super) async fn people(
    State(work): State<Work>,
    Path(id): Path<u32>,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let rows = blocking(move || people_rows(&work, CampaignId(id))).await??;
    let account = |row: &Value| row["account"].as_u64().unwrap_or(0);
    let (rows, next) = paging.cut("people", rows, account)?;
    Ok(Json(json!({"people": rows, "next": next})))
}

/// Contributors of a campaign.
pub(crate) fn people_rows(work: &Work, id: CampaignId) -> Result<Vec<Value>, Problem> {
    let rows = work.0.host.read(|state| {
        let campaign = state.campaign(id)?;
        let scores = campaign.contributors.iter();
        let scores: BTreeMap<AccountId, _> = scores.map(|own| (own.account, own)).collect();
        let rows = campaign.work.iter().map(|(account, work)| {
            let mut sums = [0_u32; 3];
            for block in &work.blocks {
                let place = match block.outcome {
                    Outcome::Held => 0,
                    Outcome::Released(_) => 1,
                    Outcome::Rejected => 2,
                };
                sums[place] += 1;
            }
            let score = scores.get(account);
            json!({
                "account": account.0,
                "blocks": {"pending": sums[0], "accepted": sums[1], "rejected": sums[2]},
                "gold_seen": score.map(|score| score.gold_seen),
                "gold_right": score.map(|score| score.gold_right),
                "reputation_ppm": score.map(|score| score.reputation.ppm()),
                "paused": campaign.conduct.paused.contains_key(account),
            })
        });
        Some(rows.collect::<Vec<_>>())
    });
    rows.ok_or_else(|| no_campaign(id))
}

/// `POST /api/v1/campaigns/{id}/pause`: nobody is given tasks until it goes on.
pub(super) async fn pause(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let id = work.steers(&caller, id)?;
    steered(work.plans().pause(id, true)?, id)
}

/// `POST /api/v1/campaigns/{id}/resume`: it goes on.
pub(super) async fn resume(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let id = work.steers(&caller, id)?;
    steered(work.plans().pause(id, false)?, id)
}

/// `POST /api/v1/campaigns/{id}/close`: the running round is the last.
pub(super) async fn close(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let id = work.steers(&caller, id)?;
    steered(work.plans().close(id)?, id)
}

fn steered(known: bool, id: CampaignId) -> Result<StatusCode, Problem> {
    if known {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = format!("campaign {id} was not drawn up here; it runs to its end");
    Err(Problem::new(StatusCode::CONFLICT, "no_plan", detail))
}

/// A campaign in a line, as the state has it; `None` where there is no such campaign.
pub(crate) fn summary(state: &node::State, id: CampaignId) -> Option<Value> {
    let campaign = state.campaign(id)?;
    let spec = &campaign.spec;
    let sealed = campaign
        .work
        .values()
        .map(|work| u64::from(work.sealed))
        .sum::<u64>();
    let running = campaign.open_round();
    let stage = match (node::stage_word(campaign.stage), running) {
        ("open", None) => "waiting",
        (word, _) => word,
    };
    let spent = |owner| state.book.balance(owner, spec.terms.token).to_string();
    Some(json!({
        "id": id.0,
        "title": spec.title,
        "skill": spec.skill,
        "owner": campaign.owner.0,
        "stage": stage,
        "classes": spec.classes,
        "units": spec.unit_count,
        "units_out": campaign.units_out(),
        "overlap": spec.overlap,
        "price_units": spec.price_units.to_string(),
        "bonus": state.bonus(id).map(|(bonus, token)| json!({
            "token": token.0,
            "price_units": bonus.price_units.to_string(),
            "budget_units": bonus.budget_units.to_string(),
            "left_units": state.book.balance(PurseOwner::Budget(id), token).to_string(),
        })),
        "budget_units": spec.budget_units.to_string(),
        "left_units": spent(PurseOwner::Budget(id)),
        "rounds": campaign.rounds.len(),
        "answers_opened": campaign.answers.len(),
        "answers_sealed": if running.is_some() { sealed } else { 0 },
        "contributors": campaign.work.len(),
        "asset": campaign.asset.map(|asset| asset.0),
    }))
}

pub(super) fn detail(state: &node::State, id: CampaignId) -> Option<Value> {
    let campaign = state.campaign(id)?;
    let (spec, rule) = (&campaign.spec, &campaign.spec.rule);
    let deposit = campaign.block_deposit().unwrap_or_default();
    let stake = campaign.stake().unwrap_or_default();
    let method = spec.method.as_ref();
    Some(json!({
        "gold_share_ppm": rule.gold_share.ppm(),
        "block_length": rule.block_length,
        "beta_ppm": rule.beta.ppm(),
        "reference_ppm": rule.reference_accuracy.ppm(),
        "block_deposit_units": deposit.to_string(),
        "stake_units": stake.to_string(),
        "appeal_ms": spec.appeal_ms,
        "panel": method.map(|method| method.panel.iter().map(|own| own.0).collect::<Vec<_>>()),
        "target_ppm": method.map(|method| method.target.ppm()),
        "slash_below_ppm": method.map(|method| method.slash_below.ppm()),
        "purposes": spec.terms.purposes,
        "use_price_units": spec.terms.price_units.to_string(),
        "contributors_share_ppm": spec.terms.contributors_share.ppm(),
        "fund": spec.fund.0,
    }))
}
