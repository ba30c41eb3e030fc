//! Stakes in the Stake contract: what is there, what campaigns count on, and what slashes take.

use crate::State;
use crate::state::SETTLING_MS;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::campaign::Spec;
use protocol::line::NoteStake;
use protocol::{AccountId, Address, Amount, CampaignId, Rejection, TokenId};
use serde::{Deserialize, Serialize};

/// All stakes that the operator has noted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stakes {
    /// Set by the first note.
    pub terms: Option<Terms>,
    /// By who has staked.
    pub wallets: BTreeMap<Address, Stake>,
    /// Stakes that stand for work in campaigns which are not settled.
    pub locks: BTreeMap<(CampaignId, AccountId), Lock>,
    /// Slashes that the contract has not carried out, the oldest first.
    pub owed: Vec<Owed>,
}

/// What the first note fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The Stake contract.
    pub contract: Address,
    /// What is staked.
    pub token: TokenId,
    /// How long a part waits on its way out, in milliseconds.
    pub exit_ms: u64,
}

/// The stake of one address, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stake {
    /// Ever staked, as noted last.
    pub staked: Amount,
    /// Staked and not on its way out, as noted last.
    pub active: Amount,
    /// On its way out, as noted last.
    pub queued: Amount,
    /// Ever slashed by the contract, as noted last.
    pub slashed: Amount,
    /// Ever slashed by the ledger: the address's line.
    pub due: Amount,
    /// What campaigns count on now.
    pub locked: Amount,
}

/// A stake that stands for somebody's work in a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Whose stake.
    pub wallet: Address,
    /// How much of it, in base units.
    pub amount: Amount,
}

/// A slash of which the contract has not taken all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Whose stake.
    pub wallet: Address,
    /// Whose pool gets it.
    pub campaign: CampaignId,
    /// What is still to come, in base units.
    pub rest: Amount,
}

impl Stake {
    /// What slashes have not got yet.
    fn coming(&self) -> Amount {
        self.due.checked_sub(self.slashed).unwrap_or_default()
    }

    /// What has gone back to its owner; `None` where the parts are more than was ever staked.
    fn left(&self) -> Option<Amount> {
        let parts = [self.active, self.queued, self.slashed];
        let mut parts = parts.into_iter();
        parts.try_fold(self.staked, |rest, part| rest.checked_sub(part))
    }

    /// What nobody counts on: active, not locked, and not about to be slashed.
    pub fn free(&self) -> Amount {
        let rest = self.active.checked_sub(self.locked);
        let rest = rest.and_then(|rest| rest.checked_sub(self.coming()));
        rest.unwrap_or_default()
    }

    /// True if so much has left or is leaving that the rest does not cover what campaigns count on.
    pub fn is_thin(&self) -> bool {
        let needed = self.locked.checked_add(self.coming());
        needed.is_none_or(|needed| needed > self.active)
    }
}

