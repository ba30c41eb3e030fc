//! Plans: campaigns before they open, with their units, what they will cost, and what to sign.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::draft::{Backing, Draft, Fault, Task};
use node::told::Told;
use protocol::{AccountId, Command, FundId, codec};
use serde::Deserialize;
use serde_json::{Value, json};
use store::attachment::Attachments;
use view::plan::{Plan, PlannedUnit};

use super::{Work, account};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::login::json as read;
use crate::page_of::{self, Paging};
use crate::problem::Problem;

/// Units that are read at once.
const CHUNK: u32 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paid {
    fund: u64,
    /// Deposit behind the second reward, where the plan has one.
    #[serde(default)]
    bonus_fund: Option<u64>,
}

/// `GET /api/v1/plans?cursor=&limit=`: the caller's plans, newest first.
pub(super) async fn list(
    State(work): State<Work>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let limit = paging.rows()?;
    let before = paging.place("plans")?.unwrap_or(i64::MAX as u64);
    let own = account(&caller)?;
    let plans = work.plans().of_owner(own, before, limit as u32 + 1)?;
    let (plans, next) = page_of::ended("plans", plans, limit, |plan| plan.id);
    let rows: Vec<Value> = plans.iter().map(shown).collect();
    Ok(Json(json!({"plans": rows, "next": next})))
}

/// `POST /api/v1/plans`: draws up a campaign. What cannot be is named, and nothing is kept.
pub(super) async fn create(
    State(work): State<Work>,
    caller: Caller,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let settings = checked(read(body).await?)?;
    let own = account(&caller)?;
    let now_ms = work.0.host.now_ms();
    let id = work.plans().create(own, &settings, now_ms)?;
    let plan = work.plan(&caller, id)?;
    Ok((StatusCode::CREATED, Json(shown(&plan))))
}

/// `GET /api/v1/plans/{id}`.
pub(super) async fn one(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let plan = work.plan(&caller, id)?;
    let (units, known) = work.plans().unit_count(id)?;
    let mut row = shown(&plan);
    row["tasks"] = json!(units);
    row["known"] = json!(known);
    Ok(Json(row))
}

/// `PUT /api/v1/plans/{id}`: other settings, until it opens.
pub(super) async fn change(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let settings = checked(read(body).await?)?;
    work.plan(&caller, id)?;
    let now_ms = work.0.host.now_ms();
    if !work.plans().change(id, &settings, now_ms)? {
        return Err(opened(id));
    }
    Ok(Json(shown(&work.plan(&caller, id)?)))
}

/// `DELETE /api/v1/plans/{id}`: gone with its units, until it opens.
pub(super) async fn delete(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    work.plan(&caller, id)?;
    match work.plans().delete(id)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(opened(id)),
    }
}

/// `GET /api/v1/plans/{id}/units?cursor=&limit=`.
pub(super) async fn units(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    work.plan(&caller, id)?;
    let limit = paging.rows()?;
    let from = paging
        .place("units")?
        .map_or(0, |last| last.saturating_add(1));
    let from = u32::try_from(from).unwrap_or(u32::MAX);
    let rows = work.plans().units(id, from, limit as u32 + 1)?;
    let rows: Vec<(u64, PlannedUnit)> = (u64::from(from)..).zip(rows).collect();
    let (rows, next) = page_of::ended("units", rows, limit, |(place, _)| *place);
    let row = |(_, unit): &(u64, PlannedUnit)| {
        let PlannedUnit { name, text, known } = unit;
        json!({"name": name, "text": text, "known": known})
    };
    let rows: Vec<Value> = rows.iter().map(row).collect();
    Ok(Json(json!({"units": rows, "next": next})))
}

/// `GET /api/v1/plans/{id}/estimate`: what it will cost, and how many answers that buys.
pub(super) async fn estimate(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let plan = work.plan(&caller, id)?;
    let draft = draft_of(&plan)?;
    let tasks = work.plans().unit_count(id)?.0;
    let estimate = blocking(move || node::estimate::estimate(&draft, tasks)).await?;
    let value = serde_json::to_value(estimate);
    value
        .map(Json)
        .map_err(|error| Problem::invalid("broken", error.to_string()))
}

