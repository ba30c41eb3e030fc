//! What a stranger's transaction may do on a chain that its operator runs alone.
//!
//! On a public chain everybody may halt an epoch or deposit a token of their own, and the operator
//! has gas prices, bonds and time to deal with it. Here transactions cost nothing, and the test
//! token is made by whoever asks. So a transaction is run before it is taken: it may claim, move
//! tokens, deploy and call contracts, and open deposits of the tokens that the ledger knows.

use alloy_primitives::U256;
use alloy_sol_types::SolEvent;

use crate::contract::{self, Escrow, Settlement, TestToken};
use crate::devnet::Log;
use crate::{Chain, Error};

impl Chain {
    /// Runs a stranger's transaction without taking it, and looks at what it would do. At most
    /// `most_minted` base units of test money may be made by it.
    ///
    /// # Errors
    /// `Invalid` with what it may not do, or why no block could hold it.
    pub fn permits(&self, raw: &[u8], most_minted: u128) -> Result<(), Error> {
        let logs = self.devnet.preview(raw)?;
        let mut minted = U256::ZERO;
        for log in &logs {
            if self.deployment.tokens.contains(&log.address) {
                if let Some(moved) = contract::event::<TestToken::Transfer>(log)
                    && moved.from.is_zero()
                {
                    minted = minted.saturating_add(moved.value);
                }
            } else if log.address == self.deployment.settlement && !claims(log) {
                return Err(refused("epochs are the operator's and the arbiter's here"));
            } else if log.address == self.deployment.escrow && !self.opens(log) {
                return Err(refused(
                    "only deposits of the space's tokens are taken here",
                ));
            }
        }
        if minted > U256::from(most_minted) {
            return Err(refused(
                "that is more test money than this node gives at once",
            ));
        }
        Ok(())
    }

    /// A deposit that the ledger can credit.
    fn opens(&self, log: &Log) -> bool {
        let opened = contract::event::<Escrow::Opened>(log);
        opened.is_some_and(|it| self.deployment.tokens.contains(&it.token.into()))
    }
}

/// Money that is paid to whom the tree names.
fn claims(log: &Log) -> bool {
    let paid = [
        Settlement::Claimed::SIGNATURE_HASH,
        Settlement::PaymentFailed::SIGNATURE_HASH,
        Settlement::Redirected::SIGNATURE_HASH,
    ];
    let first = log.topics.first();
    first.is_some_and(|first| paid.iter().any(|known| known.0 == *first))
}

fn refused(why: &str) -> Error {
    Error::invalid(format!("cannot take the transaction: {why}"))
}
