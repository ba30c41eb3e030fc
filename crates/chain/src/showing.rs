//! Debits that anybody may show to the Escrow, by the public file of a final epoch.

use alloy_sol_types::SolCall as _;
use proof::claim::{Debit, Domain};

use crate::Error;
use crate::contract::{Escrow, Settlement};
use crate::leaves::Leaves;
use crate::token::uint96;
use crate::watched::ask;
use crate::wire::Wire;

/// A deposit that an epoch debits, and what showing it would bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Showing {
    /// The Escrow that takes it.
    pub escrow: [u8; 20],
    /// All that the ledger ever charged the deposit.
    pub debit: Debit,
    /// What of that no debit has taken and the deposit still holds, in base units.
    pub missing: u128,
    /// The call that shows it.
    pub calldata: Vec<u8>,
    /// Where the epoch's debit is in dispute.
    pub held: Option<Held>,
}

/// A debit that the deposit's funder has had held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// In base units.
    pub amount: u128,
    /// When the arbiter's time is over, in unix seconds.
    pub until_s: u64,
    /// The call that ends it from then on: what was shown before is paid, the rest goes back.
    pub calldata: Vec<u8>,
}

/// What the file of an epoch says that it debits, in the order of the deposits.
///
/// # Errors
/// `Invalid` where the epoch is not final, or the file is not its own.
pub fn showings(
    wire: &dyn Wire,
    settlement: [u8; 20],
    (epoch, file): (u64, &[u8]),
) -> Result<Vec<Showing>, Error> {
    let root = ask(wire, settlement, &Settlement::finalRootCall { id: epoch })?;
    let escrow: [u8; 20] = ask(wire, settlement, &Settlement::escrowCall {})?.into();
    let (chain_id, contract) = (wire.chain_id()?, settlement);
    let leaves = Leaves::read(file, &Domain { chain_id, contract });
    let leaves = leaves.filter(|leaves| leaves.root() == root.0);
    let leaves = leaves.ok_or_else(|| {
        Error::invalid(format!(
            "the file of leaves is not the one of epoch {epoch} on chain {chain_id}: its tree has \
             another root\nhint: take `claims/{epoch}.json` of the log that settles there, and \
             name its Settlement"
        ))
    })?;
    let showing = |(debit, proof): (Debit, Vec<[u8; 32]>)| {
        let id = debit.id;
        let deposit = ask(wire, escrow, &Escrow::depositCall { id })?;
        let (amount, available): (u128, u128) = (deposit.amount.to(), deposit.available.to());
        let standing = amount.saturating_sub(available);
        let standing = standing.saturating_sub(deposit.refunded.to());
        let call = Escrow::debitByProofCall {
            epoch,
            id,
            cumulative: uint96(debit.cumulative)?,
            proof: proof.iter().map(Into::into).collect(),
        };
        Ok(Showing {
            escrow,
            debit,
            missing: debit.cumulative.saturating_sub(standing).min(available),
            calldata: call.abi_encode(),
            held: held(wire, escrow, (epoch, id))?,
        })
    };
    leaves.debits().map(showing).collect()
}

/// The dispute of a debit that nobody has ruled on.
fn held(wire: &dyn Wire, escrow: [u8; 20], (epoch, id): (u64, u64)) -> Result<Option<Held>, Error> {
    let held = ask(wire, escrow, &Escrow::disputesCall { epoch, id })?;
    Ok((!held.amount.is_zero()).then(|| Held {
        amount: held.amount.to(),
        until_s: held.rulingEnds.to(),
        calldata: Escrow::lapseDisputeCall { epoch, id }.abi_encode(),
    }))
}
