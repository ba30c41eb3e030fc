//! Stakes and votes: the Stake contract as its chain has it, and what the operator notes of it.
use std::collections::{BTreeMap, VecDeque};

use ledger::stake::Stakes;
use ledger::{Offer, State};
use protocol::line::{NoteStake, OpenVotes};
use protocol::{Address, AssetId, Command, TokenId};

use super::Clients;
use super::people::{DAY_MS, OPERATOR, People, STAKE, STAKERS};
use super::propose::amount;
use crate::random::Random;

/// What the Stake contract holds.
pub(super) struct StakeContract {
    exit_ms: u64,
    accounts: BTreeMap<Address, Account>,
}

/// Base units of one address.
#[derive(Clone, Default)]
struct Account {
    staked: u128,
    active: u128,
    slashed: u128,
    /// On their way out, with the time from which they may leave; the oldest first.
    lots: VecDeque<(u128, u64)>,
}

impl StakeContract {
    /// Most let a stake out late enough to back work; from some it leaves at once. Some people
    /// have staked before the log began.
    pub fn new(people: &People, random: &mut Random) -> Self {
        let late_ms = 45 * DAY_MS;
        let mut accounts: BTreeMap<Address, Account> = BTreeMap::new();
        for who in STAKERS {
            let units = u128::from(random.between(10, 100));
            let account = accounts
                .entry(people.persons[who].binding.wallet)
                .or_default();
            account.staked += units;
            account.active += units;
        }
        Self {
            exit_ms: if random.chance(100_000) {
                60_000
            } else {
                late_ms
            },
            accounts,
        }
    }

    /// Takes what is due of an address: of what is active first, then of the newest lots.
    fn slash(&mut self, wallet: Address, due: u128) -> u128 {
        let account = self.accounts.entry(wallet).or_default();
        let mut left = due.saturating_sub(account.slashed);
        let wanted = left;
        let part = left.min(account.active);
        account.active -= part;
        left -= part;
        for (lot, _) in account.lots.iter_mut().rev() {
            let part = left.min(*lot);
            *lot -= part;
            left -= part;
        }
        account.slashed += wanted - left;
        wanted - left
    }
}

impl Clients {
    /// Somebody stakes, asks for an exit or leaves, or a slash is carried out of what is due by
    /// the log.
    pub fn stake(&mut self, known: &Stakes, now_ms: u64, random: &mut Random) -> String {
        let who = random.pick(&STAKERS);
        let wallet = self.people.persons[who].binding.wallet;
        let exit_ms = self.contract.exit_ms;
        let account = self.contract.accounts.entry(wallet).or_default();
        match random.weighted(&[5, 2, 2, 3]) {
            0 => {
                let units = u128::from(random.between(20, 120));
                account.staked += units;
                account.active += units;
                format!("{who} stakes {units}")
            }
            1 => {
                let most = u32::try_from(account.active).unwrap_or(u32::MAX);
                let units = u128::from(random.below(most.saturating_add(1)));
                account.active -= units;
                account.lots.push_back((units, now_ms + exit_ms));
                format!("{who} asks for {units}")
            }
            2 => match account.lots.front() {
                Some((units, ready_ms)) if *ready_ms <= now_ms => {
                    let left = format!("{who} leaves with {units}");
                    account.lots.pop_front();
                    left
                }
                _ => format!("{who} has to wait"),
            },
            _ => {
                let mut owed = known.wallets.iter();
                let owed = owed.find(|(_, it)| it.due > it.slashed);
                let taken =
                    owed.map_or(0, |(it, stake)| self.contract.slash(*it, stake.due.units()));
                format!("a slash takes {taken}")
            }
        }
    }

    /// The operator notes what the contract has of somebody, or something that cannot be.
    pub(super) fn note_stake(&mut self, state: &State, random: &mut Random) -> Offer {
        let known = &state.sections.lines.stakes.wallets;
        let own = |who: &usize| self.people.persons[*who].binding.wallet;
        let is_old = |who: &usize| {
            let (account, noted) = (self.contract.accounts.get(&own(who)), known.get(&own(who)));
            let sums = noted.map(|it| (it.staked.units(), it.active.units(), it.slashed.units()));
            account.map(|it| (it.staked, it.active, it.slashed)) != sums
        };
        let any = random.pick(&STAKERS);
        let who = STAKERS.into_iter().find(is_old);
        let who = who.filter(|_| random.chance(800_000)).unwrap_or(any);
        let wallet = own(&who);
        let account = self.contract.accounts.get(&wallet);
        let account = account.cloned().unwrap_or_default();
        let queued = account.lots.iter().map(|(units, _)| units).sum();
        let mut note = NoteStake {
            contract: STAKE,
            token: TokenId(0),
            exit_ms: self.contract.exit_ms,
            wallet,
            staked_units: amount(account.staked),
            active_units: amount(account.active),
            queued_units: amount(queued),
            slashed_units: amount(account.slashed),
        };
        if random.chance(200_000) {
            match random.below(5) {
                0 => note.contract = Address([0x58; 20]),
                1 => note.token = TokenId(u16::MAX),
                2 => note.active_units = amount(account.staked + 1),
                3 => note.slashed_units = amount(account.staked + 1),
                _ => note.staked_units = amount(account.staked / 2),
            }
        }
        self.sign(state, OPERATOR, Command::NoteStake(note))
    }

    /// The operator opens votes of a label set, or again, or of what nobody has shares in.
    pub(super) fn open_votes(&mut self, state: &State, random: &mut Random) -> Option<Offer> {
        let numbered = (0u32..).map(AssetId).zip(&state.assets);
        let shared = numbered.filter(|(_, asset)| asset.total_shares > 0);
        let shared: Vec<AssetId> = shared.map(|(id, _)| id).collect();
        let any = AssetId(random.below(u32::try_from(state.assets.len()).ok()?.max(1)));
        let asset = match shared.is_empty() || random.chance(100_000) {
            true => any,
            false => random.pick(&shared),
        };
        let number = asset.0.min(250) as u8;
        let contract = match random.chance(50_000) {
            true => Address([0xc0; 20]),
            false => Address([number; 20]),
        };
        let open = OpenVotes { asset, contract };
        Some(self.sign(state, OPERATOR, Command::OpenVotes(open)))
    }
}
