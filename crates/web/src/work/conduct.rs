//! How people fare in a campaign: states, what its rules have done, feedback, levels.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use node::draft::Draft;
use node::feedback::Feedback;
use node::level::{self, Standing};
use node::participant::{Beside, Participant, participants};
use protocol::{AccountId, CampaignId};
use serde_json::{Value, json};

use super::hit::{self, Hit};
use super::{Work, account, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;
use crate::problem::said;

pub(super) fn routes() -> Router<Work> {
    Router::new()
        .route("/api/v1/me/levels", get(levels))
        .route("/api/v1/campaigns/{id}/standing", get(standing))
        .route("/api/v1/campaigns/{id}/feedback/{task}", get(lesson))
        .route("/api/v1/campaigns/{id}/participants", get(everybody))
        .route("/api/v1/campaigns/{id}/firings", get(firings))
        .route("/api/v1/campaigns/{id}/firings.csv", get(table))
        .route("/api/v1/campaigns/{id}/firings/{index}/lift", post(lift))
}

/// `GET /api/v1/me/levels`: the caller's level in each skill, and what the next one takes.
async fn levels(State(work): State<Work>, caller: Caller) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let all = work.0.host.read(|state| level::standings(state, own));
    Ok(Json(json!({"levels": all})))
}

/// `GET /api/v1/campaigns/{id}/standing`: the caller in a campaign: state, level, what its rules
/// have done and why, and feedback on each judged block.
async fn standing(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let all = (own, usize::MAX);
    let found = blocking(move || own_standing(&work, CampaignId(id), all)).await??;
    Ok(Json(found.shown(id)))
}

/// Somebody in a campaign.
pub(crate) struct OwnStanding {
    /// `None` for somebody who has never held a task of it.
    pub(crate) participant: Option<Participant>,
    /// Of the campaign's skill, by work for requesters that it trusts.
    pub(crate) level: Option<Standing>,
    /// Why the account is given no tasks, where it does not qualify.
    pub(crate) why_not: Option<Problem>,
    /// What its rules have done, the oldest first.
    pub(crate) hits: Vec<Hit>,
    /// What became of judged blocks, the newest at the end.
    pub(crate) blocks: Vec<Feedback>,
}

impl OwnStanding {
    fn shown(&self, campaign: u32) -> Value {
        let why_not = self.why_not.as_ref().map(Problem::detail);
        json!({
            "campaign": campaign,
            "participant": self.participant,
            "level": self.level,
            "not_eligible": why_not,
            "firings": self.hits.iter().map(Hit::shown).collect::<Vec<_>>(),
            "blocks": self.blocks,
        })
    }
}

/// What [`standing`] says of an account, with so many of its newest judged blocks at most.
pub(crate) fn own_standing(
    work: &Work,
    id: CampaignId,
    (own, most): (AccountId, usize),
) -> Result<OwnStanding, Problem> {
    let units = work.0.workplace.units(id).ok();
    let participant = some_participants(work, id, Some(own))?.into_iter().next();
    let (blocks, level) = work.0.host.read(|state| {
        let blocks = node::feedback::feedback(state, id, (own, most), units.as_deref());
        (blocks, level::in_campaign(state, id, own))
    });
    Ok(OwnStanding {
        participant,
        level,
        why_not: eligible(work, &work.draft(id)?, id, own).err(),
        hits: hit::hits(work, id, own)?,
        blocks,
    })
}

/// `GET /api/v1/campaigns/{id}/feedback/{task}`: what is right, in a training campaign, once the
/// caller's first answer to the task of its newest round is kept: it may be replaced after that,
/// and counts as it was.
async fn lesson(
    State(work): State<Work>,
    Path((id, task)): Path<(u32, u32)>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let (id, own) = (CampaignId(id), account(&caller)?);
    let plan = work.plans().of_campaign(id)?;
    let plan = plan.ok_or_else(|| no_campaign(id))?;
    let draft = super::plan::draft_of(&plan)?;
    if !draft.conduct.training {
        let detail = "only training campaigns tell what is right, task by task";
        return Err(Problem::forbidden("no_training", detail));
    }
    let round = work.0.host.read(|state| {
        let round = state.campaign(id).and_then(|it| it.rounds.last());
        round.map(|round| round.first_unit)
    });
    let first = round.ok_or_else(|| super::refused(id, node::workplace::Refused::NoRound))?;
    let not_answered = || {
        let detail = "what is right is told once your answer is in the log and counted";
        Problem::forbidden("not_answered", detail)
    };
    let place = (first / draft.units_per_task().max(1)).checked_add(task);
    let place = place.filter(|place| *place < u32::MAX);
    let place = place.ok_or_else(not_answered)?;
    let known = work.plans().known(plan.id, place..place + 1)?;
    let known = known.into_iter().next().map(|(_, known)| known);
    let workplace = &work.0.workplace;
    // Nothing is counted where nothing is known.
    let counted = workplace.ask(|desk| desk.has_lesson((id, own), place))?
        || known.is_none() && workplace.has_answered(id, own, task);
    if !counted {
        return Err(not_answered());
    }
    let (right, seen) = work.0.workplace.ask(|desk| desk.lessons(id, own))?;
    Ok(Json(
        json!({"task": task, "known": known, "right": right, "seen": seen}),
    ))
}

