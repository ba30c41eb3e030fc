//! Reviews over HTTP: a blind answer, then what others said, then the last word.
//!
//! A review stands beside the label and takes no pay away.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, put};
use axum::{Json, Router};
use node::export::{Exported, Task};
use node::review::{Agreement, agreement};
use protocol::{AccountId, CampaignId};
use serde::Deserialize;
use serde_json::{Value, json};
use view::desk::{Asked, Change, Opinion};

use super::{Work, account, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::login::json as read;
use crate::problem::Problem;
use crate::problem::said::most_bytes;

/// Longest comment, in bytes.
const COMMENT_BYTES: usize = 4_096;

pub(super) fn routes() -> Router<Work> {
    Router::new()
        .route("/api/v1/campaigns/{id}/reviews", get(queue))
        .route("/api/v1/campaigns/{id}/reviews.csv", get(table))
        .route("/api/v1/campaigns/{id}/reviews/{task}/blind", put(blind))
        .route("/api/v1/campaigns/{id}/reviews/{task}", put(last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blind {
    labels: Vec<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    labels: Vec<u16>,
    #[serde(default)]
    comment: String,
}

impl Work {
    /// Somebody who may review a campaign: its requester, its panel, those whom its settings name,
    /// the operator.
    pub(crate) fn reviews(&self, caller: &Caller, id: u32) -> Result<AccountId, Problem> {
        let own = account(caller)?;
        if self.steers(caller, id).is_ok() {
            return Ok(own);
        }
        let id = CampaignId(id);
        let panel = self.host().read(|state| {
            let campaign = state.campaign(id)?;
            let method = campaign.spec.method.as_ref();
            Some(method.is_some_and(|method| method.panel.contains(&own)))
        });
        let panel = panel.ok_or_else(|| no_campaign(id))?;
        let worked = self.host().read(|state| {
            state
                .campaign(id)
                .is_some_and(|it| it.work.contains_key(&own))
        });
        let named = self.draft(id)?.conduct.reviewers.contains(&own.0);
        if panel || named && !worked {
            return Ok(own);
        }
        let detail = "reviews of this campaign are its requester's, its panel's and its reviewers'";
        Err(Problem::forbidden("no_reviewer", detail))
    }
}

/// `GET /api/v1/campaigns/{id}/reviews`: the queue. What others have said of a task shows once the
/// caller has answered it blind.
async fn queue(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let own = work.reviews(&caller, id)?;
    let value = blocking(move || rows(&work, CampaignId(id), own)).await??;
    Ok(Json(value))
}

/// What [`queue`] shows to a reviewer.
pub(crate) fn rows(work: &Work, id: CampaignId, own: AccountId) -> Result<Value, Problem> {
    let exported = super::disagree::exported(work, id)?;
    let (asked, opinions) = kept(work, id)?;
    let tasks: Vec<Task> = exported.tasks().collect();
    let row = |asked: &Asked| {
        let task = tasks.get(asked.task as usize)?;
        if !is_due(asked, task) {
            return None;
        }
        let mine = opinions
            .iter()
            .find(|it| it.task == asked.task && it.reviewer == own);
        let status = match mine {
            None => "open",
            Some(mine) if mine.last.is_empty() => "blind",
            Some(_) => "done",
        };
        let mut row = json!({
            "task": asked.task,
            "name": task.name,
            "text": task.text,
            "why": asked.why,
            "status": status,
        });
        if let Some(mine) = mine {
            row["shown"] = revealed(&exported, task, mine);
        }
        Some(row)
    };
    let rows: Vec<Value> = asked.iter().filter_map(row).collect();
    Ok(json!({
        "campaign": id.0,
        "kind": exported.kind,
        "classes": exported.classes,
        "options": exported.options,
        "reviews": rows,
        "agreement": summary(&opinions),
    }))
}

/// Whether there is something to review: a rule asks while its round still runs, and then neither
/// consensus nor answers are there yet.
fn is_due(asked: &Asked, task: &Task) -> bool {
    asked.why != "rule" || task.label.is_some() || !task.answers.is_empty()
}

/// What a reviewer sees once they have committed themselves.
fn revealed(exported: &Exported, task: &Task, mine: &Opinion) -> Value {
    let labels = |text: &str| serde_json::from_str::<Vec<u16>>(text).ok();
    let answers = task.answers.iter().map(
        |(account, said)| json!({"account": account.0, "labels": said.labels, "text": said.text}),
    );
    let consensus = task.label.as_ref().map(|(said, _)| said.labels.clone());
    let probability = task.label.as_ref().map(|(_, probability)| *probability);
    json!({
        "blind": labels(&mine.blind),
        "last": labels(&mine.last),
        "comment": mine.comment,
        "consensus": consensus,
        "probability_ppm": probability,
        "answers": answers.collect::<Vec<_>>(),
        "algorithm": exported.algorithm,
    })
}

fn summary(opinions: &[Opinion]) -> Value {
    let Agreement {
        reviewers,
        done,
        corrected,
        changed,
        pairs,
    } = agreement(opinions);
    json!({
        "reviewers": reviewers,
        "done": done,
        "corrected": corrected,
        "changed_after_reveal": changed,
        "pairs": pairs,
    })
}

fn kept(work: &Work, id: CampaignId) -> Result<(Vec<Asked>, Vec<Opinion>), Problem> {
    let found = work.0.workplace.ask(|desk| {
        let asked = desk.asked(id)?;
        Ok::<_, view::Error>((asked, desk.opinions(id)?))
    });
    Ok(found?)
}

/// `PUT /api/v1/campaigns/{id}/reviews/{task}/blind`: the caller's own answer, before anything is
/// shown; it stands. Answers with what there is to see then.
async fn blind(
    State(work): State<Work>,
    Path((id, task)): Path<(u32, u32)>,
    caller: Caller,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let given: Blind = read(body).await?;
    let own = work.reviews(&caller, id)?;
    let value = blocking(move || {
        let place = (CampaignId(id), task);
        let (exported, found, mine) = lookup(&work, place, own)?;
        if mine.is_some() {
            let detail = "you have answered this task blind before; that answer stands";
            return Err(Problem::new(StatusCode::CONFLICT, "answered", detail));
        }
        let opinion = Opinion {
            campaign: place.0,
            task,
            reviewer: own,
            blind: written(&exported, &found, &given.labels)?,
            last: String::new(),
            consensus: String::new(),
            comment: String::new(),
            at_ms: work.0.host.now_ms(),
        };
        work.0
            .workplace
            .write(vec![Change::Opinion(opinion.clone())])?;
        Ok(revealed(&exported, &found, &opinion))
    });
    Ok(Json(value.await??))
}

/// `PUT /api/v1/campaigns/{id}/reviews/{task}`: the last word, after all was shown: the consensus
/// again, or a correction, with a comment.
async fn last(
    State(work): State<Work>,
    Path((id, task)): Path<(u32, u32)>,
    caller: Caller,
    body: Body,
) -> Result<StatusCode, Problem> {
    let given: Last = read(body).await?;
    if given.comment.len() > COMMENT_BYTES {
        return Err(most_bytes(COMMENT_BYTES as u64));
    }
    let own = work.reviews(&caller, id)?;
    let kept = blocking(move || {
        let (exported, found, mine) = lookup(&work, (CampaignId(id), task), own)?;
        let Some(mine) = mine else {
            let detail = "answer the task blind first, before others' answers are shown";
            return Err(Problem::new(StatusCode::CONFLICT, "not_blind", detail));
        };
        let consensus = found.label.as_ref().map(|(said, _)| said.labels.clone());
        let consensus = consensus.unwrap_or_default();
        let opinion = Opinion {
            last: written(&exported, &found, &given.labels)?,
            consensus: json!(consensus).to_string(),
            comment: given.comment,
            at_ms: work.0.host.now_ms(),
            ..mine
        };
        work.0.workplace.write(vec![Change::Opinion(opinion)])?;
        Ok(())
    });
    kept.await??;
    Ok(StatusCode::NO_CONTENT)
}

type Found = (Exported, Task, Option<Opinion>);

fn lookup(work: &Work, (id, task): (CampaignId, u32), own: AccountId) -> Result<Found, Problem> {
    let (asked, opinions) = kept(work, id)?;
    let missing = || Problem::missing(format!("task {task} is not in the queue for review"));
    let asked = asked.iter().find(|it| it.task == task);
    let asked = asked.ok_or_else(missing)?;
    let exported = super::disagree::exported(work, id)?;
    let found = exported.tasks().nth(task as usize);
    let found = found.filter(|found| is_due(asked, found));
    let found = found.ok_or_else(missing)?;
    let mine = opinions
        .into_iter()
        .find(|it| it.task == task && it.reviewer == own);
    Ok((exported, found, mine))
}

/// Labels as they are kept: one for each unit of the task, each a class.
fn written(exported: &Exported, task: &Task, labels: &[u16]) -> Result<String, Problem> {
    let units = exported.options.len().max(1);
    let known = |label: &u16| usize::from(*label) < exported.classes.len();
    if labels.len() == units && labels.iter().all(known) {
        return Ok(json!(labels).to_string());
    }
    let detail = format!(
        "`labels` of task `{}` are {units}, each below {}",
        task.name,
        exported.classes.len()
    );
    Err(Problem::invalid("bad_labels", detail))
}

/// `GET /api/v1/campaigns/{id}/reviews.csv`: every review that is done, beside the consensus.
async fn table(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    work.reviews(&caller, id)?;
    let columns = [
        "task",
        "name",
        "reviewer",
        "blind",
        "last",
        "consensus",
        "corrected",
        "comment",
        "at_ms",
    ];
    let lines = blocking(move || review_lines(&work, CampaignId(id))).await??;
    Ok(super::conduct::csv("reviews.csv", &columns, &lines))
}

fn review_lines(work: &Work, id: CampaignId) -> Result<Vec<Value>, Problem> {
    let exported = super::disagree::exported(work, id)?;
    let names: Vec<String> = exported.tasks().map(|task| task.name).collect();
    let words = |text: &str| {
        let labels: Vec<u16> = serde_json::from_str(text).unwrap_or_default();
        let word = |label: &u16| exported.classes.get(usize::from(*label)).cloned();
        labels.iter().filter_map(word).collect::<Vec<_>>().join("|")
    };
    let (_, opinions) = kept(work, id)?;
    let done = opinions.iter().filter(|it| !it.last.is_empty());
    let line = |it: &Opinion| {
        json!({
            "task": it.task,
            "name": names.get(it.task as usize),
            "reviewer": it.reviewer.0,
            "blind": words(&it.blind),
            "last": words(&it.last),
            "consensus": words(&it.consensus),
            "corrected": it.last != it.consensus,
            "comment": it.comment,
            "at_ms": it.at_ms,
        })
    };
    Ok(done.map(line).collect())
}
