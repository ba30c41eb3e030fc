//! The forms of x402, version 2: what a call costs, what a payer sends, what is told back.

pub(crate) mod credit;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::authorization::Authorization;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::unhex;
use crate::payment::{Brought, Payment, Terms};
use crate::till::CreditStanding;

/// Header of an answer 402.
pub const REQUIRED: &str = "payment-required";
/// Header of a call that pays.
pub const SIGNATURE: &str = "payment-signature";
/// Header of an answer to it.
pub const RESPONSE: &str = "payment-response";

const VERSION: u64 = 2;
/// The scheme of a transfer for one call.
const EXACT: &str = "exact";
/// How long after it was signed a payment may come, in seconds.
const MOST_TIMEOUT_S: u64 = 300;
/// Longest header that is read.
const MOST_BYTES: usize = 8_192;

/// What a call costs.
pub struct Wanted<'a> {
    /// What the payer signs.
    pub terms: &'a Terms,
    /// Base units.
    pub units: u128,
    /// What is paid for.
    pub url: String,
    /// For people.
    pub description: &'a str,
    /// Where the caller's key stands, if it has shown a voucher.
    pub stands: Option<CreditStanding>,
}

/// Why a payment is none for this gateway.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It does not read.
    Unread(&'static str),
    /// It reads, and is not what was asked for; in x402's words.
    Other(&'static str),
}

/// `PaymentRequired`, as its header has it.
pub fn required(wanted: &Wanted<'_>, error: &str) -> String {
    BASE64.encode(document(wanted, error).to_string())
}

fn document(wanted: &Wanted<'_>, error: &str) -> Value {
    json!({
        "x402Version": VERSION,
        "error": error,
        "resource": {
            "url": wanted.url,
            "description": wanted.description,
            "mimeType": "application/json",
        },
        "accepts": accepts(wanted),
        "extensions": {},
    })
}

/// Either will do.
fn accepts(wanted: &Wanted<'_>) -> [Value; 2] {
    [requirements(wanted), credit::requirements(wanted)]
}

fn requirements(wanted: &Wanted<'_>) -> Value {
    let domain = &wanted.terms.domain;
    json!({
        "scheme": EXACT,
        "network": network(wanted.terms),
        "amount": wanted.units.to_string(),
        "asset": hex(&domain.token),
        "payTo": hex(&wanted.terms.pay_to),
        "maxTimeoutSeconds": MOST_TIMEOUT_S,
        "extra": {
            "name": domain.name,
            "version": domain.version,
            "assetTransferMethod": "eip3009",
        },
    })
}

/// A line of the discovery endpoint.
pub fn listed(wanted: &Wanted<'_>, updated_ms: u64, metadata: &Value) -> Value {
    json!({
        "resource": wanted.url,
        "type": "http",
        "x402Version": VERSION,
        "accepts": accepts(wanted),
        "lastUpdated": updated_ms / 1_000,
        "description": wanted.description,
        "metadata": metadata,
    })
}

/// `SettleResponse` of a payment that was taken.
pub(crate) fn settled(terms: &Terms, payer: [u8; 20], tx_hash: &[u8; 32]) -> Value {
    json!({
        "success": true,
        "payer": hex(&payer),
        "transaction": hex(tx_hash),
        "network": network(terms),
    })
}

/// A document as a header has it.
pub(crate) fn encoded(document: &Value) -> String {
    BASE64.encode(document.to_string())
}

#[derive(Deserialize)]
struct Sent {
    accepted: Accepted,
    payload: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    scheme: String,
    network: String,
    asset: String,
    pay_to: String,
}

#[derive(Deserialize)]
struct Payload {
    signature: String,
    authorization: Signed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    from: String,
    to: String,
    value: String,
    valid_after: String,
    valid_before: String,
    nonce: String,
}

/// A `PaymentPayload` of one of the schemes, to whom these terms name, with good signatures. Amount
/// and time are for the chain: of a payment that was taken before they are over.
///
/// # Errors
/// See [`Unfit`].
pub fn read(header: &str, terms: &Terms) -> Result<Brought, Unfit> {
    let sent = (header.len() <= MOST_BYTES).then(|| BASE64.decode(header.trim()).ok());
    let sent = sent.flatten();
    let sent = sent.ok_or(Unfit::Unread(
        "`payment-signature` is base64 of a short JSON document",
    ))?;
    let document: Value = serde_json::from_slice(&sent)
        .map_err(|_| Unfit::Unread("`payment-signature` holds no JSON"))?;
    if document["x402Version"] != VERSION {
        return Err(Unfit::Other("invalid_x402_version"));
    }
    let scheme = document["accepted"]["scheme"].as_str().unwrap_or_default();
    if ![EXACT, credit::SCHEME].contains(&scheme) {
        return Err(Unfit::Other("unsupported_scheme"));
    }
    let sent: Sent = serde_json::from_value(document)
        .map_err(|_| Unfit::Unread("`payment-signature` does not say what it accepts"))?;
    let is = |text: &str, own: &[u8; 20]| bytes::<20>(text).as_ref() == Some(own);
    let accepted = &sent.accepted;
    if accepted.network != network(terms) {
        return Err(Unfit::Other("invalid_network"));
    }
    if !is(&accepted.asset, &terms.domain.token) {
        return Err(Unfit::Other("invalid_payment_requirements"));
    }
    match accepted.scheme.as_str() {
        EXACT => exact(sent.payload, is(&accepted.pay_to, &terms.pay_to), terms),
        _ if !is(&accepted.pay_to, &terms.escrow) => {
            Err(Unfit::Other("invalid_escrow_credit_escrow_mismatch"))
        }
        _ => credit::read(sent.payload, terms).map(Brought::Voucher),
    }
}

/// A transfer by EIP-3009.
fn exact(payload: Value, is_payee: bool, terms: &Terms) -> Result<Brought, Unfit> {
    let payload: Payload = serde_json::from_value(payload)
        .map_err(|_| Unfit::Unread("`payment-signature` holds no signed transfer (EIP-3009)"))?;
    let authorization = payload.authorization.read();
    let authorization = authorization.ok_or(Unfit::Unread("the authorization does not read"))?;
    if !is_payee || authorization.to != terms.pay_to {
        return Err(Unfit::Other("invalid_exact_evm_payload_recipient_mismatch"));
    }
    let signature = bytes::<65>(&payload.signature);
    let signature =
        signature.filter(|signature| authorization.verify(&terms.domain, signature).is_ok());
    let signature = signature.ok_or(Unfit::Other("invalid_exact_evm_payload_signature"))?;
    Ok(Brought::Transfer(Payment {
        authorization,
        signature,
    }))
}

impl Signed {
    fn read(&self) -> Option<Authorization> {
        Some(Authorization {
            from: bytes(&self.from)?,
            to: bytes(&self.to)?,
            value: self.value.parse().ok()?,
            valid_after_s: self.valid_after.parse().ok()?,
            valid_before_s: self.valid_before.parse().ok()?,
            nonce: bytes(&self.nonce)?,
        })
    }
}

fn network(terms: &Terms) -> String {
    format!("eip155:{}", terms.domain.chain_id)
}

/// `0x` and hex digits of exactly so many bytes.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    unhex(text.strip_prefix("0x")?)
}

/// `0x` and hex digits.
pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", crate::call::hex(bytes))
}

#[cfg(test)]
mod tests;
