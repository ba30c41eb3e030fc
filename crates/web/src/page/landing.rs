//! The front page: what the node has done so far, and what is open to work on.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::event::PurseOwner;
use protocol::{AccountId, CampaignId, TokenId};
use serde_json::Value;

use super::part::{campaigns, count, figure, money};
use super::shell::{Page, Viewer, answer};
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, campaign};

/// Campaigns on the front page.
const SHOWN: usize = 8;

/// What the log adds up to.
struct Totals {
    entries: u64,
    accounts: usize,
    open: usize,
    answers: u64,
    paid_units: u128,
    epochs: usize,
}

/// `GET /`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = draw(work).await;
    answer(&viewer, uri.path(), page)
}

async fn draw(work: Work) -> Result<Page, Problem> {
    let faucet = work.has_faucet();
    let (totals, rows) = blocking(move || read(&work)).await?;
    Ok(Page {
        part: "/",
        title: "Work that stays yours".to_owned(),
        scripts: &["live.js"],
        body: html! {
            section.hero {
                h1 { "Label data. Be paid for it, and for what is built on it." }
                p.lead {
                    "Answers, scores and payments stand in one signed log that anybody can check. "
                    "Contributors keep a share in every label set they work on."
                }
                p.actions {
                    a.button.main href="/tasks" { "Find work" }
                    a.button href="/campaigns/new" { "Open a campaign" }
                }
                @if faucet {
                    p.note { "This is a test node: its money is play money." }
                }
            }
            div id="live" data-events="/api/v1/events" {
                (figures(&totals))
                section {
                    h2 { "Open campaigns" }
                    @if rows.is_empty() {
                        p.empty {
                            "No campaign is open just now. "
                            a href="/campaigns/new" { "Open the first one" } "."
                        }
                    } @else {
                        (campaigns(&rows, "/tasks"))
                    }
                }
            }
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
        },
    })
}

fn figures(totals: &Totals) -> Markup {
    html! {
        section aria-label="Totals" {
            dl.figures {
                (figure("Entries in the log", &count(totals.entries.into())))
                (figure("Accounts", &count(totals.accounts as u128)))
                (figure("Open campaigns", &count(totals.open as u128)))
                (figure("Answers", &count(totals.answers.into())))
                (figure("Earned by contributors", &money(totals.paid_units)))
                (figure("Epochs settled", &count(totals.epochs as u128)))
            }
        }
    }
}

fn read(work: &Work) -> (Totals, Vec<Value>) {
    work.host().read(|state| {
        let accounts = u32::try_from(state.accounts.len()).unwrap_or(u32::MAX);
        let earned = |id| {
            state
                .book
                .balance(PurseOwner::Earned(AccountId(id)), TokenId(0))
                .units()
        };
        let running = |id: &u32| {
            let campaign = state.campaign(CampaignId(*id));
            campaign.is_some_and(|campaign| campaign.open_round().is_some())
        };
        let campaigns = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
        let open: Vec<u32> = (0..campaigns).rev().filter(running).collect();
        let shown = open.iter().take(SHOWN);
        let rows = shown.filter_map(|id| campaign::summary(state, CampaignId(*id)));
        let opened = state
            .campaigns
            .iter()
            .map(|campaign| campaign.answers.len() as u64);
        let sealed = open.iter().filter_map(|id| state.campaign(CampaignId(*id)));
        let sealed = sealed.flat_map(|campaign| campaign.work.values());
        let totals = Totals {
            entries: state.size,
            accounts: state.accounts.len(),
            open: open.len(),
            answers: opened.sum::<u64>() + sealed.map(|work| u64::from(work.sealed)).sum::<u64>(),
            paid_units: (0..accounts).map(earned).sum(),
            epochs: state.epochs.len(),
        };
        (totals, rows.collect())
    })
}
