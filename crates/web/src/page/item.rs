//! One asset: its card, terms in words, lineage, uses, money, shares, rows, and grants to buy.

mod lineage;
mod model;
mod waiver;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::{AccountId, AssetId};
use serde_json::Value;

use super::card;
use super::explore::listed;
use super::part::Head::{Number, Text};
use super::part::{amount, figure, number, tabled, text};
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::problem::said::no_asset;
use crate::work::Work;
use crate::work::market::waiver::{Wanted, find};
use crate::work::market::{asset, content, used};

pub(super) use model::part_of;
pub(super) use waiver::exact;

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
    waivers: Value,
    service: Option<model::Served>,
}

/// `GET /assets/{id}`.
pub(super) async fn page(
    State(work): State<Work>,
    Path(id): Path<u32>,
    viewer: Viewer,
    uri: Uri,
) -> Response {
    let words = viewer.words();
    let own = viewer.account();
    let found = blocking(move || read(&work, AssetId(id), own)).await;
    let page = found
        .and_then(|found| found)
        .map(|found| draw(words, &found, own));
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
    let wanted = Wanted {
        asset: Some(id.0),
        ..Wanted::default()
    };
    let newest = (u64::MAX, 0, i64::MAX);
    Ok(Found {
        row: row.ok_or_else(|| no_asset(id))?,
        tree: asset::tree(work, id, asset::LARGE).ok_or_else(|| no_asset(id))?,
        card: content::card_of(work, id)?,
        rows: content::shown(work, id, own),
        uses: used::used(work, id, newest, USES),
        flows: used::flows(work, id),
        grants,
        waivers: work.host().read(|state| find(state, &wanted)),
        service: model::served(work, id),
    })
}

fn draw(words: Words, found: &Found, own: Option<AccountId>) -> Page {
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
                    a.button href={ "/api/v1/assets/" (id) "/download" } download {
                        (words.say("asset.download"))
                    }
                    a.button href={ "/api/v1/assets/" (id) "/croissant" } { "Croissant" }
                    a.button href={ "/assets/" (id) "/origin" } { (words.say("asset.who-is-paid")) }
                }
            }
            p.quiet {
                (words.draw("asset.asset-of-account-content",
                    &[("kind", &words.told("asset-kind", text(&row["kind"]))), ("id", &id),
                      ("owner", &number(&row["owner"])),
                      ("hash", &html! { span.hash { (text(&row["content"])) } })]))
            }
            p id="status" role="status" aria-live="polite" hidden {}
            dl.figures {
                (figure(
                    words.say("common.per-use"),
                    &words.money(amount(&row["terms"]["price_units"])),
                ))
                (figure(words.say("common.uses"), &words.count(number(&row["uses"]).into())))
                (figure(
                    words.say("asset.uses-have-paid"),
                    &words.money(amount(&row["charged_units"])),
                ))
            }
            (terms(words, row))
            @if let Some(service) = &found.service {
                (model::section(words, row, service, own.is_some()))
            }
            (buy(words, found, own))
            (waiver::section(words, row, &found.waivers, own))
            @if let Some(text) = &found.card {
                section { h2 { (words.say("asset.card")) } div.card { (card::draw(words, text)) } }
            }
            (rows(words, &found.rows))
            (lineage::lineage(words, &found.tree))
            (lineage::shares(words, row))
            (lineage::revenue(words, id, &found.flows))
            (uses(words, &found.uses))
        },
    }
}

/// The terms as sentences, and where they are for machines.
fn terms(words: Words, row: &Value) -> Markup {
    let (terms, listing) = (&row["terms"], &row["listing"]);
    let part = words.percent(number(&terms["demand"]["ppm"]));
    html! {
        section {
            h2 { (words.say("common.terms")) }
            ul {
                li {
                    (words.draw("asset.it-may-be-used",
                        &[("purposes", &listed(words, &terms["purposes"]))]))
                }
                @if let Some(spdx) = listing["license"]["spdx"].as_str() {
                    li { (words.draw("asset.licence", &[("spdx", &spdx)])) }
                }
                @if let Some(hash) = listing["license"]["text"].as_str() {
                    li {
                        (words.draw("asset.licence-a-text-of",
                            &[("hash", &html! { span.hash { (hash) } })]))
                    }
                }
                li {
                    @match text(&terms["demand"]["kind"]) {
                        "floor" => {
                            (words.draw("asset.floor", &[("part", &part)]))
                        }
                        _ => {
                            (words.draw("asset.flow", &[("part", &part)]))
                        }
                    }
                }
                @if number(&terms["contributors_share_ppm"]) > 0 {
                    li {
                        (words.draw("asset.of-what-it-keeps",
                            &[("part", &words.percent(number(&terms["contributors_share_ppm"])))]))
                    }
                }
                (offered(words, row))
            }
            details.brief {
                summary { (words.say("asset.the-same-for-machines")) }
                pre.code tabindex="0" role="group" aria-label=(words.say("asset.terms-as-json")) {
                    (machine(terms, listing))
                }
                p.quiet {
                    a href={ "/api/v1/assets/" (number(&row["id"])) } {
                        (words.say("asset.all-of-it"))
                    }
                }
            }
        }
    }
}

