//! The operator's fee on the revenue of assets: how much, for whom, from when.

use crate::{AccountId, Ppm};
use minicbor::{Decode, Encode};

/// Most that the operator takes of an asset's revenue, in parts per million.
pub const MOST_FEE_PPM: u32 = 300_000;
/// How long a fee that is higher than before, or for somebody else, is announced: seven days, in
/// milliseconds.
pub const FEE_NOTICE_MS: u64 = 7 * 24 * 3_600_000;

/// See [`crate::Command::SetFee`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SetFee {
    /// The part of an asset's gross that goes to the operator before anybody upstream.
    #[n(0)]
    pub fee: Ppm,
    /// Who is paid.
    #[n(1)]
    pub account: AccountId,
    /// Epochs that close from this time on pay it, in milliseconds since 1970.
    #[n(2)]
    pub from_ms: u64,
}
