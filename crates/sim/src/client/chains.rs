//! The operator's part on chains: they join, deposits on them are credited, epochs are released.
use ledger::{Offer, State};
use protocol::chain::{Contracts, FurtherChain};
use protocol::command::CreditDeposit;
use protocol::{AccountId, ChainIndex, Command, EpochId, FundId, TokenId};

use super::Clients;
use super::people::{
    CHAIN, ESCROW, FAR_MS, OPERATOR, PAYERS, REQUESTER, SETTLEMENT, SOON_MS, tokens_of,
};
use super::propose::{FOUNDERS, amount};
use crate::random::Random;

/// Chains that a simulated log comes to settle on.
const CHAINS: usize = 3;

impl Clients {
    /// Trees hold what epochs debit, from a close in the midst of everything on.
    pub(super) fn prove_debits(&mut self, state: &State) -> Option<Offer> {
        let wanted = state.epochs.len() > 1 && !state.sections.debits.are_proven();
        wanted.then(|| self.sign(state, OPERATOR, Command::ProveDebits))
    }

    /// A deposit that has become final; the first ones go to those who need money, in turn.
    pub(super) fn deposit(&mut self, state: &State, random: &mut Random) -> Offer {
        let number = state.funds.len();
        let units = amount(u128::from(random.between(100_000, 900_000)));
        let mut credit = CreditDeposit {
            fund: FundId(number as u64 + 1),
            account: AccountId(number as u32),
            token: TokenId(0),
            amount_units: units,
            epoch_cap_units: units,
            closes_ms: FAR_MS,
        };
        if number == REQUESTER {
            credit.closes_ms = random.pick(&[FAR_MS, SOON_MS, SOON_MS]);
        }
        if number < FOUNDERS {
            return self.sign(state, OPERATOR, Command::CreditDeposit(credit));
        }
        let needy = [REQUESTER, REQUESTER, PAYERS[0], PAYERS[1]];
        let needy = self.account(state, random.pick(&needy));
        let any = AccountId(random.below(state.accounts.len() as u32));
        credit.account = needy.filter(|_| random.chance(600_000)).unwrap_or(any);
        credit.closes_ms = random.pick(&[FAR_MS, SOON_MS]);
        let chain = random.below(state.sites().count() as u32) as u16;
        let site = state.site(ChainIndex(chain));
        let (from, until) = site.map_or((TokenId(0), TokenId(1)), |site| site.range());
        credit.token = match random.chance(600_000) {
            true => from,
            false => TokenId(from.0 + random.below(u32::from(until.0 - from.0)) as u16),
        };
        // Now and then one of a chain is taken for another's, or for one of none.
        let named = match random.chance(60_000) {
            true => random.below(CHAINS as u32 + 1) as u16,
            false => chain,
        };
        let credit = match named {
            0 => Command::CreditDeposit(credit),
            _ => Command::FurtherChain(FurtherChain::Credit(ChainIndex(named), credit)),
        };
        self.sign(state, OPERATOR, credit)
    }

    /// A chain joins whose contracts and tokens have the addresses of the first one's.
    pub(super) fn join_chain(&mut self, state: &State, random: &mut Random) -> Offer {
        let known = state.sites().count();
        let wrong = known >= CHAINS || random.chance(150_000);
        let mut contracts = Contracts {
            chain_id: CHAIN + known as u64,
            settlement: SETTLEMENT,
            escrow: ESCROW,
            tokens: tokens_of(random.between(1, 2) as u8),
        };
        match random.below(3) {
            _ if !wrong => {}
            0 => contracts.tokens.clear(),
            1 => contracts.tokens.extend(tokens_of(1)),
            _ => contracts.chain_id = CHAIN,
        }
        let join = Command::FurtherChain(FurtherChain::Join(contracts));
        self.sign(state, OPERATOR, join)
    }

    /// An epoch is final on a chain and its debits are there; not always the next one.
    pub(super) fn release(&mut self, state: &State, random: &mut Random) -> Offer {
        let chain = ChainIndex(random.below(state.sites().count() as u32) as u16);
        let step = random.pick(&[1, 1, 1, 1, 1, 1, 1, 2, 0]);
        let epoch = EpochId(state.released_on(chain) + step);
        let release = match chain.0 {
            0 => Command::NoteRelease(epoch),
            _ => Command::FurtherChain(FurtherChain::Release(chain, epoch)),
        };
        self.sign(state, OPERATOR, release)
    }
}