/// `POST /api/v1/plans/{id}/prepare`: the command to sign, paid by a deposit of the caller. The
/// public document that it names is durable when this answers.
pub(super) async fn prepare(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let paid: Paid = read(body).await?;
    let plan = work.plan(&caller, id)?;
    if plan.campaign.is_some() {
        return Err(opened(id));
    }
    let draft = draft_of(&plan)?;
    let prepared = blocking(move || {
        let (tasks, gold) = gather(&work, plan.id, &draft)?;
        let backing = Backing {
            fund: FundId(paid.fund),
            bonus: paid.bonus_fund.map(FundId),
        };
        let prepared = draft.prepare(plan.owner, backing, &tasks, gold);
        let prepared = prepared.map_err(|faults| faulty(&faults))?;
        Attachments::new(work.0.files.clone()).put(&prepared.document)?;
        work.plans().prepare(plan.id, &prepared.spec.units)?;
        let command = codec::encode(&Command::OpenCampaign(prepared.spec.clone()));
        Ok::<_, Problem>(json!({
            "command": BASE64.encode(command),
            "units": prepared.spec.unit_count,
            "gold_share_ppm": gold,
            "budget_units": prepared.spec.budget_units.to_string(),
            "document": prepared.spec.units.to_string(),
        }))
    });
    Ok(Json(prepared.await??))
}

/// All tasks of a plan, and what part of them can be gold in every round.
fn gather(work: &Work, id: u64, draft: &Draft) -> Result<(Vec<Task>, u32), Problem> {
    let mut tasks: Vec<Task> = Vec::new();
    loop {
        let from = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        let rows = work.plans().units(id, from, CHUNK)?;
        if rows.is_empty() {
            break;
        }
        tasks.extend(rows.into_iter().map(|row| Task {
            name: row.name,
            text: row.text,
            known: row.known,
        }));
    }
    let owner = work.plans().plan(id)?.map(|plan| plan.owner);
    let retired = |task: &Task| {
        let first = draft.first_unit(task);
        work.0
            .host
            .read(|state| owner.is_some_and(|own| state.is_retired(own, &first)))
    };
    let gold = draft.gold_share(&tasks, retired);
    Ok((
        tasks,
        gold.map_err(|why| Problem::invalid("bad_gold", why))?,
    ))
}

fn checked(settings: Value) -> Result<String, Problem> {
    let draft: Draft = serde_json::from_value(settings)
        .map_err(|error| Problem::invalid("malformed", error.to_string()))?;
    let faults = draft.faults();
    if !faults.is_empty() {
        return Err(faulty(&faults));
    }
    serde_json::to_string(&draft).map_err(|error| Problem::invalid("malformed", error.to_string()))
}

fn faulty(faults: &[Fault]) -> Problem {
    let told = faults.iter().flat_map(Fault::told).collect();
    Problem::invalid("bad_plan", Told(told))
}

pub(super) fn draft_of(plan: &Plan) -> Result<Draft, Problem> {
    serde_json::from_str(&plan.settings)
        .map_err(|error| Problem::invalid("bad_plan", error.to_string()))
}

pub(super) fn opened(id: u64) -> Problem {
    let detail = format!("plan {id} is a campaign already: what it promised stands");
    Problem::new(StatusCode::CONFLICT, "plan_opened", detail)
}

fn shown(plan: &Plan) -> Value {
    let settings: Value = serde_json::from_str(&plan.settings).unwrap_or_default();
    let AccountId(owner) = plan.owner;
    json!({
        "id": plan.id,
        "owner": owner,
        "settings": settings,
        "campaign": plan.campaign.map(|campaign| campaign.0),
        "paused": plan.paused,
        "closing": plan.closing,
        "created_ms": plan.created_ms,
        "changed_ms": plan.changed_ms,
    })
}
