//! Prepaid credit: what payers have in the Escrow, vouchers redeemed in time, what they brought.
//!
//! A voucher that was served for is a debt of the chain's, not yet money of the log. It becomes
//! that when the contract has moved it into the pot and the log has noted so, one event after the
//! other.

use super::Steward;
use super::payment::usable;
use crate::Error;
use crate::door::Door as _;
use crate::office::plain;
use chain::backend::Backend as _;
use chain::credit::Redeemed;
use chain::error::ErrorKind;
use gateway::Till;
use gateway::credit::LENT_GRACE_S;
use gateway::payment::Unpaid;
use gateway::till::{Backing, CreditKey, Redeemable};
use ledger::State;
use ledger::chain::FIRST;
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::{AccountId, Address, AllowanceId, AssetId, Command};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a use on credit waits for its voucher at most while all is well, in milliseconds.
const REDEEM_AFTER_MS: u64 = 10 * 60_000;
/// How long an allowance on credit lasts, in milliseconds.
const LASTS_MS: u64 = 365 * 24 * 3_600_000;
/// So long before its end another one is opened, in milliseconds.
const RENEW_MS: u64 = 30 * 24 * 3_600_000;
/// The model is not for this payer, in x402's words.
const NOT_OFFERED: &str = "invalid_payment_requirements";

impl Steward {
    /// From now on vouchers that this till keeps are redeemed.
    pub fn redeem_for(&mut self, till: Arc<Till>) {
        self.till = Some(till);
    }

    /// What a payer has, and what its uses of an asset are charged to.
    pub(super) fn credit_of(
        &mut self,
        payer: [u8; 20],
        keys: &[[u8; 20]],
        asset: AssetId,
    ) -> Result<Backing, Unpaid> {
        let unknown = |error: Error| Unpaid::Unknown(error.to_string());
        self.office.follow_time().map_err(unknown)?;
        let chain = self.office.chain();
        let token = chain.deployment.token();
        let held = chain.credit(payer, token);
        let held = held.map_err(|error| unknown(error.into()))?;
        let redeemed = keys.iter().map(|key| {
            let redeemed = chain.redeemed((payer, *key), token)?;
            Ok((*key, redeemed))
        });
        let redeemed = redeemed.collect::<Result<BTreeMap<_, _>, chain::Error>>();
        let redeemed = redeemed.map_err(|error| unknown(error.into()))?;
        let free_units = held.balance.saturating_sub(held.leaving);
        // Nothing is opened for who never had anything here.
        if free_units == 0 && redeemed.values().all(|units| *units == 0) {
            return Err(Unpaid::Refused("insufficient_funds"));
        }
        let is_over = self.office.stopped().contains(&FIRST);
        if is_over || !usable(&self.office.door().state(), asset) {
            return Err(Unpaid::Refused(NOT_OFFERED));
        }
        let line = self.line(payer, asset);
        let (account, allowance) = line.map_err(|error| match error {
            Error::Rejected { .. } => Unpaid::Refused(NOT_OFFERED),
            other => unknown(other),
        })?;
        Ok(Backing {
            account,
            allowance,
            free_units,
            redeemed,
        })
    }

    /// Redeems what is due, and notes in the log what that has brought.
    ///
    /// # Errors
    /// Anything but a refusal of the contract, which is reported: one payer's voucher keeps nobody
    /// from theirs.
    pub(super) fn redeem(&mut self) -> Result<(), Error> {
        if self.office.chain().devnet.local().is_err() {
            return Ok(());
        }
        // Also where models are served no more: an earlier run may have been cut off in between.
        self.note_redemptions()?;
        let Some(till) = self.till.clone() else {
            return Ok(());
        };
        self.office.follow_time()?;
        let mut problem = None;
        for known in till.redeemable() {
            if !self.is_due(&known)? {
                continue;
            }
            let kept = till.disclose(CreditKey::of(&known.signed));
            kept.map_err(|fault| Error::Corrupt(fault.message))?;
            self.noted = false;
            let relayer = self.office.door().keys().wallet("relayer");
            match self.office.chain_mut().redeem(&relayer, &known.signed) {
                Err(error) if error.kind == ErrorKind::Invalid => {
                    let payer = Address(known.signed.voucher.payer);
                    problem = Some(format!("a voucher of 0x{payer} is not redeemed: {error}"));
                }
                other => drop(other?),
            }
        }
        let host = self.office.door().host().clone();
        host.report("credit", problem);
        self.note_redemptions()
    }

