//! Whose data made an answer: the path from a receipt to labels, and the people who are paid.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::response::Response;
use gateway::Receipt;
use maud::{Markup, html};
use node::market::{Earner, Part, campaign_of, split};
use protocol::usage::Tokens;
use protocol::{Amount, AssetId, Hash};
use serde::Deserialize;

use super::item::part_of;
use super::part::Head::{Number, Text};
use super::part::tabled;
use super::sheet::sheets;
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::problem::said::{no_asset, no_receipt_of};
use crate::work::Work;

/// Contributors that are named for each label set.
const PEOPLE: usize = 20;
/// What is split where no receipt says how much was paid.
const EXAMPLE: u128 = 1_000_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    /// A receipt of a use, as the gateway gives it.
    receipt: Option<String>,
}

struct Shown {
    id: AssetId,
    title: String,
    /// Whether its answers are rows.
    is_table: bool,
    receipt: Option<(Receipt, bool)>,
    text: String,
    paid: u128,
    rows: Vec<Row>,
}

/// What is paid on to one asset.
struct Row {
    id: AssetId,
    title: String,
    kind: &'static str,
    campaign: Option<u32>,
    /// Accepted answers of that campaign.
    accepted: u64,
    owner: Option<(u32, u128)>,
    /// What the operator takes first.
    fee: Option<(u32, u128)>,
    /// All its contributors together, and the largest of them.
    people: Option<People>,
}

/// How many, what they get together, and account and part of the largest.
type People = (usize, u128, Vec<(u32, u128)>);

