//! The page of one campaign for contributors: the brief, and the player of its tasks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::CampaignId;
use serde_json::Value;

use super::part::{amount, figure, number, price_in, state, text};
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::{Work, campaign};

/// `GET /tasks/{id}`.
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
    let row = blocking(move || campaign::brief(&work, CampaignId(id))).await??;
    let title = text(&row["title"]).to_owned();
    let (may, words) = (viewer.account().is_some(), viewer.words());
    Ok(Page {
        part: "/tasks",
        body: html! {
            div.head {
                h1 { (title) }
                p.actions {
                    (state(words, text(&row["stage"])))
                    @if may {
                        a.button.plain href={ "/tasks/" (id) "/standing" } {
                            (words.say("player.standing"))
                        }
                    }
                }
            }
            @if !may {
                p.note {
                    (words.draw("player.to-answer", &[("login", &html! {
                        a href={ "/login?next=/tasks/" (id) } { (words.say("shell.log-in")) }
                    })]))
                }
            }
            (brief(words, &row, may))
            @if may { (player(words, id, &row)) }
        },
        title,
        scripts: if may { &["player.js"] } else { &[] },
    })
}

/// Folded where somebody works, so that the task is what they see first.
fn brief(words: Words, row: &Value, folded: bool) -> Markup {
    let brief = &row["brief"];
    let examples = brief["examples"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        details.brief id="brief" open[!folded] {
            summary {
                (words.say("player.brief"))
                @if folded { " " kbd.touchless aria-hidden="true" { "G" } }
            }
            @match brief["instructions"].as_str() {
                Some(said) if !said.trim().is_empty() => { p.content dir="auto" { (said) } }
                _ => { p.quiet { (words.say("player.no-instructions")) } }
            }
            @if !examples.is_empty() {
                h2 { (words.say("player.examples")) }
                @for example in examples {
                    div.card {
                        p.content { (text(&example["text"])) }
                        p { strong { (text(&example["answer"])) } ": " (text(&example["why"])) }
                    }
                }
            }
            (terms(words, row))
        }
    }
}

fn terms(words: Words, row: &Value) -> Markup {
    let terms = &row["terms"];
    let share = |name: &str| words.percent(number(&terms[name]));
    let length = words.count(number(&terms["block_length"]).into());
    let deposit = words.money(amount(&terms["block_deposit_units"]));
    html! {
        dl.figures {
            (figure(words.say("campaign.per-answer"), &price_in(words, row)))
            (figure(words.say("offer.quality"), &share("reference_ppm")))
            (figure(words.say("player.checks"), &share("gold_share_ppm")))
            (figure(words.say("player.together"), &length))
            (figure(words.say("offer.set-aside"), &deposit))
            (figure(words.say("player.later-uses"), &share("contributors_share_ppm")))
        }
        p.quiet { (words.say("player.terms")) }
    }
}

fn player(words: Words, id: u32, row: &Value) -> Markup {
    let kind = row["brief"]["kind"].as_str().unwrap_or("choice");
    html! {
        section.player id="player" data-campaign=(id) data-row=(row.to_string())
            aria-label=(words.say("player.task")) {
            p.player-line.quiet {
                span { span id="name" {} span id="count" {} }
                span id="sending" role="status" aria-live="polite" {}
            }
            p.status id="status" role="status" aria-live="polite" hidden {}
            p.note id="warning" role="status" hidden {}
            div.stage {
                div.work id="task" data-widget=(kind) hidden {
                    div.subject id="content" dir="auto" {}
                    div id="form" {}
                }
                div.skeleton id="loading" aria-hidden="true" { i {} i {} i {} }
                div id="idle" hidden {
                    p.empty { span id="idle-words" {} }
                    p { button type="button" id="again" { (words.say("player.again")) } }
                }
            }
            (buttons(words))
            noscript { p.note { (words.say("player.script")) } }
            (sheet(words))
        }
    }
}

/// Every action shows its key.
fn buttons(words: Words) -> Markup {
    html! {
        div.buttons {
            button.main type="button" id="submit" disabled {
                (words.say("js.submit")) " " kbd aria-hidden="true" { "Enter" }
            }
            button type="button" id="skip" disabled {
                (words.say("player.skip")) " " kbd aria-hidden="true" { "S" }
            }
            button type="button" id="undo" disabled {
                (words.say("js.undo")) " " kbd aria-hidden="true" { "U" }
            }
            button.plain.last type="button" id="help" {
                (words.say("player.keys")) " " kbd aria-hidden="true" { "?" }
            }
        }
    }
}

/// The keys; the widget puts its own before these.
fn sheet(words: Words) -> Markup {
    let keys = [
        ("Enter", "player.key-submit"),
        ("S", "player.key-skip"),
        ("U", "player.key-undo"),
        ("G", "player.key-guidelines"),
        ("?", "player.key-sheet"),
    ];
    html! {
        dialog id="sheet" aria-labelledby="sheet-title" {
            h2 id="sheet-title" { (words.say("player.keys")) }
            dl.keys id="keys" {
                @for (key, name) in keys {
                    dt { kbd { (key) } }
                    dd { (words.say(name)) }
                }
            }
            label id="at-once-line" hidden {
                input type="checkbox" id="at-once"; " " (words.say("player.at-once"))
            }
            form.actions method="dialog" { button.main { (words.say("player.close")) } }
        }
    }
}
