//! Money per token: what came in is what is held and what went out, to the unit.

use maud::{Markup, html};
use node::settling::Shown;

use super::super::part::money;
use crate::chart::{Bar, Caption, Measure, bars};
use crate::contracts::Contracts;
use crate::problem::Problem;

/// Places in the order of the page: the view's word, and what people read.
const PLACES: &[(&str, &str)] = &[
    ("fund", "Free in deposits"),
    ("budget", "In budgets of campaigns"),
    ("held", "Held until work is judged or a use is posted"),
    ("forfeit", "Lost deposits on their way to others"),
    ("panel", "Fees on their way to panels"),
    ("gross", "Paid for uses in the running epoch"),
    ("pot", "On its way up the lineage"),
    ("earned", "Earned by accounts, paid out or due"),
    ("pool", "Shared by contributors of assets, paid out or due"),
    ("refunded", "Refunded by the Escrow contract"),
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
    chains: &[Shown],
    places: &Result<Vec<(u16, String, u128)>, Problem>,
    chain: &Result<Contracts, String>,
) -> Markup {
    html! {
        section {
            h2 { "Where the money is" }
            @match places {
                Err(problem) => { p.empty { (problem.detail()) "." } }
                Ok(rows) => {
                    @let tokens: Vec<u16> = tokens(rows);
                    @if tokens.is_empty() {
                        p.empty { "No deposit has been credited yet." }
                    }
                    @for token in tokens {
                        @let address = address(chains, token);
                        @let paid = chain.as_ref().ok().and_then(|own| {
                            own.paid.get(usize::from(token)).copied()
                        });
                        (table(token, address, &Sums::of(token, rows),
                            paid))
                    }
                }
            }
        }
    }
}

/// A token's address, and its chain where there are several: an address alone does not tell it.
fn address(chains: &[Shown], token: u16) -> Option<String> {
    let own = chains.iter().rev().find(|own| own.first_token <= token)?;
    let address = own.tokens.get(usize::from(token - own.first_token))?;
    Some(match chains.len() {
        1 => address.to_string(),
        _ => format!("{address} on chain {}", own.chain_id),
    })
}

fn tokens(rows: &[(u16, String, u128)]) -> Vec<u16> {
    let mut tokens: Vec<u16> = rows.iter().map(|row| row.0).collect();
    tokens.dedup();
    tokens
}

fn table(token: u16, address: Option<String>, sums: &Sums, paid: Option<u128>) -> Markup {
    let all = sums.all_units();
    let drawn: Vec<Bar> = sums
        .places
        .iter()
        .map(|(name, units)| Bar {
            name: (*name).to_owned(),
            value: *units,
            series: 0,
        })
        .collect();
    let id = format!("money-{token}");
    let title = format!("Token {token}: where it is");
    let caption = Caption {
        id: &id,
        title: &title,
        says: "Each bar is money in one place; together they are all that came in.",
        empty: "There is none of it.",
    };
    let measure = Measure {
        name: "Amount",
        whole: 1_000_000,
        sign: "",
        exact: money,
    };
    html! {
        div.charts {
            div.scroll { table {
                thead { tr {
                    th scope="col" { "Token " (token)
                        @if let Some(address) = address { " " span.path { "0x" (address) } } }
                    th.num scope="col" { "Amount" }
                } }
                tbody {
                    tr { th scope="row" { "Came in: deposits credited" }
                        td.num { (money(sums.came_units)) } }
                    @for (name, units) in &sums.places {
                        tr { td { (name) } td.num { (money(*units)) } }
                    }
                    tr.sum { th scope="row" { "All places together" } td.num { (money(all)) } }
                }
            } }
            (bars(caption, &drawn, measure, "Place"))
        }
        @if all == sums.came_units {
            p { span.verdict.good aria-hidden="true" { "✓ " } "It adds up to the unit: "
                (money(sums.came_units)) " came in, and " (money(all)) " is accounted for." }
        } @else {
            p data-kind="bad" { "It does not add up: " (money(all.abs_diff(sums.came_units)))
                " is missing or too much. Take a copy of the log and audit it." }
        }
        @if let Some(paid) = paid {
            p.quiet { "Of what was earned and shared, the Settlement contract has paid out "
                (money(paid)) "." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(names[0], "Free in deposits");
        let none = Err("no chain".to_owned());
        let page = section(&[], &Ok(rows.clone()), &none).0;
        assert_eq!(page.matches("adds up to the unit").count(), 2);
        rows[1].2 = 29;
        let page = section(&[], &Ok(rows), &none).0;
        assert_eq!(
            page.matches("It does not add up: 0.000001").count(),
            1,
            "{page}"
        );
        assert!(
            section(&[], &Ok(Vec::new()), &none)
                .0
                .contains("No deposit")
        );
    }
}
