//! Appeals over HTTP: one's own rejected blocks, the queue of a panel's member, and reviewers.
//!
//! What is signed goes to `submit`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use node::appeal::{self, Case, Place};
use protocol::document::Units;
use protocol::{AccountId, CampaignId, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Work, account};
use crate::access::Caller;
use crate::api::blocking;
use crate::page_of::{self, Paging};
use crate::problem::Problem;

pub(super) fn routes() -> Router<Work> {
    Router::new()
        .route("/api/v1/me/appeals", get(own))
        .route("/api/v1/appeals", get(docket))
        .route("/api/v1/reviewers", get(reviewers))
}

/// `GET /api/v1/me/appeals?cursor=&limit=`: each rejected block of the caller, newest first, with
/// its items, the rule, the amount, and until when it can be appealed.
async fn own(
    State(work): State<Work>,
    caller: Caller,
    query: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(paging) = query?;
    let own = account(&caller)?;
    let (cases, next) = blocking(move || own_cases(&work, own, &paging)).await??;
    Ok(Json(json!({"cases": cases, "next": next})))
}

/// `GET /api/v1/appeals?limit=`: what the caller decides as a member of a panel. Open appeals come
/// first, so that the next ones stand here once these are decided.
async fn docket(
    State(work): State<Work>,
    caller: Caller,
    query: Result<Query<Length>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(length) = query?;
    let (own, most) = (account(&caller)?, page_of::rows(length.limit)?);
    let (cases, all) = blocking(move || docket_cases(&work, own, most)).await??;
    Ok(Json(json!({"cases": cases, "all": all})))
}

/// How much of a queue is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Length {
    limit: Option<u64>,
}

/// `GET /api/v1/reviewers`: accounts that have the role, for a campaign's panel.
async fn reviewers(State(work): State<Work>, caller: Caller) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let all = blocking(move || reviewer_accounts(&work, own)).await?;
    Ok(Json(json!({"reviewers": all})))
}

/// Whom the operator has made reviewers, but the one who asks: nobody decides appeals of their own
/// campaign.
pub(crate) fn reviewer_accounts(work: &Work, but: AccountId) -> Vec<u32> {
    work.0.host.read(|state| {
        let all = (0_u32..).map(AccountId).take(state.accounts.len());
        let may = |own: &AccountId| *own != but && state.roles(*own).has(Role::Reviewer);
        all.filter(may).map(|own| own.0).collect()
    })
}

/// A page of the caller's rejected blocks with what was said about them, and the cursor of the next
/// page.
pub(crate) fn own_cases(
    work: &Work,
    own: AccountId,
    paging: &Paging,
) -> Result<(Vec<Case>, Option<String>), Problem> {
    let places = work.0.host.read(|state| appeal::own(state, own));
    let newest = |(id, _, block): &Place| u64::MAX - (u64::from(id.0) << 32 | u64::from(*block));
    let (places, next) = paging.cut("appeals", places, newest)?;
    Ok((cases(work, &places)?, next))
}

/// The first `most` of a panel's member's queue with what was said about each block, and how many
/// there are.
pub(crate) fn docket_cases(
    work: &Work,
    member: AccountId,
    most: usize,
) -> Result<(Vec<Case>, usize), Problem> {
    let mut places = work.0.host.read(|state| appeal::docket(state, member));
    let all = places.len();
    places.truncate(most);
    Ok((cases(work, &places)?, all))
}

fn cases(work: &Work, places: &[Place]) -> Result<Vec<Case>, Problem> {
    // Read before the state is held: a large document takes its time.
    let ids: BTreeSet<CampaignId> = places.iter().map(|(id, _, _)| *id).collect();
    let read = |id: CampaignId| Some((id, work.0.workplace.units(id).ok()?));
    let documents: BTreeMap<CampaignId, Arc<Units>> = ids.into_iter().filter_map(read).collect();
    let document = |id: CampaignId| documents.get(&id).cloned();
    spoken(
        work,
        work.0
            .host
            .read(|state| appeal::cases(state, places, document)),
    )
}

fn spoken(work: &Work, mut cases: Vec<Case>) -> Result<Vec<Case>, Problem> {
    for case in &mut cases {
        let (campaign, account) = (CampaignId(case.campaign), AccountId(case.account));
        case.said = work.0.workplace.said(campaign, account, case.block)?;
    }
    Ok(cases)
}
