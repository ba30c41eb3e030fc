//! Money per token: what came in is what is held and what went out, to the unit.

use maud::{Markup, html};
use node::settling::Shown;

use super::super::words::Words;
use crate::chart::{Bar, Caption, Measure, bars};
use crate::contracts::Contracts;
use crate::problem::Problem;

/// Places in the order of the page: the view's word, and what people read.
const PLACES: &[(&str, &str)] = &[
    ("fund", "earnings.deposits"),
    ("budget", "places.in-budgets-of-campaigns"),
    ("held", "places.held-until-work-is"),
    ("forfeit", "places.lost-deposits-on-their"),
    ("panel", "places.fees-on-their-way"),
    ("gross", "places.paid-for-uses-in"),
    ("pot", "places.on-its-way-up"),
    ("earned", "places.earned-by-accounts-paid"),
    ("pool", "places.shared-by-contributors-of"),
    ("refunded", "places.refunded-by-the-escrow"),
];

/// One token's money.
pub(super) struct Sums {
    pub(super) came_units: u128,
    /// In the order of [`PLACES`], those that hold anything.
    pub(super) places: Vec<(&'static str, u128)>,
}

impl Sums {
    pub(super) fn of(token: u16, rows: &[(u16, String, u128)]) -> Self {
        let sum = |word: &str| {
            let own = rows.iter().filter(|row| row.0 == token && row.1 == word);
            own.fold(0_u128, |sum, row| sum.saturating_add(row.2))
        };
        let places = PLACES.iter().map(|(word, name)| (*name, sum(word)));
        Self {
            came_units: sum("credited"),
            places: places.filter(|(_, units)| *units > 0).collect(),
        }
    }

