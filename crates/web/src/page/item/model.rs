//! A model in service: its name, price and pace, and the place where it is tried.

use maud::{Markup, html};
use serde_json::Value;

use super::super::part::{amount, figure, money, number, percent, text};
use crate::work::Work;
use protocol::AssetId;

/// What the gateway says of a model in service.
pub(super) struct Served {
    name: String,
    engine: &'static str,
    /// Calls, median and 95th percentile in microseconds.
    pace: Option<(usize, u64, u64)>,
    /// Prices of a million tokens asked and answered, base units.
    tokens: Option<(u128, u128)>,
}

/// Which route a model answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Classify,
    Chat,
    Embed,
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
fn milliseconds(us: u64) -> String {
    format!("{}.{} ms", us / 1_000, us % 1_000 / 100)
}

/// The section of a model, with the playground for whoever is logged in.
pub(super) fn section(row: &Value, own: &Served, logged_in: bool) -> Markup {
    let id = number(&row["id"]);
    let terms = &row["terms"];
    let way = match own.engine {
        "softmax-hash" => Way::Classify,
        "hash-embed" => Way::Embed,
        _ => Way::Chat,
    };
    html! {
        section {
            h2 { "Call it" }
            dl.figures {
                (figure("A call", &money(amount(&terms["price_units"]))))
                @if let Some((input, output)) = own.tokens {
                    (figure("A million tokens asked", &money(input)))
                    (figure("A million tokens answered", &money(output)))
                }
                @match own.pace {
                    Some((calls, median, p95)) => {
                        (figure("Answers begin within", &milliseconds(median)))
                        (figure(&format!("95 % of {calls} calls"), &milliseconds(p95)))
                    }
                    None => { (figure("Answers begin within", "not called yet")) }
                }
            }
            p.quiet { "Its name below " code { "/v1" } " is " code { (own.name) } "; it is of the "
                "kind " code { (own.engine) } ". Times are those of this node since its start." }
            @if way != Way::Embed { (playground(id, row, way, logged_in)) }
            (snippets(&own.name, way))
        }
    }
}

fn playground(id: u64, row: &Value, way: Way, logged_in: bool) -> Markup {
    let classifies = way == Way::Classify;
    let terms = &row["terms"];
    let purposes = terms["purposes"].as_array().cloned().unwrap_or_default();
    html! {
        div.card id="play" data-asset=(id) data-token=(number(&terms["token"]))
            data-price=(text(&terms["price_units"]))
            data-way=(if classifies { "classify" } else { "chat" }) {
            h3 { "Try it" }
            @if logged_in {
                div id="turns" class="turns" aria-live="polite" {}
                form id="ask" {
                    label for="words" {
                        @if classifies { "A text to classify" } @else { "Say something" }
                    }
                    textarea id="words" rows="3" {}
                    @if purposes.len() > 1 {
                        label for="purpose" { "What for" }
                        select id="purpose" { @for purpose in &purposes {
                            option value=(text(purpose)) { (text(purpose)) }
                        } }
                    }
                    p.actions {
                        button.main type="submit" id="send" { "Send" }
                        button type="button" id="cancel" hidden { "Stop" }
                    }
                }
                div id="allow" hidden {
                    p { "Calls are paid from money that you set aside for this model. What is not "
                        "used comes back after a week." }
                    label for="cap" { "Set aside" }
                    input id="cap" inputmode="decimal" value="1.00";
                    p.actions { button.main type="button" id="grant" { "Sign and set aside" } }
                }
                p id="play-status" role="status" aria-live="polite" hidden {}
                noscript { p.empty { "The playground signs in your browser, and needs scripts for "
                    "it. The commands below need none." } }
            } @else {
                p { "Calls are paid, so you need an account. "
                    a href={ "/login?next=/assets/" (id) } { "Log in to try it" } "." }
            }
            p.quiet { "Each answer brings a signed receipt that leads to the data behind it and "
                "the people who are paid for it." }
        }
    }
}

fn snippets(name: &str, way: Way) -> Markup {
    let message = "[{\"role\": \"user\", \"content\": \"hello\"}]";
    let (path, body) = match way {
        Way::Classify => ("classify", "\"input\": \"my parcel is late\"".to_owned()),
        Way::Embed => ("embeddings", "\"input\": \"my parcel is late\"".to_owned()),
        Way::Chat => (
            "chat/completions",
            format!("\"stream\": true, \"messages\": {message}"),
        ),
    };
    html! {
        details.brief {
            summary { "From a program" }
            pre.code tabindex="0" role="group" aria-label="curl" {
                "curl https://THIS-NODE/v1/" (path) " \\\n  -H \"Authorization: Bearer "
                "$HEADWATER_MODEL_KEY\" \\\n  -d '{\"model\": \"" (name) "\", " (body) "}'"
            }
            p.quiet { "OpenAI's clients work as they are, with this node's address and "
                code { "/v1" } " as their base URL. The receipt is in the header "
                code { "x-headwater-receipt" } ", or in the last event of a stream." }
        }
    }
}

/// What a part per million is of a whole, for a table.
pub(in crate::page) fn part_of(units: u128, whole: u128) -> String {
    let ppm = units.min(whole).saturating_mul(1_000_000) / whole.max(1);
    percent(u64::try_from(ppm).unwrap_or(1_000_000))
}
