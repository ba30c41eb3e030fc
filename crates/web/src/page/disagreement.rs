//! Where people disagree in a campaign: tasks by entropy, who agrees with whom, confusion.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::disagreement::Pair;
use protocol::CampaignId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::dashboard::consensus;
use super::part::{number, percent, text};
use super::people::steered;
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use crate::problem::Problem;
use crate::work::insight::Insight;
use crate::work::{Work, disagree};

/// Contributors in the matrix of the page, those with most in common first.
const WIDE: usize = 20;

/// `GET /campaigns/{id}/disagreement`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let why = "Who has answered what is shown to the requester.";
    let page = steered(work, &viewer, (uri.path(), why), id, draw).await;
    answer(&viewer, uri.path(), page)
}

fn draw(work: &Work, id: CampaignId) -> Result<Page, Problem> {
    let insight = work.insight(id)?;
    Ok(Page {
        part: "/campaigns",
        title: "Disagreement".to_owned(),
        scripts: &["live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { "Disagreement in campaign " (id.0) }
                p.actions {
                    a.button href={ "/campaigns/" (id.0) } { "Dashboard" }
                    a.button href={ "/api/v1/campaigns/" (id.0) "/disagreement.csv" } { "CSV" }
                }
            }
            p.quiet { "By accepted answers, once their round is judged." }
            div id="live" data-events={ "/api/v1/campaigns/" (id.0) "/events" } {
                @match &insight {
                    None => { p.empty { "The newest judgement is being looked at. This page shows "
                        "it by itself in a moment." } }
                    Some(own) => { (shown(own)) }
                }
            }
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
        },
    })
}

fn shown(own: &Insight) -> Markup {
    let found = &own.found;
    let rows: Vec<Value> = found
        .tasks
        .iter()
        .map(|row| disagree::shown(found, row))
        .collect();
    html! {
        (tasks(&rows, own.tasks))
        (pairs(&found.pairs))
        section { h2 { "Answers by consensus" } (consensus(own)) }
    }
}

fn tasks(rows: &[Value], all: usize) -> Markup {
    html! {
        section {
            h2 { "Tasks, most disagreement first" }
            @if rows.is_empty() { p.empty { "Nothing is judged yet." } }
            @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Task" }
                                th.num scope="col" { "Entropy" }
                                th scope="col" { "Consensus" }
                                th.num scope="col" { "Probability" }
                                th scope="col" { "Answers" }
                            }
                        }
                        tbody { @for row in rows { (task(row)) } }
                    }
                }
                @if rows.len() < all { p.quiet { "These are the first " (rows.len()) "." } }
            }
        }
    }
}

fn task(row: &Value) -> Markup {
    let answers = row["answers"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        tr {
            th scope="row" {
                (text(&row["name"]))
                @if let Some(words) = row["text"].as_str() { p.content { (words) } }
            }
            td.num { (percent(number(&row["entropy_ppm"]))) }
            td { (text(&row["label"])) }
            td.num { (percent(number(&row["probability_ppm"]))) }
            td {
                @for answer in answers {
                    (number(&answer["account"])) ": " (text(&answer["answer"])) "; "
                }
            }
        }
    }
}

fn pairs(pairs: &[Pair]) -> Markup {
    let mut common: BTreeMap<u32, u32> = BTreeMap::new();
    let mut cells: BTreeMap<(u32, u32), Pair> = BTreeMap::new();
    for pair in pairs {
        *common.entry(pair.one).or_default() += pair.both;
        *common.entry(pair.other).or_default() += pair.both;
        cells.insert((pair.one, pair.other), *pair);
    }
    let mut people: Vec<(u32, u32)> = common.into_iter().collect();
    people.sort_by_key(|(account, both)| (std::cmp::Reverse(*both), *account));
    let people: BTreeSet<u32> = people.into_iter().take(WIDE).map(|it| it.0).collect();
    html! {
        section {
            h2 { "Who agrees with whom" }
            @if people.is_empty() { p.empty { "No two people have a judged unit in common." } }
            @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Account" }
                                @for account in &people { th.num scope="col" { (account) } }
                            }
                        }
                        tbody {
                            @for one in &people {
                                tr {
                                    th scope="row" { (one) }
                                    @for other in &people {
                                        (cell(cells.get(&(*one.min(other), *one.max(other)))))
                                    }
                                }
                            }
                        }
                    }
                }
                p.quiet { "Units answered alike, of those that both have answered." }
            }
        }
    }
}

fn cell(pair: Option<&Pair>) -> Markup {
    html! {
        td.num {
            @if let Some(pair) = pair { (pair.alike) " of " (pair.both) }
        }
    }
}
