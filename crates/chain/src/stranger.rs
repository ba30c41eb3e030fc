//! What a stranger's transaction may do on a chain that its operator runs alone.
//!
//! On a public chain everybody may halt an epoch, and the operator has gas prices, bonds and time
//! to deal with it. Here transactions cost nothing, and the test token is made by whoever asks. So
//! a transaction is run before it is taken: it may claim, move tokens, deploy and call contracts,
//! open deposits, and put credit in and take it out. Of which tokens is for the Escrow, which has a
//! list.

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;

use crate::contract::{self, Escrow, Settlement, TestToken};
use crate::devnet::Log;
use crate::{Chain, Deployment, Devnet, Error};

/// Most events that a transaction leaves: the chain keeps them in memory for good, and they are the
/// cheapest to make of all that it keeps.
const MOST_EVENTS: usize = 1_000;
/// Most bytes of data in them.
const MOST_EVENT_BYTES: usize = 65_536;

impl Chain {
    /// [`Devnet::permits`] with the contracts of this chain.
    ///
    /// # Errors
    /// As there.
    pub fn permits(&self, raw: &[u8], most_minted: u128) -> Result<(), Error> {
        self.devnet.permits(&self.deployment, raw, most_minted)
    }
}

impl Devnet {
    /// Runs a stranger's transaction without taking it, and looks at what it would do. At most
    /// `most_minted` base units of test money may be made by it.
    ///
    /// # Errors
    /// `Invalid` with what it may not do, or why no block could hold it.
    pub fn permits(
        &self,
        deployment: &Deployment,
        raw: &[u8],
        most_minted: u128,
    ) -> Result<(), Error> {
        let logs = self.preview(raw)?;
        let bytes: usize = logs.iter().map(|log| log.payload.len()).sum();
        if logs.len() > MOST_EVENTS || bytes > MOST_EVENT_BYTES {
            let why = format!(
                "it leaves more than {MOST_EVENTS} events or {MOST_EVENT_BYTES} bytes in them"
            );
            return Err(refused(&why));
        }
        let mut minted = U256::ZERO;
        for log in &logs {
            if deployment.tokens.contains(&log.address) {
                if let Some(moved) = contract::event::<TestToken::Transfer>(log)
                    && moved.from.is_zero()
                {
                    minted = minted.saturating_add(moved.value);
                }
            } else if log.address == deployment.settlement && !is_one_of(log, &CLAIMS) {
                return Err(refused("epochs are the operator's and the arbiter's here"));
            } else if log.address == deployment.escrow && !is_one_of(log, &OWN) {
                return Err(refused(
                    "a stranger may only open deposits in the Escrow here, and keep credit",
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
}

/// Money that is paid to whom the tree names.
const CLAIMS: [B256; 3] = [
    Settlement::Claimed::SIGNATURE_HASH,
    Settlement::PaymentFailed::SIGNATURE_HASH,
    Settlement::Redirected::SIGNATURE_HASH,
];
/// Money of one's own that comes, and credit that leaves after its notice.
const OWN: [B256; 4] = [
    Escrow::Opened::SIGNATURE_HASH,
    Escrow::CreditAdded::SIGNATURE_HASH,
    Escrow::WithdrawalAnnounced::SIGNATURE_HASH,
    Escrow::CreditWithdrawn::SIGNATURE_HASH,
];

fn is_one_of(log: &Log, events: &[B256]) -> bool {
    let first = log.topics.first();
    first.is_some_and(|first| events.iter().any(|known| known.0 == *first))
}

fn refused(why: &str) -> Error {
    Error::invalid(format!("cannot take the transaction: {why}"))
}
