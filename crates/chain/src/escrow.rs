//! Budgets on the chain: deposits, debits, release, restoration and refunds.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::aliases::U96;
use alloy_sol_types::{SolCall, SolEvent};

use crate::contract::{self, Deposits, Escrow};
use crate::devnet::Receipt;
use crate::token::{uint96, units};
use crate::{Backend, Chain, Error, Signer};

/// How many deposits fit in one transaction; each uses up to 80 k gas.
const OPENINGS_PER_TX: usize = 180;
/// How many debits, or restorations, fit in one transaction; each uses up to 45 k gas.
pub const DEBITS_PER_TX: usize = 320;

/// A deposit to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Who owns the deposit: refunds go there, whoever paid it in.
    pub funder: [u8; 20],
    /// The ledger's account that is credited.
    pub account: [u8; 32],
    /// Base units.
    pub amount: u128,
    /// The most base units that one epoch may debit.
    pub max_per_epoch: u128,
    /// When the rest may go back, in unix seconds.
    pub closes_at_s: u64,
}

/// A deposit as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Consecutive from 1, given by the contract.
    pub id: u64,
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// What it was opened with; `amount` is what was paid in.
    pub opening: Opening,
    /// Base units that are neither debited nor refunded.
    pub available: u128,
    /// Base units that went back to the funder.
    pub refunded: u128,
}

/// What of a deposit went back to its funder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The deposit.
    pub id: u64,
    /// Base units that were paid in.
    pub deposited: u128,
    /// Base units that went back.
    pub refunded: u128,
}

/// What an epoch takes from a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debit {
    /// The deposit.
    pub id: u64,
    /// Base units, above zero.
    pub amount: u128,
}

impl<B: Backend> Chain<B> {
    /// Deposits the wallet's own money, which it has approved before, and returns the deposit's id.
    /// The wallet is the funder, whatever `opening.funder` says.
    pub fn open_deposit(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
        opening: &Opening,
    ) -> Result<u64, Error> {
        let call = Escrow::openCall {
            token: token.into(),
            amount: uint96(opening.amount)?,
            account: opening.account.into(),
            maxPerEpoch: uint96(opening.max_per_epoch)?,
            closesAt: opening.closes_at_s,
        };
        let receipt = self.act(wallet, self.deployment.escrow, &call)?;
        Ok(announced::<Escrow::Opened>(&receipt)?.id)
    }

    /// Pays for many deposits with the wallet's money, approved before, and gives each to the
    /// funder it names. Returns the first id; the others follow.
    pub fn open_deposits(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
        openings: &[Opening],
    ) -> Result<u64, Error> {
        let first = self.ask(self.deployment.escrow, &Escrow::lastIdCall {})? + 1;
        let openings: Vec<Deposits::Opening> = openings
            .iter()
            .map(opening_argument)
            .collect::<Result<_, Error>>()?;
        let calls: Vec<Escrow::openManyCall> = openings
            .chunks(OPENINGS_PER_TX)
            .map(|part| Escrow::openManyCall {
                token: token.into(),
                openings: part.to_vec(),
            })
            .collect();
        self.act_many(wallet, self.deployment.escrow, &calls)?;
        Ok(first)
    }

    /// Takes what an open epoch owes out of budgets. The money stays in the Escrow until the epoch
    /// is final.
    pub fn debit(
        &mut self,
        debitor: &dyn Signer,
        epoch: u64,
        debits: &[Debit],
    ) -> Result<Vec<Receipt>, Error> {
        let debits = debit_arguments(debits)?;
        let calls: Vec<Escrow::debitCall> = debits
            .chunks(DEBITS_PER_TX)
            .map(|part| Escrow::debitCall {
                epoch,
                debits: part.to_vec(),
            })
            .collect();
        self.act_many(debitor, self.deployment.escrow, &calls)
    }

    /// The same for one part of what an epoch owes, at most [`DEBITS_PER_TX`] deposits, in one
    /// transaction. The contract adds debits up: while one of this part is on its way no other is
    /// signed, whatever a server that is behind has made of `debits`.
    pub fn debit_part(
        &mut self,
        debitor: &dyn Signer,
        (epoch, part): (u64, usize),
        debits: &[Debit],
    ) -> Result<Receipt, Error> {
        let debits = debit_arguments(debits)?;
        let calldata = Escrow::debitCall { epoch, debits }.abi_encode();
        let named = (self.deployment.escrow, format!("debit {epoch} {part}"));
        self.act_once::<Escrow::debitCall>(debitor, named, calldata)
    }

