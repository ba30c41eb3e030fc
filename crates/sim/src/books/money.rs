//! Money by token and by chain: what came in is there, and each chain pays out of its own.
use std::collections::{BTreeMap, BTreeSet};

use ledger::State;
use ledger::claims::Statement;
use proof::claim::Debit;
use protocol::chain::FurtherChain;
use protocol::command::CreditDeposit;
use protocol::credit::{Credit, NoteRedemption};
use protocol::line::NoteStake;
use protocol::{Address, ChainIndex, Command, EpochId, TokenId};

use super::{After, Seen, saw};
use crate::truth::{Violation, hold};

const CONSERVED: &str = "money conserved";
const SHOWN: &str = "trees hold what epochs debit";
const OWN_CHAIN: &str = "each chain pays from its own deposits";

/// What commands have said of money.
#[derive(Default)]
pub(super) struct Money {
    /// Base units that came in, by token.
    credited: BTreeMap<TokenId, u128>,
    /// How many tokens each chain has, in the order of joining.
    chains: Vec<Chain>,
    /// By number less one.
    deposits: Vec<Deposit>,
    /// What the Stake contract has paid into the pot, by whose stake it was.
    slashed: BTreeMap<Address, (TokenId, u128)>,
    /// What redeemed vouchers have brought into the pot, by token.
    redeemed: BTreeMap<TokenId, u128>,
    /// What the chains hold ready for claims, by token.
    payable: BTreeMap<TokenId, u128>,
    /// What the deposits of each epoch are debited, by token: from 1.
    debits: Vec<BTreeMap<TokenId, u128>>,
    /// Whether trees have to hold them.
    proven: bool,
    /// What the newest epoch has to show: chain, number there, and all that was ever debited.
    shown: Vec<(usize, u64, u128)>,
}

#[derive(Default)]
struct Chain {
    chain_id: u64,
    first: u16,
    tokens: u16,
    deposits: u64,
    released: u64,
}

struct Deposit {
    chain: usize,
    number: u64,
    token: TokenId,
    units: u128,
    debited: u128,
}

impl Money {
    pub fn enter(&mut self, after: &After<'_>, seen: &mut Seen) -> Result<(), Violation> {
        let mut released = None;
        match after.command {
            Command::Genesis(it) => self.join(it.chain_id, it.tokens.len())?,
            Command::CreditDeposit(it) => self.credit(0, it, after.state)?,
            Command::NoteRelease(epoch) => released = Some(self.release(0, *epoch)?),
            Command::FurtherChain(FurtherChain::Join(it)) => {
                self.join(it.chain_id, it.tokens.len())?;
                saw(seen, "chain joined");
            }
            Command::FurtherChain(FurtherChain::Credit(ChainIndex(chain), it)) => {
                self.credit((*chain).into(), it, after.state)?;
                saw(seen, "deposit on a further chain");
            }
            Command::FurtherChain(FurtherChain::Release(ChainIndex(chain), epoch)) => {
                released = Some(self.release((*chain).into(), *epoch)?);
                saw(seen, "release on a further chain");
            }
            Command::NoteStake(note) => self.slash(note, seen),
            Command::Credit(Credit::Redeem(note)) => self.redeem(note)?,
            Command::CloseEpoch(_) => self.debit(after.state)?,
            Command::ProveDebits => self.proven = true,
            _ => {}
        }
        self.hold_all(after.state)?;
        self.hold_payable(after.state, released)
    }

    fn join(&mut self, chain_id: u64, tokens: usize) -> Result<(), Violation> {
        let known = self.chains.iter().any(|chain| chain.chain_id == chain_id);
        hold(!known && tokens > 0, OWN_CHAIN, || {
            format!("chain {chain_id} joins with {tokens} tokens")
        })?;
        let first = self.chains.last().map_or(0, |it| it.first + it.tokens);
        // Epochs that closed before it joined hold nothing of it.
        let released = self.debits.len() as u64;
        self.chains.push(Chain {
            chain_id,
            first,
            tokens: tokens as u16,
            deposits: 0,
            released,
        });
        Ok(())
    }

