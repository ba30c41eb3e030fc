//! Where the holders of passkeys are paid: a part of the state that begins with the first of them.

use crate::State;
use crate::section::Part;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use protocol::command::TokenTotal;
use protocol::passkey::PasskeyPoint;
use protocol::{AccountId, Address, Amount, TokenId};
use serde::{Deserialize, Serialize};

/// How long an announced address waits, in milliseconds of log time: three days, in which the
/// holder of the account can see the notice and call it off. Nothing is paid to it before, whoever
/// has got hold of the passkey.
pub const NOTICE_MS: u64 = 3 * 24 * 3_600_000;

/// Most addresses that one account may have been paid at.
pub const MOST_ADDRESSES: usize = 64;

/// Accounts whose passkey is public.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payouts {
    accounts: BTreeMap<AccountId, Payout>,
}

/// What the log knows of one such account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// The relying party of the passkey: a host's name.
    pub party: String,
    /// Its public key, which signs every later change of where to pay.
    pub point: PasskeyPoint,
    /// How many addresses have been named.
    pub named: u32,
    /// The one that waits to take the place of the account's own.
    pub announced: Option<Announced>,
    /// Earlier addresses with what was payable there, the oldest first; it stays theirs.
    pub kept: Vec<Kept>,
}

/// An address that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// Where the account is paid once the notice ([`NOTICE_MS`]) has passed.
    pub wallet: Address,
    /// The first epoch that closes at this log time or later is the last one of the old address.
    pub from_ms: u64,
}

/// What stays with an earlier address for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// To which alone these sums stay payable on the chain.
    pub wallet: Address,
    /// Cumulative sums that began and ended with it, by token: of the first chain's alone, since
    /// no other chain pays an address that a passkey has named.
    pub sums: Vec<TokenTotal>,
}

impl Part for Payouts {
    fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }
}

impl Payouts {
    /// An account's, once its passkey is public.
    pub fn of(&self, account: AccountId) -> Option<&Payout> {
        self.accounts.get(&account)
    }

    /// All accounts, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (AccountId, &Payout)> {
        self.accounts
            .iter()
            .map(|(account, payout)| (*account, payout))
    }

    pub(crate) fn known(&mut self, account: AccountId) -> &mut Payout {
        let payout = self.accounts.get_mut(&account);
        payout.expect("an account that was decided upon")
    }

    pub(crate) fn disclose(&mut self, account: AccountId, party: String, point: PasskeyPoint) {
        let payout = Payout {
            party,
            point,
            named: 0,
            announced: None,
            kept: Vec::new(),
        };
        self.accounts.insert(account, payout);
    }
}

impl Payout {
    /// What earlier addresses keep of a token, together.
    pub fn kept_of(&self, token: TokenId) -> Amount {
        let sums = self.kept.iter().flat_map(|kept| &kept.sums);
        let own = sums.filter(|sum| sum.token == token);
        let sum = own.map(|sum| sum.amount_units);
        sum.fold(Amount::ZERO, |all, one| {
            all.checked_add(one)
                .expect("bounded by the token's supply cap")
        })
    }
}

impl State {
    /// What becomes of the account's address with an epoch that closes at this log time: sums that
    /// stay behind, if one waits and its notice is over. `due` is [`crate::claims::due`]'s.
    pub(crate) fn moves(&self, due: &[Amount], now_ms: u64) -> Vec<(AccountId, Vec<TokenTotal>)> {
        let tokens = self.token_count();
        let over = |payout: &Payout| {
            payout
                .announced
                .is_some_and(|announced| announced.from_ms <= now_ms)
        };
        let first = self.site(crate::chain::FIRST);
        let paid = |token: TokenId| first.is_some_and(|site| site.holds(token));
        let moving = self.sections.payouts.iter();
        let moving = moving.filter(|(_, payout)| over(payout));
        let kept = |(account, payout): (AccountId, &Payout)| {
            let due = due.get(account.index() * tokens..).unwrap_or_default();
            let sums = (0u16..).map(TokenId).zip(due.iter().take(tokens));
            let sums = sums.filter(|(token, _)| paid(*token));
            let sums = sums.filter_map(|(token, amount)| {
                let amount_units = amount.checked_sub(payout.kept_of(token))?;
                let total = TokenTotal {
                    token,
                    amount_units,
                };
                (!amount_units.is_zero()).then_some(total)
            });
            (account, sums.collect())
        };
        moving.map(kept).collect()
    }
}
