//! The chains that a log settles on: whose a token is, and which deposit of a contract is which.

use crate::State;
use crate::section::Part;
use alloc::vec::Vec;
use proof::claim::Domain;
use protocol::chain::Contracts;
use protocol::{Address, ChainIndex, FundId, TokenId};
use serde::{Deserialize, Serialize};

/// The chain of the first entry.
pub const FIRST: ChainIndex = ChainIndex(0);

/// Chains beside the first, in the order of joining: a part of the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chains {
    further: Vec<Further>,
}

/// What the log knows of one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Further {
    /// Its number, contracts and tokens.
    pub contracts: Contracts,
    /// Epochs that had closed when it joined: they hold no money of it.
    pub since: u64,
    /// Its deposits, in the order of the contract there: position + 1 is the contract's number.
    pub funds: Vec<FundId>,
    /// Epochs whose debits were released there; those before it joined count.
    pub released: u64,
}

/// One of the chains of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site<'a> {
    /// Its place in the order of joining.
    pub chain: ChainIndex,
    /// EIP-155 number.
    pub chain_id: u64,
    /// Pays claims there.
    pub settlement: Address,
    /// Holds deposits there.
    pub escrow: Address,
    /// What the Settlement there pays; the first one's id is [`Site::first`].
    pub tokens: &'a [Address],
    /// The id of its first token, to which those of the others follow.
    pub first: TokenId,
    /// Epochs that had closed when it joined.
    pub since: u64,
}

impl Part for Chains {
    fn is_empty(&self) -> bool {
        self.further.is_empty()
    }
}

impl Chains {
    /// Those beside the first, in the order of joining.
    pub fn further(&self) -> &[Further] {
        &self.further
    }

    pub(crate) fn join(&mut self, contracts: Contracts, closed: u64) {
        self.further.push(Further {
            contracts,
            since: closed,
            funds: Vec::new(),
            released: closed,
        });
    }

    /// One that was decided upon; `None` for the first chain, of which nothing stands here.
    pub(crate) fn known(&mut self, chain: ChainIndex) -> Option<&mut Further> {
        let place = chain.index().checked_sub(1)?;
        self.further.get_mut(place)
    }

    /// How many deposits beside the first chain's have at most this number.
    fn elsewhere_through(&self, fund: u64) -> u64 {
        let through = |it: &Further| it.funds.partition_point(|own| own.0 <= fund) as u64;
        self.further.iter().map(through).sum()
    }
}

impl Site<'_> {
    /// What leaves of this chain are hashed with.
    pub fn domain(&self) -> Domain {
        Domain {
            chain_id: self.chain_id,
            contract: self.settlement.0,
        }
    }

    /// Its tokens: the first, and the one behind the last.
    pub fn range(&self) -> (TokenId, TokenId) {
        let count = u16::try_from(self.tokens.len()).expect("a chain has at most eight tokens");
        (self.first, TokenId(self.first.0 + count))
    }

    /// True for its own tokens; the same address on another chain has another id.
    pub fn holds(&self, token: TokenId) -> bool {
        let (from, until) = self.range();
        (from..until).contains(&token)
    }

    /// The id of a token by its address on this chain.
    pub fn token(&self, address: Address) -> Option<TokenId> {
        let place = self.tokens.iter().position(|token| *token == address)?;
        Some(TokenId(self.first.0 + u16::try_from(place).ok()?))
    }
}

impl State {
    /// All chains that the log settles on, the first entry's first; none before that entry.
    pub fn sites(&self) -> impl Iterator<Item = Site<'_>> {
        let genesis = self.genesis.iter().map(|genesis| Site {
            chain: FIRST,
            chain_id: genesis.chain_id,
            settlement: genesis.settlement,
            escrow: genesis.escrow,
            tokens: &genesis.tokens,
            first: TokenId(0),
            since: 0,
        });
        let further = self.sections.chains.further().iter().map(|it| Site {
            chain: FIRST,
            chain_id: it.contracts.chain_id,
            settlement: it.contracts.settlement,
            escrow: it.contracts.escrow,
            tokens: &it.contracts.tokens,
            first: TokenId(0),
            since: it.since,
        });
        let mut next = 0;
        (0..).map(ChainIndex).zip(genesis.chain(further)).map(
            move |(chain, site): (ChainIndex, Site<'_>)| {
                let first = TokenId(next);
                let site = Site {
                    chain,
                    first,
                    ..site
                };
                next = site.range().1.0;
                site
            },
        )
    }

    /// One of the chains; `None` where the log does not settle there.
    pub fn site(&self, chain: ChainIndex) -> Option<Site<'_>> {
        self.sites().nth(chain.index())
    }

    /// The chain whose token this is.
    pub fn site_of(&self, token: TokenId) -> Option<Site<'_>> {
        self.sites().find(|site| site.holds(token))
    }

    /// How many tokens the space trades in, on all chains together.
    pub fn token_count(&self) -> usize {
        self.sites().map(|site| site.tokens.len()).sum()
    }

    /// How many tokens the chain of the first entry trades in: stakes and votes stand there alone.
    pub(crate) fn first_tokens(&self) -> usize {
        self.site(FIRST).map_or(0, |site| site.tokens.len())
    }

    /// The ERC-20 contract of a token, on its chain.
    pub fn token(&self, id: TokenId) -> Option<Address> {
        let site = self.site_of(id)?;
        site.tokens.get(id.index() - site.first.index()).copied()
    }

    /// How many epochs are released on a chain, those before it joined among them: they are noted
    /// in order.
    pub fn released_on(&self, chain: ChainIndex) -> u64 {
        match chain.index().checked_sub(1) {
            Some(place) => {
                let further = self.sections.chains.further().get(place);
                further.map_or(0, |it| it.released)
            }
            None => self.epochs.iter().take_while(|it| it.released).count() as u64,
        }
    }

    /// How many deposits of a chain's Escrow the log has credited.
    pub fn deposits_on(&self, chain: ChainIndex) -> u64 {
        let further = self.sections.chains.further();
        match chain.index().checked_sub(1) {
            Some(place) => further.get(place).map_or(0, |it| it.funds.len() as u64),
            None => {
                let elsewhere: usize = further.iter().map(|it| it.funds.len()).sum();
                (self.funds.len() - elsewhere) as u64
            }
        }
    }

    /// On which chain a deposit is, and its number in the Escrow there.
    pub fn number_of(&self, fund: FundId) -> (ChainIndex, u64) {
        let chains = &self.sections.chains;
        for (chain, further) in (1..).map(ChainIndex).zip(chains.further()) {
            if let Ok(place) = further.funds.binary_search(&fund) {
                return (chain, place as u64 + 1);
            }
        }
        (FIRST, fund.0 - chains.elsewhere_through(fund.0))
    }

    /// The deposit that an Escrow has under this number; `None` before it is credited.
    pub fn fund_on(&self, chain: ChainIndex, number: u64) -> Option<FundId> {
        if number == 0 || number > self.deposits_on(chain) {
            return None;
        }
        let chains = &self.sections.chains;
        if let Some(place) = chain.index().checked_sub(1) {
            let at = usize::try_from(number - 1).ok()?;
            return chains.further().get(place)?.funds.get(at).copied();
        }
        let mut fund = number;
        loop {
            let next = number + chains.elsewhere_through(fund);
            if next == fund {
                return Some(FundId(fund));
            }
            fund = next;
        }
    }
}
