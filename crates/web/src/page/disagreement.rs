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
use super::part::{number, text};
use super::people::steered;
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use super::words::Words;
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
    let words = viewer.words();
    let why = words.say("disagreement.who-has-answered-what");
    let page = steered(work, &viewer, (uri.path(), why), id, draw).await;
    answer(&viewer, uri.path(), page)
}

fn draw(words: Words, work: &Work, id: CampaignId) -> Result<Page, Problem> {
    let insight = work.insight(id)?;
    Ok(Page {
        part: "/campaigns",
        title: words.say("common.disagreement").to_owned(),
        scripts: &["live.js"],
        body: html! {
            (sheets())
            div.head {
                h1 {
                    (words.draw("disagreement.disagreement-in-campaign", &[("campaign", &id.0)]))
                }
                p.actions {
                    a.button href={ "/campaigns/" (id.0) } { (words.say("common.dashboard")) }
                    a.button href={ "/api/v1/campaigns/" (id.0) "/disagreement.csv" } { "CSV" }
                }
            }
            p.quiet { (words.say("disagreement.by-accepted-answers-once")) }
            div id="live" data-events={ "/api/v1/campaigns/" (id.0) "/events" } {
                @match &insight {
                    None => { p.empty { (words.say("common.the-newest-judgement-is")) } }
                    Some(own) => { (shown(words, own)) }
                }
            }
            p id="stale" hidden { (words.say("live.stale")) }
        },
    })
}

fn shown(words: Words, own: &Insight) -> Markup {
    let found = &own.found;
    let rows: Vec<Value> = found
        .tasks
        .iter()
        .map(|row| disagree::shown(found, row))
        .collect();
    html! {
        (tasks(words, &rows, own.tasks))
        (pairs(words, &found.pairs))
        section { h2 { (words.say("common.answers-by-consensus")) } (consensus(words, own)) }
    }
}

fn tasks(words: Words, rows: &[Value], all: usize) -> Markup {
    html! {
        section {
            h2 { (words.say("disagreement.tasks-most-disagreement-first")) }
            @if rows.is_empty() { p.empty { (words.say("common.nothing-is-judged-yet")) } }
            @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("player.task")) }
                                th.num scope="col" { (words.say("disagreement.entropy")) }
                                th scope="col" { (words.say("common.consensus")) }
                                th.num scope="col" { (words.say("common.probability")) }
                                th scope="col" { (words.say("common.answers")) }
                            }
                        }
                        tbody { @for row in rows { (task(words, row)) } }
                    }
                }
                @if rows.len() < all {
                    p.quiet {
                        (words.draw("disagreement.these-are-the-first", &[("rows", &rows.len())]))
                    }
                }
            }
        }
    }
}

fn task(words: Words, row: &Value) -> Markup {
    let answers = row["answers"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        tr {
            th scope="row" {
                (text(&row["name"]))
                @if let Some(words) = row["text"].as_str() { p.content { (words) } }
            }
            td.num { (words.percent(number(&row["entropy_ppm"]))) }
            td { (text(&row["label"])) }
            td.num { (words.percent(number(&row["probability_ppm"]))) }
            td {
                @for answer in answers {
                    (number(&answer["account"])) ": " (text(&answer["answer"])) "; "
                }
            }
        }
    }
}

fn pairs(words: Words, pairs: &[Pair]) -> Markup {
    let mut common: BTreeMap<u32, u32> = BTreeMap::new();
    let mut cells: BTreeMap<(u32, u32), Pair> = BTreeMap::new();
    for pair in pairs {
        for account in [pair.one, pair.other] {
            let sum = common.entry(account).or_default();
            *sum = sum.saturating_add(pair.both);
        }
        cells.insert((pair.one, pair.other), *pair);
    }
    let mut people: Vec<(u32, u32)> = common.into_iter().collect();
    people.sort_by_key(|(account, both)| (std::cmp::Reverse(*both), *account));
    let people: BTreeSet<u32> = people.into_iter().take(WIDE).map(|it| it.0).collect();
    html! {
        section {
            h2 { (words.say("disagreement.who-agrees-with-whom")) }
            @if people.is_empty() { p.empty { (words.say("common.no-two-people")) } }
            @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (words.say("shell.account")) }
                                @for account in &people { th.num scope="col" { (account) } }
                            }
                        }
                        tbody {
                            @for one in &people {
                                tr {
                                    th scope="row" { (one) }
                                    @for other in &people {
                                        (cell(
                                            words,
                                            cells.get(&(*one.min(other), *one.max(other))),
                                        ))
                                    }
                                }
                            }
                        }
                    }
                }
                p.quiet { (words.say("disagreement.units-answered-alike-of")) }
            }
        }
    }
}

fn cell(words: Words, pair: Option<&Pair>) -> Markup {
    html! {
        td.num {
            @if let Some(pair) = pair {
                (words.draw("common.of", &[("part", &pair.alike), ("all", &pair.both)]))
            }
        }
    }
}
