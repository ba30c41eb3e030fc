//! One's own standing: in a campaign with its rules and feedback, and one's levels by skill.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use node::feedback::Feedback;
use node::level::{self, Standing};
use protocol::CampaignId;

use super::part::{figure, state};
use super::rule::told;
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::api::blocking;
use crate::work::Work;
use crate::work::conduct::{self, OwnStanding};
use crate::work::hit::Hit;

/// Judged blocks of the page, the newest; the API has all.
const BLOCKS: usize = 20;

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
            let newest = (own, BLOCKS);
            let read = blocking(move || conduct::own_standing(&work, CampaignId(id), newest));
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

fn draw(words: Words, id: u32, found: &OwnStanding) -> Page {
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
                    @match &found.participant {
                        Some(own) => { (state(words, own.status.word())) }
                        None => { span { (words.say("standing.you-have-taken-no")) } }
                    }
                    @if let Some(own) = &found.level {
                        span {
                            (words.draw("standing.level-here",
                                &[("level", &words.state(own.level.word()))]))
                        }
                    }
                }
                @if let Some(problem) = &found.why_not { p.note { (words.why(problem)) } }
                (rules(words, &found.hits))
                (blocks(words, id, &found.blocks))
            }
            p id="stale" hidden { (words.say("standing.the-node-cannot-be")) }
        },
    }
}

fn rules(words: Words, hits: &[Hit]) -> Markup {
    html! {
        section {
            h2 { (words.say("common.what-rules-have-done")) }
            @if hits.is_empty() { p.empty { (words.say("standing.no-rule-of-this")) } }
            @else {
                ul {
                    @for hit in hits.iter().rev() {
                        li {
                            (words.time(hit.at_ms)) ": " (told(words, hit))
                            @if hit.lifted {
                                " " (words.say("standing.the-requester-has-lifted"))
                            }
                            @else if hit.holds { " " (until(words, hit)) }
                        }
                    }
                }
            }
        }
    }
}

fn until(words: Words, hit: &Hit) -> String {
    match hit.until_ms {
        Some(until_ms) => {
            let time = words.time(until_ms);
            words.fill("standing.it-holds-until", &[("time", &time)])
        }
        None => words.say("standing.it-holds-the-round").to_owned(),
    }
}

fn blocks(words: Words, id: u32, rows: &[Feedback]) -> Markup {
    html! {
        section {
            h2 { (words.say("standing.judged-blocks")) }
            @if rows.is_empty() {
                p.empty { (words.say("standing.a-block-is-told")) }
            }
            @if rows.len() == BLOCKS {
                @let api = html! {
                    a href={ "/api/v1/campaigns/" (id) "/standing" } {
                        (words.say("dashboard.the-api"))
                    }
                };
                p.quiet {
                    (words.draw("common.newest-blocks", &[("shown", &BLOCKS), ("all", &api)]))
                }
            }
            @for row in rows { (block(words, row)) }
        }
    }
}

fn block(words: Words, row: &Feedback) -> Markup {
    let [low, mean, high] = row.above_chance_ppm.map(|ppm| {
        let sign = if ppm < 0 { "-" } else { "" };
        format!("{sign}{}", words.percent(ppm.unsigned_abs().into()))
    });
    let (right, seen) = (words.count(row.right.into()), words.count(row.seen.into()));
    html! {
        article.card {
            h3 {
                (words.draw("standing.block", &[("block", &row.block.saturating_add(1))]))
            }
            p.line {
                (state(words, row.outcome))
                @if row.seen > 0 {
                    span {
                        (words.draw("standing.of-answers-whose-truth",
                            &[("right", &right), ("seen", &seen)]))
                    }
                } @else { span { (words.say("standing.no-answer-in-it")) } }
            }
            @if row.seen > 0 {
                p {
                    (words.draw("standing.above-chance-and-with",
                        &[("share", &mean), ("low", &low), ("high", &high)]))
                }
            }
            @if let Some(mistake) = &row.mistake {
                p {
                    (words.draw("standing.look-at-this-you",
                        &[("mistake", &words.statement(mistake))]))
                }
            }
            @for look in &row.look_at {
                details {
                    summary {
                        (words.draw("standing.you-said-it-is",
                            &[("name", &look.name), ("answer", &look.answer),
                              ("truth", &look.truth)]))
                    }
                    @if let Some(text) = &look.text { p.content { (text) } }
                }
            }
        }
    }
}
