//! One's own standing: in a campaign with its rules and feedback, and one's levels by skill.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::level::{self, Standing};
use protocol::CampaignId;
use serde_json::Value;

use super::part::{chip, figure, number, percent, text, time};
use super::shell::{Page, Viewer, answer, log_in_first};
use crate::api::blocking;
use crate::work::{Work, conduct};

/// `GET /tasks/{id}/standing`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let page = match (id, viewer.account()) {
        (Err(rejection), _) => Err(rejection.into()),
        (_, None) => Ok(log_in_first(
            "/tasks",
            uri.path(),
            "Your standing is yours alone.",
        )),
        (Ok(Path(id)), Some(own)) => {
            let read = blocking(move || conduct::own_standing(&work, CampaignId(id), own));
            read.await
                .and_then(|found| found)
                .map(|found| draw(id, &found))
        }
    };
    answer(&viewer, uri.path(), page)
}

/// `GET /levels`.
pub(super) async fn levels(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = match viewer.account() {
        None => log_in_first("/earnings", uri.path(), "Your levels are yours alone."),
        Some(own) => {
            let all = work.host().read(|state| level::standings(state, own));
            skills(&all)
        }
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn skills(all: &[Standing]) -> Page {
    Page {
        part: "/earnings",
        title: "Levels".to_owned(),
        scripts: &[],
        body: html! {
            h1 { "Levels" }
            p.lead {
                "A level rests on the lower bound of your accuracy: what can be said of it with "
                "95 % certainty. Few answers show little, however good they are."
            }
            @if all.is_empty() {
                p.empty { "No campaign that you have worked in is judged to its end yet. "
                    a href="/tasks" { "Find work" } "." }
            }
            @for standing in all { (skill(standing)) }
        },
    }
}

fn skill(standing: &Standing) -> Markup {
    let seen = standing.seen_milli / 1_000;
    html! {
        article.card {
            h2 { (standing.skill) }
            p.line { (chip(standing.level.word())) span { (next(standing)) } }
            dl.figures {
                (figure("Accuracy, lower bound", &percent(standing.bound_ppm.into())))
                (figure("Answers that count", &seen.to_string()))
                (figure("Of these, right", &(standing.right_milli / 1_000).to_string()))
            }
        }
    }
}

fn next(standing: &Standing) -> String {
    match (standing.next, standing.answers_to_next) {
        (Some(next), Some(more)) => {
            format!(
                "{more} more right answers in a row make you {}",
                next.word()
            )
        }
        (Some(next), None) => format!("next: {}", next.word()),
        (None, _) => "the highest there is".to_owned(),
    }
}

fn draw(id: u32, found: &Value) -> Page {
    let list = |name: &str| found[name].as_array().map_or(&[][..], Vec::as_slice);
    Page {
        part: "/tasks",
        title: "Your standing".to_owned(),
        scripts: &["live.js"],
        body: html! {
            div.head {
                h1 { "Your standing in campaign " (id) }
                p.actions {
                    a.button href={ "/tasks/" (id) } { "To the tasks" }
                    a.button href="/appeals" { "Appeals" }
                    a.button href="/levels" { "Levels" }
                }
            }
            div id="live" {
                p.line {
                    @match found["participant"]["status"].as_str() {
                        Some(status) => { (chip(&status.replace('_', " "))) }
                        None => { span { "You have taken no task here." } }
                    }
                    span { "Level here: " (text(&found["level"]["level"])) }
                }
                @if let Some(why) = found["not_eligible"].as_str() { p.note { (why) "." } }
                (rules(list("firings")))
                (blocks(list("blocks")))
            }
            p id="stale" hidden { "The node cannot be reached; this is old." }
        },
    }
}

fn rules(rows: &[Value]) -> Markup {
    html! {
        section {
            h2 { "What rules have done" }
            @if rows.is_empty() { p.empty { "No rule of this campaign has fired on you." } }
            @else {
                ul {
                    @for row in rows.iter().rev() {
                        li {
                            (time(number(&row["at_ms"]))) ": " (text(&row["words"]))
                            @if row["lifted"] == true { " The requester has lifted it." }
                            @else if row["holds"] == true { " It holds" (until(row)) "." }
                        }
                    }
                }
            }
        }
    }
}

fn until(row: &Value) -> String {
    row["until_ms"].as_u64().map_or_else(
        || " until the round ends".to_owned(),
        |until_ms| format!(" until {}", time(until_ms)),
    )
}

fn blocks(rows: &[Value]) -> Markup {
    html! {
        section {
            h2 { "Judged blocks" }
            @if rows.is_empty() {
                p.empty { "A block is told of once its round is over and judged." }
            }
            @for row in rows { (block(row)) }
        }
    }
}

fn block(row: &Value) -> Markup {
    let share = |at: usize| {
        let ppm = row["above_chance_ppm"][at].as_i64().unwrap_or(0);
        let sign = if ppm < 0 { "-" } else { "" };
        format!("{sign}{}", percent(ppm.unsigned_abs()))
    };
    let (right, seen) = (number(&row["right"]), number(&row["seen"]));
    let looks = row["look_at"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        article.card {
            h3 { "Block " (number(&row["block"]) + 1) }
            p.line {
                (chip(text(&row["outcome"])))
                @if seen > 0 {
                    span { (right) " of " (seen) " answers whose truth is known were right" }
                } @else { span { "no answer in it has a known truth yet" } }
            }
            @if seen > 0 {
                p { "Above chance: " (share(1)) ", and with 90 % certainty from " (share(0)) " to "
                    (share(2)) "." }
            }
            @if let Some(mistake) = row["mistake"].as_str() {
                p { "Look at this: you said " (mistake) "." }
            }
            @for look in looks {
                details {
                    summary { (text(&look["name"])) ": you said " (text(&look["answer"]))
                        ", it is " (text(&look["truth"])) }
                    @if let Some(words) = look["text"].as_str() { p.content { (words) } }
                }
            }
        }
    }
}
