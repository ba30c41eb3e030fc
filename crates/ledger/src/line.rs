//! Lines of leaves beside pay, and the part of the state that they are made of.

use crate::State;
use crate::section::Part;
use crate::stake::Stakes;
use crate::vote::Pool;
use alloc::vec::Vec;
use proof::claim::{Line, LineKind};
use protocol::{AccountId, Address, Amount};
use serde::{Deserialize, Serialize};

/// Votes and stakes; begins with the first contract that the operator names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// Pools whose contributors vote, in the order of naming.
    pub pools: Vec<Pool>,
    /// Stakes in the Stake contract.
    pub stakes: Stakes,
}

impl Part for Lines {
    fn is_empty(&self) -> bool {
        self.pools.is_empty() && self.stakes.is_empty()
    }
}

impl State {
    /// An account's address that has itself signed for the account. One that a passkey names is
    /// not: whoever holds the passkey may name anybody's, and must not lock, slash or fill what is
    /// another's.
    pub(crate) fn signed_wallet(&self, account: AccountId) -> Option<Address> {
        let named = self.sections.payouts.of(account).is_some();
        self.account(account)?.wallet.filter(|_| !named)
    }
}

/// The lines of slashes and votes, ascending by address; within one the slash before the votes, and
/// these by contract.
pub(crate) fn beside(state: &State) -> Vec<(Address, Line)> {
    let votes = state.votes().into_iter();
    let votes = votes.map(|((wallet, contract), votes)| {
        let line = Line {
            kind: LineKind::Vote,
            token: contract.0,
            cumulative: votes,
        };
        (wallet, line)
    });
    let mut lines = slashes(state);
    lines.extend(votes);
    // Stable, so that each address keeps the order in which its lines were added.
    lines.sort_by_key(|(wallet, _)| *wallet);
    lines
}

/// A line for each address with a stake, of zero too: it is what its holder withdraws with.
fn slashes(state: &State) -> Vec<(Address, Line)> {
    let stakes = &state.sections.lines.stakes;
    let token = stakes.terms.and_then(|terms| state.token(terms.token));
    let Some(token) = token else {
        return Vec::new();
    };
    let line = |due: Amount| Line {
        kind: LineKind::Slash,
        token: token.0,
        cumulative: due.units(),
    };
    let wallets = stakes.wallets.iter();
    wallets
        .map(|(wallet, stake)| (*wallet, line(stake.due)))
        .collect()
}
