//! The end of a deposit: its close is noted in the contract, and a grace later it is refunded.

use alloy_sol_types::SolCall;

use crate::contract::Escrow;
use crate::{Backend, Chain, Error, Signer};

impl<B: Backend> Chain<B> {
    /// Notes the close of those deposits that a final epoch covers, which starts the grace before
    /// their refund, and returns those that the contract would refund now. Any wallet may.
    pub fn close_deposits(&mut self, wallet: &dyn Signer, ids: &[u64]) -> Result<Vec<u64>, Error> {
        let (mut ripe, mut covered) = (Vec::new(), Vec::new());
        for id in ids.iter().copied() {
            let close = Escrow::closeCall { id };
            if self.would_take(&Escrow::refundCall { id })? {
                ripe.push(id);
            } else if self.would_take(&close)? {
                covered.push(close);
            }
        }
        if !covered.is_empty() {
            self.act_many(wallet, self.deployment.escrow, &covered)?;
        }
        Ok(ripe)
    }

    /// Whether the Escrow would take a call as the chain stands.
    fn would_take<C: SolCall>(&self, call: &C) -> Result<bool, Error> {
        match self.devnet.ask(self.deployment.escrow, call.abi_encode()) {
            Ok(_) => Ok(true),
            Err(error) if error.revert.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
