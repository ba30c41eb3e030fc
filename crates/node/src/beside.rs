//! Contracts beside the pot: stakes are noted, slashes carried out, votes opened and minted.

use crate::Error;
use crate::door::Door;
use crate::epoch::leaf_file;
use crate::office::{Office, Role, plain};
use chain::stake::Sums;
use ledger::chain::FIRST;
use proof::claim::LineKind;
use protocol::line::{NoteStake, OpenVotes};
use protocol::market::AssetKind;
use protocol::{Address, AssetId, Command, EpochId, TokenId};
use std::collections::BTreeSet;
use store::claims::Claims;

/// Which contracts the operator keeps beside Settlement and Escrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// True if the contributors of every label set vote.
    pub votes: bool,
    /// How long a stake waits on its way out, in seconds; `None` where stakes are not taken.
    pub stake_exit_s: Option<u64>,
}

impl<D: Door> Office<D> {
    /// Opens the Stake contract, unless it stands already, and says where it is. It stands on the
    /// embedded chain alone.
    pub fn open_stakes(&mut self, exit_s: u64) -> Result<[u8; 20], Error> {
        self.follow_time()?;
        let maker = self.door.keys().wallet("stakes");
        Ok(self.chain.put_stake(&maker, exit_s)?)
    }

    /// Opens votes for the contributors of an asset, unless they are open; where they are counted.
    pub fn open_votes(&mut self, asset: AssetId) -> Result<Address, Error> {
        let known = {
            let state = self.door.state();
            let mut pools = state.sections.lines.pools.iter();
            pools
                .find(|pool| pool.asset == asset)
                .map(|pool| pool.contract)
        };
        if let Some(contract) = known {
            return Ok(contract);
        }
        self.follow_time()?;
        let maker = self.door.keys().wallet(&format!("votes {asset}"));
        let name = format!("Headwater pool {asset}");
        let contract = Address(self.chain.put_votes(&maker, &name)?);
        let open = OpenVotes { asset, contract };
        self.operate("open votes", Command::OpenVotes(open))?;
        Ok(contract)
    }

    /// Label sets with contributors whose votes are not open.
    pub(crate) fn voteless(&self) -> Vec<AssetId> {
        let state = self.door.state();
        let tokens = state.genesis.as_ref().map_or(0, |it| it.tokens.len());
        if ledger::vote::most_pools(tokens) == 0 {
            return Vec::new();
        }
        let open: BTreeSet<AssetId> = state
            .sections
            .lines
            .pools
            .iter()
            .map(|pool| pool.asset)
            .collect();
        let numbered = (0u32..).map(AssetId).zip(&state.assets);
        let pooled = numbered.filter(|(id, asset)| {
            let labels = asset.registered.kind == AssetKind::LabelSet;
            labels && asset.total_shares > 0 && !open.contains(id)
        });
        pooled.map(|(id, _)| id).collect()
    }

    /// Notes what the Stake contract holds of those whose wallet is known, where the log has other
    /// sums; returns how many notes. What nobody has touched since the last look is passed over.
    pub fn note_stakes(&mut self, contract: [u8; 20]) -> Result<usize, Error> {
        let Some(terms) = self.chain.stake_terms(contract) else {
            return Ok(0);
        };
        let (stakers, events) = self.chain.stakers(contract)?;
        let accounts = self.door.state().accounts.len();
        if self.stakes_seen == (events, accounts) {
            return Ok(0);
        }
        let wallets: BTreeSet<Address> = {
            let state = self.door.state();
            let known = state.accounts.iter().filter_map(|account| account.wallet);
            known.collect()
        };
        let mut notes = Vec::new();
        for staker in stakers.into_iter().map(Address) {
            let stakes = {
                let state = self.door.state();
                let stakes = &state.sections.lines.stakes;
                stakes.wallets.get(&staker).copied()
            };
            let disclosed = stakes.is_some() || wallets.contains(&staker);
            let Some(sums) = disclosed
                .then(|| self.chain.stake_of(contract, staker.0))
                .transpose()?
            else {
                continue;
            };
            let noted = stakes.map(|it| Sums {
                staked: it.staked.units(),
                active: it.active.units(),
                queued: it.queued.units(),
                slashed: it.slashed.units(),
            });
            if noted != Some(sums) {
                notes.push(Command::NoteStake(self.note(
                    (contract, terms),
                    staker,
                    sums,
                )?));
            }
        }
        let noted = notes.len();
        if noted > 0 {
            self.operate_many("note a stake", plain(notes))?;
        }
        self.stakes_seen = (events, accounts);
        Ok(noted)
    }

    fn note(
        &self,
        (contract, terms): ([u8; 20], chain::stake::StakeTerms),
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

    /// Carries the slashes and votes of a final epoch out, at the operator's cost: what a contract
    /// has done already is passed over, and so is what it cannot do. Returns how many calls.
    pub fn carry_out_lines(&mut self, id: EpochId) -> Result<usize, Error> {
        let (stake, pools) = {
            let state = self.door.state();
            let lines = &state.sections.lines;
            let pools: BTreeSet<[u8; 20]> = lines.pools.iter().map(|it| it.contract.0).collect();
            (lines.stakes.terms, pools)
        };
        if stake.is_none() && pools.is_empty() {
            return Ok(0);
        }
        let file = Claims::new(self.door.files())
            .read(id.0)?
            .unwrap_or_default();
        let unreadable = || Error::Corrupt(format!("the file `claims/{id}.json` is no leaf file"));
        let leaves = leaf_file::read(&file).ok_or_else(unreadable)?;
        let relay = self.signer(FIRST, Role::Relay);
        let mut calls = 0;
        for claim in leaves.claims(self.chain.domain()) {
            for line in &claim.leaf.lines {
                let account = claim.leaf.account;
                let done = match (line.kind, stake) {
                    (LineKind::Slash, Some(terms)) if line.cumulative > 0 => {
                        let sums = self.chain.stake_of(terms.contract.0, account)?;
                        let due = sums.slashed < line.cumulative && sums.active + sums.queued > 0;
                        due.then(|| self.chain.slash(&*relay, terms.contract.0, (id.0, &claim)))
                    }
                    (LineKind::Vote, _) if pools.contains(&line.token) => {
                        let due = self.chain.votes(line.token, account)? < line.cumulative;
                        due.then(|| self.chain.mint_votes(&*relay, line.token, (id.0, &claim)))
                    }
                    _ => None,
                };
                if let Some(done) = done {
                    done?;
                    calls += 1;
                }
            }
        }
        Ok(calls)
    }

    /// What of this is due in a turn.
    pub(crate) fn tend_beside(&mut self, beside: Beside) -> Result<(), Error> {
        if self.chain.devnet.devnet().is_err() {
            return Ok(());
        }
        if beside.votes {
            for asset in self.voteless() {
                self.open_votes(asset)?;
            }
        }
        let noted = self.door.state().sections.lines.stakes.terms;
        let contract = match (noted, beside.stake_exit_s) {
            (Some(terms), _) => Some(terms.contract.0),
            (None, Some(exit_s)) => Some(self.open_stakes(exit_s)?),
            (None, None) => None,
        };
        let newest = {
            let state = self.door.state();
            state
                .epochs
                .iter()
                .take_while(|epoch| epoch.released)
                .count()
        };
        let newest = EpochId(newest as u64);
        if newest > self.carried_out {
            self.carry_out_lines(newest)?;
            self.carried_out = newest;
        }
        if let Some(contract) = contract {
            self.note_stakes(contract)?;
        }
        Ok(())
    }
}
