//! The scheme `escrow-credit`: one voucher a call, on credit that its payer has in the Escrow.

use proof::voucher::{self, Lent, Signed, SpendKey, Voucher};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{MOST_TIMEOUT_S, Unfit, Wanted, bytes, hex, network};
use crate::payment::Terms;
use crate::till::CreditStanding;

/// The scheme's name.
pub(super) const SCHEME: &str = "escrow-credit";

/// What is asked for; with where the caller's key stands, if it has shown one.
pub(super) fn requirements(wanted: &Wanted<'_>) -> Value {
    let terms = wanted.terms;
    let mut extra = json!({"name": voucher::NAME, "version": voucher::VERSION});
    if let Some(stands) = &wanted.stands {
        extra["served"] = stands.served.to_string().into();
        extra["signed"] = stands.signed.to_string().into();
        extra["cumulative"] = stands.next(wanted.units).to_string().into();
    }
    json!({
        "scheme": SCHEME,
        "network": network(terms),
        "amount": wanted.units.to_string(),
        "asset": hex(&terms.domain.token),
        "payTo": hex(&terms.escrow),
        "maxTimeoutSeconds": MOST_TIMEOUT_S,
        "extra": extra,
    })
}

/// `SettleResponse` of a voucher: where its key stands after its call, or why it pays for none.
pub(crate) fn settled(
    terms: &Terms,
    payer: [u8; 20],
    stands: &CreditStanding,
    refused: Option<&str>,
) -> Value {
    let mut document = json!({
        "success": refused.is_none(),
        "payer": hex(&payer),
        "transaction": "",
        "network": network(terms),
        "extra": {
            "served": stands.served.to_string(),
            "signed": stands.signed.to_string(),
            "held": stands.held.to_string(),
        },
    });
    if let Some(why) = refused {
        document["errorReason"] = why.into();
    }
    document
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    voucher: Sent,
    signature: String,
    #[serde(default)]
    spend_key: Option<SentKey>,
}

#[derive(Deserialize)]
struct Sent {
    payer: String,
    token: String,
    key: String,
    cumulative: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentKey {
    cap: String,
    expires_at: String,
    signature: String,
}

/// A voucher that the Escrow of these terms redeems, as far as its bytes say. Sum, credit and time
/// are for whoever knows those.
pub(super) fn read(payload: Value, terms: &Terms) -> Result<Signed, Unfit> {
    let payload: Payload = serde_json::from_value(payload)
        .map_err(|_| Unfit::Unread("`payment-signature` holds no voucher"))?;
    let signed = payload.read();
    let signed = signed.ok_or(Unfit::Unread("the voucher does not read"))?;
    if signed.voucher.token != terms.domain.token {
        return Err(Unfit::Other("invalid_payment_requirements"));
    }
    if let Some(lent) = &signed.lent
        && signed.voucher.cumulative > lent.key.cap
    {
        return Err(Unfit::Other("invalid_escrow_credit_key_cap"));
    }
    let good = signed.verify(&terms.credit_domain());
    good.map_err(|_| Unfit::Other("invalid_escrow_credit_signature"))?;
    Ok(signed)
}

impl Payload {
    fn read(&self) -> Option<Signed> {
        let sent = &self.voucher;
        let voucher = Voucher {
            payer: bytes(&sent.payer)?,
            token: bytes(&sent.token)?,
            key: bytes(&sent.key)?,
            cumulative: units(&sent.cumulative)?,
        };
        let lent = self.spend_key.as_ref().map(|sent| {
            Some(Lent {
                key: SpendKey {
                    payer: voucher.payer,
                    token: voucher.token,
                    key: voucher.key,
                    cap: units(&sent.cap)?,
                    expires_at_s: sent.expires_at.parse().ok()?,
                },
                signature: bytes(&sent.signature)?,
            })
        });
        let lent = match lent {
            Some(lent) => Some(lent?),
            None => None,
        };
        Some(Signed {
            voucher,
            signature: bytes(&self.signature)?,
            lent,
        })
    }
}

/// An amount as the contract has it.
fn units(text: &str) -> Option<u128> {
    let units: u128 = text.parse().ok()?;
    (units < 1 << 96).then_some(units)
}
