//! Deposits and refunds: the Escrow contract's facts become entries.

use crate::Error;
use crate::door::Door;
use crate::office::{Office, Role, plain};
use chain::escrow::Opening;
use ledger::chain::FIRST;
use protocol::chain::{FurtherChain, NoteRefund};
use protocol::command::CreditDeposit;
use protocol::event::PurseOwner;
use protocol::{AccountId, Address, Amount, ChainIndex, Command, EpochId, FundId, TokenId};
use std::collections::BTreeMap;

impl<D: Door> Office<D> {
    /// Credits every deposit that the contract has numbered since the last call; returns how many.
    pub fn credit_deposits(&mut self) -> Result<usize, Error> {
        self.credit_on(FIRST)
    }

    /// [`Office::credit_deposits`] on any of the chains. The log numbers the deposits of all chains
    /// in one row; how many of a chain it has tells which of that chain are new.
    pub fn credit_on(&mut self, chain: ChainIndex) -> Result<usize, Error> {
        let (known, all) = {
            let state = self.door.state();
            (state.deposits_on(chain), state.funds.len() as u64)
        };
        let new = self.on(chain)?.deposits_after(known)?;
        let credit = |(fund, deposit): (u64, &chain::escrow::Deposit)| {
            let credit = CreditDeposit {
                fund: FundId(fund),
                account: self.account_of(&deposit.opening.account),
                token: self.token_id(chain, deposit.token)?,
                amount_units: amount(deposit.opening.amount)?,
                epoch_cap_units: amount(deposit.opening.max_per_epoch)?,
                closes_ms: deposit.opening.closes_at_s.saturating_mul(1_000),
            };
            Ok(match chain {
                FIRST => Command::CreditDeposit(credit),
                further => Command::FurtherChain(FurtherChain::Credit(further, credit)),
            })
        };
        let credits: Result<Vec<_>, Error> = (all + 1..).zip(&new).map(credit).collect();
        self.operate_many("credit a deposit", plain(credits?))?;
        Ok(new.len())
    }

    /// Test money of the devnet as a deposit of an account, credited at once. What is left of it
    /// goes back to `wallet`, or to the faucet where that is the zero address: an account that has
    /// not disclosed its wallet should not have to for play money.
    pub fn give(
        &mut self,
        (account, wallet): (AccountId, Address),
        units: Amount,
        closes_ms: u64,
    ) -> Result<FundId, Error> {
        self.follow_time()?;
        self.chain.devnet.devnet()?;
        let faucet = self.door.keys().wallet("faucet");
        let token = self.chain.deployment.token();
        let funder = if wallet.0 == [0; 20] {
            faucet.address()
        } else {
            wallet.0
        };
        let opening = Opening {
            funder,
            account: account_reference(account),
            amount: units.units(),
            max_per_epoch: units.units(),
            closes_at_s: closes_ms / 1_000,
        };
        self.chain
            .mint(&faucet, token, faucet.address(), units.units())?;
        self.chain.approve(&faucet, token, units.units())?;
        let first = self.chain.open_deposits(&faucet, token, &[opening])?;
        self.credit_deposits()?;
        self.fund_of(FIRST, first)
    }

    /// Sends what is left of closed deposits back to their funders through the contract, and notes
    /// it. The contract pays once a final epoch covers a deposit's closing time; on another's chain
    /// it pays a grace after that was noted there, so a later call brings the refund. One of which
    /// work or calls still hold a part is passed over: the contract would pay that part out too.
    pub fn refund_closed(&mut self) -> Result<Vec<(FundId, Amount)>, Error> {
        self.refund_on(FIRST)
    }

    /// [`Office::refund_closed`] on any of the chains, of its own deposits.
    pub fn refund_on(&mut self, chain: ChainIndex) -> Result<Vec<(FundId, Amount)>, Error> {
        let covered_ms = self.covered_ms(chain);
        let deposits = self.on(chain)?.deposits()?;
        let ripe = |deposit: &&chain::escrow::Deposit| {
            let known = self.door.state().fund_on(chain, deposit.id);
            known.is_some_and(|fund| {
                let free = self.free(fund);
                let state = self.door.state();
                let closed = state
                    .fund(fund)
                    .is_some_and(|it| it.closes_ms <= covered_ms);
                closed && free.units() == deposit.available && !free.is_zero()
            })
        };
        let closed = deposits.iter().filter(ripe);
        let mut closed: Vec<u64> = closed.map(|deposit| deposit.id).collect();
        let relay = self.signer(chain, Role::Relay);
        let on = self.on_mut(chain)?;
        if on.devnet.remote().is_some() {
            closed = on.close_deposits(&relay, &closed)?;
        }
        if !closed.is_empty() {
            on.refund(&relay, &closed)?;
        }
        let noted = self.note_refunds_on(chain)?;
        self.door.publish()?;
        Ok(noted)
    }

    /// The same in a running node, where an epoch is final now: only what it covers is looked at.
    pub(crate) fn refund_covered(&mut self, chain: ChainIndex) -> Result<(), Error> {
        let covered_ms = self.covered_ms(chain);
        let due = {
            let state = self.door.state();
            let own = |fund| state.number_of(fund).0 == chain;
            let closed = state.funds.iter().filter(|it| it.closes_ms <= covered_ms);
            let mut closed = closed.filter(|it| own(it.fund));
            closed.any(|it| {
                !state
                    .book
                    .balance(PurseOwner::Fund(it.fund), it.token)
                    .is_zero()
            })
        };
        if due {
            self.refund_on(chain)?;
        }
        Ok(())
    }