    /// Whether the funder disputes what an epoch has debited: until that is ruled on, it counts as
    /// not debited, and nothing can be debited there.
    pub fn is_disputed(&self, epoch: u64, id: u64) -> Result<bool, Error> {
        let call = Escrow::disputesCall { epoch, id };
        Ok(!self.ask(self.deployment.escrow, &call)?.amount.is_zero())
    }

    /// Moves what a final epoch has debited into the pot. Any wallet may.
    pub fn release(
        &mut self,
        wallet: &dyn Signer,
        epoch: u64,
        tokens: &[[u8; 20]],
    ) -> Result<Receipt, Error> {
        let tokens = tokens.iter().map(Into::into).collect();
        self.act(
            wallet,
            self.deployment.escrow,
            &Escrow::releaseCall { epoch, tokens },
        )
    }

    /// Returns what a vetoed epoch has debited from these deposits. Any wallet may.
    pub fn restore(
        &mut self,
        wallet: &dyn Signer,
        epoch: u64,
        ids: &[u64],
    ) -> Result<Vec<Receipt>, Error> {
        let calls: Vec<Escrow::restoreCall> = ids
            .chunks(DEBITS_PER_TX)
            .map(|part| Escrow::restoreCall {
                epoch,
                ids: part.to_vec(),
            })
            .collect();
        self.act_many(wallet, self.deployment.escrow, &calls)
    }

    /// Pays the funders what is left of deposits after their close, all with one sync, and returns
    /// the base units of each. Any wallet may.
    pub fn refund(&mut self, wallet: &dyn Signer, ids: &[u64]) -> Result<Vec<u128>, Error> {
        let calls: Vec<_> = ids
            .iter()
            .map(|id| Escrow::refundCall { id: *id })
            .collect();
        let receipts = self.act_many(wallet, self.deployment.escrow, &calls)?;
        let paid = |receipt: &Receipt| Ok(announced::<Escrow::Refunded>(receipt)?.amount.to());
        receipts.iter().map(paid).collect()
    }

    /// All deposits, ascending by id.
    pub fn deposits(&self) -> Result<Vec<Deposit>, Error> {
        self.deposits_after(0)
    }

