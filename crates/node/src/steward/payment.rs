//! Payments that calls bring: moved on the chain, put on deposit for the payer, set aside.
//!
//! Nothing of a payment is kept beside chain and log. The token knows that it was used; the deposit
//! that was made of it is found by its cap, which names payer and nonce; the allowance by its
//! deposit. So each step is taken once, whatever ends in between, and the operator never holds
//! more than one payment for longer than it takes to open a deposit.

use super::Steward;
use crate::answer::Answer;
use crate::deposit::account_reference;
use crate::door::Door as _;
use crate::hosted::{answered, stopped};
use crate::service::payer::{PAYMENTS, Payer};
use crate::{Error, deposit};
use chain::authorized::{Moved, Spent};
use chain::backend::Backend as _;
use chain::error::ErrorKind;
use chain::escrow::Opening;
use gateway::payment::{Paid, Payment, Unpaid};
use ledger::State;
use ledger::chain::FIRST;
use ledger::state::SETTLING_MS;
use proof::hash::sha256;
use protocol::command::GrantAllowance;
use protocol::{AccountId, AllowanceId, AssetId, Command, FundId};
use sequencer::Offer;
use std::collections::BTreeSet;

/// How long a payment may be used after it was moved, in milliseconds.
const USABLE_MS: u64 = 24 * 3_600_000;
/// When the deposit of a payment closes after it was moved, in seconds: what was used last must
/// have settled by then.
const OPEN_S: u64 = (2 * USABLE_MS + SETTLING_MS) / 1_000;
/// Most base units of a payment: a deposit's cap must have room above them.
const MOST_UNITS: u128 = 1 << 95;
/// The amount is not what was asked for, in x402's words.
const VALUE: &str = "invalid_exact_evm_payload_authorization_value";
/// Bits of a deposit's cap, above the amount, that name its payment.
const NAME_BITS: u32 = 64;

impl Steward {
    /// Takes a payment for calls of an asset, or says what became of it before.
    pub(super) fn take_payment(
        &mut self,
        payment: &Payment,
        asset: AssetId,
        least_units: u128,
    ) -> Result<Paid, Unpaid> {
        let moved = self.moved(payment, asset, least_units)?;
        self.set_aside(&moved, asset).map_err(|error| match error {
            Error::Rejected { rejection, .. } => Unpaid::Returns {
                tx_hash: moved.tx_hash,
                why: rejection.to_string(),
            },
            other => {
                // It may not be shown again: the next turn makes a deposit of it.
                self.resumed = false;
                Unpaid::Unknown(other.to_string())
            }
        })
    }

