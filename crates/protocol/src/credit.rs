//! Prepaid credit in an Escrow: allowances that vouchers back, and vouchers that were redeemed.

use crate::{AccountId, Amount, AssetId, ChainIndex, TokenId};
use minicbor::{Decode, Encode};

/// See [`crate::Command::Credit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Credit {
    /// An account may use an asset on its credit: segments charge what vouchers have brought.
    #[n(0)]
    Open(#[n(0)] OpenCredit),
    /// A voucher was redeemed: the money is in the pot, and the account's to spend.
    #[n(1)]
    Redeem(#[n(0)] NoteRedemption),
}

/// See [`Credit::Open`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenCredit {
    /// Who pays: the account by which the log knows an address with credit.
    #[n(0)]
    pub account: AccountId,
    /// The asset whose uses may be charged.
    #[n(1)]
    pub asset: AssetId,
    /// Log time in milliseconds after which nothing more is charged.
    #[n(2)]
    pub expires_ms: u64,
}

/// See [`Credit::Redeem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoteRedemption {
    /// Where it was redeemed.
    #[n(0)]
    pub chain: ChainIndex,
    /// The chain's n-th event `Redeemed`, from 1: none is noted twice.
    #[n(1)]
    pub number: u64,
    /// Who pays: the account by which the log knows the payer's address.
    #[n(2)]
    pub account: AccountId,
    /// What kind of money.
    #[n(3)]
    pub token: TokenId,
    /// What the Escrow has moved into the pot, in base units.
    #[n(4)]
    pub amount_units: Amount,
}