    /// Whether a voucher must be redeemed now: something waits for it, and that has waited long, or
    /// is half of what the payer has, or the payer takes money out, or the key ends soon.
    fn is_due(&mut self, known: &Redeemable) -> Result<bool, Error> {
        let voucher = &known.signed.voucher;
        let key = (voucher.payer, voucher.key);
        if self.covered.get(&key) == Some(&known.served) {
            return Ok(false);
        }
        let now_ms = self.office.door().now_ms();
        let chain = self.office.chain();
        let redeemed = chain.redeemed(key, voucher.token)?;
        let owed = known.served.saturating_sub(redeemed);
        if owed == 0 {
            self.covered.insert(key, known.served);
            return Ok(false);
        }
        // Where nothing waits, another key's voucher has brought more than was served for it.
        let waited = |oldest_ms: u64| now_ms.saturating_sub(oldest_ms) >= REDEEM_AFTER_MS;
        let ends_s = known.signed.lent.map(|lent| lent.key.expires_at_s);
        let ends = |ends_s: u64| ends_s <= now_ms / 1_000 + 2 * LENT_GRACE_S;
        if known.oldest_ms.is_none_or(waited) || ends_s.is_some_and(ends) {
            return Ok(true);
        }
        let held = chain.credit(voucher.payer, voucher.token)?;
        Ok(held.leaving > 0 || owed.saturating_mul(2) >= held.balance)
    }

    /// Credits what vouchers have brought since the last one that the log has noted. Nobody else
    /// redeems on the embedded chain, so that this is asked once, and after each of our own.
    fn note_redemptions(&mut self) -> Result<(), Error> {
        if self.noted {
            return Ok(());
        }
        let noted = self.office.door().state().sections.credits.noted(FIRST);
        let all = self.office.chain().redemptions()?;
        let skipped = usize::try_from(noted).unwrap_or(usize::MAX);
        let mut notes = Vec::new();
        for (number, redeemed) in (noted + 1..).zip(all.iter().skip(skipped)) {
            let note = self.note(number, redeemed)?;
            notes.push(Command::Credit(Credit::Redeem(note)));
        }
        if !notes.is_empty() {
            self.office
                .operate_many("note a redeemed voucher", plain(notes))?;
        }
        self.noted = true;
        Ok(())
    }

    fn note(&mut self, number: u64, redeemed: &Redeemed) -> Result<NoteRedemption, Error> {
        let (_, account) = self.payer(redeemed.payer)?;
        let token = {
            let state = self.office.door().state();
            let site = state.site(FIRST);
            site.and_then(|site| site.token(Address(redeemed.token)))
        };
        Ok(NoteRedemption {
            chain: FIRST,
            number,
            account,
            token: token.ok_or_else(|| Error::Corrupt("a token is not listed".to_owned()))?,
            amount_units: crate::deposit::amount(redeemed.amount)?,
        })
    }

    /// A payer's account and what its uses of an asset are charged to, opened where there is none.
    fn line(&mut self, payer: [u8; 20], asset: AssetId) -> Result<(AccountId, AllowanceId), Error> {
        let (_, account) = self.payer(payer)?;
        let now_ms = self.office.door().now_ms();
        let known = open_line(&self.office.door().state(), (account, asset), now_ms);
        if let Some(known) = known {
            return Ok((account, known));
        }
        let open = OpenCredit {
            account,
            asset,
            expires_ms: now_ms.saturating_add(LASTS_MS),
        };
        let command = Command::Credit(Credit::Open(open));
        self.office
            .operate("open an allowance on credit", command)?;
        let known = open_line(&self.office.door().state(), (account, asset), now_ms);
        let known =
            known.ok_or_else(|| Error::Corrupt("an allowance on credit is not there".into()))?;
        Ok((account, known))
    }
}

/// The newest allowance of an account's credit for an asset, if it lasts and its payer has read
/// what calls cost now.
fn open_line(
    state: &State,
    (account, asset): (AccountId, AssetId),
    now_ms: u64,
) -> Option<AllowanceId> {
    let place = state.allowances.iter().rposition(|it| {
        let lasts = !it.ended && it.expires_ms > now_ms.saturating_add(RENEW_MS);
        it.payer == account && it.asset == asset && lasts
    })?;
    let allowance = AllowanceId(u32::try_from(place).ok()?);
    let composed = state.composition(allowance) == state.sections.compositions.newest(asset);
    let current = composed && state.knew_prices(asset, allowance);
    (current && state.credit_behind(allowance).is_some()).then_some(allowance)
}