    /// At the first turn after a start or a failure: what was moved and is no deposit becomes one.
    ///
    /// # Errors
    /// Anything but a refusal, which is put off to when the payment is shown again: anybody may
    /// pay to that address, and nothing that comes there may keep the steward from his turn.
    pub(super) fn resume_payments(&mut self) -> Result<(), Error> {
        if self.resumed {
            return Ok(());
        }
        self.resumed = true;
        if self.office.chain().devnet.local().is_err() {
            return Ok(());
        }
        let to = self.collector().address();
        let known: BTreeSet<_> = self.office.chain().deposit_caps()?;
        for moved in self.office.chain().moved_to(to)? {
            if is_payment(&moved) && !known.contains(&(moved.from, cap(&moved))) {
                match self.deposited(&moved) {
                    Ok(_) | Err(Error::Rejected { .. } | Error::Chain(_)) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(())
    }

    fn moved(
        &mut self,
        payment: &Payment,
        asset: AssetId,
        least_units: u128,
    ) -> Result<Moved, Unpaid> {
        let signed = &payment.authorization;
        let unknown = |error: Error| Unpaid::Unknown(error.to_string());
        self.office.follow_time().map_err(unknown)?;
        let to = self.collector().address();
        let spent = self.office.chain().spent(signed.from, signed.nonce, to);
        match spent.map_err(|error| unknown(error.into()))? {
            Spent::Here(moved) if is_payment(&moved) => return Ok(moved),
            Spent::Here(_) => return Err(Unpaid::Refused(VALUE)),
            Spent::Elsewhere => return Err(Unpaid::Refused("invalid_transaction_state")),
            Spent::Not => {}
        }
        if signed.to != to {
            return Err(Unpaid::Refused(
                "invalid_exact_evm_payload_recipient_mismatch",
            ));
        }
        if signed.value < least_units.max(1) || signed.value > MOST_UNITS {
            return Err(Unpaid::Refused(VALUE));
        }
        let is_over = self.office.stopped().contains(&FIRST);
        if is_over || !usable(&self.office.door().state(), asset) {
            return Err(Unpaid::Refused("invalid_payment_requirements"));
        }
        let relayer = self.office.door().keys().wallet("relayer");
        let chain = self.office.chain_mut();
        let moved = chain.move_authorized(&relayer, signed, &payment.signature);
        moved.map_err(|error| match &error.revert {
            Some(name) if error.kind == ErrorKind::Invalid => Unpaid::Refused(word(name)),
            _ => Unpaid::Unknown(error.to_string()),
        })
    }

    /// Opens what is missing of account, deposit and allowance.
    fn set_aside(&mut self, moved: &Moved, asset: AssetId) -> Result<Paid, Error> {
        let (payer, account, fund) = self.deposited(moved)?;
        if let Some(paid) = self.granted(account, fund, moved) {
            return Ok(paid);
        }
        let nonce = payer.next_nonce(&self.office.door().state());
        let grant = GrantAllowance {
            asset,
            fund,
            cap_units: deposit::amount(moved.value)?,
            expires_ms: moved.time_s.saturating_mul(1_000) + USABLE_MS,
        };
        let offer = payer.sign(account, nonce, Command::GrantAllowance(grant));
        self.enter("set a payment aside", offer)?;
        let granted = self.granted(account, fund, moved);
        granted.ok_or_else(|| Error::Corrupt("an allowance was granted and is not there".into()))
    }

    fn deposited(&mut self, moved: &Moved) -> Result<(Payer, AccountId, FundId), Error> {
        let (payer, account) = self.payer(moved.from)?;
        let mut opening = Opening {
            funder: moved.from,
            account: account_reference(account),
            amount: moved.value,
            max_per_epoch: cap(moved),
            closes_at_s: moved.time_s + OPEN_S,
        };
        let mut known = self.office.chain().deposit_of(&opening)?;
        // None opens that has closed: one of a payment that was moved long ago closes later.
        while known.is_none() && opening.closes_at_s <= self.office.chain().devnet.time_s() {
            opening.closes_at_s += OPEN_S;
            known = self.office.chain().deposit_of(&opening)?;
        }
        let fund = match known {
            Some(fund) => fund,
            None => {
                let collector = self.collector();
                let chain = self.office.chain_mut();
                let token = chain.deployment.token();
                chain.approve(&collector, token, moved.value)?;
                chain.open_deposits(&collector, token, &[opening])?
            }
        };
        self.office.credit_deposits()?;
        let fund = self.office.fund_of(ledger::chain::FIRST, fund)?;
        Ok((payer, account, fund))
    }

    /// The account by which the log knows a paying address; opened now where there is none.
    pub(super) fn payer(&mut self, wallet: [u8; 20]) -> Result<(Payer, AccountId), Error> {
        let door = self.office.door();
        let payer = {
            let state = door.state();
            let chain_id = state.genesis.as_ref().map_or(0, |genesis| genesis.chain_id);
            Payer::new((state.space, chain_id), door.keys(), wallet)?
        };
        let known = payer.account(&door.state());
        if let Some(account) = known {
            return Ok((payer, account));
        }
        self.enter("open a payer's account", payer.opening())?;
        let known = payer.account(&self.office.door().state());
        let known = known
            .ok_or_else(|| Error::Corrupt("an account was opened and is not there".to_owned()))?;
        Ok((payer, known))
    }

    fn granted(&self, account: AccountId, fund: FundId, moved: &Moved) -> Option<Paid> {
        let state = self.office.door().state();
        let place = state.allowances.iter().rposition(|it| {
            let from = || state.book.purse(state.book.hold(it.hold).from).fund;
            it.payer == account && from() == Some(fund)
        })?;
        Some(Paid {
            account,
            allowance: AllowanceId(u32::try_from(place).ok()?),
            asset: state.allowances[place].asset,
            tx_hash: moved.tx_hash,
        })
    }

    fn enter(&self, doing: &'static str, offer: Offer) -> Result<(), Error> {
        let host = self.office.door().host();
        let answers = answered(host.submit(vec![offer]).map_err(stopped)?)?;
        for answer in answers {
            match answer {
                Answer::Accepted(accepted) => answered(host.applied(accepted.index))?,
                Answer::Refused(refused) => {
                    let rejection = refused.rejection;
                    return Err(Error::Rejected { doing, rejection });
                }
            };
        }
        Ok(())
    }

    fn collector(&self) -> chain::Wallet {
        self.office.door().keys().wallet(PAYMENTS)
    }
}

/// Whether what was moved can be a deposit: anybody may send nothing, or more than there is.
fn is_payment(moved: &Moved) -> bool {
    (1..=MOST_UNITS).contains(&moved.value)
}

/// Whether a payer of whom nothing is known may have calls of an asset; asked before anything is
/// moved, so that no money comes that the log would send back.
pub(super) fn usable(state: &State, asset: AssetId) -> bool {
    let listings = &state.sections.market.listings;
    let open = listings
        .get(&asset)
        .is_none_or(|listing| listing.buyers.is_empty());
    let lives = state.asset(asset).is_some_and(|it| {
        let expires_ms = it.registered.terms.expires_ms;
        expires_ms.is_none_or(|expires_ms| expires_ms > state.time_ms)
    });
    open && lives && state.serves(asset)
}

/// A deposit's cap for an epoch is its amount and more, so that it caps nothing, and what it is
/// more by names payer and nonce.
fn cap(moved: &Moved) -> u128 {
    let name = sha256(&[b"headwater/payment/v1\0", &moved.from, &moved.nonce]);
    let name = name.iter().take(NAME_BITS as usize / 8);
    let name = name.fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    moved.value + name
}

/// A token's refusal in x402's words.
fn word(revert: &str) -> &'static str {
    match revert {
        "AuthorizationNotYetValid" => "invalid_exact_evm_payload_authorization_valid_after",
        "AuthorizationExpired" => "invalid_exact_evm_payload_authorization_valid_before",
        "AuthorizationNotSigned" => "invalid_exact_evm_payload_signature",
        "AuthorizationUsedBefore" => "invalid_transaction_state",
        "ERC20InsufficientBalance" => "insufficient_funds",
        _ => "unexpected_settle_error",
    }
}
