//! Bugs of prepaid credit.
use ledger::chain::FIRST;
use protocol::chain::Fact;
use protocol::event::{HoldId, Movement, PurseId, PurseOwner};
use protocol::{Amount, ChainIndex, Event};

use super::{Bend, Bug};

impl Bend<'_> {
    /// What becomes of a note that a voucher was redeemed.
    pub(super) fn redeemed(&self, chain: ChainIndex, number: u64) -> Option<Vec<Event>> {
        match self.bug {
            Bug::RedemptionForgotten => Some(vec![]),
            Bug::RedeemedElsewhere if chain != FIRST => {
                Some(vec![Event::Chain(Fact::Redeemed(FIRST, number))])
            }
            _ => None,
        }
    }

    /// What becomes of a movement of credit.
    pub(super) fn credit(&self, movement: &Movement) -> Option<Vec<Event>> {
        let moved = match (self.bug, *movement) {
            // Only an allowance on credit holds nothing at first.
            (Bug::CreditOfAnother, Movement::Pended { to, amount, .. }) if amount.is_zero() => {
                let from = self.first_credit()?;
                vec![Movement::Pended { from, to, amount }]
            }
            (Bug::CreditChargedTwice, Movement::Raised { hold, .. }) => {
                let there = self.state.book.purse(self.credit_of(hold)?).balance;
                let enough = there.units() >= 2 * self.raised;
                enough.then(|| vec![*movement, *movement])?
            }
            (Bug::CreditDebited, Movement::Posted { hold, amount }) => {
                let credit = self.credit_of(hold)?;
                let deposit = self.deposit_beside(credit, amount)?;
                let to = self.state.book.hold(hold).to;
                let (out, back) = ((deposit, to), (to, deposit));
                let both = [out, back].map(|(from, to)| Movement::Transferred { from, to, amount });
                [*movement].into_iter().chain(both).collect()
            }
            _ => return None,
        };
        Some(moved.into_iter().map(Event::Moved).collect())
    }

    /// The purse of credit in the granted asset's token that was opened first.
    fn first_credit(&self) -> Option<PurseId> {
        let token = self.grants?;
        let mut purses = (0u32..).zip(self.state.book.purses());
        let first = purses.find(|(_, purse)| {
            purse.token == token && matches!(purse.owner, PurseOwner::Credit(_))
        });
        Some(PurseId(first?.0))
    }

    /// The purse behind a hold, where that is credit and uses are charged.
    fn credit_of(&self, hold: HoldId) -> Option<PurseId> {
        let from = self.charges.then(|| self.state.book.hold(hold).from)?;
        let owner = self.state.book.purse(from).owner;
        matches!(owner, PurseOwner::Credit(_)).then_some(from)
    }

    /// The purse of a deposit that has as much, of the account whose credit a purse is.
    fn deposit_beside(&self, credit: PurseId, amount: Amount) -> Option<PurseId> {
        let book = &self.state.book;
        let purse = book.purse(credit);
        let PurseOwner::Credit(account) = purse.owner else {
            return None;
        };
        let own = self
            .state
            .funds
            .iter()
            .filter(|fund| fund.account == account);
        let own = own.filter_map(|fund| book.find(PurseOwner::Fund(fund.fund), purse.token));
        own.into_iter().find(|id| book.purse(*id).balance >= amount)
    }
}
