//! What the Stake contract holds goes into the log, of those whose wallet is known there.

use super::MOST_CALLS;
use crate::Error;
use crate::deposit::{amount, doubtful};
use crate::door::Door;
use crate::office::{Office, plain};
use chain::stake::Sums;
use ledger::stake::Terms;
use protocol::line::NoteStake;
use protocol::{Address, Command, TokenId};
use std::collections::BTreeSet;
use std::ops::Bound;

/// Stakes that have not changed and are held against the contract in a turn: a server could leave
/// out that one is on its way out, and nothing else would tell.
const MOST_ASKED: usize = 8;
/// A note speaks of a chain that is at most so old, in milliseconds: an audit takes an hour.
const MOST_LAG_MS: u64 = 50 * 60_000;

impl<D: Door> Office<D> {
    /// Notes the sums that differ from the log's, if the contract bears them out; returns how many
    /// notes.
    pub(super) fn note_stakes(&mut self, contract: [u8; 20]) -> Result<usize, Error> {
        let Some(terms) = self.stake_terms(contract)? else {
            return Ok(0);
        };
        self.is_recent()?;
        let mut changed = self.changed();
        if self.door.state().sections.lines.stakes.is_empty() {
            // So that everybody sees where to stake before anybody has.
            let own = self.door.keys().wallet("stakes").address();
            changed.insert(0, (Address(own), self.beside.events.stake(own)));
        }
        changed.truncate(MOST_CALLS);
        let others = self.next_asked();
        for (wallet, sums) in changed.iter().chain(&others) {
            if !self.chain.bears_out(contract, wallet.0, *sums)? {
                self.mistrust(contract, *wallet)?;
                return Ok(0);
            }
        }
        self.beside.doubt = None;
        let notes = changed.into_iter().map(|(wallet, sums)| {
            let note = note(terms, wallet, sums)?;
            Ok(Command::NoteStake(note))
        });
        let notes = notes.collect::<Result<Vec<Command>, Error>>()?;
        let noted = notes.len();
        if noted > 0 {
            self.operate_many("note a stake", plain(notes))?;
        }
        Ok(noted)
    }

    /// The log's, or those of a contract that it does not know yet and nobody takes back.
    fn stake_terms(&self, contract: [u8; 20]) -> Result<Option<Terms>, Error> {
        let noted = self.door.state().sections.lines.stakes.terms;
        if noted.is_some() {
            return Ok(noted);
        }
        let Some(made) = self.chain.stake_terms(contract)? else {
            return Ok(None);
        };
        let listed = self.chain.deployment.tokens.iter();
        let token = (0u16..).zip(listed).find(|(_, it)| **it == made.token);
        let token = token.ok_or_else(|| doubtful("a stake is in no token of the Settlement"))?;
        Ok(Some(Terms {
            contract: Address(contract),
            token: TokenId(token.0),
            exit_ms: made.exit_s.saturating_mul(1_000),
        }))
    }

    /// What a chain said that stands still is not noted as if it were so now.
    fn is_recent(&self) -> Result<(), Error> {
        let settled_ms = self
            .chain
            .devnet
            .settled_s()
            .unwrap_or(0)
            .saturating_mul(1_000);
        let lag_ms = self.door.now_ms().saturating_sub(settled_ms);
        if lag_ms <= MOST_LAG_MS {
            return Ok(());
        }
        let (lag, most) = (lag_ms / 60_000, MOST_LAG_MS / 60_000);
        Err(Error::Chain(chain::Error::busy(format!(
            "the chain's last final block is {lag} minutes old, and a note may be {most} behind\n\
             hint: they are noted once it goes on; where it always is so old, set \
             `chain.confirmations`"
        ))))
    }

    /// Some whose stake is as the log has it, in turn.
    fn next_asked(&mut self) -> Vec<(Address, Sums)> {
        let some: Vec<(Address, Sums)> = {
            let state = self.door.state();
            let noted = &state.sections.lines.stakes.wallets;
            let after = self.beside.asked.map_or(Bound::Unbounded, Bound::Excluded);
            let rest = noted.range((after, Bound::Unbounded));
            let begun = self.beside.asked.map(|last| noted.range(..=last));
            let rest = rest.chain(begun.into_iter().flatten());
            let events = &self.beside.events;
            let asked = rest.map(|(wallet, _)| (*wallet, events.stake(wallet.0)));
            asked.take(MOST_ASKED).collect()
        };
        self.beside.asked = some.last().map(|(wallet, _)| *wallet);
        some
    }

    /// Events that do not add up are read once more: another server, or the same one later, may
    /// show what was left out. Nothing is noted meanwhile, and people are told until they add up.
    fn mistrust(&mut self, contract: [u8; 20], wallet: Address) -> Result<(), Error> {
        let first = !std::mem::replace(&mut self.beside.forgot, true);
        let next = match first {
            true => "all are read once more",
            false => "use another server, and start the node again",
        };
        self.beside.doubt = Some(format!(
            "stakes cannot be noted: the Stake contract holds something else of 0x{wallet} than \
             its events add up to\nhint: nothing was noted; the server leaves events out: {next}"
        ));
        if first {
            self.chain.devnet.forget(contract)?;
            self.beside.events = chain::beside::Beside::default();
        }
        Ok(())
    }

    /// Whose stake is another than the log has it. A stake may be older than the entry that
    /// discloses its wallet, so all of them are held against the log.
    fn changed(&self) -> Vec<(Address, Sums)> {
        let state = self.door.state();
        let noted = &state.sections.lines.stakes.wallets;
        let stakers = self.beside.events.stakers();
        let held = stakers.map(|(staker, sums)| (Address(staker), sums));
        let (known, unknown): (Vec<_>, Vec<_>) =
            held.partition(|(wallet, _)| noted.contains_key(wallet));
        let mut changed: Vec<(Address, Sums)> = known
            .into_iter()
            .filter(|(wallet, sums)| in_log(&noted[wallet]) != *sums)
            .collect();
        if !unknown.is_empty() {
            let wallets = state.accounts.wallets().map(|(_, wallet)| wallet);
            let wallets: BTreeSet<Address> = wallets.collect();
            let disclosed = unknown.into_iter();
            changed.extend(disclosed.filter(|(wallet, _)| wallets.contains(wallet)));
        }
        changed
    }
}

fn note(terms: Terms, wallet: Address, sums: Sums) -> Result<NoteStake, Error> {
    Ok(NoteStake {
        contract: terms.contract,
        token: terms.token,
        exit_ms: terms.exit_ms,
        wallet,
        staked_units: amount(sums.staked)?,
        active_units: amount(sums.active)?,
        queued_units: amount(sums.queued)?,
        slashed_units: amount(sums.slashed)?,
    })
}

fn in_log(stake: &ledger::stake::Stake) -> Sums {
    Sums {
        staked: stake.staked.units(),
        active: stake.active.units(),
        queued: stake.queued.units(),
        slashed: stake.slashed.units(),
    }
}
