//! Appeals over HTTP: one's own rejected blocks, the queue of a panel's member, and reviewers.
//!
//! What is signed goes to `submit`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use node::appeal::{self, Case};
use protocol::document::Units;
use protocol::{AccountId, CampaignId, Role};
use serde_json::{Value, json};

use super::{Work, account};
use crate::access::Caller;
use crate::api::blocking;
use crate::problem::Problem;

pub(super) fn routes() -> Router<Work> {
    Router::new()
        .route("/api/v1/me/appeals", get(own))
        .route("/api/v1/appeals", get(docket))
        .route("/api/v1/reviewers", get(reviewers))
}

/// `GET /api/v1/me/appeals`: each rejected block of the caller, with its items, the rule, the
/// amount, and until when it can be appealed.
async fn own(State(work): State<Work>, caller: Caller) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let cases = blocking(move || own_cases(&work, own)).await??;
    Ok(Json(json!({"cases": cases})))
}

/// `GET /api/v1/appeals`: what the caller decides as a member of a panel; open appeals first.
async fn docket(State(work): State<Work>, caller: Caller) -> Result<Json<Value>, Problem> {
    let own = account(&caller)?;
    let cases = blocking(move || docket_cases(&work, own)).await??;
    Ok(Json(json!({"cases": cases})))
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

/// The caller's rejected blocks with what was said about them.
pub(crate) fn own_cases(work: &Work, own: AccountId) -> Result<Vec<Case>, Problem> {
    let worked = |campaign: &node::Campaign| campaign.work.contains_key(&own);
    let documents = documents(work, worked);
    let read = |state: &node::State| appeal::own(state, own, |id| documents.get(&id).cloned());
    spoken(work, work.0.host.read(read))
}

/// The queue of a panel's member with what was said about each block.
pub(crate) fn docket_cases(work: &Work, member: AccountId) -> Result<Vec<Case>, Problem> {
    let judges = |campaign: &node::Campaign| {
        let method = campaign.spec.method.as_ref();
        method.is_some_and(|method| method.panel.contains(&member))
    };
    let documents = documents(work, judges);
    let read =
        |state: &node::State| appeal::docket(state, member, |id| documents.get(&id).cloned());
    spoken(work, work.0.host.read(read))
}

/// The documents of some campaigns, read before the state is held: a large one takes its time.
fn documents(
    work: &Work,
    wanted: impl Fn(&node::Campaign) -> bool,
) -> BTreeMap<CampaignId, Arc<Units>> {
    let ids: Vec<CampaignId> = work.0.host.read(|state| {
        let all = state.numbered_campaigns();
        let some = all.filter(|(_, campaign)| campaign.judgements > 0 && wanted(campaign));
        some.map(|(id, _)| id).collect()
    });
    let read = |id: CampaignId| Some((id, work.0.workplace.units(id).ok()?));
    ids.into_iter().filter_map(read).collect()
}

fn spoken(work: &Work, mut cases: Vec<Case>) -> Result<Vec<Case>, Problem> {
    for case in &mut cases {
        let (campaign, account) = (CampaignId(case.campaign), AccountId(case.account));
        case.said = work.0.workplace.said(campaign, account, case.block)?;
    }
    Ok(cases)
}
