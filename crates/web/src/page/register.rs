//! Registering an asset: content and card are uploaded, terms chosen, one command signed.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::market::{AssetKind, PURPOSES};

use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::work::Work;

/// `GET /register`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = match viewer.account() {
        Some(_) => draw(words, work.has_faucet()),
        None => {
            let why = words.say("register.an-asset-is-yours");
            log_in(words, "/explore", uri.path(), why)
        }
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn draw(words: Words, faucet: bool) -> Page {
    Page {
        part: "/explore",
        title: words.say("common.register-an-asset").to_owned(),
        scripts: &["register.js"],
        body: html! {
            h1 { (words.say("common.register-an-asset")) }
            form.wizard id="register" {
                (what(words))
                (terms(words))
                (lineage(words))
                p id="status" role="status" aria-live="polite" hidden {}
                p.actions {
                    button.main type="submit" { (words.say("register.sign-and-register")) }
                }
                @if faucet {
                    p.quiet { (words.say("register.registering-costs-nothing-test")) }
                }
            }
        },
    }
}

fn what(words: Words) -> Markup {
    html! {
        fieldset {
            legend { (words.say("register.what-it-is")) }
            label for="title" { (words.say("common.title")) }
            input id="title" name="title" maxlength="120" required;
            label for="kind" { (words.say("common.kind")) }
            select id="kind" name="kind" {
                @for kind in AssetKind::ALL {
                    @if kind != AssetKind::LabelSet {
                        option value=(kind.word()) { (words.told("asset-kind", kind.word())) }
                    }
                }
            }
            label for="content" { (words.say("register.content-a-file")) }
            input id="content" name="content" type="file" required;
            label for="card" { (words.say("register.card-markdown-with-a")) }
            textarea id="card" name="card" rows="6" {}
        }
    }
}

fn terms(words: Words) -> Markup {
    html! {
        fieldset {
            legend { (words.say("common.terms")) }
            label for="license" { (words.say("register.licence-an-spdx-identifier")) }
            input id="license" name="license" maxlength="64" placeholder="CC-BY-4.0";
            p {
                (words.say("register.what-it-may-be"))
            }
            @for purpose in PURPOSES {
                div.row {
                    label {
                        input type="checkbox" name="purpose" value=(purpose); " "
                        (words.told("purpose", purpose))
                    }
                    div {
                        label for={ "flat-" (purpose) } { (words.say("register.flat")) }
                        input id={ "flat-" (purpose) } inputmode="decimal" placeholder="0.00";
                    }
                    div {
                        label for={ "row-" (purpose) } { (words.say("register.per-row")) }
                        input id={ "row-" (purpose) } inputmode="decimal" placeholder="0.00";
                    }
                }
            }
            label for="price" { (words.say("register.a-single-call")) }
            input id="price" name="price" inputmode="decimal" placeholder="0.00";
            label for="floor" { (words.say("register.what-is-built-on")) }
            input id="floor" name="floor" type="number" min="0" max="100" step="0.0001" value="0";
            label {
                input type="checkbox" name="revocable"; " "
                    (words.say("register.i-may-revoke-licences"))
            }
            label for="buyers" { (words.say("register.offered-to-these-accounts")) }
            input id="buyers" name="buyers";
        }
    }
}

fn lineage(words: Words) -> Markup {
    html! {
        fieldset {
            legend { (words.say("common.lineage")) }
            label for="parents" { (words.say("register.built-on-these-assets")) }
            input id="parents" name="parents";
            label for="version" { (words.say("register.a-new-version-of")) }
            input id="version" name="version" inputmode="numeric";
        }
    }
}
