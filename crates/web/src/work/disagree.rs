//! Disagreement over HTTP, for a campaign's requester: tasks by entropy, pairs, confusion.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use node::disagreement::{Disagreement, Row, disagreement};
use node::export::Exported;
use protocol::CampaignId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Work, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;

/// Tasks of one page.
const PAGE: usize = 100;

pub(super) fn routes() -> Router<Work> {
    Router::new()
        .route("/api/v1/campaigns/{id}/disagreement", get(one))
        .route("/api/v1/campaigns/{id}/disagreement.csv", get(table))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct From {
    from: usize,
    limit: Option<usize>,
}

/// `GET /api/v1/campaigns/{id}/disagreement?from=&limit=`: tasks, most disagreement first, with
/// everybody's accepted answers; who agrees with whom; answers by consensus label.
async fn one(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(query) = query?;
    let id = work.steers(&caller, id)?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, 10 * PAGE);
    let found = blocking(move || found(&work, id)).await??;
    let all = found.tasks.len();
    let rows = found.tasks.iter().skip(query.from).take(limit);
    let rows: Vec<Value> = rows.map(|row| shown(&found, row)).collect();
    let next = (query.from + rows.len() < all).then_some(query.from + rows.len());
    Ok(Json(json!({
        "tasks": rows,
        "next": next,
        "pairs": found.pairs,
        "classes": found.classes,
        "confusion": found.confusion,
    })))
}

/// A row with the names of its labels.
pub(crate) fn shown(found: &Disagreement, row: &Row) -> Value {
    let words = |labels: &[u16]| {
        let word = |label: &u16| found.classes.get(usize::from(*label)).cloned();
        let words: Vec<String> = labels.iter().filter_map(word).collect();
        words.join("|")
    };
    let answers = row.answers.iter();
    let answers = answers.map(|(own, said)| json!({"account": own, "answer": words(said)}));
    json!({
        "task": row.task,
        "name": row.name,
        "text": row.text,
        "entropy_ppm": row.entropy_ppm,
        "label": row.label.as_deref().map(words),
        "probability_ppm": row.probability_ppm,
        "answers": answers.collect::<Vec<_>>(),
    })
}

/// `GET /api/v1/campaigns/{id}/disagreement.csv`: a line for each accepted answer of a task.
async fn table(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let id = work.steers(&caller, id)?;
    let found = blocking(move || found(&work, id)).await??;
    let columns = [
        "task",
        "name",
        "entropy_ppm",
        "label",
        "probability_ppm",
        "account",
        "answer",
    ];
    let lines = found.tasks.iter().flat_map(|row| {
        let row = shown(&found, row);
        let answers = row["answers"].as_array().cloned().unwrap_or_default();
        answers.into_iter().map(move |answer| {
            let mut line = row.clone();
            line["account"] = answer["account"].clone();
            line["answer"] = answer["answer"].clone();
            line
        })
    });
    let lines: Vec<Value> = lines.collect();
    Ok(super::conduct::csv("disagreement.csv", &columns, &lines))
}

/// Compares what a campaign has accepted.
pub(crate) fn found(work: &Work, id: CampaignId) -> Result<Disagreement, Problem> {
    Ok(disagreement(&exported(work, id)?))
}

/// A campaign's outcome so far.
pub(crate) fn exported(work: &Work, id: CampaignId) -> Result<Exported, Problem> {
    let units = work.0.workplace.units(id);
    let units = units.map_err(|why| super::refused(id, why))?;
    let found = node::export::export(&work.0.host, &work.0.files, id, units);
    let found = found.map_err(|error| Problem::busy("unavailable", error.to_string(), 5))?;
    found.ok_or_else(|| no_campaign(id))
}
