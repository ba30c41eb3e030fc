//! The review queue of a campaign: one task after the other, blind first.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::html;

use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::work::Work;

/// `GET /campaigns/{id}/review`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    uri: Uri,
    id: Result<Path<u32>, PathRejection>,
) -> Response {
    let words = viewer.words();
    let page = match (id, &viewer.0) {
        (Err(rejection), _) => Err(rejection.into()),
        (_, None) => {
            let why = words.say("review.a-review-is-somebody");
            Ok(log_in(words, "/campaigns", uri.path(), why))
        }
        (Ok(Path(id)), Some(caller)) => work.reviews(caller, id).map(|_| draw(words, id)),
    };
    answer(&viewer, uri.path(), page)
}

fn draw(words: Words, id: u32) -> Page {
    Page {
        part: "/campaigns",
        title: words.say("common.review").to_owned(),
        scripts: &["review.js"],
        body: html! {
            div.head {
                h1 { (words.draw("review.review-of-campaign", &[("campaign", &id)])) }
                p.actions {
                    span.quiet id="left" {}
                    a.button href={ "/campaigns/" (id) } { (words.say("common.dashboard")) }
                    a.button href={ "/api/v1/campaigns/" (id) "/reviews.csv" } { "CSV" }
                }
            }
            p.lead {
                (words.say("review.answer-first-without-seeing"))
            }
            p id="status" role="status" aria-live="polite" hidden {}
            div id="review" data-campaign=(id) {
                p.empty { (words.say("review.looking-for-tasks-to")) }
            }
            noscript { p.note { (words.say("review.reviewing-needs-javascript")) } }
        },
    }
}
