//! Votes of an asset's contributors: minted by lines of final epochs, and never moved.

use alloy_primitives::U256;
use alloy_sol_types::{SolConstructor, sol};

use crate::{Backend, Chain, Error, Wallet};

sol!(PoolVotes, "../../contracts/artifacts/PoolVotes.json");

const SYMBOL: &str = "VOTE";

impl<B: Backend> Chain<B> {
    /// Puts a PoolVotes contract of this name onto the chain, on the devnet as the first
    /// transaction of `maker`; where that was sent already, finds it.
    ///
    /// # Errors
    /// On another's chain as for [`Backend::act`], and with `waiting` until nobody takes the
    /// contract back.
    pub fn put_votes(&mut self, maker: &Wallet, name: &str) -> Result<[u8; 20], Error> {
        let code = self.votes_code(name.to_owned(), SYMBOL.to_owned());
        let place = self.devnet.put(maker, &code)?;
        if self.devnet.was_made(place, &code)? {
            return Ok(place);
        }
        Err(Error::waiting("the contract stands, and may be taken back"))
    }

    /// Whether a contract that nobody takes back counts votes by this Settlement.
    ///
    /// # Errors
    /// Only where the chain cannot be asked.
    pub fn counts_votes(&self, contract: [u8; 20]) -> Result<bool, Error> {
        let name = self.told(contract, &PoolVotes::nameCall {})?;
        let symbol = self.told(contract, &PoolVotes::symbolCall {})?;
        let (Some(name), Some(symbol)) = (name, symbol) else {
            return Ok(false);
        };
        let code = self.votes_code(name, symbol);
        self.devnet.was_made(contract, &code)
    }

    /// What was ever minted to an address.
    pub fn votes(&self, contract: [u8; 20], account: [u8; 20]) -> Result<u128, Error> {
        let account = account.into();
        let minted = self.ask(contract, &PoolVotes::mintedCall { account })?;
        Ok(minted.to())
    }

    /// What was ever minted to all, in base units: votes are never burnt.
    pub fn all_votes(&self, contract: [u8; 20]) -> Result<u128, Error> {
        let all = self.ask_settled(contract, &PoolVotes::totalSupplyCall {})?;
        Ok(small(all))
    }

    fn votes_code(&self, name: String, symbol: String) -> Vec<u8> {
        let call = PoolVotes::constructorCall {
            settlement_: self.deployment.settlement.into(),
            name_: name,
            symbol_: symbol,
        };
        [&PoolVotes::BYTECODE[..], &call.abi_encode()].concat()
    }
}

/// Votes are sums of 96 bits.
pub(crate) fn small(value: U256) -> u128 {
    value.try_into().unwrap_or(u128::MAX)
}
