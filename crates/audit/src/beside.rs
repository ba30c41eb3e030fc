//! Votes and stakes against their contracts: ours, and no more noted than there ever was.

use crate::Fault;
use crate::outcome::Ledger;
use crate::source::{ChainFacts, Staked};
use protocol::Address;

/// Both stand beside the contracts of the first chain alone.
pub(crate) fn check(facts: &ChainFacts, ledger: &Ledger) -> Result<(), Fault> {
    let lines = &ledger.state.sections.lines;
    for pool in &lines.pools {
        if !facts.votes.contains(&pool.contract.0) {
            let (asset, contract) = (pool.asset, pool.contract);
            let what = format!(
                "votes of asset {asset} are counted at 0x{contract}, which is no PoolVotes \
                 contract of this Settlement"
            );
            return Err(Fault::new("votes_unknown", what));
        }
    }
    let Some(terms) = lines.stakes.terms else {
        return Ok(());
    };
    let token = ledger.state.token(terms.token);
    let token = token.expect("`decide` knows every token").0;
    let own = |it: &&Staked| {
        (it.contract, it.token, it.exit_ms) == (terms.contract.0, token, terms.exit_ms)
    };
    if !facts.stakes.iter().any(|it| own(&it)) {
        let contract = terms.contract;
        let what = format!(
            "stakes are noted of 0x{contract}, which is no Stake contract of this Escrow, token \
             and exit delay"
        );
        return Err(Fault::new("stake_unknown", what));
    }
    for (wallet, noted) in &lines.stakes.wallets {
        let mut held = facts.stakes.iter().filter(own);
        let held = held.find(|it| it.account == wallet.0).copied();
        let held = held.unwrap_or_default();
        // The contract may be ahead: anybody may stake and slash before the log notes it.
        let sums = [
            ("staked", noted.staked.units(), held.staked),
            ("slashed", noted.slashed.units(), held.slashed),
        ];
        if let Some((word, noted, held)) = sums.into_iter().find(|(_, noted, held)| noted > held) {
            let what = differs(*wallet, word, (noted, held));
            return Err(Fault::new("stake_differs", what));
        }
        if held.slashed > noted.due.units() {
            let what = differs(*wallet, "slashed", (noted.due.units(), held.slashed));
            return Err(Fault::new("slash_above_line", what));
        }
    }
    Ok(())
}

fn differs(wallet: Address, word: &str, (log, contract): (u128, u128)) -> String {
    format!(
        "of wallet 0x{wallet} the log has {log} units as ever {word}, the Stake contract {contract}"
    )
}