    /// Those that were numbered after `last`, ascending by id; the contract is asked for no others.
    /// On another's chain, those that are final; so is what was refunded.
    pub fn deposits_after(&self, last: u64) -> Result<Vec<Deposit>, Error> {
        let (mut opened, mut refunded) = (Vec::new(), BTreeMap::new());
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            if let Some(event) = contract::event::<Escrow::Opened>(log) {
                opened.extend((event.id > last).then_some(event));
            } else if let Some(event) = contract::event::<Escrow::Refunded>(log) {
                *refunded.entry(event.id).or_default() += event.amount.to::<u128>();
            }
            true
        })?;
        let deposit = |opened: Escrow::Opened| {
            let refunded = refunded.get(&opened.id).copied().unwrap_or(0);
            self.deposit(opened, refunded)
        };
        opened.into_iter().map(deposit).collect()
    }

    /// The number of the newest deposit as the chain stands, final or not; 0 if there is none.
    pub fn last_deposit(&self) -> Result<u64, Error> {
        self.ask(self.deployment.escrow, &Escrow::lastIdCall {})
    }

    /// The deposits of which something went back, ascending by id; on another's chain, as far as
    /// that is final.
    pub fn refunds(&self) -> Result<Vec<Refund>, Error> {
        let (mut deposited, mut refunded) = (BTreeMap::new(), BTreeMap::new());
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            if let Some(event) = contract::event::<Escrow::Opened>(log) {
                deposited.insert(event.id, event.amount.to::<u128>());
            } else if let Some(event) = contract::event::<Escrow::Refunded>(log) {
                *refunded.entry(event.id).or_default() += event.amount.to::<u128>();
            }
            true
        })?;
        let refund = |(id, refunded): (u64, u128)| Refund {
            id,
            deposited: deposited.get(&id).copied().unwrap_or(0),
            refunded,
        };
        Ok(refunded.into_iter().map(refund).collect())
    }

    /// Funder and cap of every deposit.
    pub fn deposit_caps(&self) -> Result<BTreeSet<([u8; 20], u128)>, Error> {
        let mut caps = BTreeSet::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            let opened = contract::event::<Escrow::Opened>(log);
            caps.extend(opened.map(|it| (it.funder.into(), it.maxPerEpoch.to())));
            true
        })?;
        Ok(caps)
    }

    /// The deposit that was opened just so, in the first token; the first one of several.
    pub fn deposit_of(&self, opening: &Opening) -> Result<Option<u64>, Error> {
        let (token, mut found) = (self.deployment.token(), None);
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            let opened = contract::event::<Escrow::Opened>(log);
            let meant = opened.filter(|opened| {
                opened.token == token
                    && opened.funder == opening.funder
                    && opened.account == opening.account
                    && opened.amount.to::<u128>() == opening.amount
                    && opened.maxPerEpoch.to::<u128>() == opening.max_per_epoch
                    && opened.closesAt == opening.closes_at_s
            });
            found = meant.map(|opened| opened.id);
            found.is_none()
        })?;
        Ok(found)
    }

    /// What an epoch has debited and no veto has restored, ascending by deposit.
    pub fn debits(&self, epoch: u64) -> Result<Vec<Debit>, Error> {
        let mut ids = Vec::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            let debited = contract::event::<Escrow::Debited>(log);
            ids.extend(debited.filter(|it| it.epoch == epoch).map(|it| it.id));
            true
        })?;
        ids.sort_unstable();
        ids.dedup();
        self.debits_of(epoch, &ids)
    }

    /// What an epoch has debited from each of these deposits, where that is anything.
    pub fn debits_of(&self, epoch: u64, ids: &[u64]) -> Result<Vec<Debit>, Error> {
        let mut debits = Vec::with_capacity(ids.len());
        for id in ids.iter().copied() {
            let call = Escrow::debitedCall { epoch, id };
            let amount = self.ask(self.deployment.escrow, &call)?.to();
            if amount != 0 {
                debits.push(Debit { id, amount });
            }
        }
        Ok(debits)
    }

    /// What a deposit holds that is neither debited nor refunded, in base units.
    pub fn available(&self, id: u64) -> Result<u128, Error> {
        let now = self.ask(self.deployment.escrow, &Escrow::depositCall { id })?;
        Ok(now.available.to())
    }

    /// What an epoch has debited in a token and neither released nor restored, in base units.
    pub fn pending(&self, epoch: u64, token: [u8; 20]) -> Result<u128, Error> {
        let call = Escrow::pendingCall {
            epoch,
            token: token.into(),
        };
        units(self.ask(self.deployment.escrow, &call)?)
    }

    fn deposit(&self, opened: Escrow::Opened, refunded: u128) -> Result<Deposit, Error> {
        let id = opened.id;
        let now = self.ask(self.deployment.escrow, &Escrow::depositCall { id })?;
        Ok(Deposit {
            id,
            token: now.token.into(),
            opening: Opening {
                funder: now.funder.into(),
                account: opened.account.into(),
                amount: now.amount.to(),
                max_per_epoch: now.maxPerEpoch.to(),
                closes_at_s: now.closesAt,
            },
            available: now.available.to(),
            refunded,
        })
    }
}

/// The event that a call leaves wherever it takes effect; a server may show a receipt without it.
fn announced<E: SolEvent>(receipt: &Receipt) -> Result<E, Error> {
    let found = receipt.logs.iter().find_map(contract::event::<E>);
    found.ok_or_else(|| {
        let tx = hex::encode(receipt.tx_hash);
        Error::corrupt(format!(
            "the receipt of `0x{tx}` says that it took effect, and has no event `{}`\nhint: the \
             server errs or lies; look the transaction up elsewhere, and use another server",
            E::SIGNATURE
        ))
    })
}

fn opening_argument(opening: &Opening) -> Result<Deposits::Opening, Error> {
    let amount: U96 = uint96(opening.amount)?;
    Ok(Deposits::Opening {
        funder: opening.funder.into(),
        account: opening.account.into(),
        amount,
        maxPerEpoch: uint96(opening.max_per_epoch)?,
        closesAt: opening.closes_at_s,
    })
}

fn debit_arguments(debits: &[Debit]) -> Result<Vec<Escrow::Debit>, Error> {
    let argument = |debit: &Debit| {
        Ok(Escrow::Debit {
            id: debit.id,
            amount: uint96(debit.amount)?,
        })
    };
    debits.iter().map(argument).collect()
}