    pub(super) fn all_units(&self) -> u128 {
        let units = self.places.iter().map(|(_, units)| *units);
        units.fold(0, u128::saturating_add)
    }
}

/// The section of all tokens.
pub(super) fn section(
    words: Words,
    chains: &[Shown],
    places: &Result<Vec<(u16, String, u128)>, Problem>,
    chain: &Result<Contracts, &'static str>,
) -> Markup {
    html! {
        section {
            h2 { (words.say("places.where-the-money-is")) }
            @match places {
                Err(problem) => { p.empty { (words.why(problem)) } }
                Ok(rows) => {
                    @let tokens: Vec<u16> = tokens(rows);
                    @if tokens.is_empty() {
                        p.empty { (words.say("places.no-deposit-has-been")) }
                    }
                    @for token in tokens {
                        @let address = address(words, chains, token);
                        @let paid = chain.as_ref().ok().and_then(|own| {
                            own.paid.get(usize::from(token)).copied()
                        });
                        (table(words, token, address, &Sums::of(token, rows), paid))
                    }
                }
            }
        }
    }
}

/// A token's address, and its chain where there are several: an address alone does not tell it.
fn address(words: Words, chains: &[Shown], token: u16) -> Option<String> {
    let own = chains.iter().rev().find(|own| own.first_token <= token)?;
    let address = own.tokens.get(usize::from(token - own.first_token))?;
    let address = format!("0x{address}");
    Some(match chains.len() {
        1 => address,
        _ => {
            let chain = own.chain_id.to_string();
            words.fill("chains.token-on", &[("token", &address), ("chain", &chain)])
        }
    })
}

fn tokens(rows: &[(u16, String, u128)]) -> Vec<u16> {
    let mut tokens: Vec<u16> = rows.iter().map(|row| row.0).collect();
    tokens.dedup();
    tokens
}

fn table(
    words: Words,
    token: u16,
    address: Option<String>,
    sums: &Sums,
    paid: Option<u128>,
) -> Markup {
    let all = sums.all_units();
    let drawn: Vec<Bar> = sums
        .places
        .iter()
        .map(|(name, units)| Bar {
            name: words.say(name).to_owned(),
            value: *units,
            series: 0,
        })
        .collect();
    let id = format!("money-{token}");
    let title = words.fill("places.token-where-it-is", &[("token", &token.to_string())]);
    let caption = Caption {
        words,
        id: &id,
        title: &title,
        says: words.say("places.each-bar-is-money"),
        empty: words.say("places.there-is-none-of"),
    };
    let measure = Measure {
        words,
        name: words.say("earnings.amount"),
        whole: 1_000_000,
        sign: "",
        exact: Words::money,
    };
    html! {
        div.charts {
            (places(words, token, address, sums))
            (bars(caption, &drawn, measure, words.say("places.place")))
        }
        @if all == sums.came_units {
            p {
                span.verdict.good aria-hidden="true" { "✓ " }
                (words.draw("places.it-adds-up-to",
                    &[("sums", &words.money(sums.came_units)), ("all", &words.money(all))]))
            }
        } @else {
            p data-kind="bad" {
                (words.draw("places.it-does-not-add",
                    &[("all", &words.money(all.abs_diff(sums.came_units)))]))
            }
        }
        @if let Some(paid) = paid {
            p.quiet {
                (words.draw("places.of-what-was-earned", &[("paid", &words.money(paid))]))
            }
        }
    }
}

fn places(words: Words, token: u16, address: Option<String>, sums: &Sums) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { (words.draw("common.token", &[("token", &token)]))
                    @if let Some(address) = address { " " span.path { (address) } } }
                th.num scope="col" { (words.say("earnings.amount")) }
            } }
            tbody {
                tr { th scope="row" { (words.say("places.came-in-deposits-credited")) }
                    td.num { (words.money(sums.came_units)) } }
                @for (name, units) in &sums.places {
                    tr { td { (words.say(name)) } td.num { (words.money(*units)) } }
                }
                tr.sum {
                    th scope="row" {
                        (words.say("places.all-places-together"))
                    } td.num { (words.money(sums.all_units())) }
                }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Address;

    #[test]
    fn an_address_begins_with_0x_wherever_its_chain_is_named() {
        let chain = |chain_id: u64, first_token: u16| Shown {
            chain_id,
            settlement: Address([1; 20]),
            escrow: Address([2; 20]),
            tokens: vec![Address([0xab; 20])],
            first_token,
            deposits: 0,
            released: 0,
            behind: 0,
        };
        let digits = "ab".repeat(20);
        let both = [chain(1, 0), chain(5, 1)];
        for (code, _) in Words::all() {
            let words = Words::named(code).unwrap();
            let alone = address(words, &both[..1], 0).unwrap();
            assert_eq!(alone, format!("0x{digits}"));
            let named = address(words, &both, 1).unwrap();
            assert!(named.contains(&format!("0x{digits}")), "{named}");
            assert_eq!(named.matches("0x").count(), 1, "{named}");
            assert!(named.contains('5'), "{named}");
        }
        let rows = [(0, "credited".to_owned(), 1)];
        let page = section(
            Words::ENGLISH,
            &both[..1],
            &Ok(rows.to_vec()),
            &Err("common.this-node-has-no"),
        );
        assert_eq!(page.0.matches("0x").count(), 1, "{}", page.0);
    }

    #[test]
    fn places_are_summed_by_token_and_a_difference_is_said() {
        let row = |token: u16, place: &str, units: u128| (token, place.to_owned(), units);
        let mut rows = vec![
            row(0, "credited", 100),
            row(0, "earned", 30),
            row(0, "fund", 60),
            row(0, "refunded", 10),
            row(1, "credited", 7),
            row(1, "pool", 7),
        ];
        let sums = Sums::of(0, &rows);
        assert_eq!((sums.came_units, sums.all_units()), (100, 100));
        let names: Vec<&str> = sums.places.iter().map(|(name, _)| *name).collect();
        assert_eq!(names[0], "earnings.deposits");
        let none = Err("common.this-node-has-no");
        let page = section(Words::ENGLISH, &[], &Ok(rows.clone()), &none).0;
        assert_eq!(page.matches("adds up to the unit").count(), 2);
        rows[1].2 = 29;
        let page = section(Words::ENGLISH, &[], &Ok(rows), &none).0;
        assert_eq!(
            page.matches("It does not add up: 0.000001").count(),
            1,
            "{page}"
        );
        assert!(
            section(Words::ENGLISH, &[], &Ok(Vec::new()), &none)
                .0
                .contains("No deposit")
        );
    }
}