impl Stakes {
    /// True as long as nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.terms.is_none()
    }

    /// The locks of one campaign, by account.
    pub fn locks_of(&self, campaign: CampaignId) -> impl Iterator<Item = (AccountId, &Lock)> {
        let range = (campaign, AccountId(0))..=(campaign, AccountId(u32::MAX));
        let locks = self.locks.range(range);
        locks.map(|((_, account), lock)| (*account, lock))
    }

    /// Which campaigns get what the contract has taken since the last note of the address.
    pub(crate) fn repaid(&self, note: &NoteStake) -> Vec<(CampaignId, Amount)> {
        let known = self.wallets.get(&note.wallet).copied().unwrap_or_default();
        let taken = note.slashed_units.checked_sub(known.slashed);
        let mut left = taken.unwrap_or_default();
        let mut repaid = Vec::new();
        for owed in self.owed.iter().filter(|owed| owed.wallet == note.wallet) {
            let part = owed.rest.min(left);
            if !part.is_zero() {
                repaid.push((owed.campaign, part));
                left = left.checked_sub(part).unwrap_or_default();
            }
        }
        repaid
    }

    pub(crate) fn note(&mut self, note: &NoteStake) {
        self.terms = Some(Terms {
            contract: note.contract,
            token: note.token,
            exit_ms: note.exit_ms,
        });
        for (campaign, part) in self.repaid(note) {
            let own = |owed: &&mut Owed| owed.wallet == note.wallet && owed.campaign == campaign;
            let owed = self.owed.iter_mut().find(own);
            let owed = owed.expect("a part of what is owed");
            owed.rest = owed.rest.checked_sub(part).expect("a part of what is owed");
            self.owed.retain(|owed| !owed.rest.is_zero());
        }
        let stake = self.wallets.entry(note.wallet).or_default();
        stake.staked = note.staked_units;
        stake.active = note.active_units;
        stake.queued = note.queued_units;
        stake.slashed = note.slashed_units;
    }

    pub(crate) fn lock(&mut self, place: (CampaignId, AccountId), lock: Lock) {
        let stake = self.wallets.entry(lock.wallet).or_default();
        let locked = stake.locked.checked_add(lock.amount);
        stake.locked = locked.expect("bounded by what is staked");
        self.locks.insert(place, lock);
    }

    pub(crate) fn unlock(&mut self, place: (CampaignId, AccountId), slashed: bool) {
        let lock = self
            .locks
            .remove(&place)
            .expect("a lock that was decided upon");
        let stake = self.wallets.entry(lock.wallet).or_default();
        let locked = stake.locked.checked_sub(lock.amount);
        stake.locked = locked.expect("it was locked");
        if slashed {
            let due = stake.due.checked_add(lock.amount);
            stake.due = due.expect("decided to be below the supply cap");
            let (campaign, rest) = (place.0, lock.amount);
            // One entry for a campaign and an address, however many accounts the address has.
            let wallet = lock.wallet;
            let own = |owed: &&mut Owed| owed.wallet == wallet && owed.campaign == campaign;
            match self.owed.iter_mut().find(own) {
                Some(owed) => {
                    let sum = owed.rest.checked_add(rest);
                    owed.rest = sum.expect("no more than what is due");
                }
                None => self.owed.push(Owed {
                    wallet,
                    campaign,
                    rest,
                }),
            }
        }
    }
}

impl State {
    /// Whether a note follows from the earlier ones.
    pub(crate) fn check_stake(&self, note: &NoteStake) -> Result<(), Rejection> {
        let tokens = self.first_tokens();
        if note.token.index() >= tokens {
            return Err(Rejection::UnknownToken);
        }
        if tokens >= proof::claim::MOST_LINES {
            // Pay alone may fill a leaf.
            return Err(Rejection::OutOfRange);
        }
        let stakes = &self.sections.lines.stakes;
        let terms = Terms {
            contract: note.contract,
            token: note.token,
            exit_ms: note.exit_ms,
        };
        let known = stakes
            .wallets
            .get(&note.wallet)
            .copied()
            .unwrap_or_default();
        let next = Stake {
            staked: note.staked_units,
            active: note.active_units,
            queued: note.queued_units,
            slashed: note.slashed_units,
            ..known
        };
        // What has left has left: as active again it would back work.
        let left = known.left().zip(next.left());
        let follows = stakes.terms.is_none_or(|fixed| fixed == terms)
            && known.staked <= next.staked
            && known.slashed <= next.slashed
            && next.slashed <= known.due
            && left.is_some_and(|(before, now)| before <= now);
        follows.then_some(()).ok_or(Rejection::StakeMismatch)
    }

    /// The address whose stake can stand for an account's work in a campaign from now on; none
    /// where the wallet has not signed for the account, too little is free, or the stake could be
    /// gone before its slash is final: then the campaign ends no later than its deposit, and
    /// appeals and an epoch come after that.
    pub fn stake_for(
        &self,
        account: AccountId,
        (spec, amount): (&Spec, Amount),
        now_ms: u64,
    ) -> Option<Address> {
        let stakes = &self.sections.lines.stakes;
        let terms = stakes
            .terms
            .filter(|terms| terms.token == spec.terms.token)?;
        let closes_ms = self.fund(spec.backing()?)?.closes_ms;
        let lasts_ms = closes_ms
            .saturating_sub(now_ms)
            .saturating_add(spec.appeals_ms().max(spec.appeal_ms))
            .saturating_add(SETTLING_MS);
        let lasts = lasts_ms <= terms.exit_ms;
        let wallet = self.signed_wallet(account).filter(|_| lasts)?;
        let stake = stakes.wallets.get(&wallet)?;
        (stake.free() >= amount).then_some(wallet)
    }

    /// True if the account's lock in a campaign is not covered any more.
    pub(crate) fn stake_is_leaving(&self, campaign: CampaignId, account: AccountId) -> bool {
        let stakes = &self.sections.lines.stakes;
        let lock = stakes.locks.get(&(campaign, account));
        let stake = lock.and_then(|lock| stakes.wallets.get(&lock.wallet));
        stake.is_some_and(Stake::is_thin)
    }
}
