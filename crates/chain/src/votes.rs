//! Votes of an asset's contributors: minted by lines of final epochs, and never moved.

use alloy_primitives::Address;
use alloy_sol_types::{SolConstructor, SolValue, sol};

use crate::deployment::put;
use crate::{Backend, Chain, Error, Wallet};

sol!(PoolVotes, "../../contracts/artifacts/PoolVotes.json");

impl<B: Backend> Chain<B> {
    /// Puts a PoolVotes contract of this name onto the devnet, as the first transaction of `maker`;
    /// where that was sent already, finds it.
    pub fn put_votes(&mut self, maker: &Wallet, name: &str) -> Result<[u8; 20], Error> {
        let call = PoolVotes::constructorCall {
            settlement_: self.deployment.settlement.into(),
            name_: name.to_owned(),
            symbol_: "VOTE".to_owned(),
        };
        let code = [&PoolVotes::BYTECODE[..], &call.abi_encode()].concat();
        put(self.devnet.local_mut()?, maker, &code)
    }

    /// Whether a contract of this devnet counts votes by this Settlement.
    pub fn counts_votes(&self, contract: [u8; 20]) -> bool {
        let devnet = self.devnet.local().ok();
        let arguments = devnet.and_then(|devnet| devnet.creation(contract));
        let arguments = arguments.and_then(|code| code.strip_prefix(&PoolVotes::BYTECODE[..]));
        let made = arguments.and_then(|it| <(Address, String, String)>::abi_decode_params(it).ok());
        made.is_some_and(|(settlement, ..)| settlement.0 == self.deployment.settlement)
    }

    /// What was ever minted to an address.
    pub fn votes(&self, contract: [u8; 20], account: [u8; 20]) -> Result<u128, Error> {
        let account = account.into();
        let minted = self.ask(contract, &PoolVotes::mintedCall { account })?;
        Ok(minted.to())
    }
}
