//! `/audit/check`: the page on which a browser checks the log or a receipt by itself.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::sheet::sheets;
use super::super::shell::{Page, Viewer, answer};
use crate::work::Work;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::page) struct Asked {
    /// The number of an entry whose receipt is checked at once.
    receipt: Option<u64>,
}

/// `GET /audit/check?receipt=`.
pub(in crate::page) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    query: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Response {
    let key = work.host().log_key().to_string();
    let page = match query {
        Ok(Query(asked)) => Ok(draw(&key, asked.receipt)),
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

fn draw(key: &str, receipt: Option<u64>) -> Page {
    Page {
        part: "/audit",
        title: "Verify in this browser".to_owned(),
        scripts: &["check.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { "Verify in this browser" }
                p.actions { a.button href="/audit" { "Audit" } }
            }
            p.note {
                "A verifier that the operator serves proves nothing against that operator: whoever "
                "can change the log can change this page. It shows how the check goes, and finds "
                "what is broken by accident. For proof, run the same check on your own machine:"
            }
            pre.code tabindex="0" role="group" aria-label="Commands" {
                "headwater audit https://THIS-NODE --log-key '" (key) "'\n"
                "headwater verify RECEIPT.tlog-proof --log-key '" (key) "'"
            }
            div id="check" data-receipt=[receipt] {
                (keys(key))
                (whole())
                (one())
            }
            noscript {
                p.empty { "Your browser runs no scripts here, so it can check nothing by itself. "
                    "The commands above need none." }
            }
        },
    }
}

fn keys(key: &str) -> Markup {
    html! {
        section {
            h2 { "Whose signature counts" }
            label for="log-key" { "The log's key" }
            input id="log-key" class="code" value=(key) autocomplete="off" spellcheck="false";
            p.quiet { "This is the key that the node names itself. Put in its place the one that "
                "you have from elsewhere." }
            label for="witness-keys" {
                "Keys of witnesses that you trust, one a line (may be empty)"
            }
            textarea id="witness-keys" class="code" rows="2" spellcheck="false" {}
        }
    }
}

fn whole() -> Markup {
    html! {
        section {
            h2 { "The whole log" }
            p { "Reads every entry and every leaf tile, hashes them here, and compares the root "
                "with the one that is signed. What this browser has seen before must be the "
                "beginning of what it sees now." }
            p.actions {
                button.main type="button" id="whole-go" { "Verify everything" }
                button type="button" id="whole-stop" hidden { "Stop" }
            }
            progress id="whole-progress" aria-label="Entries checked" max="1" value="0" hidden {}
            p id="whole-status" role="status" aria-live="polite" hidden {}
            ol.proof id="whole-steps" {}
        }
    }
}

fn one() -> Markup {
    html! {
        section {
            h2 { "One receipt" }
            label for="receipt" { "A receipt, its address on this node, or the number of an entry" }
            textarea id="receipt" class="code" rows="6" spellcheck="false"
                placeholder="c2sp.org/tlog-proof@v1 …" {}
            p.actions { button.main type="button" id="receipt-go" { "Check the receipt" } }
            p id="receipt-status" role="status" aria-live="polite" hidden {}
            ol.proof id="receipt-steps" {}
        }
    }
}
