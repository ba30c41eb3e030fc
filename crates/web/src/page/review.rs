//! The review queue of a campaign: one task after the other, blind first.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::html;

use super::shell::{Page, Viewer, answer, log_in_first};
use super::words::Words;
use crate::work::Work;

/// `GET /campaigns/{id}/review`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let page = match (id, &viewer.0) {
        (Err(rejection), _) => Err(rejection.into()),
        (_, None) => {
            let why = "A review is somebody's, so the page must know who you are.";
            Ok(log_in_first("/campaigns", uri.path(), why))
        }
        (Ok(Path(id)), Some(caller)) => work.reviews(caller, id).map(|_| draw(id)),
    };
    answer(&viewer, uri.path(), page)
}

fn draw(id: u32) -> Page {
    Page {
        part: "/campaigns",
        title: "Review".to_owned(),
        scripts: &["review.js"],
        body: html! {
            div.head {
                h1 { "Review of campaign " (id) }
                p.actions {
                    span.quiet id="left" {}
                    a.button href={ "/campaigns/" (id) } { "Dashboard" }
                    a.button href={ "/api/v1/campaigns/" (id) "/reviews.csv" } { "CSV" }
                }
            }
            p.lead {
                "Answer first without seeing others; then the consensus and all answers show, and "
                "you accept it or correct it. A review stands beside the label and takes nobody's "
                "pay away."
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="review" data-campaign=(id) data-texts=(Words::ENGLISH.script("js.")) {
                p.empty { "Looking for tasks to review…" }
            }
            noscript { p.note { "Reviewing needs JavaScript." } }
        },
    }
}
