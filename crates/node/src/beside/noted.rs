//! What the Stake contract holds goes into the log, of those whose wallet is known there.

use crate::Error;
use crate::door::Door;
use crate::office::{Office, plain};
use chain::stake::{StakeTerms, Sums};
use protocol::line::NoteStake;
use protocol::{Address, Command, TokenId};
use std::collections::BTreeSet;

impl<D: Door> Office<D> {
    /// Notes the sums that differ from the log's; returns how many notes.
    pub(super) fn note_stakes(&mut self, contract: [u8; 20]) -> Result<usize, Error> {
        let Some(terms) = self.beside.events.terms(contract) else {
            return Ok(0);
        };
        let mut changed = self.changed(contract);
        if self.door.state().sections.lines.stakes.is_empty() {
            // So that everybody sees where to stake before anybody has.
            let own = self.door.keys().wallet("stakes").address();
            let sums = self.beside.events.stake(contract, own);
            changed.insert(0, (Address(own), sums));
        }
        let notes = changed.into_iter().map(|(wallet, sums)| {
            let note = self.note((contract, terms), wallet, sums)?;
            Ok(Command::NoteStake(note))
        });
        let notes = notes.collect::<Result<Vec<Command>, Error>>()?;
        let noted = notes.len();
        if noted > 0 {
            self.operate_many("note a stake", plain(notes))?;
        }
        Ok(noted)
    }

    /// Whose stake is another than the log has it. A stake may be older than the entry that
    /// discloses its wallet, so all of them are held against the log.
    fn changed(&self, contract: [u8; 20]) -> Vec<(Address, Sums)> {
        let state = self.door.state();
        let noted = &state.sections.lines.stakes.wallets;
        let stakers = self.beside.events.stakers(contract);
        let held = stakers.map(|(staker, sums)| (Address(staker), sums));
        let (known, unknown): (Vec<_>, Vec<_>) =
            held.partition(|(wallet, _)| noted.contains_key(wallet));
        let mut changed: Vec<(Address, Sums)> = known
            .into_iter()
            .filter(|(wallet, sums)| in_log(&noted[wallet]) != *sums)
            .collect();
        if !unknown.is_empty() {
            let wallets = state.accounts.iter().filter_map(|account| account.wallet);
            let wallets: BTreeSet<Address> = wallets.collect();
            let disclosed = unknown.into_iter();
            changed.extend(disclosed.filter(|(wallet, _)| wallets.contains(wallet)));
        }
        changed
    }

    fn note(
        &self,
        (contract, terms): ([u8; 20], StakeTerms),
        wallet: Address,
        sums: Sums,
    ) -> Result<NoteStake, Error> {
        let listed = self.chain.deployment.tokens.iter();
        let token = (0u16..).zip(listed).find(|(_, it)| **it == terms.token);
        let token = token.ok_or_else(|| Error::Corrupt("a stake is in no listed token".into()))?;
        Ok(NoteStake {
            contract: Address(contract),
            token: TokenId(token.0),
            exit_ms: terms.exit_s.saturating_mul(1_000),
            wallet,
            staked_units: crate::deposit::amount(sums.staked)?,
            active_units: crate::deposit::amount(sums.active)?,
            queued_units: crate::deposit::amount(sums.queued)?,
            slashed_units: crate::deposit::amount(sums.slashed)?,
        })
    }
}

fn in_log(stake: &ledger::stake::Stake) -> Sums {
    Sums {
        staked: stake.staked.units(),
        active: stake.active.units(),
        queued: stake.queued.units(),
        slashed: stake.slashed.units(),
    }
}
