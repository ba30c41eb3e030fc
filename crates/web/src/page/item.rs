//! One asset: its card, terms in words, lineage, uses, money, shares, rows, and grants to buy.

mod lineage;
mod model;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::{AccountId, AssetId};
use serde_json::Value;

use super::card;
use super::explore::words;
use super::part::Head::{Number, Text};
use super::part::{amount, count, figure, money, number, percent, tabled, text, time};
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::Work;
use crate::work::market::{asset, content, unknown, used};

pub(super) use model::part_of;

/// Uses of the page.
const USES: usize = 20;

struct Found {
    row: Value,
    tree: Value,
    card: Option<String>,
    rows: Result<Vec<String>, Problem>,
    uses: Result<Value, Problem>,
    flows: Result<Value, Problem>,
    grants: Vec<Value>,
    service: Option<model::Served>,
}

/// `GET /assets/{id}`.
pub(super) async fn page(
    State(work): State<Work>,
    Path(id): Path<u32>,
    viewer: Viewer,
    uri: Uri,
) -> Response {
    let own = viewer.account();
    let found = blocking(move || read(&work, AssetId(id), own)).await;
    let page = found.and_then(|found| found).map(|found| draw(&found, own));
    answer(&viewer, uri.path(), page)
}

fn read(work: &Work, id: AssetId, own: Option<AccountId>) -> Result<Found, Problem> {
    let row = work.host().read(|state| asset::summary(state, id));
    let grants = work.host().read(|state| {
        let market = &state.sections.market;
        let held = own.into_iter().flat_map(|own| market.grants_of(id, own));
        let row = |(grant, it): (protocol::GrantId, &protocol::market::Grant)| {
            let terms = &state.asset(id)?.registered.terms;
            Some(serde_json::json!({
                "grant": grant.0,
                "purpose": terms.purposes.get(usize::from(it.purpose)),
                "lives": it.lives(state.time_ms),
            }))
        };
        held.filter_map(row).collect()
    });
    let newest = (u64::MAX, 0, i64::MAX);
    Ok(Found {
        row: row.ok_or_else(|| unknown(id))?,
        tree: asset::tree(work, id, asset::LARGE).ok_or_else(|| unknown(id))?,
        card: content::card_of(work, id)?,
        rows: content::shown(work, id, own),
        uses: used::used(work, id, newest, USES),
        flows: used::flows(work, id),
        grants,
        service: model::served(work, id),
    })
}

fn draw(found: &Found, own: Option<AccountId>) -> Page {
    let row = &found.row;
    let id = number(&row["id"]);
    Page {
        part: "/explore",
        title: text(&row["title"]).to_owned(),
        scripts: if found.service.is_some() {
            &["market.js", "pan.js", "play.js"]
        } else {
            &["market.js", "pan.js"]
        },
        body: html! {
            (sheets())
            div.head {
                h1 { (text(&row["title"])) }
                p.actions {
                    a.button href={ "/api/v1/assets/" (id) "/download" } download { "Download" }
                    a.button href={ "/api/v1/assets/" (id) "/croissant" } { "Croissant" }
                    a.button href={ "/assets/" (id) "/origin" } { "Who is paid" }
                }
            }
            p.quiet {
                (text(&row["kind"]).replace('_', " ")) " · asset " (id) " · of account "
                (number(&row["owner"])) " · content " span.hash { (text(&row["content"])) }
            }
            p id="status" role="status" aria-live="polite" hidden {}
            dl.figures {
                (figure("Per use", &money(amount(&row["terms"]["price_units"]))))
                (figure("Uses", &count(number(&row["uses"]).into())))
                (figure("Uses have paid", &money(amount(&row["charged_units"]))))
            }
            (terms(row))
            @if let Some(service) = &found.service { (model::section(row, service, own.is_some())) }
            (buy(found, own))
            @if let Some(text) = &found.card {
                section { h2 { "Card" } div.card { (card::draw(text)) } }
            }
            (rows(&found.rows))
            (lineage::lineage(&found.tree))
            (lineage::shares(row))
            (lineage::revenue(id, &found.flows))
            (uses(&found.uses))
        },
    }
}

/// The terms as sentences, and where they are for machines.
fn terms(row: &Value) -> Markup {
    let (terms, listing) = (&row["terms"], &row["listing"]);
    let part = percent(number(&terms["demand"]["ppm"]));
    html! {
        section {
            h2 { "Terms" }
            ul {
                li { "It may be used for: " (words(&terms["purposes"])) "." }
                @if let Some(spdx) = listing["license"]["spdx"].as_str() {
                    li { "Licence: " (spdx) "." }
                }
                @if let Some(hash) = listing["license"]["text"].as_str() {
                    li { "Licence: a text of the owner's own, SHA-256 " span.hash { (hash) } "." }
                }
                li {
                    @match text(&terms["demand"]["kind"]) {
                        "floor" => {
                            "What is built on it, through any number of generations, pays "
                            (part) " of all it takes."
                        }
                        _ => { "What is built on it directly pays " (part) " of what it keeps." }
                    }
                }
                @if number(&terms["contributors_share_ppm"]) > 0 {
                    li { (percent(number(&terms["contributors_share_ppm"])))
                        " of what it keeps goes to those who made it." }
                }
                (offered(row))
            }
            details.brief {
                summary { "The same for machines" }
                pre.code tabindex="0" role="group" aria-label="Terms as JSON" {
                    (machine(terms, listing))
                }
                p.quiet { a href={ "/api/v1/assets/" (number(&row["id"])) } { "All of it" } }
            }
        }
    }
}

