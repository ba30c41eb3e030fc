//! Lists of campaigns: what is open to work on, and all there ever were.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::html;
use protocol::CampaignId;
use serde_json::Value;

use super::part::{campaigns, text};
use super::shell::{Page, Viewer, answer};
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, campaign};

/// Campaigns of one page.
const SHOWN: usize = 100;

/// `GET /tasks`: campaigns that are running.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = open(work).await;
    answer(&viewer, uri.path(), page)
}

/// `GET /campaigns`: the newest campaigns, whatever has become of them.
pub(super) async fn all(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = every(work).await;
    answer(&viewer, uri.path(), page)
}

async fn open(work: Work) -> Result<Page, Problem> {
    let running = |row: &Value| matches!(text(&row["stage"]), "open" | "waiting");
    let rows = rows(work, running).await?;
    Ok(Page {
        part: "/tasks",
        title: "Work".to_owned(),
        scripts: &["live.js"],
        body: html! {
            h1 { "Work" }
            p.lead { "Choose a campaign, read what it asks, and answer. You are paid by how well "
                "your answers hold up, up to the price that is shown." }
            div id="live" data-events="/api/v1/events" {
                @if rows.is_empty() {
                    p.empty { "Nothing is open just now. New campaigns show here by themselves." }
                } @else {
                    (campaigns(&rows, "/tasks"))
                }
            }
            p id="stale" hidden { "The node cannot be reached; this list is old." }
        },
    })
}

async fn every(work: Work) -> Result<Page, Problem> {
    let rows = rows(work, |_| true).await?;
    Ok(Page {
        part: "/campaigns",
        title: "Campaigns".to_owned(),
        scripts: &["live.js"],
        body: html! {
            div.head {
                h1 { "Campaigns" }
                a.button.main href="/campaigns/new" { "New campaign" }
            }
            div id="live" data-events="/api/v1/events" {
                @if rows.is_empty() {
                    p.empty { "There has been no campaign yet. Yours can be the first." }
                } @else {
                    (campaigns(&rows, "/campaigns"))
                }
            }
            p id="stale" hidden { "The node cannot be reached; this list is old." }
        },
    })
}

async fn rows(
    work: Work,
    wanted: impl Fn(&Value) -> bool + Send + 'static,
) -> Result<Vec<Value>, Problem> {
    blocking(move || {
        work.host().read(|state| {
            let count = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
            let all = (0..count).rev();
            let rows = all.filter_map(|id| campaign::summary(state, CampaignId(id)));
            rows.filter(&wanted).take(SHOWN).collect()
        })
    })
    .await
}
