//! Registering an asset: content and card are uploaded, terms chosen, one command signed.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::market::{AssetKind, PURPOSES};

use super::shell::{Page, Viewer, answer, log_in_first};
use crate::work::Work;

/// `GET /register`.
pub(super) async fn page(State(work): State<Work>, viewer: Viewer, uri: Uri) -> Response {
    let page = match viewer.account() {
        Some(_) => draw(work.has_faucet()),
        None => {
            let why = "An asset is yours by your signature, so the page must know who you are.";
            log_in_first("/explore", uri.path(), why)
        }
    };
    answer(&viewer, uri.path(), Ok(page))
}

fn draw(faucet: bool) -> Page {
    Page {
        part: "/explore",
        title: "Register an asset".to_owned(),
        scripts: &["register.js"],
        body: html! {
            h1 { "Register an asset" }
            form.wizard id="register" {
                (what())
                (terms())
                (lineage())
                p id="status" role="status" aria-live="polite" hidden {}
                p.actions {
                    button.main type="submit" { "Sign and register" }
                }
                @if faucet {
                    p.quiet { "Registering costs nothing. Test money is for buying licences." }
                }
            }
        },
    }
}

fn what() -> Markup {
    html! {
        fieldset {
            legend { "What it is" }
            label for="title" { "Title" }
            input id="title" name="title" maxlength="120" required;
            label for="kind" { "Kind" }
            select id="kind" name="kind" {
                @for kind in AssetKind::ALL {
                    @if kind != AssetKind::LabelSet {
                        option value=(kind.word()) { (kind.word()) }
                    }
                }
            }
            label for="content" { "Content, a file" }
            input id="content" name="content" type="file" required;
            label for="card" { "Card, Markdown with a head in YAML" }
            textarea id="card" name="card" rows="6" {}
        }
    }
}

fn terms() -> Markup {
    html! {
        fieldset {
            legend { "Terms" }
            label for="license" { "Licence, an SPDX identifier" }
            input id="license" name="license" maxlength="64" placeholder="CC-BY-4.0";
            p {
                "What it may be used for, and what a licence for that costs. What has no price is "
                "free: everybody may read the whole content for it."
            }
            @for purpose in PURPOSES {
                div.row {
                    label { input type="checkbox" name="purpose" value=(purpose); " " (purpose) }
                    div {
                        label for={ "flat-" (purpose) } { "flat" }
                        input id={ "flat-" (purpose) } inputmode="decimal" placeholder="0.00";
                    }
                    div {
                        label for={ "row-" (purpose) } { "per row" }
                        input id={ "row-" (purpose) } inputmode="decimal" placeholder="0.00";
                    }
                }
            }
            label for="price" { "A single call" }
            input id="price" name="price" inputmode="decimal" placeholder="0.00";
            label for="floor" { "What is built on it pays, in percent of all it takes" }
            input id="floor" name="floor" type="number" min="0" max="100" step="0.0001" value="0";
            label { input type="checkbox" name="revocable"; " I may revoke licences" }
            label for="buyers" { "Offered to these accounts only (numbers; if none, to all)" }
            input id="buyers" name="buyers";
        }
    }
}

fn lineage() -> Markup {
    html! {
        fieldset {
            legend { "Lineage" }
            label for="parents" { "Built on these assets (numbers)" }
            input id="parents" name="parents";
            label for="version" { "A new version of your asset (its number)" }
            input id="version" name="version" inputmode="numeric";
        }
    }
}
