//! Lines of leaves beside pay, and the part of the state that they are made of.

use crate::State;
use crate::section::Part;
use crate::stake::Stakes;
use crate::vote::Pool;
use alloc::vec::Vec;
use proof::claim::{Leaf, Line, LineKind};
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

/// Adds the lines of slashes and votes to leaves that are ascending by account.
pub(crate) fn add(state: &State, leaves: &mut Vec<Leaf>) {
    let slashes = slashes(state);
    let votes = state.votes();
    if slashes.is_empty() && votes.is_empty() {
        return;
    }
    let votes = votes.into_iter().map(|((wallet, contract), votes)| {
        let line = Line {
            kind: LineKind::Vote,
            token: contract.0,
            cumulative: votes,
        };
        (wallet, line)
    });
    let alone = |(wallet, line): (Address, Line)| Leaf {
        account: wallet.0,
        lines: Vec::from([line]),
    };
    leaves.extend(slashes.into_iter().chain(votes).map(alone));
    // Stable: pay, slash and votes of an address come in this order, and votes by contract.
    leaves.sort_by_key(|leaf| leaf.account);
    leaves.dedup_by(|next, kept| {
        let same = next.account == kept.account;
        if same {
            kept.lines.append(&mut next.lines);
        }
        same
    });
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
