//! Prepaid credit: money that redeemed vouchers have brought, and the allowances that it backs.

use crate::State;
use crate::section::Part;
use alloc::collections::BTreeMap;
use protocol::event::PurseOwner;
use protocol::{AccountId, AllowanceId, Amount, ChainIndex, TokenId};
use serde::{Deserialize, Serialize};

/// How many vouchers of each chain the log has noted as redeemed: a part of the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credits {
    noted: BTreeMap<ChainIndex, u64>,
}

impl Part for Credits {
    fn is_empty(&self) -> bool {
        self.noted.is_empty()
    }
}

impl Credits {
    /// How many redemptions on a chain are noted; the next has the number behind it.
    pub fn noted(&self, chain: ChainIndex) -> u64 {
        self.noted.get(&chain).copied().unwrap_or(0)
    }

    pub(crate) fn note(&mut self, chain: ChainIndex, number: u64) {
        self.noted.insert(chain, number);
    }
}

impl State {
    /// What redeemed vouchers of an account have brought in a token and no use has charged.
    pub fn credit(&self, account: AccountId, token: TokenId) -> Amount {
        self.book.balance(PurseOwner::Credit(account), token)
    }

    /// Whose credit an allowance is charged to, and in which token; `None` for one that was set
    /// aside from a deposit.
    pub fn credit_behind(&self, allowance: AllowanceId) -> Option<(AccountId, TokenId)> {
        let hold = self.allowances.get(allowance.index())?.hold;
        let purse = self.book.purse(self.book.hold(hold).from);
        match purse.owner {
            PurseOwner::Credit(account) => Some((account, purse.token)),
            _ => None,
        }
    }
}
