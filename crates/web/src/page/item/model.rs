//! A model or a table in service: its name, price and pace, and the place where it is tried.

use maud::{Markup, html};
use serde_json::Value;

use super::super::part::{amount, figure, number, text};
use super::super::words::Words;
use crate::work::Work;
use protocol::AssetId;

/// What the gateway says of a model in service.
pub(super) struct Served {
    name: String,
    engine: &'static str,
    /// Calls, median and 95th percentile in microseconds.
    pace: Option<(usize, u64, u64)>,
    /// Prices of a million tokens asked and answered, or of no rows and a million rows, base units.
    tokens: Option<(u128, u128)>,
}

/// Which route a model answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Classify,
    Chat,
    Embed,
    Rows,
}

/// `None` where an asset is not in service here.
pub(super) fn served(work: &Work, id: AssetId) -> Option<Served> {
    let (name, engine, latency) = work.models()?.about(id)?;
    let tokens = work.host().read(|state| {
        let prices = state.price(id, state.time_ms)?.tokens?;
        Some((prices.input_units.units(), prices.output_units.units()))
    });
    Some(Served {
        name,
        engine,
        pace: latency.map(|own| (own.calls, own.median_us, own.p95_us)),
        tokens,
    })
}

/// Microseconds as milliseconds with a decimal.
fn milliseconds(words: Words, us: u64) -> String {
    words.decimal(&format!("{}.{} ms", us / 1_000, us % 1_000 / 100))
}

/// The section of a model, with the playground for whoever is logged in.
pub(super) fn section(words: Words, row: &Value, own: &Served, logged_in: bool) -> Markup {
    let id = number(&row["id"]);
    let terms = &row["terms"];
    let way = match own.engine {
        "softmax-hash" => Way::Classify,
        "hash-embed" => Way::Embed,
        "rows" => Way::Rows,
        _ => Way::Chat,
    };
    html! {
        section {
            h2 { (words.say("model.call-it")) }
            dl.figures {
                (figure(words.say("model.a-call"), &words.money(amount(&terms["price_units"]))))
                (prices(words, own, way))
                @match own.pace {
                    Some((calls, median, p95)) => {
                        (figure(
                            words.say("model.answers-begin-within"),
                            &milliseconds(words, median),
                        ))
                        (figure(
                            &words.fill(
                                "model.95-of-calls",
                                &[("calls", &words.count(calls as u128))],
                            ),
                            &milliseconds(words, p95),
                        ))
                    }
                    None => {
                        (figure(
                            words.say("model.answers-begin-within"),
                            words.say("model.not-called-yet"),
                        ))
                    }
                }
            }
            p.quiet {
                (words.draw("model.its-name-below-is",
                    &[("v", &html! { code { "/v1" } }), ("name", &html! { code { (own.name) } }),
                      ("engine", &html! { code { (own.engine) } })]))
            }
            @if matches!(way, Way::Chat | Way::Classify) {
                (playground(words, id, row, way, logged_in))
            }
            (snippets(words, &own.name, way))
        }
    }
}

/// What a million tokens cost, or a million rows.
fn prices(words: Words, own: &Served, way: Way) -> Markup {
    html! {
        @match (own.tokens, way) {
            (None, _) => {}
            (Some((_, rows)), Way::Rows) => {
                (figure(words.say("model.a-million-rows"), &words.money(rows)))
            }
            (Some((input, output)), _) => {
                (figure(words.say("model.a-million-tokens-asked"), &words.money(input)))
                (figure(words.say("model.a-million-tokens-answered"), &words.money(output)))
            }
        }
    }
}

fn playground(words: Words, id: u64, row: &Value, way: Way, logged_in: bool) -> Markup {
    let classifies = way == Way::Classify;
    let terms = &row["terms"];
    let purposes = terms["purposes"].as_array().cloned().unwrap_or_default();
    html! {
        div.card id="play" data-asset=(id) data-token=(number(&terms["token"]))
            data-price=(text(&terms["price_units"]))
            data-way=(if classifies { "classify" } else { "chat" }) {
            h3 { (words.say("model.try-it")) }
            @if logged_in {
                div id="turns" class="turns" aria-live="polite" {}
                form id="ask" {
                    label for="words" {
                        @if classifies {
                            (words.say("model.a-text-to-classify"))
                        } @else { (words.say("model.say-something")) }
                    }
                    textarea id="words" rows="3" {}
                    @if purposes.len() > 1 {
                        label for="purpose" { (words.say("model.what-for")) }
                        select id="purpose" { @for purpose in &purposes {
                            option value=(text(purpose)) {
                                (words.told("purpose", text(purpose)))
                            }
                        } }
                    }
                    p.actions {
                        button.main type="submit" id="send" { (words.say("model.send")) }
                        button type="button" id="cancel" hidden { (words.say("common.stop")) }
                    }
                }
                div id="allow" hidden {
                    p { (words.say("model.calls-are-paid-from")) }
                    label for="cap" { (words.say("model.set-aside")) }
                    input id="cap" inputmode="decimal" value="1.00";
                    p.actions {
                        button.main type="button" id="grant" {
                            (words.say("model.sign-and-set-aside"))
                        }
                    }
                }
                p id="play-status" role="status" aria-live="polite" hidden {}
                noscript { p.empty { (words.say("model.the-playground-signs-in")) } }
            } @else {
                p {
                    (words.draw("model.calls-are-paid-so",
                        &[("login", &html! {
                            a href={ "/login?next=/assets/" (id) } {
                                (words.say("model.log-in-to-try"))
                            }
                        })]))
                }
            }
            p.quiet { (words.say("model.each-answer-brings-a")) }
        }
    }
}

fn snippets(words: Words, name: &str, way: Way) -> Markup {
    let message = "[{\"role\": \"user\", \"content\": \"hello\"}]";
    let (path, body) = match way {
        Way::Classify => ("classify", "\"input\": \"my parcel is late\"".to_owned()),
        Way::Embed => ("embeddings", "\"input\": \"my parcel is late\"".to_owned()),
        Way::Rows => ("rows", "\"from\": 0, \"limit\": 10".to_owned()),
        Way::Chat => (
            "chat/completions",
            format!("\"stream\": true, \"messages\": {message}"),
        ),
    };
    html! {
        details.brief {
            summary { (words.say("common.from-a-program")) }
            pre.code tabindex="0" role="group" aria-label="curl" {
                "curl https://THIS-NODE/v1/" (path) " \\\n  -H \"Authorization: Bearer "
                "$HEADWATER_MODEL_KEY\" \\\n  -d '{\"model\": \"" (name) "\", " (body) "}'"
            }
            p.quiet {
                (words.draw("model.openai-s-clients-work",
                    &[("v", &html! { code { "/v1" } }),
                      ("x", &html! { code { "x-headwater-receipt" } })]))
            }
        }
    }
}

/// What a part per million is of a whole, for a table.
pub(in crate::page) fn part_of(words: Words, units: u128, whole: u128) -> String {
    let ppm = units.min(whole).saturating_mul(1_000_000) / whole.max(1);
    words.percent(u64::try_from(ppm).unwrap_or(1_000_000))
}
