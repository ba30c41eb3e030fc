//! The contracts that the log names, against those that were read.

use crate::Fault;
use crate::outcome::Ledger;
use crate::source::ChainFacts;
use ledger::chain::{FIRST, Site};
use protocol::Address;

/// What the first entry names.
pub(crate) fn first(ledger: &Ledger) -> Site<'_> {
    let first = ledger.state.site(FIRST);
    first.expect("the first entry is the genesis")
}

/// The one of the log's chains that was read; its contracts and tokens must be those of the log.
pub(crate) fn site<'a>(facts: &ChainFacts, ledger: &'a Ledger) -> Result<Site<'a>, Fault> {
    let fault = |what: String| Err(Fault::new("other_contracts", what).of_entry(0));
    let mut sites = ledger.state.sites();
    let Some(site) = sites.find(|site| site.chain_id == facts.chain_id) else {
        let (named, read) = (first(ledger).chain_id, facts.chain_id);
        return fault(format!(
            "entry 0 settles on chain {named}, but chain {read} was read"
        ));
    };
    let named = match site.chain {
        FIRST => "entry 0 names".to_owned(),
        _ => format!("for chain {} the log names", site.chain_id),
    };
    let contracts = [
        ("Settlement", site.settlement, facts.settlement),
        ("Escrow", site.escrow, facts.escrow),
    ];
    for (name, own, read) in contracts {
        if own.0 != read {
            let read = Address(read);
            return fault(format!(
                "{named} the {name} contract 0x{own}, but 0x{read} was read"
            ));
        }
    }
    let tokens = site.tokens.iter().map(|token| &token.0);
    if !tokens.eq(&facts.tokens) {
        return fault(format!(
            "{named} other tokens than the Settlement contract pays"
        ));
    }
    Ok(site)
}
