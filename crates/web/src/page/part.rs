//! Pieces that several pages show: amounts, shares, states in words, campaigns in a list.

use maud::{Markup, html};
use node::health::Ill;
use serde_json::Value;

use super::icon::icon;
use super::words::Words;

/// Base units of one whole token: the tokens of the embedded chain have six decimals.
pub(super) const WHOLE: u128 = 1_000_000;

/// Base units as people read them: two decimals at least, six at most, thousands apart.
pub(super) fn money(units: u128) -> String {
    let (whole, rest) = (units / WHOLE, units % WHOLE);
    let mut decimals = format!("{rest:06}");
    while decimals.len() > 2 && decimals.ends_with('0') {
        decimals.pop();
    }
    format!("{}.{decimals}", count(whole))
}

/// A whole number with its thousands apart.
pub(super) fn count(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount that the API writes as text.
pub(super) fn amount(value: &Value) -> u128 {
    let text = value.as_str().unwrap_or_default();
    text.parse().unwrap_or_default()
}

/// A count that the API writes as a number.
pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// A text of the API.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A sign and a word for a state, never a colour alone.
pub(super) fn state(words: Words, word: &str) -> Markup {
    let (sign, tone) = match word {
        "open" | "accepted" | "upheld" | "settled" | "released" | "approved" => ("check", "good"),
        "waiting" | "pending" | "scored" | "held" | "awaiting_review" => ("clock", "wait"),
        "rejected" | "paused" | "denied" | "timed_out" => ("cross", "bad"),
        "appealed" => ("question", "wait"),
        _ => ("dot", "plain"),
    };
    html! { span.chip.(tone) { (icon(sign)) (words.state(word)) } }
}

/// A problem of the node: what it keeps from working, and what a machine has said of it.
pub(super) fn ill(words: Words, ill: &Ill) -> Markup {
    match ill.told.as_raw() {
        Some(said) => html! { (words.told("problem", ill.part)) " " span lang="en" { (said) } },
        None => html! { (words.sentence(&ill.told.0)) },
    }
}

/// A number with its name.
pub(super) fn figure(name: &str, value: &str) -> Markup {
    html! { div.figure { dt { (name) } dd { (value) } } }
}

/// The head of a column.
#[derive(Clone, Copy)]
pub(super) enum Head<'a> {
    /// Of words.
    Text(&'a str),
    /// Of numbers: its cells have the class `num`.
    Number(&'a str),
}

/// Rows below their heads.
pub(super) fn tabled(heads: &[Head<'_>], rows: &Markup) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { @for head in heads {
                @match head {
                    Head::Text(name) => { th scope="col" { (name) } }
                    Head::Number(name) => { th.num scope="col" { (name) } }
                }
            } } }
            tbody { (rows) }
        } }
    }
}

/// Campaigns in a table; each leads to `/campaigns/{id}`.
pub(super) fn campaigns(words: Words, rows: &[Value]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { (words.say("campaign.campaign")) }
                        th scope="col" { (words.say("campaign.state")) }
                        th.num scope="col" { (words.say("campaign.per-answer")) }
                        th.num scope="col" { (words.say("campaign.units")) }
                        th.num scope="col" { (words.say("common.answers")) }
                        th scope="col" { (words.say("campaign.skill")) }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" {
                                a href={ "/campaigns/" (number(&row["id"])) } {
                                    (text(&row["title"]))
                                }
                            }
                            td { (state(words, text(&row["stage"]))) }
                            td.num { (price_in(words, row)) }
                            td.num { (words.count(number(&row["units"]).into())) }
                            td.num { (words.count(answers(row).into())) }
                            td { (text(&row["skill"])) }
                        }
                    }
                }
            }
        }
    }
}

/// A state that stands where something will be: an icon, a sentence, and what can be done.
pub(super) fn nothing_yet(sentence: &str, more: &Markup) -> Markup {
    html! { p.empty { (icon("empty")) (sentence) " " (more) } }
}

/// What an answer earns at most: money, a second token's beside it, or a share of later uses alone.
pub(super) fn price_in(words: Words, row: &Value) -> String {
    let first = amount(&row["price_units"]);
    let bonus = &row["bonus"];
    let second = amount(&bonus["price_units"]);
    let token = number(&bonus["token"]);
    let of_token = |units| {
        let (amount, token) = (words.money(units), token.to_string());
        words.fill(
            "campaign.of-token",
            &[("amount", &amount), ("token", &token)],
        )
    };
    match (first, second) {
        (0, 0) => words.say("campaign.share-alone").to_owned(),
        (0, _) => of_token(second),
        (_, 0) => words.money(first),
        (..) => {
            let (one, other) = (words.money(first), of_token(second));
            words.fill("campaign.both", &[("one", &one), ("other", &other)])
        }
    }
}

/// Answers that a campaign has so far, opened or still sealed.
pub(super) fn answers(row: &Value) -> u64 {
    number(&row["answers_opened"]).saturating_add(number(&row["answers_sealed"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_answer_earns_is_said_in_words() {
        let row = |units: &str, bonus: Value| json!({"price_units": units, "bonus": bonus});
        let bonus = json!({"token": 1, "price_units": "2500000"});
        assert_eq!(price_in(Words::ENGLISH, &row("50000", Value::Null)), "0.05");
        assert_eq!(
            price_in(Words::ENGLISH, &row("50000", bonus.clone())),
            "0.05 and 2.50 of token 1"
        );
        assert_eq!(
            price_in(Words::ENGLISH, &row("0", bonus)),
            "2.50 of token 1"
        );
        assert_eq!(
            price_in(Words::ENGLISH, &row("0", Value::Null)),
            "a share of later uses"
        );
    }

    #[test]
    fn amounts_are_written_whole() {
        let cases = [
            (0, "0.00"),
            (1, "0.000001"),
            (50_000, "0.05"),
            (1_000_000, "1.00"),
            (1_234_567_890_000, "1,234,567.89"),
            (999_999_999, "999.999999"),
        ];
        for (units, expected) in cases {
            assert_eq!(money(units), expected);
        }
        assert_eq!(count(1_000), "1,000");
    }

    #[test]
    fn counts_that_are_too_large_stay_at_the_end() {
        let row = json!({"answers_opened": u64::MAX, "answers_sealed": 1});
        assert_eq!(answers(&row), u64::MAX);
    }

    #[test]
    fn text_of_others_is_no_html() {
        let row = serde_json::json!({"id": 0, "title": "<script>alert(1)</script>"});
        let page = campaigns(Words::ENGLISH, &[row]).into_string();
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
    }
}