    /// Log time until which deposits must have closed for the contract to send them back.
    fn covered_ms(&self, chain: ChainIndex) -> u64 {
        let state = self.door.state();
        let since = state.site(chain).map_or(0, |site| site.since);
        let released = state.released_on(chain);
        let last = (released > since).then(|| state.epoch(EpochId(released)));
        last.flatten().map_or(0, |epoch| epoch.time_ms)
    }

    /// Notes what the contract has refunded, at whoever's call, and the log does not know of.
    pub fn note_refunds(&mut self) -> Result<Vec<(FundId, Amount)>, Error> {
        self.note_refunds_on(FIRST)
    }

    /// [`Office::note_refunds`] on any of the chains.
    pub fn note_refunds_on(&mut self, chain: ChainIndex) -> Result<Vec<(FundId, Amount)>, Error> {
        let refunds = self.on(chain)?.refunds()?;
        if refunds.is_empty() {
            return Ok(Vec::new());
        }
        let unspent = self.unspent();
        let mut noted = Vec::new();
        for refund in refunds {
            let Some(fund) = self.door.state().fund_on(chain, refund.id) else {
                continue;
            };
            let left = refund.deposited.saturating_sub(refund.refunded);
            let held = unspent.get(&fund).copied().unwrap_or(0);
            let amount_units = amount(held.saturating_sub(left))?;
            // More than is free can't be noted: the audit names that deposit.
            if !amount_units.is_zero() && amount_units <= self.free(fund) {
                noted.push((fund, amount_units));
            }
        }
        let note = |(fund, amount_units): &(FundId, Amount)| {
            let (fund, amount_units) = (*fund, *amount_units);
            Command::NoteRefund(NoteRefund { fund, amount_units })
        };
        self.operate_many("note a refund", plain(noted.iter().map(note)))?;
        Ok(noted)
    }

    /// What the ledger says is free in a deposit.
    pub fn free(&self, fund: FundId) -> Amount {
        let state = self.door.state();
        let token = state.fund(fund).map_or(TokenId(0), |fund| fund.token);
        state.book.balance(PurseOwner::Fund(fund), token)
    }

    /// What the ledger counts of each deposit as not refunded, debited or not, in base units.
    fn unspent(&self) -> BTreeMap<FundId, u128> {
        let state = self.door.state();
        let purses = state
            .book
            .purses()
            .iter()
            .map(|purse| (purse.fund, purse.balance));
        let holds = state.book.holds().iter();
        let holds = holds.map(|hold| (state.book.purse(hold.from).fund, hold.rest));
        let closed = state
            .epochs
            .iter()
            .flat_map(|epoch| epoch.debits.iter().copied());
        let open = state
            .book
            .debits()
            .iter()
            .map(|(fund, amount)| (*fund, *amount));
        let debits = closed
            .chain(open)
            .map(|(fund, amount)| (Some(fund), amount));
        let mut unspent = BTreeMap::new();
        for (fund, amount) in purses.chain(holds).chain(debits) {
            if let Some(fund) = fund {
                *unspent.entry(fund).or_default() += amount.units();
            }
        }
        unspent
    }

    /// The log's number of what an Escrow has; an address alone would not tell the chain.
    fn token_id(&self, chain: ChainIndex, token: [u8; 20]) -> Result<TokenId, Error> {
        let state = self.door.state();
        let listed = state
            .site(chain)
            .and_then(|site| site.token(Address(token)));
        listed.ok_or_else(|| doubtful("a deposit is in a token that is not listed"))
    }

    /// The log's number of a credited deposit, by its number in the Escrow of a chain.
    pub(crate) fn fund_of(&self, chain: ChainIndex, number: u64) -> Result<FundId, Error> {
        let fund = self.door.state().fund_on(chain, number);
        fund.ok_or_else(|| Error::Corrupt(format!("deposit {number} is not credited")))
    }
}

/// The contract's 32-byte reference of a ledger account: its number, big-endian, in the last bytes.
pub fn account_reference(account: AccountId) -> [u8; 32] {
    let mut reference = [0; 32];
    reference[28..].copy_from_slice(&account.0.to_be_bytes());
    reference
}

impl<D: Door> Office<D> {
    /// Whose a deposit is. Anybody may name anything in the contract, and one number after the
    /// other must be credited, so what names nobody goes to account 0, which never spends it.
    fn account_of(&self, reference: &[u8; 32]) -> AccountId {
        let (zeros, number) = reference.split_at(28);
        let number = u32::from_be_bytes(number.try_into().expect("four bytes are left"));
        let named = AccountId(number);
        let known =
            zeros.iter().all(|byte| *byte == 0) && self.door.state().account(named).is_some();
        if known { named } else { AccountId(0) }
    }
}

pub(crate) fn amount(units: u128) -> Result<Amount, Error> {
    Amount::new(units).ok_or_else(|| doubtful("the chain holds more than the supply cap"))
}

/// A server has said what our contracts never say: nothing is taken over from that chain, and all
/// else goes on.
pub(crate) fn doubtful(why: &str) -> Error {
    let hint = "nothing was taken over; the server errs or lies, so use another one";
    Error::Chain(chain::Error::corrupt(format!("{why}\nhint: {hint}")))
}
