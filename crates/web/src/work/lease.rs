//! Tasks as contributors take them: leased, kept alive, given back, with drafts.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use node::floor::{Denied, Lease};
use node::workplace::{Refused, Task};
use protocol::{AccountId, CampaignId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Work, account, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::login::json as read;
use crate::page::Viewer;
use crate::problem::Problem;
use crate::problem::said::{most_bytes, reputation_low};

/// Longest draft, in bytes.
const DRAFT_BYTES: usize = 65_536;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    count: usize,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Back {
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    content: String,
}

/// `POST /api/v1/campaigns/{id}/leases`: tasks until the caller holds `count`, those that are held
/// already first. What is told is kept: no crash gives them to somebody else too. Notices are in
/// the language that the caller reads pages in, or asks for by `Accept-Language`.
pub(super) async fn take(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
    viewer: Viewer,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let wanted: Wanted = read(body).await?;
    let (campaign, own) = (CampaignId(id), account(&caller)?);
    let plan = work.plans().of_campaign(campaign)?;
    if plan.as_ref().is_some_and(|plan| plan.paused) {
        let detail = "the requester has paused this campaign; come back later";
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "campaign_paused",
            detail,
        ));
    }
    let draft = plan.map(|plan| super::plan::draft_of(&plan)).transpose()?;
    if let Some(draft) = &draft {
        super::conduct::eligible(&work, draft, campaign, own)?;
    }
    if work.0.workplace.known_units(campaign).is_none() {
        // A large document is read once, where no other request waits for it.
        let workplace = work.0.workplace.clone();
        let units = blocking(move || workplace.units(campaign)).await?;
        units.map_err(|why| refused(campaign, why))?;
    }
    let tasks = work.0.workplace.lease(campaign, own, wanted.count).await;
    let tasks = tasks.map_err(|why| refused(campaign, why))?;
    let tasks: Vec<Value> = tasks.iter().map(task).collect();
    let notices = match &draft {
        Some(draft) => super::hit::notices(&work, draft, (campaign, own), viewer.words())?,
        None => Vec::new(),
    };
    Ok(Json(
        json!({"campaign": id, "tasks": tasks, "notices": notices}),
    ))
}

/// Whether somebody has the reputation in the campaign's skill that its requester asks for: the
/// lower bound that the log has of their chance to be right, never a raw share.
pub(super) fn qualified(
    work: &Work,
    account: AccountId,
    campaign: CampaignId,
    least_ppm: u32,
) -> Result<(), Problem> {
    if least_ppm == 0 {
        return Ok(());
    }
    let shown = work.0.host.read(|state| {
        let skill = state.campaign(campaign)?.spec.skill.clone();
        let shown = state.skills.get(&(account, skill))?;
        Some(shown.reputation.ppm())
    });
    let shown = shown.unwrap_or(0);
    if shown >= least_ppm {
        return Ok(());
    }
    let detail = reputation_low(least_ppm, shown);
    Err(Problem::forbidden("not_qualified", detail))
}

/// `POST /api/v1/campaigns/{id}/leases/renew`: a sign of life for all that the caller holds.
pub(super) async fn renew(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let (campaign, own) = (CampaignId(id), account(&caller)?);
    let leases = work.0.workplace.renew(campaign, own).await;
    let leases = leases.map_err(|why| refused(campaign, why))?;
    let line = |lease: &Lease| json!({"task": lease.task, "expires_ms": lease.expires_ms});
    let leases: Vec<Value> = leases.iter().map(line).collect();
    Ok(Json(json!({"leases": leases})))
}

/// `DELETE /api/v1/campaigns/{id}/leases/{task}`: a task goes back; with a reason it is skipped.
pub(super) async fn give_back(
    State(work): State<Work>,
    Path((id, task)): Path<(u32, u32)>,
    caller: Caller,
    body: axum::body::Bytes,
) -> Result<StatusCode, Problem> {
    let back: Back = match &body[..] {
        [] => Back::default(),
        bytes => serde_json::from_slice(bytes)
            .map_err(|error| Problem::invalid("malformed", format!("the body: {error}")))?,
    };
    let place = (CampaignId(id), account(&caller)?);
    let given = work.0.workplace.give_back(place, task, back.reason).await;
    given.map_err(|why| refused(place.0, why))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/v1/campaigns/{id}/drafts/{task}`: keeps what was typed so far.
pub(super) async fn draft(
    State(work): State<Work>,
    Path((id, task)): Path<(u32, u32)>,
    caller: Caller,
    body: Body,
) -> Result<StatusCode, Problem> {
    let draft: Draft = read(body).await?;
    if draft.content.len() > DRAFT_BYTES {
        return Err(most_bytes(DRAFT_BYTES as u64));
    }
    let place = (CampaignId(id), account(&caller)?);
    let kept = work.0.workplace.draft(place, task, draft.content).await;
    kept.map_err(|why| refused(place.0, why))?;
    Ok(StatusCode::NO_CONTENT)
}

fn task(task: &Task) -> Value {
    let unit =
        |(unit, row): &(u32, protocol::document::Unit)| json!({"unit": unit, "name": row.name});
    let text = task.units.first().and_then(|(_, row)| row.text.as_deref());
    json!({
        "task": task.lease.task,
        "given_ms": task.lease.given_ms,
        "expires_ms": task.lease.expires_ms,
        "units": task.units.iter().map(unit).collect::<Vec<_>>(),
        "text": text,
        "draft": task.draft,
    })
}

/// Why the desk says no.
pub(crate) fn refused(campaign: CampaignId, why: Refused) -> Problem {
    let conflict = |code, detail: &str| Problem::new(StatusCode::CONFLICT, code, detail);
    match why {
        Refused::UnknownCampaign => no_campaign(campaign),
        Refused::NoRound => conflict("no_round", "no round of this campaign runs now"),
        Refused::Involved => Problem::forbidden(
            "involved",
            "requesters and members of the panel do not work in their own campaign",
        ),
        Refused::Paused => Problem::forbidden(
            "account_paused",
            "the hidden checks speak against your answers in this round; see your earnings for why",
        ),
        Refused::Stopped(firing) => {
            let why = super::hit::rule_of(&firing).map_or_else(
                || "a rule of the campaign gives you no tasks for now".to_owned(),
                |rule| rule.told(firing.value, firing.count, false),
            );
            Problem::forbidden(
                "stopped_by_rule",
                format!("{why} See your standing for more"),
            )
        }
        Refused::NotYours(Denied::NoRound) => conflict("no_round", "the round is over"),
        Refused::NotYours(Denied::NoTask) => Problem::invalid(
            "no_task",
            "the units are no whole tasks of the running round",
        ),
        Refused::NotYours(Denied::NotLeased) => conflict(
            "not_leased",
            "this task is not yours to answer: it was never given to you, or its time is over",
        ),
        Refused::NotYours(Denied::Answered) => conflict("answered", "you have answered this task"),
        Refused::Desk(why) => Problem::busy("desk", format!("the desk cannot keep this: {why}"), 1),
    }
}
