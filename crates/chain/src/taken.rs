//! What debits have taken of deposits and brought into the pot, by events nobody takes back.

use std::collections::BTreeMap;

use alloy_sol_types::SolEvent as _;
use proof::claim::Debit;

use crate::contract::{self, Escrow, Settlement};
use crate::devnet::{Log, Receipt};
use crate::token::uint96;
use crate::{Backend, Chain, Error, Signer};

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

    /// What an epoch has got from deposits, by deposit, be it debited or shown to be owed: what a
    /// dispute holds counts no more, and of what was ruled on that which was granted.
    pub fn got(&self, epoch: u64) -> Result<BTreeMap<u64, u128>, Error> {
        let mut sums: BTreeMap<u64, u128> = BTreeMap::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            if let Some(moved) = Moved::of(log).filter(|moved| moved.epoch == epoch) {
                let sum = sums.entry(moved.deposit).or_default();
                // A server may have made them up: no sum of theirs may end the process.
                *sum = match moved.how {
                    How::Debited | How::Shown | How::Granted => sum.saturating_add(moved.amount),
                    How::Disputed => sum.saturating_sub(moved.amount),
                };
            }
            true
        })?;
        Ok(sums)
    }

    /// What was ever taken from deposits for an epoch, in order: what was disputed later too, and
    /// what was shown to be owed when the window was over.
    pub fn taken_each(&self, epoch: u64) -> Result<Vec<Taken>, Error> {
        let mut taken = Vec::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            let own = Moved::of(log).filter(|moved| moved.epoch == epoch);
            taken.extend(own.and_then(|moved| moved.taken()));
            true
        })?;
        Ok(taken)
    }

    /// When silence ends a dispute, in unix seconds; `None` where it has been ruled on.
    pub fn dispute_lapses_at_s(&self, epoch: u64, id: u64) -> Result<Option<u64>, Error> {
        let call = Escrow::disputesCall { epoch, id };
        let held = self.ask(self.deployment.escrow, &call)?;
        let until: u64 = held.rulingEnds.to();
        Ok((!held.amount.is_zero()).then_some(until))
    }

    /// Shows to the Escrow what a final epoch says that deposits owe, each with the path to its
    /// root: what no debit has taken goes to the pot, as far as the deposit holds it. Any wallet
    /// may.
    pub fn show_debits(
        &mut self,
        wallet: &dyn Signer,
        epoch: u64,
        shown: &[(Debit, Vec<[u8; 32]>)],
    ) -> Result<Vec<Receipt>, Error> {
        let call = |(debit, proof): &(Debit, Vec<[u8; 32]>)| {
            Ok(Escrow::debitByProofCall {
                epoch,
                id: debit.id,
                cumulative: uint96(debit.cumulative)?,
                proof: proof.iter().map(Into::into).collect(),
            })
        };
        let calls: Vec<_> = shown.iter().map(call).collect::<Result<_, Error>>()?;
        self.act_many(wallet, self.deployment.escrow, &calls)
    }

    /// Ends a dispute on which nobody has ruled in time: what a final epoch was shown to have
    /// charged is paid, the rest goes back to the deposit. Any wallet may.
    pub fn lapse_dispute(
        &mut self,
        wallet: &dyn Signer,
        epoch: u64,
        id: u64,
    ) -> Result<Receipt, Error> {
        let call = Escrow::lapseDisputeCall { epoch, id };
        self.act(wallet, self.deployment.escrow, &call)
    }

    /// What rulings upon disputes have given back of debits, by deposit.
    pub fn returned(&self) -> Result<BTreeMap<u64, u128>, Error> {
        let mut moved = Vec::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            moved.extend(Moved::of(log));
            true
        })?;
        Ok(returned(&moved))
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

/// Money of a deposit that an epoch has moved, as an event of the Escrow says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The epoch that it was moved for.
    pub epoch: u64,
    deposit: u64,
    amount: u128,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// The operator took it.
    Debited,
    /// Somebody has shown that it is owed.
    Shown,
    /// The funder has had a debit held.
    Disputed,
    /// The arbiter, or his silence, has granted so much of what was held.
    Granted,
}

impl Moved {
    /// First topics of the events that say so.
    pub const KINDS: [[u8; 32]; 4] = [
        Escrow::Debited::SIGNATURE_HASH.0,
        Escrow::DebitedByProof::SIGNATURE_HASH.0,
        Escrow::Disputed::SIGNATURE_HASH.0,
        Escrow::DisputeRuled::SIGNATURE_HASH.0,
    ];

    /// What a log of the Escrow says; none where it is about something else.
    pub fn of(log: &Log) -> Option<Self> {
        let moved = |epoch, deposit, amount, how| Self {
            epoch,
            deposit,
            amount,
            how,
        };
        if let Some(it) = contract::event::<Escrow::Debited>(log) {
            return Some(moved(it.epoch, it.id, it.amount.to(), How::Debited));
        }
        if let Some(it) = contract::event::<Escrow::DebitedByProof>(log) {
            return Some(moved(it.epoch, it.id, it.amount.to(), How::Shown));
        }
        if let Some(it) = contract::event::<Escrow::Disputed>(log) {
            return Some(moved(it.epoch, it.id, it.amount.to(), How::Disputed));
        }
        let it = contract::event::<Escrow::DisputeRuled>(log)?;
        Some(moved(it.epoch, it.id, it.granted.to(), How::Granted))
    }

    /// The same, where it has left the deposit by it.
    pub fn taken(self) -> Option<Taken> {
        let by_proof = match self.how {
            How::Debited => false,
            How::Shown => true,
            How::Disputed | How::Granted => return None,
        };
        Some(Taken {
            deposit: self.deposit,
            amount: self.amount,
            by_proof,
        })
    }
}

/// What rulings have not granted of the debits that were held, by deposit.
pub(crate) fn returned<'a>(moved: impl IntoIterator<Item = &'a Moved>) -> BTreeMap<u64, u128> {
    let mut held: BTreeMap<(u64, u64), u128> = BTreeMap::new();
    let mut returned: BTreeMap<u64, u128> = BTreeMap::new();
    for it in moved {
        match it.how {
            How::Debited | How::Shown => {}
            How::Disputed => {
                held.insert((it.epoch, it.deposit), it.amount);
            }
            How::Granted => {
                let held = held.remove(&(it.epoch, it.deposit)).unwrap_or(0);
                // A server may have made them up: no sum of theirs may end the process.
                let sum = returned.entry(it.deposit).or_default();
                *sum = sum.saturating_add(held.saturating_sub(it.amount));
            }
        }
    }
    returned
}