/// How it is offered, until when, and its other versions, as items of a list.
fn offered(words: Words, row: &Value) -> Markup {
    let (terms, listing) = (&row["terms"], &row["listing"]);
    html! {
        @if listing.is_null() {
            li { (words.say("asset.it-has-no-listing")) }
        } @else {
            li {
                @if listing["revocable"] == true {
                    (words.say("asset.its-owner-may-revoke"))
                } @else { (words.say("asset.a-licence-that-was")) }
            }
            @if listing["buyers"].as_array().is_some_and(|list| !list.is_empty()) {
                li { (words.say("asset.it-is-offered-to")) }
            }
        }
        @if let Some(end) = terms["expires_ms"].as_u64() {
            li { (words.draw("asset.nothing-new-after", &[("end", &words.time(end))])) }
        }
        @if let Some(earlier) = listing["version_of"].as_u64() {
            li {
                (words.draw("asset.another-version-of",
                    &[("assets", &html! {
                        a href={ "/assets/" (earlier) } { (words.draw("common.asset",
                            &[("asset", &earlier)])) }
                    })]))
            }
        }
        @for later in row["versions"].as_array().into_iter().flatten() {
            li {
                (words.draw("asset.there-is-a-later",
                    &[("assets", &html! {
                        a href={ "/assets/" (number(later)) } { (words.draw("common.asset",
                            &[("asset", &number(later))])) }
                    })]))
            }
        }
    }
}

/// Terms and listing as JSON that people can read too.
fn machine(terms: &Value, listing: &Value) -> String {
    let both = serde_json::json!({"terms": terms, "listing": listing});
    serde_json::to_string_pretty(&both).unwrap_or_default()
}

/// Licences with a button each, and those that the viewer holds.
fn buy(words: Words, found: &Found, own: Option<AccountId>) -> Markup {
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
                h2 { (words.say("asset.licences")) }
                table {
                    thead { tr {
                        th scope="col" { (words.say("asset.for")) }
                        th.num scope="col" { (words.say("asset.flat")) }
                        th.num scope="col" { (words.say("asset.per-row")) }
                        th.num scope="col" { (words.say("asset.all-rows")) }
                        th scope="col" { span.quiet { (words.say("asset.buy")) } }
                    } }
                    tbody {
                        @for purpose in &purposes {
                            (licence(words, purpose, &price(purpose), own))
                        }
                    }
                }
                @if own.is_none() {
                    p { a.button href={ "/login?next=/assets/" (number(&row["id"])) } {
                        (words.say("asset.log-in-to-get")) } }
                }
                @for grant in &found.grants {
                    @let lives = grant["lives"] == true;
                    @let key = if lives { "asset.grant-held" } else { "asset.grant-over" };
                    p {
                        (words.draw(key,
                            &[("grant", &number(&grant["grant"])),
                              ("purpose", &words.told("purpose", text(&grant["purpose"])))]))
                        @if lives {
                            " " button.plain type="button" data-revoke=(number(&grant["grant"])) {
                                (words.say("asset.give-it-up")) }
                        }
                    }
                }
            }
        }
    }
}

fn licence(words: Words, purpose: &Value, price: &Value, own: Option<AccountId>) -> Markup {
    html! {
        tr {
            th scope="row" { (words.told("purpose", text(purpose))) }
            td.num { (words.money(amount(&price["flat_units"]))) }
            td.num { (words.money(amount(&price["row_units"]))) }
            td.num { (words.money(amount(&price["whole_units"]))) }
            td { @if own.is_some() {
                button type="button" data-buy=(text(purpose))
                    data-named=(words.told("purpose", text(purpose))) {
                    (words.say("asset.get-the-licence"))
                }
            } }
        }
    }
}

fn rows(words: Words, rows: &Result<Vec<String>, Problem>) -> Markup {
    html! {
        section {
            h2 { (words.say("asset.first-rows")) }
            @match rows {
                Ok(rows) if rows.is_empty() => {
                    p.empty { (words.say("asset.there-are-no-rows")) }
                }
                Ok(rows) => { div.scroll { pre.code { @for row in rows { (row) "\n" } } } }
                Err(problem) => { p.empty { (words.why(problem)) } }
            }
        }
    }
}

fn uses(words: Words, uses: &Result<Value, Problem>) -> Markup {
    let rows = uses.as_ref().ok().and_then(|uses| uses["uses"].as_array());
    html! {
        section {
            h2 { (words.say("asset.who-has-used-it")) }
            @match rows {
                Some(rows) if !rows.is_empty() => {
                    (tabled(
                        &[
                            Text(words.say("common.what")), Text(words.say("shell.account")),
                                Text(words.say("asset.for")), Number(words.say("asset.how-much")),
                            Number(words.say("common.paid")), Text(words.say("common.when")),
                        ],
                        &html! {
                            @for row in rows {
                                tr {
                                    td { (words.told("use", text(&row["kind"]))) }
                                    td { @match row["account"].as_u64() {
                                        Some(account) => { (account) }
                                        None => { (words.say("asset.nobody-s")) }
                                    } }
                                    td { (words.told("purpose", text(&row["purpose"]))) }
                                    td.num { (much(words, row)) }
                                    td.num { (words.money(amount(&row["amount_units"]))) }
                                    td { (words.time(number(&row["time_ms"]))) }
                                }
                            }
                        },
                    ))
                }
                _ => { p.empty { (words.say("asset.nobody-has-used-it")) } }
            }
        }
    }
}

fn much(words: Words, row: &Value) -> String {
    match text(&row["kind"]) {
        "calls" => words.fill(
            "asset.uses",
            &[("uses", &words.count(number(&row["uses"]).into()))],
        ),
        "waiver" => words.fill(
            "asset.child-at",
            &[
                ("child", &number(&row["child"]).to_string()),
                ("part", &exact(words, number(&row["floor_ppm"]))),
            ],
        ),
        "grant" if number(&row["rows"]) == 0 => words.say("asset.every-row").to_owned(),
        "grant" => words.fill(
            "asset.rows",
            &[("rows", &words.count(number(&row["rows"]).into()))],
        ),
        _ => words.fill(
            "common.byte-count",
            &[("bytes", &words.count(number(&row["bytes"]).into()))],
        ),
    }
}
