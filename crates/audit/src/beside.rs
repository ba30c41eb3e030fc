//! Votes and stakes against their contracts: ours, noted as they were, and no line overdrawn.

use crate::Fault;
use crate::outcome::{Ledger, Noted};
use crate::paying::Paying;
use crate::source::{ChainFacts, Staked};
use ledger::stake::Terms;
use proof::claim::LineKind;
use protocol::Address;
use std::collections::{BTreeMap, BTreeSet};

/// A note may speak of the contract as it was so much earlier, in milliseconds: a node notes what
/// it has read, and its clock is not the chain's. Far below any exit delay.
const LAG_MS: u64 = 3_600_000;

type Address20 = [u8; 20];

/// Both stand beside the contracts of the first chain alone.
pub(crate) fn check(facts: &ChainFacts, ledger: &Ledger, paying: &Paying) -> Result<(), Fault> {
    check_votes(facts, ledger, paying)?;
    let Some(terms) = ledger.state.sections.lines.stakes.terms else {
        return Ok(());
    };
    let held = held(facts, ledger, terms)?;
    for noted in &ledger.noted {
        check_note(&held, noted)?;
    }
    let token = token(ledger, terms);
    for (wallet, rows) in &held {
        let slashed = rows.last().map_or(0, |row| row.slashed);
        let line = paying.line((*wallet, LineKind::Slash, token));
        if slashed > line {
            let what = format!(
                "the Stake contract has slashed wallet 0x{} by {slashed} units, its final line is \
                 {line}",
                Address(*wallet)
            );
            return Err(Fault::new("slash_above_line", what));
        }
    }
    Ok(())
}

fn check_votes(facts: &ChainFacts, ledger: &Ledger, paying: &Paying) -> Result<(), Fault> {
    let contracts: BTreeSet<Address20> = facts.votes.iter().map(|row| row.contract).collect();
    let pools = &ledger.state.sections.lines.pools;
    for pool in pools {
        if !contracts.contains(&pool.contract.0) {
            let (asset, contract) = (pool.asset, pool.contract);
            let what = format!(
                "votes of asset {asset} are counted at 0x{contract}, which is no PoolVotes \
                 contract of this Settlement"
            );
            return Err(Fault::new("votes_unknown", what));
        }
    }
    let named: BTreeSet<Address20> = pools.iter().map(|pool| pool.contract.0).collect();
    for row in facts
        .votes
        .iter()
        .filter(|row| named.contains(&row.contract))
    {
        let line = paying.line((row.account, LineKind::Vote, row.contract));
        if row.votes > line {
            let what = format!(
                "wallet 0x{} has {} votes at 0x{}, its final line is {line}",
                Address(row.account),
                row.votes,
                Address(row.contract)
            );
            return Err(Fault::new("votes_above_line", what));
        }
    }
    Ok(())
}

fn token(ledger: &Ledger, terms: Terms) -> Address20 {
    let token = ledger.state.token(terms.token);
    token.expect("`decide` knows every token").0
}

/// The rows of each wallet in the contract that the log has noted, by time.
fn held<'a>(
    facts: &'a ChainFacts,
    ledger: &Ledger,
    terms: Terms,
) -> Result<BTreeMap<Address20, Vec<&'a Staked>>, Fault> {
    let token = token(ledger, terms);
    let named = (terms.contract.0, token, terms.exit_ms);
    let own = facts.stakes.iter();
    let own = own.filter(|it| (it.contract, it.token, it.exit_ms) == named);
    let mut held: BTreeMap<Address20, Vec<&Staked>> = BTreeMap::new();
    for row in own {
        held.entry(row.account).or_default().push(row);
    }
    if held.is_empty() {
        let contract = terms.contract;
        let what = format!(
            "stakes are noted of 0x{contract}, which is no Stake contract of this Escrow, token \
             and exit delay"
        );
        return Err(Fault::new("stake_unknown", what));
    }
    Ok(held)
}

/// At the time of a note, or shortly before, the contract held exactly this.
fn check_note(held: &BTreeMap<Address20, Vec<&Staked>>, noted: &Noted) -> Result<(), Fault> {
    let note = &noted.note;
    let said = [
        note.staked_units,
        note.active_units,
        note.queued_units,
        note.slashed_units,
    ]
    .map(protocol::Amount::units);
    let rows = held.get(&note.wallet.0).map_or(&[][..], Vec::as_slice);
    let sums = |row: &Staked| [row.staked, row.active, row.queued, row.slashed];
    // What it was from each event to the next; nothing before the first.
    let first = rows.first().map(|row| row.since_ms);
    let nothing = [(0, [0; 4], first)];
    let nexts = rows.iter().skip(1).map(|row| Some(row.since_ms));
    let spans = rows.iter().zip(nexts.chain([None]));
    let spans = spans.map(|(row, until)| (row.since_ms, sums(row), until));
    let mut spans = nothing.into_iter().chain(spans);
    let fits = |(since_ms, sums, until): (u64, [u128; 4], Option<u64>)| {
        let begun = since_ms <= noted.time_ms.saturating_add(LAG_MS);
        let lasted = until.is_none_or(|until| until.saturating_add(LAG_MS) > noted.time_ms);
        sums == said && begun && lasted
    };
    if spans.any(fits) {
        return Ok(());
    }
    let [staked, active, queued, slashed] = said;
    let what = format!(
        "entry {} notes {staked} units of wallet 0x{} as ever staked, {active} as active, {queued} \
         on their way out and {slashed} as slashed, which the Stake contract did not hold then",
        noted.seq, note.wallet
    );
    Err(Fault::new("stake_differs", what).of_entry(noted.seq))
}
