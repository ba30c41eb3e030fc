//! The chains that a log settles on, where there are several: how far each has come.

use maud::{Markup, html};
use node::health::Ill;
use node::settling::Shown;

use super::part::Head::{Number, Text};
use super::part::{ill, tabled};
use super::words::Words;

/// A table of them, and what is wrong with one; nothing where there is one alone.
pub(super) fn section(words: Words, chains: &[Shown], ills: &[Ill]) -> Markup {
    let ills = ills.iter();
    let ills = ills.filter(|own| own.told.to_string().contains("chain "));
    html! {
        @if chains.len() > 1 {
            section {
                h2 { (words.say("chains.chains")) }
                p.quiet { (words.say("chains.the-same-root")) }
                (tabled(
                    &[
                        Text(words.say("operator.chain")), Text(words.say("chains.settlement")),
                        Text(words.say("chains.tokens")), Number(words.say("chains.deposits")),
                        Number(words.say("chains.released")), Number(words.say("chains.behind")),
                    ],
                    &html! { @for chain in chains { (row(words, chain)) } },
                ))
                @for own in ills { p.note { (ill(words, own)) } }
            }
        }
    }
}

fn row(words: Words, chain: &Shown) -> Markup {
    let (first, last) = (chain.first_token, chain.tokens.len().saturating_sub(1));
    html! {
        tr {
            th scope="row" { (chain.chain_id) }
            td.path { "0x" (chain.settlement) }
            td { (first) @if last > 0 { " – " (usize::from(first) + last) } }
            td.num { (words.count(chain.deposits.into())) }
            td.num { (words.count(chain.released.into())) }
            td.num { (words.count(chain.behind.into())) }
        }
    }
}
