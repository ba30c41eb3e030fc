//! What has paid for a call, as its caller is told beside the answer.

use crate::door::Gateway;
use crate::payment::Terms;
use crate::till::CreditKey;
use crate::x402;
use crate::{Fault, Reply};

/// What has paid for a call.
pub(crate) enum Settlement {
    /// A transaction of the payer's.
    Transfer {
        /// What was signed for.
        terms: Terms,
        /// Who has paid.
        payer: [u8; 20],
        /// Hash of the transaction.
        tx_hash: [u8; 32],
    },
    /// A voucher.
    Voucher {
        /// What was signed for.
        terms: Terms,
        /// Whose.
        key: CreditKey,
        /// What the chain was last seen to have taken of the key, in base units.
        redeemed: u128,
    },
}

impl Settlement {
    /// The header that says so, as things stand now.
    fn response(&self, gateway: &Gateway) -> String {
        x402::encoded(&match self {
            Self::Transfer {
                terms,
                payer,
                tx_hash,
            } => x402::settled(terms, *payer, tx_hash),
            Self::Voucher {
                terms,
                key,
                redeemed,
            } => {
                let stands = gateway.till.stands(*key, *redeemed);
                x402::credit::settled(terms, key.payer, &stands, None)
            }
        })
    }
}

/// An answer to a call whose payment was taken; nobody is asked to pay again for it, and no client
/// does so by itself: sent anew without this payment, the call would be paid a second time.
pub(crate) fn answered(
    answer: Result<Reply, Fault>,
    (gateway, settlement): (&Gateway, &Settlement),
) -> Reply {
    let reply = answer.unwrap_or_else(|fault| match fault.status {
        402 => settlement.left(fault.code).into(),
        _ => fault.into(),
    });
    let reply = match reply.status {
        400.. => reply.never_again(),
        _ => reply,
    };
    reply.with(x402::RESPONSE, settlement.response(gateway))
}

impl Settlement {
    /// What was taken, and could not be set aside for the call.
    fn left(&self, code: &str) -> Fault {
        match self {
            Self::Voucher { .. } => {
                let words = "the voucher is kept, and nothing of it was used: the model's terms \
                             have changed meanwhile; ask for the price again";
                Fault::conflict("payment_returns", words)
            }
            Self::Transfer { .. } if code == "allowance_expired" => {
                let words = "the time in which this payment pays for a call is over; what is left \
                             of it goes back to the payer when its deposit closes";
                Fault::conflict("payment_returns", words)
            }
            Self::Transfer { .. } => {
                let words = "what the payment holds is used up or set aside for a call that runs; \
                             what is left goes back to the payer when its deposit closes";
                Fault::conflict("payment_used", words)
            }
        }
    }
}
