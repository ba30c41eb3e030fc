//! What the contracts of stakes and votes hold that a log names, and held before.

use anyhow::{Result, bail};
use audit::source::{ChainFacts, Minted, Named, Staked};
use chain::Chain;
use chain::backend::Dated;
use chain::beside::{Beside, Moved};
use std::collections::BTreeSet;

/// Where one of these stands on an embedded chain tells nothing of how it was made.
pub const EMBEDDED: &str = "those of an embedded chain are checked by running it again: audit its \
                            files, or a copy of them, without --rpc";

/// True for the chain of a node of ours, where the log speaks of stakes or votes.
pub fn is_embedded(named: &Named) -> bool {
    named.contracts.chain_id == chain::devnet::CHAIN_ID && !contracts(named).is_empty()
}

/// The contracts beside the pot.
pub fn contracts(named: &Named) -> Vec<[u8; 20]> {
    let all = named.stake.iter().chain(&named.votes);
    all.map(|it| it.0).collect()
}

/// Adds what they hold to the facts. What is none of ours has no rows.
pub fn read<B: Dated>(chain: &Chain<B>, named: &Named, facts: &mut ChainFacts) -> Result<()> {
    let stake = named.stake.map(|it| it.0);
    let votes: BTreeSet<[u8; 20]> = named.votes.iter().map(|it| it.0).collect();
    let mut beside = Beside::new(stake, &votes);
    let mut moved = Vec::new();
    chain.devnet.each_placed(&mut |log, height| {
        moved.extend(beside.take(log).map(|it| (it, height)));
    });
    if let Some(contract) = stake {
        facts.stakes = stakes(chain, named, (contract, &moved))?;
        for wallet in named.stakers.iter().filter(|_| !facts.stakes.is_empty()) {
            if !chain.bears_out(contract, wallet.0, beside.stake(wallet.0))? {
                bail!(
                    "the Stake contract holds something else of 0x{wallet} than the events add up \
                     to that are shown: some are left out, or are before the first block that was \
                     read"
                );
            }
        }
    }
    for (contract, minted) in beside.votes() {
        if !chain.counts_votes(contract)? {
            continue;
        }
        let all = minted
            .values()
            .fold(0_u128, |sum, it| sum.saturating_add(*it));
        if all != chain.all_votes(contract)? {
            let contract = protocol::Address(contract);
            bail!("0x{contract} has minted other votes than the events add up to that are shown");
        }
        facts.votes.push(Minted {
            contract,
            ..Minted::default()
        });
        let minted = minted.iter().map(|(account, votes)| Minted {
            contract,
            account: *account,
            votes: *votes,
        });
        facts.votes.extend(minted);
    }
    facts.beside_read = true;
    Ok(())
}

/// One row after each event; when it was is asked for the wallets that the log notes.
fn stakes<B: Dated>(
    chain: &Chain<B>,
    named: &Named,
    (contract, moved): ([u8; 20], &[(Moved, u64)]),
) -> Result<Vec<Staked>> {
    let Some(terms) = chain.stake_terms(contract)? else {
        return Ok(Vec::new());
    };
    let none = Staked {
        contract,
        token: terms.token,
        exit_ms: terms.exit_s.saturating_mul(1_000),
        ..Staked::default()
    };
    let noted: BTreeSet<[u8; 20]> = named.stakers.iter().map(|it| it.0).collect();
    let (mut rows, mut last) = (vec![none], None);
    for (Moved { account, sums }, height) in moved {
        let since_s = match last {
            _ if !noted.contains(account) => 0,
            Some((place, time_s)) if place == *height => time_s,
            _ => {
                let time_s = chain.devnet.block_time_s(*height)?;
                last = Some((*height, time_s));
                time_s
            }
        };
        rows.push(Staked {
            account: *account,
            since_ms: since_s.saturating_mul(1_000),
            staked: sums.staked,
            active: sums.active,
            queued: sums.queued,
            slashed: sums.slashed,
            ..none
        });
    }
    Ok(rows)
}
