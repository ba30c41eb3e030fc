//! The market: assets found by words, kind, purpose and price.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use protocol::market::{AssetKind, PURPOSES};
use serde_json::Value;

use super::part::{amount, number, text};
use super::shell::{Page, Viewer, answer};
use super::words::Words;
use crate::api::blocking;
use crate::problem::Problem;
use crate::work::Work;
use crate::work::market::asset::{Wanted, find};

/// `GET /explore`, with the same questions as `GET /api/v1/assets`.
pub(super) async fn page(
    State(work): State<Work>,
    viewer: Viewer,
    query: Result<Query<Wanted>, QueryRejection>,
    uri: Uri,
) -> Response {
    let words = viewer.words();
    let page = match query {
        Ok(Query(wanted)) => found(words, work, wanted).await,
        Err(rejection) => Err(rejection.into()),
    };
    answer(&viewer, uri.path(), page)
}

async fn found(words: Words, work: Work, wanted: Wanted) -> Result<Page, Problem> {
    let asked = wanted.clone();
    let found = blocking(move || find(&work, &asked)).await??;
    let rows = found["assets"].as_array().cloned().unwrap_or_default();
    let next = found["next"].as_u64();
    Ok(Page {
        part: "/explore",
        title: words.say("nav.market").to_owned(),
        scripts: &[],
        body: html! {
            div.head {
                h1 { (words.say("nav.market")) }
                a.button.main href="/register" { (words.say("common.register-an-asset")) }
            }
            (form(words, &wanted))
            @if rows.is_empty() {
                p.empty { (words.say("market.nothing-fits-ask-for")) }
            } @else {
                (table(words, &rows))
            }
            @if let Some(next) = next {
                p {
                    a.button href={ "/explore?before=" (next) (kept(&wanted)) } {
                        (words.say("market.older-ones"))
                    }
                }
            }
        },
    })
}

/// The question again, for the next page of answers.
fn kept(wanted: &Wanted) -> String {
    let owner = wanted.owner.map(|owner| owner.to_string());
    let limit = wanted.limit.map(|limit| limit.to_string());
    let pairs = [
        ("text", &wanted.text),
        ("kind", &wanted.kind),
        ("purpose", &wanted.purpose),
        ("max_units", &wanted.max_units),
        ("owner", &owner),
        ("limit", &limit),
    ];
    let filled = pairs
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)));
    filled
        .map(|(name, value)| format!("&{name}={}", escaped(value)))
        .collect()
}

/// What is no letter or digit, percent-encoded (RFC 3986).
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn form(words: Words, wanted: &Wanted) -> Markup {
    let chosen = |own: &Option<String>, word: &str| own.as_deref() == Some(word);
    html! {
        form.row method="get" action="/explore" role="search" {
            div {
                label for="text" { (words.say("market.words")) }
                input id="text" name="text" value=[&wanted.text];
            }
            div {
                label for="kind" { (words.say("common.kind")) }
                select id="kind" name="kind" {
                    option value="" { (words.say("market.any")) }
                    @for kind in AssetKind::ALL.map(AssetKind::word) {
                        option value=(kind) selected[chosen(&wanted.kind, kind)] {
                            (words.told("asset-kind", kind))
                        }
                    }
                }
            }
            div {
                label for="purpose" { (words.say("market.to-be-used-for")) }
                select id="purpose" name="purpose" {
                    option value="" { (words.say("market.anything")) }
                    @for purpose in PURPOSES {
                        option value=(purpose) selected[chosen(&wanted.purpose, purpose)] {
                            (words.told("purpose", purpose))
                        }
                    }
                }
            }
            div { button type="submit" { (words.say("market.search")) } }
        }
    }
}

fn table(words: Words, rows: &[Value]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { (words.say("market.asset")) }
                        th scope="col" { (words.say("common.kind")) }
                        th scope="col" { (words.say("market.purposes")) }
                        th scope="col" { (words.say("market.licence")) }
                        th.num scope="col" { (words.say("common.per-use")) }
                        th.num scope="col" { (words.say("common.uses")) }
                    }
                }
                tbody {
                    @for row in rows {
                        @let license = &row["listing"]["license"];
                        tr {
                            th scope="row" {
                                a href={ "/assets/" (number(&row["id"])) } { (text(&row["title"])) }
                            }
                            td { (words.told("asset-kind", text(&row["kind"]))) }
                            td { (listed(words, &row["terms"]["purposes"])) }
                            td { @if license["text"].is_string() { (words.say("market.own-text")) }
                                @else {
                                    @let none = words.say("market.none-named");
                                    (license["spdx"].as_str().unwrap_or(none))
                                } }
                            td.num { (words.money(amount(&row["terms"]["price_units"]))) }
                            td.num { (words.count(number(&row["uses"]).into())) }
                        }
                    }
                }
            }
        }
    }
}

/// A list of purposes as one text.
pub(super) fn listed(words: Words, list: &Value) -> String {
    let purposes = list.as_array().into_iter().flatten();
    purposes
        .filter_map(Value::as_str)
        .map(|purpose| words.told("purpose", purpose))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_again_as_it_was() {
        let wanted = Wanted {
            text: Some("a & b".to_owned()),
            kind: Some("model".to_owned()),
            owner: Some(3),
            ..Wanted::default()
        };
        assert_eq!(kept(&wanted), "&text=a%20%26%20b&kind=model&owner=3");
    }
}
