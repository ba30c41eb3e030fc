//! The contracts that the first entry names, against those that were read.

use crate::Fault;
use crate::outcome::Ledger;
use crate::source::ChainFacts;
use protocol::Address;
use protocol::command::Genesis;

/// What the first entry names.
pub(crate) fn genesis(ledger: &Ledger) -> &Genesis {
    let genesis = ledger.state.genesis.as_ref();
    genesis.expect("the first entry is the genesis")
}

pub(crate) fn check_contracts(facts: &ChainFacts, genesis: &Genesis) -> Result<(), Fault> {
    let fault = |what: String| Err(Fault::new("other_contracts", what).of_entry(0));
    if facts.chain_id != genesis.chain_id {
        let (named, read) = (genesis.chain_id, facts.chain_id);
        return fault(format!(
            "entry 0 settles on chain {named}, but chain {read} was read"
        ));
    }
    let contracts = [
        ("Settlement", genesis.settlement, facts.settlement),
        ("Escrow", genesis.escrow, facts.escrow),
    ];
    for (name, named, read) in contracts {
        if named.0 != read {
            let read = Address(read);
            return fault(format!(
                "entry 0 names the {name} contract 0x{named}, but 0x{read} was read"
            ));
        }
    }
    if !genesis
        .tokens
        .iter()
        .map(|token| &token.0)
        .eq(&facts.tokens)
    {
        return fault("entry 0 names other tokens than the Settlement contract pays".to_owned());
    }
    Ok(())
}