/// `GET /api/v1/campaigns/{id}/participants`: everybody and where they stand, for its requester.
async fn everybody(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let id = work.steers(&caller, id)?;
    let all = blocking(move || all_participants(&work, id)).await??;
    Ok(Json(json!({"participants": all})))
}

/// What [`everybody`] lists.
pub(crate) fn all_participants(work: &Work, id: CampaignId) -> Result<Vec<Participant>, Problem> {
    some_participants(work, id, None)
}

fn some_participants(
    work: &Work,
    id: CampaignId,
    only: Option<AccountId>,
) -> Result<Vec<Participant>, Problem> {
    let workplace = &work.0.workplace;
    let draft = work.draft(id)?;
    let mut beside = Beside {
        endings: workplace.ask(|desk| desk.endings(id, only))?,
        only,
        leases: workplace.holders(id),
        stopped: workplace.stopped(id),
        screened: BTreeSet::new(),
    };
    if draft.conduct.training && draft.conduct.screening_ppm > 0 {
        for account in beside.endings.keys().copied() {
            if shown_ppm(work, id, account)? < draft.conduct.screening_ppm {
                beside.screened.insert(account);
            }
        }
    }
    let all = work.0.host.read(|state| participants(state, id, &beside));
    all.ok_or_else(|| no_campaign(id))
}

/// Lower bound of the accuracy that a training campaign has shown, in ppm.
fn shown_ppm(work: &Work, training: CampaignId, own: AccountId) -> Result<u32, Problem> {
    let (right, seen) = work.0.workplace.ask(|desk| desk.lessons(training, own))?;
    Ok(level::bound_ppm(right, seen))
}

/// `GET /api/v1/campaigns/{id}/firings`: what its rules have done, with all the numbers, for its
/// requester.
async fn firings(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let id = work.steers(&caller, id)?;
    let rows = blocking(move || hit::rows(&work, id)).await??;
    Ok(Json(json!({"firings": rows})))
}

/// `GET /api/v1/campaigns/{id}/firings.csv`: the same as a table.
async fn table(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let id = work.steers(&caller, id)?;
    let rows = blocking(move || hit::rows(&work, id)).await??;
    let columns = [
        "id",
        "account",
        "rule",
        "words",
        "evidence",
        "value",
        "count",
        "action",
        "at_ms",
        "until_ms",
        "lifted_by",
        "lifted_ms",
    ];
    Ok(csv("firings.csv", &columns, &rows))
}

/// Rows of JSON as a table with these columns.
pub(super) fn csv(name: &str, columns: &[&str], rows: &[Value]) -> impl IntoResponse + use<> {
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    };
    let mut text = columns.join(",") + "\n";
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| cell(&row[*column])).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, text)
}

/// A cell by RFC 4180. One that a spreadsheet would take for a formula is text there too.
fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    if formula || text.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// `POST /api/v1/campaigns/{id}/firings/{index}/lift`: the requester takes back what a rule did.
async fn lift(
    State(work): State<Work>,
    Path((id, firing)): Path<(u32, u64)>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let id = work.steers(&caller, id)?;
    let own = account(&caller)?;
    let lifted = blocking(move || work.0.workplace.lift(id, firing, own)).await??;
    if lifted {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = format!("campaign {id} has no firing {firing} that still holds");
    Err(Problem::missing(detail))
}

/// Whether somebody may be given tasks of a campaign, as far as its requester asks for something:
/// a reputation, a level, or what a training campaign has shown.
pub(super) fn eligible(
    work: &Work,
    draft: &Draft,
    id: CampaignId,
    own: AccountId,
) -> Result<(), Problem> {
    super::lease::qualified(work, own, id, draft.least_reputation_ppm)?;
    let least = draft.conduct.least_level;
    // Everybody is a novice at least, and a standing takes a while to find.
    if least > level::Level::Novice {
        let standing = work.0.host.read(|state| level::in_campaign(state, id, own));
        if let Some(standing) = standing.filter(|it| it.level < least) {
            return Err(Problem::forbidden(
                "not_qualified",
                said::level_low(&standing, least),
            ));
        }
    }
    screened(work, draft, own)
}

fn screened(work: &Work, draft: &Draft, own: AccountId) -> Result<(), Problem> {
    let Some(training) = draft.conduct.screening.map(CampaignId) else {
        return Ok(());
    };
    let shown = shown_ppm(work, training, own)?;
    let asked = draft.conduct.screening_ppm;
    if shown >= asked {
        return Ok(());
    }
    let detail = said::training_low(training, asked, shown);
    Err(Problem::forbidden("screened_out", detail))
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_are_quoted_and_no_formulas() {
        assert_eq!(super::quoted("plain"), "plain");
        assert_eq!(super::quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(super::quoted("=1+1"), "\"'=1+1\"");
    }
}