    /// A deposit is its own chain's, under the number that the Escrow there has for it.
    fn credit(&mut self, at: usize, it: &CreditDeposit, state: &State) -> Result<(), Violation> {
        let chain = self.chains.get_mut(at);
        let chain = chain.filter(|chain| chain.holds(it.token));
        let chain = chain.ok_or_else(|| {
            let what = format!("chain {at} is credited with token {}", it.token);
            Violation::new(OWN_CHAIN, what)
        })?;
        chain.deposits += 1;
        let (index, number) = (ChainIndex(at as u16), chain.deposits);
        let next = it.fund.0 == self.deposits.len() as u64 + 1;
        let named = state.number_of(it.fund) == (index, number);
        let found = state.fund_on(index, number) == Some(it.fund);
        hold(next && named && found, OWN_CHAIN, || {
            let (chain, number) = state.number_of(it.fund);
            format!(
                "deposit {} is number {number} of chain {chain}, not of {at}",
                it.fund
            )
        })?;
        let units = it.amount_units.units();
        *self.credited.entry(it.token).or_default() += units;
        self.deposits.push(Deposit {
            chain: at,
            number,
            token: it.token,
            units,
            debited: 0,
        });
        Ok(())
    }

    fn release(&mut self, at: usize, epoch: EpochId) -> Result<usize, Violation> {
        let closed = self.debits.len() as u64;
        let chain = self.chains.get_mut(at);
        let next = chain.filter(|it| it.released + 1 == epoch.0 && epoch.0 <= closed);
        let chain = next.ok_or_else(|| {
            let what = format!("epoch {epoch} is released on chain {at} out of order");
            Violation::new(OWN_CHAIN, what)
        })?;
        chain.released = epoch.0;
        Ok(at)
    }

    /// What the contract has slashed since the last note has come into the pot.
    fn slash(&mut self, note: &NoteStake, seen: &mut Seen) {
        let units = note.slashed_units.units();
        let before = self.slashed.insert(note.wallet, (note.token, units));
        let news = units.saturating_sub(before.map_or(0, |(_, units)| units));
        *self.credited.entry(note.token).or_default() += news;
        if news > 0 {
            saw(seen, "slash repaid");
        }
    }

    /// A voucher moves money of the chain where it was redeemed into the pot there.
    fn redeem(&mut self, note: &NoteRedemption) -> Result<(), Violation> {
        let chain = self.chains.get(usize::from(note.chain.0));
        let own = chain.is_some_and(|chain| chain.holds(note.token));
        hold(own, OWN_CHAIN, || {
            let NoteRedemption { chain, token, .. } = note;
            format!("a voucher on chain {chain} brings token {token}")
        })?;
        let units = note.amount_units.units();
        *self.redeemed.entry(note.token).or_default() += units;
        *self.credited.entry(note.token).or_default() += units;
        Ok(())
    }

    /// No deposit is debited beyond what it is.
    fn debit(&mut self, state: &State) -> Result<(), Violation> {
        let mut sums: BTreeMap<TokenId, u128> = BTreeMap::new();
        self.shown.clear();
        let debits = state.epochs.last().map_or(&[][..], |epoch| &epoch.debits);
        for (fund, amount) in debits {
            let deposit = self.deposits.get_mut(fund.index() - 1);
            let deposit = deposit.ok_or_else(|| {
                Violation::new(OWN_CHAIN, format!("deposit {fund} is debited and unknown"))
            })?;
            deposit.debited += amount.units();
            hold(deposit.debited <= deposit.units, OWN_CHAIN, || {
                let Deposit { chain, number, .. } = deposit;
                format!("deposit {number} of chain {chain} is debited beyond its sum")
            })?;
            *sums.entry(deposit.token).or_default() += amount.units();
            let shown = (deposit.chain, deposit.number, deposit.debited);
            self.shown.push(shown);
        }
        self.debits.push(sums);
        Ok(())
    }

