//! The dashboard of one campaign: how far it is, what it has spent, labels, and who worked.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::CampaignId;
use serde_json::Value;

use super::dashboard as pictures;
use super::part::{amount, answers, chip, count, figure, money, number, percent, price, text};
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use crate::api::blocking;
use crate::chart::Bin;
use crate::problem::Problem;
use crate::work::dashboard::{self, Outlook};
use crate::work::insight::Insight;
use crate::work::{Steering, Work, campaign};

/// Labels of the page; the API has all.
const LABELS: usize = 100;
/// Contributors of the page; the API has all.
const PEOPLE: usize = 50;

/// All that is shown.
struct Shown {
    row: Value,
    labels: Vec<Value>,
    people: Vec<Value>,
    steering: Steering,
    outlook: Result<Outlook, Problem>,
    /// For whoever steers it: what takes a look at single answers.
    inside: Option<Inside>,
}

/// The newest judgement, and what reviewers have found.
type Inside = (Option<Arc<Insight>>, Vec<Bin>);

/// `GET /campaigns/{id}`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let page = match id {
        Ok(Path(id)) => draw(work, &viewer, id).await,
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

async fn draw(work: Work, viewer: &Viewer, id: u32) -> Result<Page, Problem> {
    let caller = viewer.0.clone();
    let shown = blocking(move || {
        let own = CampaignId(id);
        let steering = work.steering(caller.as_ref(), id)?;
        Ok::<_, Problem>(Shown {
            row: campaign::brief(&work, own)?,
            labels: campaign::label_rows(&work, own, 0, LABELS)?,
            people: campaign::people_rows(&work, own)?,
            outlook: dashboard::outlook(&work, own),
            inside: match steering.may {
                true => dashboard::steered(&work, own).ok(),
                false => None,
            },
            steering,
        })
    });
    let shown = shown.await??;
    let title = text(&shown.row["title"]).to_owned();
    let steers = shown.steering.may && shown.steering.planned;
    Ok(Page {
        part: "/campaigns",
        scripts: if steers {
            &["live.js", "steer.js"]
        } else {
            &["live.js"]
        },
        body: html! {
            (sheets())
            div.head {
                h1 { (title) }
                p.actions {
                    @if shown.steering.may {
                        a.button href={ "/campaigns/" (id) "/people" } { "People and rules" }
                        a.button href={ "/campaigns/" (id) "/disagreement" } { "Disagreement" }
                        a.button href={ "/campaigns/" (id) "/review" } { "Review" }
                    }
                    a.button href={ "/tasks/" (id) } { "See it as a contributor" }
                }
            }
            @if steers { (steer(id)) }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="live" data-events={ "/api/v1/campaigns/" (id) "/events" } {
                (progress(&shown))
                (outlook(id, &shown))
                (labels(id, &shown))
                (people(&shown.people))
            }
            p id="stale" hidden { "The node cannot be reached; these numbers are old." }
        },
        title,
    })
}

/// Alarms, figures and pictures, as far as they are there and the viewer's business.
fn outlook(id: u32, shown: &Shown) -> Markup {
    let insight = shown
        .inside
        .as_ref()
        .and_then(|(insight, _)| insight.as_deref());
    html! {
        @match &shown.outlook {
            Err(problem) => { p.empty { "There are no pictures now: " (problem.detail()) "." } }
            Ok(own) => {
                @if shown.steering.may { (pictures::alarms(id, &own.alarms(insight))) }
                (pictures::figures(own))
                (pictures::pictures(own))
            }
        }
        @if let Some((_, bins)) = &shown.inside { (pictures::insights(id, insight, bins)) }
        @if shown.steering.may { (pictures::snippets(id)) }
    }
}

fn steer(id: u32) -> Markup {
    html! {
        p.actions id="steer" data-campaign=(id) {
            button type="button" data-act="pause" { "Pause" }
            button type="button" data-act="resume" { "Go on" }
            button type="button" data-act="close" { "Close" }
        }
    }
}

