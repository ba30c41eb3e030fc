//! The people of a campaign, for its requester: where each stands, and what its rules have done.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::participant::Participant;
use protocol::CampaignId;
use serde_json::Value;

use super::part::{number, state, text};
use super::rule;
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
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
    let words = viewer.words();
    let why = words.say("people.the-people-of-a");
    let page = steered(work, &viewer, (uri.path(), why), id, draw).await;
    answer(&viewer, uri.path(), page)
}

/// A page that a campaign's requester alone may see; `why` is told to whoever must log in first.
pub(super) async fn steered(
    work: Work,
    viewer: &Viewer,
    (path, why): (&str, &str),
    id: Result<Path<u32>, PathRejection>,
    draw: fn(Words, &Work, CampaignId) -> Result<Page, Problem>,
) -> Result<Page, Problem> {
    let words = viewer.words();
    let Path(id) = id?;
    let Some(caller) = &viewer.0 else {
        return Ok(log_in(words, "/campaigns", path, why));
    };
    let id = work.steers(caller, id)?;
    blocking(move || draw(words, &work, id)).await?
}

fn draw(words: Words, work: &Work, id: CampaignId) -> Result<Page, Problem> {
    let people = conduct::all_participants(work, id)?;
    let firings = conduct::firing_rows(work, id)?;
    let rules = work.draft(id)?.conduct.rules;
    Ok(Page {
        part: "/campaigns",
        title: words.say("people.people").to_owned(),
        scripts: &["people.js", "live.js"],
        body: html! {
            div.head {
                h1 { (words.draw("people.people-of-campaign", &[("campaign", &id.0)])) }
                p.actions {
                    a.button href={ "/campaigns/" (id.0) } { (words.say("common.dashboard")) }
                    a.button href={ "/campaigns/" (id.0) "/disagreement" } {
                        (words.say("common.disagreement"))
                    }
                    a.button href={ "/campaigns/" (id.0) "/review" } {
                        (words.say("common.review"))
                    }
                }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" {
                (participants(words, &people))
                section {
                    h2 { (words.say("common.rules")) }
                    @if rules.is_empty() { p.empty { (words.say("people.this-campaign-has-no")) } }
                    @else { ol { @for rule in &rules { li { (rule::line(words, rule)) } } } }
                }
                (fired(words, id, &firings))
            }
            p id="stale" hidden { (words.say("live.stale")) }
        },
    })
}

fn participants(words: Words, people: &[Participant]) -> Markup {
    html! {
        section {
            h2 { (words.say("people.participants")) }
            @if people.is_empty() {
                p.empty { (words.say("people.nobody-has-taken-a")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("shell.account")) }
                                th scope="col" { (words.say("campaign.state")) }
                                th.num scope="col" { (words.say("people.holds")) }
                                th.num scope="col" { (words.say("landing.answers")) }
                                th.num scope="col" {
                                    (words.say("people.pending-accepted-rejected"))
                                }
                                th.num scope="col" { (words.say("common.paid")) }
                                th.num scope="col" {
                                    (words.say("people.skipped-returned-timed-out"))
                                }
                            }
                        }
                        tbody {
                            @for row in people {
                                tr {
                                    th scope="row" {
                                        (row.account)
                                        @if row.stopped { " " (state(words, "paused")) }
                                    }
                                    td { (state(words, &row.status.word().replace('_', " "))) }
                                    td.num { (row.leases) }
                                    td.num { (words.count(row.answers.into())) }
                                    td.num {
                                        (row.blocks[0]) ", " (row.blocks[1]) ", " (row.blocks[2])
                                    }
                                    td.num { (words.money(row.paid_units.units())) }
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

fn fired(words: Words, id: CampaignId, rows: &[Value]) -> Markup {
    html! {
        section {
            div.head {
                h2 { (words.say("people.what-the-rules-have")) }
                a.button href={ "/api/v1/campaigns/" (id.0) "/firings.csv" } { "CSV" }
            }
            @if rows.is_empty() {
                p.empty { (words.say("common.no-rule-has-fired")) }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("common.when")) }
                                th scope="col" { (words.say("shell.account")) }
                                th scope="col" { (words.say("common.rule")) }
                                th scope="col" { (words.say("people.evidence")) }
                                th scope="col" { (words.say("common.until")) }
                                th scope="col" { span.hidden { (words.say("common.action")) } }
                            }
                        }
                        tbody { @for row in rows.iter().rev() { (line(words, id, row)) } }
                    }
                }
            }
        }
    }
}

fn line(words: Words, id: CampaignId, row: &Value) -> Markup {
    let holds = matches!(
        text(&row["action"]),
        "pause" | "cool_down" | "lower_priority"
    );
    html! {
        tr {
            td { (words.time(number(&row["at_ms"]))) }
            th scope="row" { (number(&row["account"])) }
            td { (number(&row["rule"])) ". " (text(&row["words"])) }
            td { (text(&row["evidence"])) }
            td {
                @match row["until_ms"].as_u64() {
                    _ if !row["lifted_ms"].is_null() => {
                        (words.draw("people.lifted-by", &[("by", &number(&row["lifted_by"]))]))
                    }
                    Some(0) => { (words.say("people.at-once")) }
                    Some(until_ms) => { (words.time(until_ms)) }
                    None => { (words.say("people.the-end-of-the")) }
                }
            }
            td {
                @if holds && row["lifted_ms"].is_null() {
                    button type="button" data-firing=(number(&row["id"])) data-campaign=(id.0) {
                        (words.say("people.lift"))
                    }
                }
            }
        }
    }
}
