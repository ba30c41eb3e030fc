//! Vouchers as the spool has them, and what of a use names one.

use proof::voucher::{Lent, Signed, SpendKey, Voucher};
use protocol::AccountId;

use super::{Paid, Stored};
use crate::receipt::take;
use crate::till::{CreditKey, Drawing};

impl Stored {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let Signed {
            voucher,
            signature,
            lent,
        } = &self.signed;
        let mut bytes = self.account.0.to_be_bytes().to_vec();
        bytes.extend(self.served.to_be_bytes());
        bytes.extend([voucher.payer, voucher.token, voucher.key].concat());
        bytes.extend(voucher.cumulative.to_be_bytes());
        bytes.extend(signature);
        if let Some(lent) = lent {
            bytes.extend(lent.key.cap.to_be_bytes());
            bytes.extend(lent.key.expires_at_s.to_be_bytes());
            bytes.extend(lent.signature);
        }
        bytes
    }

    pub(super) fn read(rest: &mut &[u8]) -> Option<Self> {
        let account = AccountId(u32::from_be_bytes(take(rest)?));
        let served = u128::from_be_bytes(take(rest)?);
        let voucher = Voucher {
            payer: take(rest)?,
            token: take(rest)?,
            key: take(rest)?,
            cumulative: u128::from_be_bytes(take(rest)?),
        };
        let signature = take(rest)?;
        let lent = match rest.is_empty() {
            true => None,
            false => Some(Lent {
                key: SpendKey {
                    payer: voucher.payer,
                    token: voucher.token,
                    key: voucher.key,
                    cap: u128::from_be_bytes(take(rest)?),
                    expires_at_s: u64::from_be_bytes(take(rest)?),
                },
                signature: take(rest)?,
            }),
        };
        Some(Self {
            account,
            signed: Signed {
                voucher,
                signature,
                lent,
            },
            served,
        })
    }
}

impl CreditKey {
    pub(super) fn bytes(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        bytes[..20].copy_from_slice(&self.payer);
        bytes[20..].copy_from_slice(&self.key);
        bytes
    }

    pub(super) fn read(rest: &mut &[u8]) -> Option<Self> {
        Some(Self {
            payer: take(rest)?,
            key: take(rest)?,
        })
    }
}

impl Paid {
    /// A use by a voucher.
    pub(super) fn read(ends: bool, rest: &mut &[u8]) -> Option<Self> {
        let drawing = Drawing {
            key: CreditKey::read(rest)?,
            cumulative: u128::from_be_bytes(take(rest)?),
        };
        Some(Self::Credit { drawing, ends })
    }
}
