//! Votes of an asset's contributors: one for each share, given once, to the address of the time.

use crate::State;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use proof::claim::MOST_LINES;
use protocol::line::OpenVotes;
use protocol::{AccountId, Address, AssetId, Rejection};
use serde::{Deserialize, Serialize};

/// An asset whose contributors vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Whose shares are counted.
    pub asset: AssetId,
    /// The PoolVotes contract; stands in the token's place of the lines.
    pub contract: Address,
    /// Where each contributor got its votes. They stay there for good.
    pub given: BTreeMap<AccountId, Address>,
}

/// What the contributors of one pool get at the next close, each at its address.
pub(crate) type Due = (AssetId, Vec<(AccountId, Address)>);

/// Of how many pools one address can have votes: as many as a leaf has lines left when every token
/// and one stake have theirs.
pub fn most_pools(tokens: usize) -> usize {
    MOST_LINES.saturating_sub(tokens + 1)
}

impl State {
    /// [`most_pools`] on the chain of the first entry, where votes are counted.
    pub fn most_pools(&self) -> usize {
        most_pools(self.first_tokens())
    }

    /// Whether the operator may name this contract for this asset.
    pub(crate) fn check_votes(&self, open: &OpenVotes) -> Result<(), Rejection> {
        let asset = self.asset(open.asset).ok_or(Rejection::UnknownAsset)?;
        if asset.total_shares == 0 || self.most_pools() == 0 {
            return Err(Rejection::OutOfRange);
        }
        let taken = |pool: &Pool| pool.asset == open.asset || pool.contract == open.contract;
        match self.sections.lines.pools.iter().any(taken) {
            true => Err(Rejection::VotesOpen),
            false => Ok(()),
        }
    }

    /// What a close now gives: contributors whose wallet has signed for them and who have no votes
    /// of the pool yet, as long as the address has a line left. Pools in the order in which they
    /// were opened.
    pub(crate) fn votes_due(&self) -> Vec<Due> {
        let pools = &self.sections.lines.pools;
        if pools.is_empty() {
            return Vec::new();
        }
        let most = self.most_pools();
        let mut held: BTreeMap<Address, BTreeSet<AssetId>> = BTreeMap::new();
        for pool in pools {
            for wallet in pool.given.values() {
                held.entry(*wallet).or_default().insert(pool.asset);
            }
        }
        let mut due = Vec::new();
        for pool in pools {
            let mut new = Vec::new();
            for (account, _) in self.shares(pool.asset) {
                let wallet = self.signed_wallet(*account);
                let Some(wallet) = wallet.filter(|_| !pool.given.contains_key(account)) else {
                    continue;
                };
                let own = held.entry(wallet).or_default();
                if own.contains(&pool.asset) || own.len() < most {
                    own.insert(pool.asset);
                    new.push((*account, wallet));
                }
            }
            if !new.is_empty() {
                due.push((pool.asset, new));
            }
        }
        due
    }

    /// All votes by address and contract, those of a close now among them.
    pub(crate) fn votes(&self) -> BTreeMap<(Address, Address), u128> {
        let mut votes = BTreeMap::new();
        let due: BTreeMap<AssetId, Vec<(AccountId, Address)>> =
            self.votes_due().into_iter().collect();
        for pool in &self.sections.lines.pools {
            let given = pool
                .given
                .iter()
                .map(|(account, wallet)| (*account, *wallet));
            let new = due.get(&pool.asset).into_iter().flatten().copied();
            let shares = self.shares(pool.asset);
            for (account, wallet) in given.chain(new) {
                let place = shares.binary_search_by_key(&account, |(account, _)| *account);
                let share = place.map_or(0, |place| shares[place].1);
                *votes.entry((wallet, pool.contract)).or_default() += u128::from(share);
            }
        }
        votes
    }

    fn shares(&self, asset: AssetId) -> &[(AccountId, u32)] {
        let asset = self.asset(asset);
        asset.map_or(&[][..], |asset| &asset.registered.shares)
    }
}