/// `GET /assets/{id}/origin?receipt=`.
pub(super) async fn page(
    State(work): State<Work>,
    Path(id): Path<u32>,
    viewer: Viewer,
    query: Result<Query<Asked>, QueryRejection>,
    uri: Uri,
) -> Response {
    let words = viewer.words();
    let page = match query {
        Ok(Query(asked)) => {
            let found = blocking(move || read(&work, AssetId(id), asked)).await;
            found
                .and_then(|found| found)
                .map(|shown| draw(words, &shown))
        }
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

fn read(work: &Work, id: AssetId, asked: Asked) -> Result<Shown, Problem> {
    let text = asked.receipt.unwrap_or_default();
    let receipt = match text.as_str() {
        "" => None,
        text => {
            let (receipt, _) = Receipt::read(text).ok_or_else(|| no_receipt_of(None))?;
            if receipt.asset != id {
                return Err(no_receipt_of(Some(receipt.asset)));
            }
            Some(receipt)
        }
    };
    let keys: Vec<[u8; 32]> = work.host().read(|state| {
        let keys = state.sections.service.keys.iter();
        keys.map(|(_, key)| key.0).collect()
    });
    let signed = keys.iter().any(|key| Receipt::open(&text, key).is_some());
    let found = work.host().read(|state| {
        let paid = receipt.map_or(EXAMPLE, |receipt| receipt.row.amount_units);
        let amount = Amount::new(paid).unwrap_or_default();
        let parts = split(state, id, amount);
        let own = &state.asset(id)?.registered;
        Some(Shown {
            id,
            title: own.title.clone(),
            is_table: own.kind.is_table(),
            receipt: receipt.map(|receipt| (receipt, signed)),
            text: text.clone(),
            paid,
            rows: rows(state, &parts),
        })
    });
    let mut shown = found.ok_or_else(|| no_asset(id))?;
    let questions = work.market().questions()?;
    for row in &mut shown.rows {
        let campaign = row.campaign.map(|id| questions.dashboard(id)).transpose()?;
        row.accepted = campaign.flatten().map_or(0, |own| own.campaign.judged.0);
    }
    Ok(shown)
}

/// Parts by asset, in the order in which money reaches them.
fn rows(state: &node::State, parts: &[Part]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for part in parts {
        let Some(asset) = state.asset(part.asset) else {
            continue;
        };
        if rows.last().is_none_or(|row| row.id != part.asset) {
            rows.push(Row {
                id: part.asset,
                title: asset.registered.title.clone(),
                kind: asset.registered.kind.word(),
                campaign: campaign_of(state, part.asset).map(|id| id.0),
                accepted: 0,
                owner: None,
                fee: None,
                people: None,
            });
        }
        let Some(row) = rows.last_mut() else {
            continue;
        };
        match part.earner {
            Earner::Operator(account) => row.fee = Some((account.0, part.units)),
            Earner::Owner(account) => row.owner = Some((account.0, part.units)),
            Earner::Contributors => {
                let mut people: Vec<(u32, u128)> = asset
                    .registered
                    .shares
                    .iter()
                    .map(|(account, share)| {
                        let units = part.units.saturating_mul((*share).into());
                        (account.0, units / u128::from(asset.total_shares.max(1)))
                    })
                    .collect();
                people.sort_by_key(|(account, units)| (std::cmp::Reverse(*units), *account));
                let all = people.len();
                people.truncate(PEOPLE);
                row.people = Some((all, part.units, people));
            }
        }
    }
    rows
}

fn draw(words: Words, shown: &Shown) -> Page {
    let id = shown.id;
    Page {
        part: "/explore",
        title: words.say("origin.whose-data-made-this").to_owned(),
        scripts: &[],
        body: html! {
            (sheets())
            div.head {
                h1 { (words.say("origin.whose-data-made-this")) }
                p.actions { a.button href={ "/assets/" (id) } { (shown.title) } }
            }
            @match &shown.receipt {
                Some((receipt, signed)) => { (told(words, receipt, *signed, shown)) }
                None => {
                    p.lead {
                        (words.draw("origin.of-each-that-is",
                            &[("paid", &words.money(shown.paid)), ("title", &shown.title)]))
                    }
                }
            }
            section {
                h2 { (words.say("origin.the-path-to-the")) }
                @if shown.rows.is_empty() {
                    p.empty { (words.say("origin.nothing-was-paid-so")) }
                } @else {
                    ol.proof { @for row in &shown.rows { (step(words, row, shown.paid)) } }
                    p.quiet { (words.say("origin.by-the-rules-of")) }
                }
            }
        },
    }
}

/// What was counted of a use, for a list of facts.
fn counted(words: Words, tokens: &Tokens, is_table: bool) -> Markup {
    let answered = words.count(tokens.output.into());
    html! {
        @if is_table && tokens.may_be_rows() {
            dt { (words.say("origin.rows")) }
            dd { (answered) }
        } @else {
            dt { (words.say("origin.tokens")) }
            dd {
                (words.draw("origin.asked-answered",
                    &[("asked", &words.count(tokens.input.into())), ("answered", &answered)]))
            }
        }
    }
}

fn told(words: Words, receipt: &Receipt, signed: bool, shown: &Shown) -> Markup {
    let (row, text) = (&receipt.row, &shown.text);
    html! {
        section {
            h2 { (words.say("origin.the-receipt")) }
            ul.proof {
                li data-state=(if signed { "good" } else { "bad" }) {
                    span.verdict aria-hidden="true" { @if signed { "✓" } @else { "✕" } }
                    @if signed { (words.say("origin.the-gateway-s-key")) }
                    @else { (words.say("origin.no-key-of-this")) }
                }
                li data-state=(if receipt.whole { "good" } else { "bad" }) {
                    span.verdict aria-hidden="true" { @if receipt.whole { "✓" } @else { "!" } }
                    @if receipt.whole { (words.say("origin.the-answer-was-whole")) }
                    @else { (words.say("origin.the-answer-broke-off")) }
                }
            }
            dl.facts {
                dt { (words.say("common.paid")) } dd {
                    (words.draw("origin.by-account",
                        &[("amount", &words.money(row.amount_units)),
                          ("account", &receipt.payer.0)]))
                }
                dt { (words.say("common.when")) } dd { (words.time(row.time_ms)) }
                @if let Some(tokens) = row.tokens { (counted(words, &tokens, shown.is_table)) }
                dt { (words.say("origin.number")) }
                @let counter = receipt.counter.to_string();
                dd { (words.fill("origin.of-that-account-s", &[("receipt", &counter)])) }
                dt { (words.say("origin.id")) } dd.path { (Hash(row.receipt)) }
                dt { (words.say("origin.in-the-log")) }
                dd {
                    (words.draw("origin.by",
                        &[("time", &words.time(receipt.due_ms)),
                          ("link", &html! {
                              a href={ "/v1/receipts/" (text) } {
                                  (words.say("origin.row-proof-and-segment"))
                              }
                          })]))
                }
            }
            p.quiet {
                (words.draw("origin.on-your-own-machine",
                    &[("headwater", &html! {
                        code { "headwater verify use.receipt --against DIR" }
                    })]))
            }
        }
    }
}

fn step(words: Words, row: &Row, paid: u128) -> Markup {
    html! {
        li data-state="good" {
            strong { a href={ "/assets/" (row.id) } { (row.title) } } " "
            span.quiet { (words.told("asset-kind", row.kind)) " " (row.id) }
            @if let Some(campaign) = row.campaign {
                " · " (words.draw("origin.accepted-answers-in",
                    &[("accepted", &words.count(row.accepted.into())),
                      ("campaigns", &html! {
                          a href={ "/campaigns/" (campaign) } { (words.draw("common.campaign",
                              &[("campaign", &campaign)])) }
                      })]))
            }
            @if let Some((account, units)) = row.fee {
                br; (words.draw("origin.to-the-node-s",
                    &[("units", &words.money(units)), ("part", &part_of(words, units, paid)),
                      ("account", &account)]))
            }
            @if let Some((owner, units)) = row.owner {
                br; (words.draw("origin.to-its-owner-account",
                    &[("units", &words.money(units)), ("part", &part_of(words, units, paid)),
                      ("account", &owner)]))
            }
            @if let Some((all, units, people)) = &row.people {
                br; (words.draw("origin.to-people-who-made",
                    &[("units", &words.money(*units)), ("part", &part_of(words, *units, paid)),
                      ("all", &words.count(*all as u128))]))
                details.brief {
                    summary { (words.say("origin.who-they-are")) }
                    (tabled(&[
                        Text(words.say("shell.account")),
                        Number(words.say("origin.gets")),
                    ], &html! {
                        @for (account, units) in people {
                            tr { th scope="row" { (account) } td.num { (words.money(*units)) } }
                        }
                    }))
                    @if *all > people.len() {
                        p.quiet {
                            (words.draw("origin.these-are-the-with", &[("people", &people.len())]))
                        }
                    }
                }
            }
        }
    }
}
