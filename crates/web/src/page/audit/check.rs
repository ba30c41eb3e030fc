//! `/audit/check`: the page on which a browser checks the log or a receipt by itself.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::sheet::sheets;
use super::super::shell::{Page, Viewer, answer};
use super::super::words::Words;
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
    let words = viewer.words();
    let key = work.host().log_key().to_string();
    let page = match query {
        Ok(Query(asked)) => Ok(draw(words, &key, asked.receipt)),
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

fn draw(words: Words, key: &str, receipt: Option<u64>) -> Page {
    Page {
        part: "/audit",
        title: words.say("common.verify-in-this-browser").to_owned(),
        scripts: &["check.js"],
        body: html! {
            (sheets())
            div.head {
                h1 { (words.say("common.verify-in-this-browser")) }
                p.actions { a.button href="/audit" { (words.say("nav.audit")) } }
            }
            p.note {
                (words.say("check.a-verifier-that-the"))
            }
            pre.code tabindex="0" role="group" aria-label=(words.say("common.commands")) {
                "headwater audit https://THIS-NODE --log-key '" (key) "'\n"
                "headwater verify RECEIPT.tlog-proof --log-key '" (key) "'"
            }
            div id="check" data-receipt=[receipt] {
                (keys(words, key))
                (whole(words))
                (one(words))
            }
            noscript {
                p.empty { (words.say("check.your-browser-runs-no")) }
            }
        },
    }
}

fn keys(words: Words, key: &str) -> Markup {
    html! {
        section {
            h2 { (words.say("check.whose-signature-counts")) }
            label for="log-key" { (words.say("check.the-log-s-key")) }
            input id="log-key" class="code" value=(key) autocomplete="off" spellcheck="false";
            p.quiet { (words.say("check.this-is-the-key")) }
            label for="witness-keys" {
                (words.say("check.keys-of-witnesses-that"))
            }
            textarea id="witness-keys" class="code" rows="2" spellcheck="false" {}
        }
    }
}

fn whole(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("check.the-whole-log")) }
            p { (words.say("check.reads-every-entry-and")) }
            p.actions {
                button.main type="button" id="whole-go" { (words.say("check.verify-everything")) }
                button type="button" id="whole-stop" hidden { (words.say("common.stop")) }
            }
            progress id="whole-progress" aria-label=(words.say("check.entries-checked")) max="1"
                value="0" hidden {}
            p id="whole-status" role="status" aria-live="polite" hidden {}
            ol.proof id="whole-steps" {}
        }
    }
}

fn one(words: Words) -> Markup {
    html! {
        section {
            h2 { (words.say("check.one-receipt")) }
            label for="receipt" { (words.say("check.a-receipt-its-address")) }
            textarea id="receipt" class="code" rows="6" spellcheck="false"
                placeholder="c2sp.org/tlog-proof@v1 …" {}
            p.actions {
                button.main type="button" id="receipt-go" { (words.say("check.check-the-receipt")) }
            }
            p id="receipt-status" role="status" aria-live="polite" hidden {}
            ol.proof id="receipt-steps" {}
        }
    }
}
