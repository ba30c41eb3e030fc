//! What the Settlement and Escrow contracts say, out of the devnet's transactions.

use anyhow::{Context as _, Result};
use audit::source::{ChainFacts, Claimed, Debit, Deposit, Minted, Posted, Staked};
use chain::settlement::Status;
use protocol::command::Genesis;
use std::path::Path;

/// Whether a log settles on the chain that its node carries.
pub fn is_embedded(genesis: &Genesis) -> bool {
    genesis.chain_id == chain::devnet::CHAIN_ID
}

/// Runs the transactions of a directory again and reads the contracts that a genesis names.
pub fn read(dir: &Path, genesis: &Genesis) -> Result<ChainFacts> {
    let id = genesis.chain_id;
    anyhow::ensure!(
        is_embedded(genesis),
        "this log settles on chain `{id}`, and only the embedded chain can be run again from a \
         directory\nhint: hold the epochs against that chain itself: `headwater watch`"
    );
    let devnet = chain::Devnet::open_readonly(dir)?;
    let deployment = deployment(genesis);
    facts(&chain::Chain { devnet, deployment })
}

fn facts(chain: &chain::Chain) -> Result<ChainFacts> {
    let last = chain.last_id().context(
        "the contracts that entry 0 names do not stand on the chain of `chain/transactions`",
    )?;
    chain.check_code()?;
    let mut facts = ChainFacts {
        chain_id: chain::devnet::CHAIN_ID,
        settlement: chain.deployment.settlement,
        escrow: chain.deployment.escrow,
        tokens: chain.deployment.tokens.clone(),
        deposits: chain
            .deposits()?
            .iter()
            .map(deposit)
            .collect::<Result<_>>()?,
        ..ChainFacts::default()
    };
    for id in 1..=last {
        let posted = chain.posted(id)?.context("a posted epoch")?;
        let released = posted.status == Status::Final && released(chain, id)?;
        facts
            .debits
            .extend(chain.debits(id)?.iter().map(|debit| Debit {
                epoch: id,
                fund: debit.id,
                amount: debit.amount,
                released,
            }));
        facts.posted.push(epoch(posted));
    }
    for token in &chain.deployment.tokens {
        facts.paid.push((*token, chain.paid(*token)?));
    }
    let payments = chain.payments(chain.devnet.receipts());
    let mut wallets: Vec<([u8; 20], [u8; 20])> = payments
        .iter()
        .map(|payment| (payment.account, payment.token))
        .collect();
    wallets.sort_unstable();
    wallets.dedup();
    for (account, token) in wallets {
        let amount = chain.claimed(account, token)?;
        facts.claimed.push(Claimed {
            account,
            token,
            amount,
        });
    }
    beside(chain, &mut facts)?;
    Ok(facts)
}

/// What contracts of stakes and votes hold, and held before.
fn beside(chain: &chain::Chain, facts: &mut ChainFacts) -> Result<()> {
    let mut beside = chain::beside::Beside::default();
    let row = |contract, terms: chain::stake::StakeTerms| Staked {
        contract,
        token: terms.token,
        exit_ms: terms.exit_s.saturating_mul(1_000),
        ..Staked::default()
    };
    let mut stakes = Vec::new();
    beside.follow(chain, |moved| {
        stakes.push(Staked {
            account: moved.account,
            since_ms: moved.time_s.saturating_mul(1_000),
            staked: moved.sums.staked,
            active: moved.sums.active,
            queued: moved.sums.queued,
            slashed: moved.sums.slashed,
            ..row(moved.contract, moved.terms)
        });
    })?;
    let contracts = beside.stakes();
    facts.stakes = contracts.map(|(it, terms)| row(it, terms)).collect();
    facts.stakes.extend(stakes);
    for (contract, minted) in beside.votes() {
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
    Ok(())
}

fn released(chain: &chain::Chain, id: u64) -> Result<bool> {
    let mut pending = 0;
    for token in &chain.deployment.tokens {
        pending += chain.pending(id, *token)?;
    }
    Ok(pending == 0)
}

fn deployment(genesis: &Genesis) -> chain::Deployment {
    chain::Deployment {
        tokens: genesis.tokens.iter().map(|token| token.0).collect(),
        settlement: genesis.settlement.0,
        escrow: genesis.escrow.0,
    }
}

fn deposit(deposit: &chain::escrow::Deposit) -> Result<Deposit> {
    let (zeros, number) = deposit.opening.account.split_at(28);
    let number = u32::from_be_bytes(number.try_into().context("four bytes")?);
    let is_number = zeros.iter().all(|byte| *byte == 0);
    Ok(Deposit {
        id: deposit.id,
        account: if is_number { number } else { u32::MAX },
        token: deposit.token,
        amount: deposit.opening.amount,
        epoch_cap: deposit.opening.max_per_epoch,
        closes_ms: deposit.opening.closes_at_s.saturating_mul(1_000),
        refunded: deposit.refunded,
    })
}

fn epoch(posted: chain::settlement::Posted) -> Posted {
    let post = posted.post;
    Posted {
        id: post.id,
        parent: post.parent,
        root: post.root,
        totals: post
            .totals
            .iter()
            .map(|total| (total.token, total.amount))
            .collect(),
        checkpoint_root: post.checkpoint_root,
        log_size: post.log_size,
        log_time_ms: post.log_time_ms,
        data_hash: post.data_hash,
        vetoed: posted.status == Status::Vetoed,
        final_: posted.status == Status::Final,
    }
}
