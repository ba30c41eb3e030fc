//! Waivers of an asset's floor: what they are, who was offered which, and the form to offer one.

use maud::{Markup, html};
use protocol::AccountId;
use serde_json::Value;

use super::super::part::Head::{Number, Text};
use super::super::part::{amount, number, state, tabled, text};
use super::super::words::Words;

/// Days for which an offer stands, unless its owner says otherwise, and at most.
const DAYS: (u32, u32) = (30, 366);

/// The section, where the asset demands a floor and somebody has something to do with its waivers.
pub(super) fn section(
    words: Words,
    row: &Value,
    waivers: &Value,
    own: Option<AccountId>,
) -> Markup {
    let demand = &row["terms"]["demand"];
    let ppm = number(&demand["ppm"]);
    let demands = text(&demand["kind"]) == "floor" && ppm > 0;
    let is_own = |account: &Value| own.is_some_and(|own| u64::from(own.0) == number(account));
    let owned = is_own(&row["owner"]);
    let rows = waivers["waivers"].as_array().map_or(&[][..], Vec::as_slice);
    let id = number(&row["id"]);
    html! {
        @if demands && (owned || !rows.is_empty()) {
            section id="waivers" data-asset=(id) data-ppm=(ppm) {
                h2 { (words.say("waiver.waivers")) }
                p { (words.fill("waiver.what-it-is", &[("part", &exact(words, ppm))])) }
                @if rows.is_empty() {
                    p.empty { (words.say("waiver.none-is-offered")) }
                } @else {
                    (table(words, rows, is_own))
                    p.quiet { a href={ "/api/v1/waivers?asset=" (id) } {
                        (words.say("asset.the-same-for-machines"))
                    } }
                }
                p id="waiver-status" role="status" aria-live="polite" hidden {}
                @if owned { (form(words)) }
            }
        }
    }
}

fn table(words: Words, rows: &[Value], is_own: impl Fn(&Value) -> bool) -> Markup {
    let heads = [
        Text(words.say("waiver.waiver")),
        Text(words.say("shell.account")),
        Number(words.say("lineage.pays")),
        Number(words.say("waiver.price")),
        Text(words.say("common.until")),
        Text(words.say("campaign.state")),
    ];
    tabled(
        &heads,
        &html! {
            @for row in rows {
                tr {
                    td { (number(&row["waiver"])) }
                    td { (number(&row["account"])) }
                    td.num { (exact(words, number(&row["floor_ppm"]))) }
                    td.num { (words.money(amount(&row["price_units"]))) }
                    td { (words.time(number(&row["expires_ms"]))) }
                    td {
                        (standing(words, row))
                        @if row["open"] == true && is_own(&row["account"]) {
                            " " a href={ "/register?waiver=" (number(&row["waiver"])) } {
                                (words.say("waiver.use-it"))
                            }
                        }
                    }
                }
            }
        },
    )
}

/// Whether it can be used, by what it was used, or that nobody has.
fn standing(words: Words, row: &Value) -> Markup {
    match row["used_by"].as_u64() {
        Some(child) => words.draw("waiver.used-by", &[("assets", &link(words, child))]),
        None if row["open"] == true => state(words, "open"),
        None => html! { (words.say("waiver.over")) },
    }
}

fn link(words: Words, id: u64) -> Markup {
    html! {
        a href={ "/assets/" (id) } { (words.draw("common.asset", &[("asset", &id)])) }
    }
}

fn form(words: Words) -> Markup {
    html! {
        details {
            summary { (words.say("waiver.offer-one")) }
            form id="waiver" class="wizard" {
                label for="waiver-account" { (words.say("waiver.to-account")) }
                input id="waiver-account" name="account" inputmode="numeric" pattern="[0-9]+"
                    required;
                label for="waiver-floor" { (words.say("waiver.pays-instead")) }
                input id="waiver-floor" name="floor" type="number" min="0" max="100" step="0.0001"
                    required;
                label for="waiver-price" { (words.say("waiver.price")) }
                input id="waiver-price" name="price" inputmode="decimal" placeholder="0.00";
                label for="waiver-days" { (words.say("waiver.days")) }
                input id="waiver-days" name="days" type="number" min="1" max=(DAYS.1) step="1"
                    value=(DAYS.0) required;
                p.quiet { (words.say("waiver.cannot-be-taken-back")) }
                p.actions {
                    button.main type="submit" { (words.say("waiver.offer-it")) }
                }
            }
        }
    }
}

/// Waivers under which members of a lineage were registered, a sentence each.
pub(super) fn used(words: Words, rows: &[Value]) -> Markup {
    html! {
        @if !rows.is_empty() {
            ul.quiet {
                @for row in rows {
                    li {
                        (words.draw("waiver.child-pays",
                            &[("child", &link(words, number(&row["used_by"]))),
                              ("parent", &link(words, number(&row["asset"]))),
                              ("part", &exact(words, number(&row["floor_ppm"]))),
                              ("whole", &exact(words, number(&row["demanded_ppm"]))),
                              ("waiver", &number(&row["waiver"]))]))
                    }
                }
            }
        }
    }
}

/// Parts per million as a percentage, to the last digit: it is what somebody agrees to.
pub(in crate::page) fn exact(words: Words, ppm: u64) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} %", words.decimal(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_floor_is_told_to_its_last_digit() {
        let told = |ppm| exact(Words::ENGLISH, ppm);
        let all = [0, 1, 500, 10_000, 12_300, 1_000_000].map(told);
        assert_eq!(all, ["0 %", "0.0001 %", "0.05 %", "1 %", "1.23 %", "100 %"]);
        assert_eq!(exact(Words::named("es").unwrap(), 500), "0,05 %");
    }

    #[test]
    fn a_waiver_is_used_by_whom_it_was_offered_to_while_it_is_open() {
        let row = json!({"id": 4, "owner": 1,
            "terms": {"demand": {"kind": "floor", "ppm": 50_000}}});
        let waiver = |open, used_by: Value| {
            json!({"waivers": [{"waiver": 7, "account": 2,
            "floor_ppm": 10_000, "price_units": "0", "expires_ms": 5, "used_by": used_by,
            "open": open}]})
        };
        let shown = |row: &Value, waivers: &Value, own: Option<u32>| {
            section(Words::ENGLISH, row, waivers, own.map(AccountId)).into_string()
        };
        let (open, used) = (waiver(true, Value::Null), waiver(false, json!(9)));
        let way = "/register?waiver=7";
        assert!(shown(&row, &open, Some(2)).contains(way));
        assert!(!shown(&row, &open, Some(3)).contains(way));
        assert!(!shown(&row, &open, None).contains(way));
        let page = shown(&row, &used, Some(2));
        assert!(!page.contains(way) && page.contains("/assets/9"), "{page}");
        assert!(shown(&row, &waiver(false, Value::Null), Some(2)).contains("ended unused"));
        // Only its owner offers, and nobody where there is nothing to lower.
        let none = json!({"waivers": []});
        assert!(shown(&row, &none, Some(1)).contains("<form"));
        assert_eq!(shown(&row, &none, Some(2)), "");
        let flow = json!({"id": 4, "owner": 1, "terms": {"demand": {"kind": "flow", "ppm": 9}}});
        assert_eq!(shown(&flow, &none, Some(1)), "");
    }
}
