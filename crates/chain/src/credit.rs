//! Prepaid credit in the Escrow: what a payer has there, what it takes out, and vouchers redeemed.

use alloy_sol_types::SolEvent as _;
use proof::voucher::{EscrowDomain, Signed};

use crate::contract::{self, Credit as Terms, Escrow};
use crate::devnet::{Log, Receipt};
use crate::token::uint96;
use crate::{Backend, Chain, Error, Signer};

/// What a payer has in the Escrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// Base units that no voucher has taken.
    pub balance: u128,
    /// Base units that the payer has given notice of.
    pub leaving: u128,
    /// When it may withdraw them, in unix seconds.
    pub leaves_at_s: u64,
}

/// What a voucher has brought into the pot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// Whose credit.
    pub payer: [u8; 20],
    /// ERC-20 contract.
    pub token: [u8; 20],
    /// Whose voucher.
    pub key: [u8; 20],
    /// Base units.
    pub amount: u128,
}

impl Redeemed {
    /// First topic of the event that says so.
    pub(crate) const KIND: [u8; 32] = Escrow::Redeemed::SIGNATURE_HASH.0;

    /// What a log of the Escrow says; none where it is about something else.
    pub(crate) fn of(log: &Log) -> Option<Self> {
        let event = contract::event::<Escrow::Redeemed>(log)?;
        Some(Self {
            payer: event.payer.into(),
            token: event.token.into(),
            key: event.key.into(),
            amount: event.amount.to(),
        })
    }
}

impl<B: Backend> Chain<B> {
    /// The domain in which vouchers of this Escrow are signed.
    pub fn escrow_domain(&self) -> EscrowDomain {
        EscrowDomain {
            chain_id: self.devnet.chain_id(),
            escrow: self.deployment.escrow,
        }
    }

    /// Adds the wallet's own money, approved before, to its credit.
    pub fn add_credit(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
        amount: u128,
    ) -> Result<Receipt, Error> {
        let call = Escrow::addCreditCall {
            token: token.into(),
            amount: uint96(amount)?,
        };
        self.act(wallet, self.deployment.escrow, &call)
    }

    /// Gives notice that the wallet will take so much of its credit out.
    pub fn announce_withdrawal(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
        amount: u128,
    ) -> Result<Receipt, Error> {
        let call = Escrow::announceWithdrawalCall {
            token: token.into(),
            amount: uint96(amount)?,
        };
        self.act(wallet, self.deployment.escrow, &call)
    }

    /// Takes out what the wallet gave notice of, as far as vouchers have left it.
    pub fn withdraw_credit(
        &mut self,
        wallet: &dyn Signer,
        token: [u8; 20],
    ) -> Result<Receipt, Error> {
        let token = token.into();
        self.act(
            wallet,
            self.deployment.escrow,
            &Escrow::withdrawCall { token },
        )
    }

    /// What a payer has in a token.
    pub fn credit(&self, payer: [u8; 20], token: [u8; 20]) -> Result<Credit, Error> {
        let (payer, token) = (payer.into(), token.into());
        let found = self.ask(self.deployment.escrow, &Escrow::creditCall { payer, token })?;
        Ok(Credit {
            balance: found.balance.to(),
            leaving: found.leaving.to(),
            leaves_at_s: found.leavesAt.to(),
        })
    }

    /// What was ever redeemed of a key's vouchers, in base units.
    pub fn redeemed(
        &self,
        (payer, key): ([u8; 20], [u8; 20]),
        token: [u8; 20],
    ) -> Result<u128, Error> {
        let call = Escrow::redeemedCall {
            payer: payer.into(),
            token: token.into(),
            key: key.into(),
        };
        Ok(self.ask(self.deployment.escrow, &call)?.to())
    }

    /// Moves what a voucher is good for into the pot. It is tried before it is sent, so that one
    /// that brings nothing costs nothing.
    ///
    /// # Errors
    /// `Invalid` where the contract refuses it, with its word.
    pub fn redeem(&mut self, wallet: &dyn Signer, signed: &Signed) -> Result<Receipt, Error> {
        let voucher = &signed.voucher;
        let signature = signed.signature.to_vec().into();
        let told = Terms::Voucher {
            payer: voucher.payer.into(),
            token: voucher.token.into(),
            key: voucher.key.into(),
            cumulative: uint96(voucher.cumulative)?,
        };
        let escrow = self.deployment.escrow;
        let Some(lent) = &signed.lent else {
            let call = Escrow::redeemCall {
                voucher: told,
                signature,
            };
            self.ask(escrow, &call)?;
            return self.act(wallet, escrow, &call);
        };
        let call = Escrow::redeemByKeyCall {
            voucher: told,
            signature,
            key: Terms::SpendKey {
                payer: lent.key.payer.into(),
                token: lent.key.token.into(),
                key: lent.key.key.into(),
                cap: uint96(lent.key.cap)?,
                expiresAt: lent.key.expires_at_s,
            },
            payerSignature: lent.signature.to_vec().into(),
        };
        self.ask(escrow, &call)?;
        self.act(wallet, escrow, &call)
    }

    /// All vouchers that were redeemed, by whomever, in the order of the chain; on another's chain,
    /// as far as that is final.
    pub fn redemptions(&self) -> Result<Vec<Redeemed>, Error> {
        let mut found = Vec::new();
        self.devnet.each_log(self.deployment.escrow, &mut |log| {
            found.extend(Redeemed::of(log));
            true
        })?;
        Ok(found)
    }
}
