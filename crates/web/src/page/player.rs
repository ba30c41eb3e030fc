//! The page of one campaign for contributors: the brief, and the player of its tasks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::CampaignId;
use serde_json::Value;

use super::part::{amount, chip, count, figure, money, number, percent, price, text};
use super::shell::{Page, Viewer, answer};
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
    let may = viewer.account().is_some();
    Ok(Page {
        part: "/tasks",
        body: html! {
            div.head {
                h1 { (title) }
                p.actions {
                    (chip(text(&row["stage"])))
                    @if may { a.button href={ "/tasks/" (id) "/standing" } { "Your standing" } }
                }
            }
            (brief(&row, may))
            @if may {
                (player(id))
            } @else {
                p.note {
                    "To answer, "
                    a href={ "/login?next=/tasks/" (id) } { "log in" }
                    ". It takes one click."
                }
            }
        },
        title,
        scripts: if may { &["player.js"] } else { &[] },
    })
}

/// Folded where somebody works, so that the task is what they see first.
fn brief(row: &Value, folded: bool) -> Markup {
    let (brief, terms) = (&row["brief"], &row["terms"]);
    let examples = brief["examples"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        details.brief open[!folded] {
            summary { "What it asks, what it pays" }
            @match brief["instructions"].as_str() {
                Some(words) if !words.trim().is_empty() => { p.content { (words) } }
                _ => { p.quiet { "The requester has written no instructions." } }
            }
            @if !examples.is_empty() {
                h2 { "Examples" }
                @for example in examples {
                    div.card {
                        p.content { (text(&example["text"])) }
                        p { strong { (text(&example["answer"])) } ": " (text(&example["why"])) }
                    }
                }
            }
            dl.figures {
                (figure("Per answer, up to", &price(row)))
                (figure("Full price from", &percent(number(&terms["reference_ppm"]))))
                (figure("Hidden checks", &percent(number(&terms["gold_share_ppm"]))))
                (figure("Judged together", &count(number(&terms["block_length"]).into())))
                (figure("Set aside per block", &money(amount(&terms["block_deposit_units"]))))
                (figure(
                    "Your share of later uses",
                    &percent(number(&terms["contributors_share_ppm"])),
                ))
            }
            p.quiet {
                "Full price from: the accuracy on hidden checks that earns the whole price. "
                "Your share: of what the finished label set keeps when it is used, by paid work."
            }
        }
    }
}

fn player(id: u32) -> Markup {
    html! {
        section.player id="player" data-campaign=(id) aria-label="Task" {
            p.status id="status" role="status" aria-live="polite" hidden {}
            p.note id="warning" role="status" hidden {}
            div id="task" hidden {
                p.quiet id="name" {}
                div id="content" {}
                div id="form" {}
            }
            div id="idle" {
                p.empty id="idle-words" { "Looking for tasks…" }
                p { button type="button" id="again" { "Look again" } }
            }
            div.buttons {
                button.main type="button" id="submit" disabled { "Submit " kbd { "Enter" } }
                button type="button" id="skip" disabled { "Skip " kbd { "S" } }
                button type="button" id="undo" disabled { "Undo " kbd { "U" } }
                button.plain type="button" id="help" { "Keys " kbd { "?" } }
            }
            p.quiet.line {
                span id="count" {}
                span id="sending" role="status" aria-live="polite" {}
            }
            noscript { p.note { "Answers are signed in your browser, which needs JavaScript." } }
            (sheet())
        }
    }
}

fn sheet() -> Markup {
    let keys = [
        ("1 to 9", "choose an answer, or tick a reason"),
        ("A B T X", "in comparisons: A, B, tie, both bad"),
        ("X", "in texts: cannot be done"),
        ("Enter", "submit; in a text, with Ctrl or Cmd"),
        ("S", "skip: it goes to somebody else"),
        ("U", "undo your last answer while its round is open"),
        ("?", "this sheet"),
    ];
    html! {
        dialog id="sheet" aria-labelledby="sheet-title" {
            h2 id="sheet-title" { "Keys" }
            dl.keys {
                @for (key, words) in keys {
                    dt { kbd { (key) } }
                    dd { (words) }
                }
            }
            form method="dialog" { button.main { "Close" } }
        }
    }
}
