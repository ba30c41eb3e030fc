//! Registering an asset: content and card are uploaded, terms chosen, one command signed.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::AccountId;
use protocol::market::{AssetKind, PURPOSES};
use serde::Deserialize;
use serde_json::Value;

use super::item::exact;
use super::part::{amount, number, text};
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::api::blocking;
use crate::work::Work;
use crate::work::market::waiver::{Wanted, find};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    /// A waiver that is to be used.
    waiver: Option<u32>,
}

/// What is filled in for somebody: waivers that they can use, and which of them they mean.
struct Given {
    waivers: Vec<Value>,
    meant: Option<u64>,
}

/// `GET /register?waiver=`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    query: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Response {
    let words = viewer.words();
    let page = match (query, viewer.account()) {
        (Err(rejection), _) => Err(rejection.into()),
        (Ok(Query(asked)), Some(own)) => {
            let given = blocking(move || (given(&work, own, &asked), work.has_faucet())).await;
            given.map(|(given, faucet)| draw(words, &given, faucet))
        }
        (Ok(_), None) => {
            let why = words.say("register.an-asset-is-yours");
            Ok(log_in(words, "/explore", uri.path(), why))
        }
    };
    answer(&viewer, uri.path(), page)
}

fn given(work: &Work, own: AccountId, asked: &Asked) -> Given {
    let wanted = Wanted {
        account: Some(own.0),
        open: Some(true),
        ..Wanted::default()
    };
    let found = work.host().read(|state| find(state, &wanted));
    Given {
        waivers: found["waivers"].as_array().cloned().unwrap_or_default(),
        meant: asked.waiver.map(u64::from),
    }
}

fn draw(words: Words, given: &Given, faucet: bool) -> Page {
    Page {
        part: "/explore",
        title: words.say("common.register-an-asset").to_owned(),
        scripts: &["register.js"],
        body: html! {
            h1 { (words.say("common.register-an-asset")) }
            form.wizard id="register" {
                (what(words))
                (terms(words))
                (lineage(words, given))
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

fn lineage(words: Words, given: &Given) -> Markup {
    let mut offered = given.waivers.iter();
    let meant = offered.find(|row| row["waiver"].as_u64() == given.meant);
    html! {
        fieldset {
            legend { (words.say("common.lineage")) }
            label for="parents" { (words.say("register.built-on-these-assets")) }
            input id="parents" name="parents" value=[meant.map(|row| number(&row["asset"]))];
            @if !given.waivers.is_empty() {
                p { (words.say("register.lower-floors-that-you")) }
                @for row in &given.waivers { (waiver(words, row, given.meant)) }
            }
            label for="version" { (words.say("register.a-new-version-of")) }
            input id="version" name="version" inputmode="numeric";
        }
    }
}

/// A waiver to tick, with what the script needs to pay for it.
fn waiver(words: Words, row: &Value, meant: Option<u64>) -> Markup {
    let asset = number(&row["asset"]);
    html! {
        label {
            input type="checkbox" name="waiver" value=(number(&row["waiver"]))
                data-units=(amount(&row["price_units"])) data-token=(number(&row["token"]))
                checked[row["waiver"].as_u64() == meant];
            " "
            (words.draw("register.waiver",
                &[("waiver", &number(&row["waiver"])),
                  ("title", &html! { a href={ "/assets/" (asset) } { (text(&row["title"])) } }),
                  ("part", &exact(words, number(&row["floor_ppm"]))),
                  ("whole", &exact(words, number(&row["demanded_ppm"]))),
                  ("price", &words.money(amount(&row["price_units"]))),
                  ("end", &words.time(number(&row["expires_ms"])))]))
        }
    }
}
