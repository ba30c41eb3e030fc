//! The people of a campaign, for its requester: where each stands, and what its rules have done.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::participant::Participant;
use protocol::CampaignId;
use serde_json::Value;

use super::part::{chip, count, money, number, text, time};
use super::shell::{Page, Viewer, answer, log_in_first};
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, conduct};

/// `GET /campaigns/{id}/people`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let why = "The people of a campaign are shown to its requester.";
    let page = steered(work, &viewer, (uri.path(), why), id, draw).await;
    answer(&viewer, uri.path(), page)
}

/// A page that a campaign's requester alone may see; `why` is told to whoever must log in first.
pub(super) async fn steered(
    work: Work,
    viewer: &Viewer,
    (path, why): (&str, &str),
    id: Result<Path<u32>, PathRejection>,
    draw: fn(&Work, CampaignId) -> Result<Page, Problem>,
) -> Result<Page, Problem> {
    let Path(id) = id?;
    let Some(caller) = &viewer.0 else {
        return Ok(log_in_first("/campaigns", path, why));
    };
    let id = work.steers(caller, id)?;
    blocking(move || draw(&work, id)).await?
}

fn draw(work: &Work, id: CampaignId) -> Result<Page, Problem> {
    let people = conduct::all_participants(work, id)?;
    let firings = conduct::firing_rows(work, id)?;
    let rules = work.draft(id)?.conduct.rules;
    Ok(Page {
        part: "/campaigns",
        title: "People".to_owned(),
        scripts: &["people.js", "live.js"],
        body: html! {
            div.head {
                h1 { "People of campaign " (id.0) }
                p.actions {
                    a.button href={ "/campaigns/" (id.0) } { "Dashboard" }
                    a.button href={ "/campaigns/" (id.0) "/disagreement" } { "Disagreement" }
                    a.button href={ "/campaigns/" (id.0) "/review" } { "Review" }
                }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" {
                (participants(&people))
                section {
                    h2 { "Rules" }
                    @if rules.is_empty() { p.empty { "This campaign has no rules." } }
                    @else { ol { @for rule in &rules { li { (rule.words()) } } } }
                }
                (fired(id, &firings))
            }
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
        },
    })
}

fn participants(people: &[Participant]) -> Markup {
    html! {
        section {
            h2 { "Participants" }
            @if people.is_empty() {
                p.empty { "Nobody has taken a task yet." }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Account" }
                                th scope="col" { "State" }
                                th.num scope="col" { "Holds" }
                                th.num scope="col" { "Answers" }
                                th.num scope="col" { "Pending, accepted, rejected" }
                                th.num scope="col" { "Paid" }
                                th.num scope="col" { "Skipped, returned, timed out" }
                            }
                        }
                        tbody {
                            @for row in people {
                                tr {
                                    th scope="row" {
                                        (row.account)
                                        @if row.stopped { " " (chip("paused")) }
                                    }
                                    td { (chip(&row.status.word().replace('_', " "))) }
                                    td.num { (row.leases) }
                                    td.num { (count(row.answers.into())) }
                                    td.num {
                                        (row.blocks[0]) ", " (row.blocks[1]) ", " (row.blocks[2])
                                    }
                                    td.num { (money(row.paid_units.units())) }
                                    td.num {
                                        (row.skipped) ", " (row.returned) ", " (row.timed_out)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn fired(id: CampaignId, rows: &[Value]) -> Markup {
    html! {
        section {
            div.head {
                h2 { "What the rules have done" }
                a.button href={ "/api/v1/campaigns/" (id.0) "/firings.csv" } { "CSV" }
            }
            @if rows.is_empty() {
                p.empty { "No rule has fired." }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "When" }
                                th scope="col" { "Account" }
                                th scope="col" { "Rule" }
                                th scope="col" { "Evidence" }
                                th scope="col" { "Until" }
                                th scope="col" { span.hidden { "Action" } }
                            }
                        }
                        tbody { @for row in rows.iter().rev() { (line(id, row)) } }
                    }
                }
            }
        }
    }
}

fn line(id: CampaignId, row: &Value) -> Markup {
    let holds = matches!(
        text(&row["action"]),
        "pause" | "cool_down" | "lower_priority"
    );
    html! {
        tr {
            td { (time(number(&row["at_ms"]))) }
            th scope="row" { (number(&row["account"])) }
            td { (number(&row["rule"])) ". " (text(&row["words"])) }
            td { (text(&row["evidence"])) }
            td {
                @match row["until_ms"].as_u64() {
                    _ if !row["lifted_ms"].is_null() => { "lifted by " (number(&row["lifted_by"])) }
                    Some(0) => { "at once" }
                    Some(until_ms) => { (time(until_ms)) }
                    None => { "the end of the round" }
                }
            }
            td {
                @if holds && row["lifted_ms"].is_null() {
                    button type="button" data-firing=(number(&row["id"])) data-campaign=(id.0) {
                        "Lift"
                    }
                }
            }
        }
    }
}