fn progress(shown: &Shown) -> Markup {
    let row = &shown.row;
    let given = answers(row);
    let wanted = number(&row["units"]) * number(&row["overlap"]);
    let budget = amount(&row["budget_units"]);
    let left = amount(&row["left_units"]);
    let used = budget.saturating_sub(left);
    html! {
        section aria-label="Progress" {
            p.line {
                (chip(text(&row["stage"])))
                @if shown.steering.paused { (chip("paused")) }
                @if shown.steering.closing { span { "The running round is the last." } }
            }
            label.meter {
                span { "Answers: " (count(given.into())) " of " (count(wanted.into())) }
                progress value=(given) max=(wanted.max(1)) {}
            }
            label.meter {
                span { "Spent or set aside: " (money(used)) " of " (money(budget)) }
                progress value=(used) max=(budget.max(1)) {}
            }
            dl.figures {
                (figure("Units", &count(number(&row["units"]).into())))
                (figure("Answers per unit", &count(number(&row["overlap"]).into())))
                (figure("Tasks still wanted", &count(number(&row["tasks_wanted"]).into())))
                (figure("Contributors", &count(number(&row["contributors"]).into())))
                (figure("Rounds", &count(number(&row["rounds"]).into())))
                (figure("Per answer, up to", &price(row)))
            }
        }
    }
}

fn labels(id: u32, shown: &Shown) -> Markup {
    html! {
        section {
            h2 { "Labels" }
            @if shown.labels.is_empty() {
                p.empty {
                    "Answers are sealed while their round runs. Labels show here once it is judged."
                }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Unit" }
                                th scope="col" { "Label" }
                                th.num scope="col" { "Probability" }
                                th.num scope="col" { "Answers" }
                            }
                        }
                        tbody {
                            @for row in &shown.labels { (label(row)) }
                        }
                    }
                }
                @if shown.labels.len() == LABELS {
                    p.quiet {
                        "These are the first " (LABELS) ". All are in "
                        a href={ "/api/v1/campaigns/" (id) "/labels" } { "the API" } "."
                    }
                }
            }
        }
    }
}

fn label(row: &Value) -> Markup {
    html! {
        tr {
            th scope="row" { (text(&row["name"])) }
            td {
                @match row["label"].as_str() {
                    Some(label) => { (label) }
                    None => { span.quiet { "none yet" } }
                }
                @if row["gold"] == true { " " span.quiet { "(hidden check)" } }
            }
            td.num { (percent(number(&row["probability_ppm"]))) }
            td.num { (count(number(&row["answers"]).into())) }
        }
    }
}

fn people(rows: &[Value]) -> Markup {
    html! {
        section {
            h2 { "Contributors" }
            @if rows.is_empty() {
                p.empty { "Nobody has answered yet." }
            } @else {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Account" }
                                th.num scope="col" { "Hidden checks right" }
                                th.num scope="col" { "Reputation" }
                                th.num scope="col" { "Pending" }
                                th.num scope="col" { "Accepted" }
                                th.num scope="col" { "Rejected" }
                            }
                        }
                        tbody {
                            @for row in rows.iter().take(PEOPLE) { (person(row)) }
                        }
                    }
                }
                p.quiet {
                    "Pending, accepted and rejected count blocks of answers."
                    @if rows.len() > PEOPLE {
                        " These are " (PEOPLE) " of " (rows.len()) " contributors."
                    }
                }
            }
        }
    }
}

fn person(row: &Value) -> Markup {
    let blocks = &row["blocks"];
    html! {
        tr {
            th scope="row" {
                (number(&row["account"]))
                @if row["paused"] == true { " " (chip("paused")) }
            }
            @match row["gold_seen"].as_u64() {
                None => {
                    td.num { span.quiet { "not judged" } }
                    td.num { span.quiet { "not judged" } }
                }
                Some(0) => {
                    td.num { span.quiet { "none seen" } }
                    td.num { span.quiet { "none yet" } }
                }
                Some(seen) => {
                    td.num { (number(&row["gold_right"])) " of " (seen) }
                    td.num { (percent(number(&row["reputation_ppm"]))) }
                }
            }
            td.num { (number(&blocks["pending"])) }
            td.num { (number(&blocks["accepted"])) }
            td.num { (number(&blocks["rejected"])) }
        }
    }
}
