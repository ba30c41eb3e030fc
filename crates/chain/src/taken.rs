//! What debits have taken of deposits and brought into the pot, by events nobody takes back.

use std::collections::BTreeMap;

use crate::contract::{self, Escrow, Settlement};
use crate::{Backend, Chain, Error};

impl<B: Backend> Chain<B> {
    /// Whether an epoch is final and all that it has debited is in the pot, as far as events that
    /// nobody takes back say.
    pub fn is_released(&self, epoch: u64) -> Result<bool, Error> {
        let (mut finalized, mut left) = (false, 0_i128);
        self.devnet
            .each_log(self.deployment.settlement, &mut |log| {
                let event = contract::event::<Settlement::Finalized>(log);
                finalized = event.is_some_and(|event| event.id == epoch);
                !finalized
            })?;
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            let debited = contract::event::<Escrow::Debited>(log)
                .map(|event| (event.epoch, event.amount.to::<i128>()));
            let disputed = contract::event::<Escrow::Disputed>(log)
                .map(|event| (event.epoch, -event.amount.to::<i128>()));
            let released = contract::event::<Escrow::Released>(log)
                .map(|event| (event.epoch, -event.amount.saturating_to::<i128>()));
            let moved = debited.or(disputed).or(released);
            if let Some((_, amount)) = moved.filter(|(of, _)| *of == epoch) {
                // A server may have made them up: no sum of theirs may end the process.
                left = left.saturating_add(amount);
            }
            true
        })?;
        Ok(finalized && left == 0)
    }

    /// What was ever taken from deposits for an epoch, by deposit: what was disputed later too, and
    /// what was shown to be owed when the window was over.
    pub fn taken(&self, epoch: u64) -> Result<BTreeMap<u64, u128>, Error> {
        let mut sums: BTreeMap<u64, u128> = BTreeMap::new();
        for taken in self.taken_each(epoch)? {
            *sums.entry(taken.deposit).or_default() += taken.amount;
        }
        Ok(sums)
    }

    /// The same, each time by itself and in order.
    pub fn taken_each(&self, epoch: u64) -> Result<Vec<Taken>, Error> {
        let mut taken = Vec::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            let debited = contract::event::<Escrow::Debited>(log)
                .map(|event| (event.epoch, event.id, event.amount, false));
            let shown = contract::event::<Escrow::DebitedByProof>(log)
                .map(|event| (event.epoch, event.id, event.amount, true));
            let own = debited.or(shown).filter(|(of, ..)| *of == epoch);
            taken.extend(own.map(|(_, deposit, amount, by_proof)| Taken {
                deposit,
                amount: amount.to(),
                by_proof,
            }));
            true
        })?;
        Ok(taken)
    }
}

/// Money that has left a deposit for an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The deposit's number.
    pub deposit: u64,
    /// Base units.
    pub amount: u128,
    /// Whether anybody has shown to the Escrow that it is owed, rather than the operator taken it.
    pub by_proof: bool,
}
