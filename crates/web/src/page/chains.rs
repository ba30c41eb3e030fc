//! The chains that a log settles on, where there are several: how far each has come.

use maud::{Markup, html};
use node::settling::Shown;

use super::part::Head::{Number, Text};
use super::part::{count, tabled};

/// A table of them, and what is wrong with one; nothing where there is one alone.
pub(super) fn section(chains: &[Shown], problems: &[String]) -> Markup {
    let problems = problems.iter().filter(|it| it.contains("chain "));
    html! {
        @if chains.len() > 1 {
            section {
                h2 { "Chains" }
                p.quiet { "The same root is posted on each. Each pays its own tokens from its own "
                    "deposits, and none waits for another." }
                (tabled(
                    &[
                        Text("Chain"), Text("Settlement"), Text("Tokens"), Number("Deposits"),
                        Number("Epochs released"), Number("Behind"),
                    ],
                    &html! { @for chain in chains { (row(chain)) } },
                ))
                @for problem in problems { p.note { (problem) } }
            }
        }
    }
}

fn row(chain: &Shown) -> Markup {
    let (first, last) = (chain.first_token, chain.tokens.len().saturating_sub(1));
    html! {
        tr {
            th scope="row" { (chain.chain_id) }
            td.path { "0x" (chain.settlement) }
            td { (first) @if last > 0 { " to " (usize::from(first) + last) } }
            td.num { (count(chain.deposits.into())) }
            td.num { (count(chain.released.into())) }
            td.num { (count(chain.behind.into())) }
        }
    }
}
