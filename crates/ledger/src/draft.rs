//! A decision in the making: movements are checked against the book as it would then be.

use crate::State;
use crate::book::{Hold, Purse, index, leaving};
use crate::touched::Touched;
use alloc::vec::Vec;
use protocol::event::{HoldId, Movement, PurseId, PurseOwner};
use protocol::{Amount, Event, FundId, Rejection, TokenId};

/// Collects events; every movement sees the ones before it. Dropped without trace on a rejection.
pub struct Draft<'a> {
    state: &'a State,
    purses: Touched<PurseId, Purse>,
    holds: Touched<HoldId, Hold>,
    opened: Touched<(PurseOwner, TokenId), PurseId>,
    debits: Touched<FundId, Amount>,
    next_hold: u32,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    /// An empty decision on top of `state`.
    pub fn new(state: &'a State) -> Self {
        let next_hold = u32::try_from(state.book.holds().len()).expect("fewer than 2^32 holds");
        Self {
            state,
            purses: Touched::new(),
            holds: Touched::new(),
            opened: Touched::new(),
            debits: Touched::new(),
            next_hold,
            events: Vec::new(),
        }
    }

    /// What has been decided, in order.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// Adds a fact that moves no money.
    pub fn note(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The purse of an owner, opened if need be. `fund` counts only when it is opened.
    pub fn purse(&mut self, owner: PurseOwner, token: TokenId, fund: Option<FundId>) -> PurseId {
        let key = (owner, token);
        if let Some(id) = self
            .state
            .book
            .find(owner, token)
            .or_else(|| self.opened.get(&key))
        {
            return id;
        }
        let count = self.state.book.purses().len() + self.opened.len();
        let id = PurseId(u32::try_from(count).expect("fewer than 2^32 purses"));
        self.opened.insert(key, id);
        let balance = Amount::ZERO;
        self.purses.insert(
            id,
            Purse {
                owner,
                token,
                fund,
                balance,
                payable: balance,
            },
        );
        self.moved(Movement::Opened { owner, token, fund });
        id
    }

    /// What a purse holds after all that is drafted.
    pub fn balance(&self, id: PurseId) -> Amount {
        self.look(id).balance
    }

    /// What an owner's purse holds after all that is drafted; nothing where none is open.
    pub fn held(&self, owner: PurseOwner, token: TokenId) -> Amount {
        let key = (owner, token);
        let id = self
            .state
            .book
            .find(owner, token)
            .or_else(|| self.opened.get(&key));
        id.map_or(Amount::ZERO, |id| self.balance(id))
    }

    /// What a hold still keeps after all that is drafted.
    pub fn hold(&self, id: HoldId) -> Hold {
        self.holds
            .get(&id)
            .unwrap_or_else(|| self.state.book.hold(id))
    }

    /// New money in a purse; refused above the supply cap of the whole token.
    pub fn credit(&mut self, purse: PurseId, amount: Amount) -> Result<(), Rejection> {
        let flow = self
            .state
            .book
            .flows()
            .get(&self.look(purse).token)
            .copied();
        let credited = flow.unwrap_or_default().credited;
        credited
            .checked_add(amount)
            .ok_or(Rejection::AmountTooLarge)?;
        self.give(purse, amount)?;
        self.moved(Movement::Credited { purse, amount });
        Ok(())
    }

    /// Moves money at once. Nothing happens, and nothing is logged, for an amount of zero.
    pub fn transfer(
        &mut self,
        from: PurseId,
        to: PurseId,
        amount: Amount,
    ) -> Result<(), Rejection> {
        if amount.is_zero() {
            return Ok(());
        }
        self.take(from, amount)?;
        self.give(to, amount)?;
        self.debit(from, to, amount)?;
        self.moved(Movement::Transferred { from, to, amount });
        Ok(())
    }

    /// First phase of a transfer. A hold may start at zero and be raised.
    pub fn pend(
        &mut self,
        from: PurseId,
        to: PurseId,
        amount: Amount,
    ) -> Result<HoldId, Rejection> {
        self.take(from, amount)?;
        let id = HoldId(self.next_hold);
        self.next_hold += 1;
        self.holds.insert(
            id,
            Hold {
                from,
                to,
                rest: amount,
                due_ms: None,
            },
        );
        self.moved(Movement::Pended { from, to, amount });
        Ok(id)
    }

    /// Adds to a hold from where its money came.
    pub fn raise(&mut self, hold: HoldId, amount: Amount) -> Result<(), Rejection> {
        let mut changed = self.hold(hold);
        self.take(changed.from, amount)?;
        changed.rest = changed
            .rest
            .checked_add(amount)
            .ok_or(Rejection::AmountTooLarge)?;
        self.holds.insert(hold, changed);
        self.moved(Movement::Raised { hold, amount });
        Ok(())
    }

    /// Second phase: part of a hold arrives where it was meant for.
    pub fn post(&mut self, hold: HoldId, amount: Amount) -> Result<(), Rejection> {
        if amount.is_zero() {
            return Ok(());
        }
        let mut changed = self.hold(hold);
        changed.rest = changed
            .rest
            .checked_sub(amount)
            .ok_or(Rejection::InsufficientFunds)?;
        self.holds.insert(hold, changed);
        self.give(changed.to, amount)?;
        self.debit(changed.from, changed.to, amount)?;
        self.moved(Movement::Posted { hold, amount });
        Ok(())
    }

    /// Sends what is left of a hold back. Nothing is logged for an empty hold.
    pub fn void(&mut self, hold: HoldId) -> Result<(), Rejection> {
        let mut changed = self.hold(hold);
        if changed.rest.is_zero() {
            return Ok(());
        }
        self.give(changed.from, changed.rest)?;
        changed.rest = Amount::ZERO;
        self.holds.insert(hold, changed);
        self.moved(Movement::Voided { hold });
        Ok(())
    }

    /// Sets the log time from which the rest of a hold may be voided.
    pub fn date(&mut self, hold: HoldId, due_ms: u64) {
        let mut changed = self.hold(hold);
        changed.due_ms = Some(due_ms);
        self.holds.insert(hold, changed);
        self.moved(Movement::Dated { hold, due_ms });
    }

    /// Money that the Escrow contract has paid back to the funder.
    pub fn refund(&mut self, purse: PurseId, amount: Amount) -> Result<(), Rejection> {
        self.take(purse, amount)?;
        self.moved(Movement::Refunded { purse, amount });
        Ok(())
    }

    fn moved(&mut self, movement: Movement) {
        self.events.push(Event::Moved(movement));
    }

    fn look(&self, id: PurseId) -> Purse {
        self.purses
            .get(&id)
            .unwrap_or_else(|| self.state.book.purse(id))
    }

    fn give(&mut self, id: PurseId, amount: Amount) -> Result<(), Rejection> {
        let mut purse = self.look(id);
        purse.balance = purse
            .balance
            .checked_add(amount)
            .ok_or(Rejection::AmountTooLarge)?;
        self.purses.insert(id, purse);
        Ok(())
    }

    fn take(&mut self, id: PurseId, amount: Amount) -> Result<(), Rejection> {
        let mut purse = self.look(id);
        purse.balance = purse
            .balance
            .checked_sub(amount)
            .ok_or(Rejection::InsufficientFunds)?;
        self.purses.insert(id, purse);
        Ok(())
    }

    /// The contract debits a deposit at most up to its cap per epoch, so the ledger must not
    /// promise more.
    fn debit(&mut self, from: PurseId, to: PurseId, amount: Amount) -> Result<(), Rejection> {
        let Some(fund) = leaving(self.look(from), self.look(to)) else {
            return Ok(());
        };
        let before = match self.debits.get(&fund) {
            Some(debit) => debit,
            None => self
                .state
                .book
                .debits()
                .get(&fund)
                .copied()
                .unwrap_or_default(),
        };
        let debit = before
            .checked_add(amount)
            .ok_or(Rejection::AmountTooLarge)?;
        let position = index(u32::try_from(fund.0 - 1).map_err(|_| Rejection::UnknownFund)?);
        let terms = self
            .state
            .funds
            .get(position)
            .ok_or(Rejection::UnknownFund)?;
        if debit > terms.epoch_cap_units {
            return Err(Rejection::EpochCapReached);
        }
        self.debits.insert(fund, debit);
        Ok(())
    }
}