    /// Purses and holds of each token are what came in of it.
    fn hold_all(&self, state: &State) -> Result<(), Violation> {
        let mut held: BTreeMap<TokenId, u128> = BTreeMap::new();
        for purse in state.book.purses() {
            *held.entry(purse.token).or_default() += purse.balance.units();
        }
        for pending in state.book.holds() {
            let token = state.book.purse(pending.from).token;
            *held.entry(token).or_default() += pending.rest.units();
        }
        held.retain(|_, units| *units > 0);
        let tokens = held.keys().chain(self.credited.keys());
        for token in tokens {
            let is = held.get(token).copied().unwrap_or_default();
            let was = self.credited.get(token).copied().unwrap_or_default();
            hold(is == was, CONSERVED, || {
                format!("{is} units of token {token} are there of {was} credited")
            })?;
        }
        match state.book.imbalance() {
            Some(token) => Err(Violation::new(
                CONSERVED,
                format!("token {token} is out of balance"),
            )),
            None => Ok(()),
        }
    }

    /// Nothing becomes payable but what a release of the token's own chain makes so.
    fn hold_payable(&mut self, state: &State, released: Option<usize>) -> Result<(), Violation> {
        let mut payable: BTreeMap<TokenId, u128> = BTreeMap::new();
        for purse in state.book.purses() {
            *payable.entry(purse.token).or_default() += purse.payable.units();
        }
        for (token, units) in &payable {
            let before = self.payable.get(token).copied().unwrap_or_default();
            let chain = released.and_then(|at| self.chains.get(at));
            let own = chain.is_some_and(|chain| chain.holds(*token));
            hold(*units == before || own, OWN_CHAIN, || {
                format!("{before} units of token {token} were payable, {units} are: no release")
            })?;
        }
        self.payable = payable;
        Ok(())
    }

    /// What an epoch debits stands in its tree, and what a root promises is in the pot of its
    /// chain: debits that were released there, what stakes have lost, and what vouchers brought.
    pub fn published(&self, statement: &Statement, seen: &mut Seen) -> Result<(), Violation> {
        let chains = (0..).zip(&statement.debits);
        let rows = chains.flat_map(|(chain, debits)| {
            let row = move |debit: &Debit| (chain, debit.id, debit.cumulative);
            debits.rows.iter().map(row)
        });
        let rows: BTreeSet<(usize, u64, u128)> = rows.collect();
        let due = self.shown.iter().copied().filter(|_| self.proven);
        let due: BTreeSet<_> = due.collect();
        hold(rows == due, SHOWN, || {
            format!("the tree says {rows:?} of deposits, {due:?} was debited")
        })?;
        if !due.is_empty() {
            saw(seen, "debit shown by a tree");
        }
        for total in &statement.totals {
            let token = total.token;
            let mut chains = self.chains.iter();
            let chain = chains.find(|chain| chain.holds(token));
            let released = chain.map_or(0, |chain| chain.released) as usize;
            let debits = self.debits.iter().take(released);
            let debits = debits.filter_map(|sums| sums.get(&token));
            let slashed = self.slashed.values().filter(|(of, _)| *of == token);
            let redeemed = self.redeemed.get(&token).into_iter();
            let others = slashed.map(|(_, units)| units).chain(redeemed);
            let pot = debits.chain(others).sum::<u128>();
            let promised = total.amount_units.units();
            hold(promised <= pot, OWN_CHAIN, || {
                format!("{promised} units of token {token} are promised, its pot holds {pot}")
            })?;
        }
        Ok(())
    }
}

impl Chain {
    fn holds(&self, token: TokenId) -> bool {
        (self.first..self.first + self.tokens).contains(&token.0)
    }
}
