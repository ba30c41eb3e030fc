//! ERC-20 operations: the little of them that deposits and the devnet's money need.

use alloy_primitives::{U256, aliases::U96};

use crate::contract::TestToken;
use crate::devnet::Receipt;
use crate::{Backend, Chain, Error, Signer};

impl<B: Backend> Chain<B> {
    /// Makes money out of nothing for `to`, in base units: devnets only, and open to anybody there.
    pub fn mint(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
        to: [u8; 20],
        amount: u128,
    ) -> Result<Receipt, Error> {
        let call = TestToken::mintCall {
            to: to.into(),
            amount: U256::from(amount),
        };
        self.act(wallet, token, &call)
    }

    /// Lets the Escrow take up to `amount` base units of the wallet's tokens.
    pub fn approve(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
        amount: u128,
    ) -> Result<Receipt, Error> {
        let spender = self.deployment.escrow.into();
        self.act(
            wallet,
            token,
            &TestToken::approveCall {
                spender,
                value: U256::from(amount),
            },
        )
    }

    /// What an account holds on the chain, in base units.
    pub fn balance(&self, token: [u8; 20], account: [u8; 20]) -> Result<u128, Error> {
        units(self.ask(
            token,
            &TestToken::balanceOfCall {
                account: account.into(),
            },
        )?)
    }
}

/// A contract's number as base units.
pub(crate) fn units(value: U256) -> Result<u128, Error> {
    let refuse = |_| {
        Error::invalid(format!(
            "cannot take the amount `{value}`: it is over 2^128"
        ))
    };
    u128::try_from(value).map_err(refuse)
}

/// Base units as a contract takes them.
pub(crate) fn uint96(amount: u128) -> Result<U96, Error> {
    U96::try_from(amount)
        .map_err(|_| Error::invalid(format!("cannot move `{amount}` units: at most 2^96 - 1")))
}
