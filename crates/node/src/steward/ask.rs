//! What others ask of the steward, who alone has the chain, and its answers.

use super::Steward;
use crate::Error;
use crate::epoch::Claimed;
use crate::ticket::Reply;
use gateway::payment::{Paid, Payment, Unpaid};
use gateway::till::Backing;
use protocol::{AccountId, Address, Amount, AssetId, FundId};

/// Something that others ask of the steward, who alone has the chain.
pub enum Ask {
    /// Test money from the devnet's faucet, as a deposit of an account: its number once credited.
    Deposit {
        /// Whose it will be.
        account: AccountId,
        /// Where it goes back when it is closed.
        wallet: Address,
        /// How much, in base units of the first token.
        units: Amount,
        /// When it closes, in milliseconds since 1970.
        closes_ms: u64,
        /// Gets the deposit's number.
        reply: Reply<Result<FundId, String>>,
    },
    /// A transaction that somebody has signed, for the next block of the devnet: its hash once it
    /// is durable.
    Relay {
        /// EIP-2718 envelope.
        raw: Vec<u8>,
        /// Most test money that it may make, in base units.
        most_minted: Amount,
        /// Gets the hash.
        reply: Reply<Result<[u8; 32], String>>,
    },
    /// Takes a payment that a call brings, or says what became of it before.
    Pay {
        /// The payer's signed transfer.
        payment: Box<Payment>,
        /// What is called.
        asset: AssetId,
        /// What the call may cost, in base units.
        least_units: u128,
        /// Gets what the payment has become.
        reply: Reply<Result<Paid, Unpaid>>,
    },
    /// What an address has of prepaid credit, and what its uses are charged to.
    Credit {
        /// Whose.
        payer: [u8; 20],
        /// Keys of which it is told what was redeemed.
        keys: Vec<[u8; 20]>,
        /// What is called.
        asset: AssetId,
        /// Gets it.
        reply: Reply<Result<Backing, Unpaid>>,
    },
    /// Pays what final epochs owe a wallet, at the operator's cost; says how much.
    Claim {
        /// Whose.
        wallet: Address,
        /// Least that is worth it to the operator, in base units of the first chain's first token.
        least_units: Amount,
        /// Gets what has become of it.
        reply: Reply<Result<Claimed, String>>,
    },
}

impl Steward {
    /// Does what others have asked for since the last turn.
    pub(super) fn answer(&mut self) {
        while let Ok(ask) = self.asks.try_recv() {
            let words = |error: Error| error.to_string();
            match ask {
                Ask::Deposit {
                    account,
                    wallet,
                    units,
                    closes_ms,
                    reply,
                } => {
                    let given = self.office.give((account, wallet), units, closes_ms);
                    reply.send(given.map_err(words));
                }
                Ask::Relay {
                    raw,
                    most_minted,
                    reply,
                } => {
                    reply.send(self.office.relay(&raw, most_minted).map_err(words));
                }
                Ask::Pay {
                    payment,
                    asset,
                    least_units,
                    reply,
                } => {
                    reply.send(self.take_payment(&payment, asset, least_units));
                }
                Ask::Credit {
                    payer,
                    keys,
                    asset,
                    reply,
                } => {
                    reply.send(self.credit_of(payer, &keys, asset));
                }
                Ask::Claim {
                    wallet,
                    least_units,
                    reply,
                } => {
                    let claimed = self.office.claim_for(wallet, least_units);
                    reply.send(claimed.map_err(words));
                }
            }
        }
    }
}
