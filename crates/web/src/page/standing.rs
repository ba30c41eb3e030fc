//! One's own standing: in a campaign with its rules and feedback, and one's levels by skill.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::level::{self, Standing};
use protocol::CampaignId;
use serde_json::Value;

use super::part::{figure, number, state, text};
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::api::blocking;
use crate::work::{Work, conduct};

/// `GET /tasks/{id}/standing`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let words = viewer.words();
    let page = match (id, viewer.account()) {
        (Err(rejection), _) => Err(rejection.into()),
        (_, None) => Ok(log_in(
            words,
            "/tasks",
            uri.path(),
            words.say("standing.your-standing-is-yours"),
        )),
        (Ok(Path(id)), Some(own)) => {
            let read = blocking(move || conduct::own_standing(&work, CampaignId(id), own));
            read.await
                .and_then(|found| found)
                .map(|found| draw(words, id, &found))
        }
    };
    answer(&viewer, uri.path(), page)
}

/// `GET /levels`.
pub(super) async fn levels(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = match viewer.account() {
        None => log_in(
            words,
            "/earnings",
            uri.path(),
            words.say("standing.your-levels-are-yours"),
        ),
        Some(own) => {
            let all = work.host().read(|state| level::standings(state, own));
            skills(words, &all)
        }
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn skills(words: Words, all: &[Standing]) -> Page {
    Page {
        part: "/earnings",
        title: words.say("earnings.levels").to_owned(),
        scripts: &[],
        body: html! {
            h1 { (words.say("earnings.levels")) }
            p.lead {
                (words.say("standing.a-level-rests-on"))
            }
            @if all.is_empty() {
                p.empty {
                    (words.draw("standing.no-campaign-that-you",
                        &[("tasks", &html! {
                            a href="/tasks" { (words.say("landing.find-work")) }
                        })]))
                }
            }
            @for standing in all { (skill(words, standing)) }
        },
    }
}

fn skill(words: Words, standing: &Standing) -> Markup {
    let seen = standing.seen_milli / 1_000;
    html! {
        article.card {
            h2 { (standing.skill) }
            p.line { (state(words, standing.level.word())) span { (next(words, standing)) } }
            dl.figures {
                (figure(
                    words.say("standing.accuracy-lower-bound"),
                    &words.percent(standing.bound_ppm.into()),
                ))
                (figure(words.say("earnings.answers"), &words.count(seen.into())))
                (figure(
                    words.say("standing.of-these-right"),
                    &words.count((standing.right_milli / 1_000).into()),
                ))
            }
        }
    }
}

fn next(words: Words, standing: &Standing) -> String {
    match (standing.next, standing.answers_to_next) {
        (Some(next), Some(more)) => words.fill(
            "standing.more-right-answers-in",
            &[
                ("more", &words.count(more.into())),
                ("level", &words.state(next.word())),
            ],
        ),
        (Some(next), None) => words.fill("standing.next", &[("next", &words.state(next.word()))]),
        (None, _) => words.say("standing.the-highest-there-is").to_owned(),
    }
}

fn draw(words: Words, id: u32, found: &Value) -> Page {
    let list = |name: &str| found[name].as_array().map_or(&[][..], Vec::as_slice);
    Page {
        part: "/tasks",
        title: words.say("player.standing").to_owned(),
        scripts: &["live.js"],
        body: html! {
            div.head {
                h1 {
                    (words.draw("standing.your-standing-in-campaign", &[("campaign", &id)]))
                }
                p.actions {
                    a.button href={ "/tasks/" (id) } { (words.say("standing.to-the-tasks")) }
                    a.button href="/appeals" { (words.say("common.appeals")) }
                    a.button href="/levels" { (words.say("earnings.levels")) }
                }
            }
            div id="live" {
                p.line {
                    @match found["participant"]["status"].as_str() {
                        Some(status) => { (state(words, &status.replace('_', " "))) }
                        None => { span { (words.say("standing.you-have-taken-no")) } }
                    }
                    span {
                        (words.draw("standing.level-here",
                            &[("level", &words.state(text(&found["level"]["level"])))]))
                    }
                }
                @if let Some(why) = found["not_eligible"].as_str() { p.note { (why) "." } }
                (rules(words, list("firings")))
                (blocks(words, list("blocks")))
            }
            p id="stale" hidden { (words.say("standing.the-node-cannot-be")) }
        },
    }
}

fn rules(words: Words, rows: &[Value]) -> Markup {
    html! {
        section {
            h2 { (words.say("common.what-rules-have-done")) }
            @if rows.is_empty() { p.empty { (words.say("standing.no-rule-of-this")) } }
            @else {
                ul {
                    @for row in rows.iter().rev() {
                        li {
                            (words.time(number(&row["at_ms"]))) ": " (text(&row["words"]))
                            @if row["lifted"] == true {
                                " " (words.say("standing.the-requester-has-lifted"))
                            }
                            @else if row["holds"] == true {
                                " " (words.draw("standing.it-holds",
                                    &[("until", &until(words, row))]))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn until(words: Words, row: &Value) -> String {
    row["until_ms"].as_u64().map_or_else(
        || format!(" {}", words.say("standing.until-the-round-ends")),
        |until_ms| {
            format!(
                " {}",
                words.fill("standing.until", &[("time", &words.time(until_ms))])
            )
        },
    )
}

fn blocks(words: Words, rows: &[Value]) -> Markup {
    html! {
        section {
            h2 { (words.say("standing.judged-blocks")) }
            @if rows.is_empty() {
                p.empty { (words.say("standing.a-block-is-told")) }
            }
            @for row in rows { (block(words, row)) }
        }
    }
}

fn block(words: Words, row: &Value) -> Markup {
    let share = |at: usize| {
        let ppm = row["above_chance_ppm"][at].as_i64().unwrap_or(0);
        let sign = if ppm < 0 { "-" } else { "" };
        format!("{sign}{}", words.percent(ppm.unsigned_abs()))
    };
    let (right, seen) = (number(&row["right"]), number(&row["seen"]));
    let looks = row["look_at"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        article.card {
            h3 {
                (words.draw("standing.block", &[("block", &(number(&row["block"]) + 1))]))
            }
            p.line {
                (state(words, text(&row["outcome"])))
                @if seen > 0 {
                    span {
                        (words.draw("standing.of-answers-whose-truth",
                            &[("right", &right), ("seen", &seen)]))
                    }
                } @else { span { (words.say("standing.no-answer-in-it")) } }
            }
            @if seen > 0 {
                p {
                    (words.draw("standing.above-chance-and-with",
                        &[("share", &share(1)), ("low", &share(0)), ("high", &share(2))]))
                }
            }
            @if let Some(mistake) = row["mistake"].as_str() {
                p {
                    (words.draw("standing.look-at-this-you", &[("mistake", &mistake)]))
                }
            }
            @for look in looks {
                details {
                    summary {
                        (words.draw("standing.you-said-it-is",
                            &[("name", &text(&look["name"])), ("answer", &text(&look["answer"])),
                              ("truth", &text(&look["truth"]))]))
                    }
                    @if let Some(words) = look["text"].as_str() { p.content { (words) } }
                }
            }
        }
    }
}
