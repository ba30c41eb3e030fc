//! What a transaction offers for its gas, and the bytes that are signed for it.

use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Signature, TxKind};

use super::Order;
use crate::endpoint::{At, Endpoint};
use crate::signer::is_of;
use crate::{Error, Signer};

/// A tip where the chain suggests none, in wei per gas.
const USUAL_TIP: u128 = 1_000_000_000;

/// A price of gas, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fee {
    /// EIP-1559: at most so much in all, and so much of it for the miner.
    Market {
        /// Base fee and tip together never pass this.
        most: u128,
        /// For whoever includes it.
        tip: u128,
    },
    /// One price, on chains without a base fee.
    Price(u128),
}

/// How fees are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRule {
    /// Never more, in wei per gas: what a lying server can make us pay.
    pub most_wei_per_gas: u128,
    /// After so long in no block a transaction becomes dearer, in milliseconds.
    pub stuck_ms: u64,
}

impl Default for FeeRule {
    fn default() -> Self {
        Self {
            most_wei_per_gas: 500_000_000_000,
            stuck_ms: 120_000,
        }
    }
}

impl Fee {
    /// The most that a unit of gas can cost.
    pub fn most_per_gas(self) -> u128 {
        match self {
            Self::Market { most, .. } | Self::Price(most) => most,
        }
    }
}

impl FeeRule {
    /// Twice the base fee and the tip, so that it holds for some full blocks in a row; a quarter
    /// more than the price where there is no base fee.
    pub(super) fn fee(&self, endpoint: &Endpoint) -> Result<Fee, Error> {
        let newest = endpoint.block(At::Latest)?;
        let base = newest.and_then(|block| block.base_fee);
        let (fee, lowest) = match base {
            Some(base) => {
                let tip = endpoint.tip()?.unwrap_or(USUAL_TIP);
                let tip = tip.min(self.most_wei_per_gas.saturating_sub(base));
                let most = base.saturating_mul(2).saturating_add(tip);
                let most = most.min(self.most_wei_per_gas);
                (Fee::Market { most, tip }, base)
            }
            None => {
                let price = endpoint.gas_price()?;
                let offered = price.saturating_add(price / 4).min(self.most_wei_per_gas);
                (Fee::Price(offered), price)
            }
        };
        if lowest > self.most_wei_per_gas {
            let most = self.most_wei_per_gas;
            return Err(Error::busy(format!(
                "gas costs {lowest} wei now, and at most {most} are allowed\nhint: wait, or raise \
                 `chain.max_fee_gwei`"
            )));
        }
        Ok(fee)
    }

    /// A fee that replaces another one: both parts at least an eighth higher, as nodes want it.
    /// None where that is more than allowed.
    pub(super) fn dearer(&self, endpoint: &Endpoint, last: Fee) -> Result<Option<Fee>, Error> {
        let raised = |wei: u128| wei.saturating_add(wei.div_ceil(8)).saturating_add(1);
        let fee = match (self.fee(endpoint)?, last) {
            (
                Fee::Market { most, tip },
                Fee::Market {
                    most: old,
                    tip: given,
                },
            ) => Fee::Market {
                most: most.max(raised(old)),
                tip: tip.max(raised(given)),
            },
            (Fee::Price(price), Fee::Price(old)) => Fee::Price(price.max(raised(old))),
            // A chain that has changed its kind: the old one is dear enough to be replaced.
            (fee, _) => fee,
        };
        Ok((fee.most_per_gas() <= self.most_wei_per_gas).then_some(fee))
    }
}

/// Signs an order; the result is what `eth_sendRawTransaction` takes.
pub(super) fn sign(
    signer: &dyn Signer,
    (chain_id, nonce, gas_limit): (u64, u64, u64),
    fee: Fee,
    order: &Order,
) -> Result<Vec<u8>, Error> {
    let to = order
        .to
        .map_or(TxKind::Create, |to| TxKind::Call(to.into()));
    let input = order.calldata.clone().into();
    match fee {
        Fee::Market { most, tip } => envelope(
            signer,
            TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: most,
                max_priority_fee_per_gas: tip,
                to,
                input,
                ..TxEip1559::default()
            },
        ),
        Fee::Price(gas_price) => envelope(
            signer,
            TxLegacy {
                chain_id: Some(chain_id),
                nonce,
                gas_price,
                gas_limit,
                to,
                input,
                ..TxLegacy::default()
            },
        ),
    }
}

fn envelope<T>(signer: &dyn Signer, tx: T) -> Result<Vec<u8>, Error>
where
    T: SignableTransaction<Signature>,
    alloy_consensus::Signed<T>: Encodable2718,
{
    let message = tx.encoded_for_signing();
    let signature = signer.sign_message(&message)?;
    if !is_of(signer.address(), &message, &signature) {
        return Err(Error::invalid("the signer has signed with another key"));
    }
    let signature = Signature::from_raw_array(&signature);
    let signature = signature.map_err(|_| Error::invalid("the signer gave no signature"))?;
    Ok(tx.into_signed(signature).encoded_2718())
}