/// How it is offered, until when, and its other versions, as items of a list.
fn offered(row: &Value) -> Markup {
    let (terms, listing) = (&row["terms"], &row["listing"]);
    html! {
        @if listing.is_null() {
            li { "It has no listing: single uses can be paid for, licences cannot." }
        } @else {
            li {
                @if listing["revocable"] == true {
                    "Its owner may revoke a licence; what was done by then stays."
                } @else { "A licence that was bought cannot be revoked by the owner." }
            }
            @if listing["buyers"].as_array().is_some_and(|list| !list.is_empty()) {
                li { "It is offered to named accounts only." }
            }
        }
        @if let Some(end) = terms["expires_ms"].as_u64() {
            li { "Nothing new after " (time(end)) "." }
        }
        @if let Some(earlier) = listing["version_of"].as_u64() {
            li {
                "Another version of "
                a href={ "/assets/" (earlier) } { "asset " (earlier) } "."
            }
        }
        @for later in row["versions"].as_array().into_iter().flatten() {
            li { "There is a later version: "
                a href={ "/assets/" (number(later)) } { "asset " (number(later)) } "." }
        }
    }
}

/// Terms and listing as JSON that people can read too.
fn machine(terms: &Value, listing: &Value) -> String {
    let both = serde_json::json!({"terms": terms, "listing": listing});
    serde_json::to_string_pretty(&both).unwrap_or_default()
}

/// Licences with a button each, and those that the viewer holds.
fn buy(found: &Found, own: Option<AccountId>) -> Markup {
    let row = &found.row;
    let listing = &row["listing"];
    let purposes = row["terms"]["purposes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let price = |purpose: &Value| {
        let prices = listing["prices"].as_array().into_iter().flatten();
        let mut prices = prices.filter(|price| price["purpose"] == *purpose);
        prices.next().cloned().unwrap_or_default()
    };
    html! {
        @if !listing.is_null() {
            section id="licenses" data-asset=(number(&row["id"]))
                data-token=(number(&row["terms"]["token"])) {
                h2 { "Licences" }
                table {
                    thead { tr {
                        th scope="col" { "To" }
                        th.num scope="col" { "Flat" }
                        th.num scope="col" { "Per row" }
                        th.num scope="col" { "All rows" }
                        th scope="col" { span.quiet { "Buy" } }
                    } }
                    tbody {
                        @for purpose in &purposes {
                            @let price = price(purpose);
                            tr {
                                th scope="row" { (text(purpose)) }
                                td.num { (money(amount(&price["flat_units"]))) }
                                td.num { (money(amount(&price["row_units"]))) }
                                td.num { (money(amount(&price["whole_units"]))) }
                                td { @if own.is_some() {
                                    button type="button" data-buy=(text(purpose)) {
                                        "Get the licence"
                                    }
                                } }
                            }
                        }
                    }
                }
                @if own.is_none() {
                    p { a.button href={ "/login?next=/assets/" (number(&row["id"])) } {
                        "Log in to get a licence" } }
                }
                @for grant in &found.grants {
                    p {
                        "You hold grant " (number(&grant["grant"])) " to " (text(&grant["purpose"]))
                        @if grant["lives"] == true {
                            ". " button.plain type="button" data-revoke=(number(&grant["grant"])) {
                                "Give it up" }
                        } @else { ", which is over." }
                    }
                }
            }
        }
    }
}

fn rows(rows: &Result<Vec<String>, Problem>) -> Markup {
    html! {
        section {
            h2 { "First rows" }
            @match rows {
                Ok(rows) if rows.is_empty() => { p.empty { "There are no rows to show here." } }
                Ok(rows) => { div.scroll { pre.code { @for row in rows { (row) "\n" } } } }
                Err(problem) => { p.empty { (problem.detail()) "." } }
            }
        }
    }
}

fn uses(uses: &Result<Value, Problem>) -> Markup {
    let rows = uses.as_ref().ok().and_then(|uses| uses["uses"].as_array());
    html! {
        section {
            h2 { "Who has used it" }
            @match rows {
                Some(rows) if !rows.is_empty() => {
                    (tabled(
                        &[
                            Text("What"), Text("Account"), Text("For"), Number("How much"),
                            Number("Paid"), Text("When"),
                        ],
                        &html! {
                            @for row in rows {
                                tr {
                                    td { (text(&row["kind"])) }
                                    td { @match row["account"].as_u64() {
                                        Some(account) => { (account) }
                                        None => { "nobody's" }
                                    } }
                                    td { (text(&row["purpose"])) }
                                    td.num { (much(row)) }
                                    td.num { (money(amount(&row["amount_units"]))) }
                                    td { (time(number(&row["time_ms"]))) }
                                }
                            }
                        },
                    ))
                }
                _ => { p.empty { "Nobody has used it yet." } }
            }
        }
    }
}

fn much(row: &Value) -> String {
    match text(&row["kind"]) {
        "calls" => format!("{} uses", count(number(&row["uses"]).into())),
        "grant" if number(&row["rows"]) == 0 => "all rows".to_owned(),
        "grant" => format!("{} rows", count(number(&row["rows"]).into())),
        _ => format!("{} bytes", count(number(&row["bytes"]).into())),
    }
}
