//! Double-entry bookkeeping: purses, holds, and the one place where a balance changes.

mod index;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use index::Index;
use protocol::event::{HoldId, Movement, PurseId, PurseOwner};
use protocol::{Amount, FundId, TokenId};
use serde::{Deserialize, Serialize};

/// Money of one owner in one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// Whose.
    pub owner: PurseOwner,
    /// What kind of money; a purse never mixes two.
    pub token: TokenId,
    /// The deposit behind it while the Escrow contract holds the money.
    pub fund: Option<FundId>,
    /// What it holds, without anything that waits in holds.
    pub balance: Amount,
    /// Of an earnings purse or pool: how much the settlement contract holds already. Claim lines
    /// are made of this alone.
    pub payable: Amount,
}

/// A pending transfer between its two phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Where the money came from and goes back to.
    pub from: PurseId,
    /// Where it may arrive.
    pub to: PurseId,
    /// What still waits.
    pub rest: Amount,
    /// Log time in milliseconds from which the rest may be voided; `None` while undated.
    pub due_ms: Option<u64>,
}

/// All money of a space.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    purses: Vec<Purse>,
    holds: Vec<Hold>,
    index: Index,
    flows: BTreeMap<TokenId, Flow>,
    debits: BTreeMap<FundId, Amount>,
}

/// What has come into and gone out of the book in one token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Deposits credited.
    pub credited: Amount,
    /// Refunds paid by the Escrow contract.
    pub refunded: Amount,
}

impl Book {
    /// Carries out one movement that [`crate::draft::Draft`] has checked.
    ///
    /// # Panics
    /// On a movement that no draft of this book produced: the log and the state have parted, and
    /// going on would pay out wrong money.
    pub fn apply(&mut self, movement: &Movement) {
        match *movement {
            Movement::Opened { owner, token, fund } => self.open(owner, token, fund),
            Movement::Credited { purse, amount } => {
                self.give(purse, amount);
                let flow = self.flows.entry(self.purse(purse).token).or_default();
                flow.credited = add(flow.credited, amount);
            }
            Movement::Transferred { from, to, amount } => {
                self.take(from, amount);
                self.give(to, amount);
                self.debit(from, to, amount);
            }
            Movement::Pended { from, to, amount } => {
                self.take(from, amount);
                self.holds.push(Hold {
                    from,
                    to,
                    rest: amount,
                    due_ms: None,
                });
            }
            Movement::Raised { hold, amount } => {
                let from = self.hold(hold).from;
                self.take(from, amount);
                let rest = &mut self.holds[index(hold.0)].rest;
                *rest = add(*rest, amount);
            }
            Movement::Posted { hold, amount } => {
                let Hold { from, to, .. } = self.hold(hold);
                let rest = &mut self.holds[index(hold.0)].rest;
                *rest = subtract(*rest, amount);
                self.give(to, amount);
                self.debit(from, to, amount);
            }
            Movement::Voided { hold } => {
                let Hold { from, rest, .. } = self.hold(hold);
                self.holds[index(hold.0)].rest = Amount::ZERO;
                self.give(from, rest);
            }
            Movement::Dated { hold, due_ms } => {
                self.holds[index(hold.0)].due_ms = Some(due_ms);
            }
            Movement::Refunded { purse, amount } => {
                self.take(purse, amount);
                let flow = self.flows.entry(self.purse(purse).token).or_default();
                flow.refunded = add(flow.refunded, amount);
            }
        }
    }

    /// The purse of an owner, if it was ever opened.
    pub fn find(&self, owner: PurseOwner, token: TokenId) -> Option<PurseId> {
        self.index.get(owner, token)
    }

    /// A purse by its number.
    pub fn purse(&self, id: PurseId) -> Purse {
        self.purses[index(id.0)]
    }

    /// A hold by its number.
    pub fn hold(&self, id: HoldId) -> Hold {
        self.holds[index(id.0)]
    }

    /// All purses, in the order of opening.
    pub fn purses(&self) -> &[Purse] {
        &self.purses
    }

    /// All holds, in the order of pending, drained ones included.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// What an owner holds in a token; nothing where no purse is open.
    pub fn balance(&self, owner: PurseOwner, token: TokenId) -> Amount {
        self.find(owner, token)
            .map_or(Amount::ZERO, |id| self.purse(id).balance)
    }

    /// What has left each deposit for good since the last epoch closed, by deposit.
    pub fn debits(&self) -> &BTreeMap<FundId, Amount> {
        &self.debits
    }

    /// Money that came in and went out, by token.
    pub fn flows(&self) -> &BTreeMap<TokenId, Flow> {
        &self.flows
    }

    /// Starts the next epoch's debits and returns those of the last.
    pub fn close_debits(&mut self) -> BTreeMap<FundId, Amount> {
        core::mem::take(&mut self.debits)
    }

    /// Marks how much of a purse the settlement contract holds.
    pub fn release(&mut self, purse: PurseId, payable: Amount) {
        self.purses[index(purse.0)].payable = payable;
    }

    /// Conservation per token: deposits = purses + holds + refunds. The first token that breaks it.
    pub fn imbalance(&self) -> Option<TokenId> {
        let mut held: BTreeMap<TokenId, u128> = BTreeMap::new();
        for purse in &self.purses {
            *held.entry(purse.token).or_default() += purse.balance.units();
        }
        for hold in &self.holds {
            *held.entry(self.purse(hold.from).token).or_default() += hold.rest.units();
        }
        held.into_iter().find_map(|(token, sum)| {
            let flow = self.flows.get(&token).copied().unwrap_or_default();
            (sum + flow.refunded.units() != flow.credited.units()).then_some(token)
        })
    }

    fn open(&mut self, owner: PurseOwner, token: TokenId, fund: Option<FundId>) {
        let id = PurseId(u32::try_from(self.purses.len()).expect("fewer than 2^32 purses"));
        let balance = Amount::ZERO;
        self.purses.push(Purse {
            owner,
            token,
            fund,
            balance,
            payable: balance,
        });
        let previous = self.index.insert(owner, token, id);
        assert!(previous.is_none(), "an owner has one purse per token");
    }

    fn give(&mut self, purse: PurseId, amount: Amount) {
        let balance = &mut self.purses[index(purse.0)].balance;
        *balance = add(*balance, amount);
    }

    fn take(&mut self, purse: PurseId, amount: Amount) {
        let balance = &mut self.purses[index(purse.0)].balance;
        *balance = subtract(*balance, amount);
    }

    fn debit(&mut self, from: PurseId, to: PurseId, amount: Amount) {
        if let Some(fund) = leaving(self.purse(from), self.purse(to)) {
            let debit = self.debits.entry(fund).or_default();
            *debit = add(*debit, amount);
        }
    }
}

/// The deposit that money leaves when it moves between these purses, if it leaves one.
pub(crate) fn leaving(from: Purse, to: Purse) -> Option<FundId> {
    from.fund.filter(|fund| to.fund != Some(*fund))
}

pub(crate) fn index(id: u32) -> usize {
    usize::try_from(id).expect("tables of this machine hold every id of the log")
}

fn add(a: Amount, b: Amount) -> Amount {
    a.checked_add(b)
        .expect("the draft has checked the supply cap")
}

fn subtract(a: Amount, b: Amount) -> Amount {
    a.checked_sub(b).expect("the draft has checked the balance")
}
