//! Lists of campaigns: what is open to work on, and all there ever were.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::html;
use protocol::CampaignId;
use serde_json::Value;

use super::icon::icon;
use super::offers::{cards, running};
use super::part::{campaigns, nothing_yet};
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, campaign};

/// Campaigns of one page.
const SHOWN: usize = 100;

/// `GET /tasks`: campaigns that are running.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = open(work, viewer.words()).await;
    answer(&viewer, uri.path(), page)
}

/// `GET /campaigns`: the newest campaigns, whatever has become of them.
pub(super) async fn all(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = every(work, viewer.words()).await;
    answer(&viewer, uri.path(), page)
}

async fn open(work: Work, words: Words) -> Result<Page, Problem> {
    let rows = running(work, SHOWN).await?;
    Ok(Page {
        part: "/tasks",
        title: words.say("nav.work").to_owned(),
        scripts: &["live.js"],
        body: html! {
            h1 { (words.say("nav.work")) }
            p.lead { (words.say("tasks.lead")) }
            div id="live" data-events="/api/v1/events" {
                @if rows.is_empty() {
                    (nothing_yet(words.say("tasks.none"), &html! {}))
                } @else {
                    h2.hidden { (words.say("landing.open")) }
                    (cards(words, &rows))
                }
            }
            details.brief {
                summary { (words.say("tasks.how")) }
                dl.facts {
                    dt { (words.say("offer.level")) } dd { (words.say("tasks.how-level")) }
                    dt { (words.say("offer.quality")) } dd { (words.say("tasks.how-quality")) }
                    dt { (words.say("offer.set-aside")) } dd { (words.say("tasks.how-set-aside")) }
                    dt { (words.say("offer.an-hour")) } dd { (words.say("tasks.how-hour")) }
                }
            }
            p.stale id="stale" hidden { (words.say("live.stale")) }
        },
    })
}

async fn every(work: Work, words: Words) -> Result<Page, Problem> {
    let rows = rows(work).await?;
    Ok(Page {
        part: "/campaigns",
        title: words.say("nav.campaigns").to_owned(),
        scripts: &["live.js"],
        body: html! {
            div.head {
                h1 { (words.say("nav.campaigns")) }
                a.button.main href="/campaigns/new" {
                    (icon("campaign")) (words.say("campaigns.new"))
                }
            }
            div id="live" data-events="/api/v1/events" {
                @if rows.is_empty() {
                    (nothing_yet(words.say("campaigns.none"), &html! {}))
                } @else {
                    (campaigns(words, &rows))
                }
            }
            p.stale id="stale" hidden { (words.say("live.stale")) }
        },
    })
}

async fn rows(work: Work) -> Result<Vec<Value>, Problem> {
    blocking(move || {
        work.host().read(|state| {
            let count = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
            let all = (0..count).rev();
            let rows = all.filter_map(|id| campaign::summary(state, CampaignId(id)));
            rows.take(SHOWN).collect()
        })
    })
    .await
}
