//! Passkeys in the log: what opens an account's commitment to one, what one signs, and for what.

use crate::operation::AddKey;
use crate::{AccountId, Address, Hash, SessionKey, Signature, Space};
use alloc::{string::String, vec::Vec};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Most bytes of a host's name.
pub const MOST_PARTY_BYTES: usize = 253;

/// The point of a P-256 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct PasskeyPoint {
    /// First coordinate, big end first.
    #[n(0)]
    pub x: Hash,
    /// Second coordinate, big end first.
    #[n(1)]
    pub y: Hash,
}

/// A passkey and where it may be used: the private body of an `OpenAccount` whose holder has no
/// wallet. It is disclosed with the first thing that the passkey signs for the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PasskeyBinding {
    /// 32 fresh random bytes.
    #[n(2)]
    pub salt: Hash,
    /// The relying party: the host's name that the passkey was made for, at most 253 bytes.
    #[n(3)]
    pub party: String,
    /// Its public key.
    #[n(4)]
    pub point: PasskeyPoint,
}

/// What an authenticator has answered (Web Authentication level 2, section 5.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Assertion {
    /// `authenticatorData`.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub authenticator: Vec<u8>,
    /// `clientDataJSON`.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub client: Vec<u8>,
    /// r and s, each 32 bytes, s in the lower half of the order.
    #[n(2)]
    pub signature: Signature,
    /// What the account's commitment opens to; left out once the log has it.
    #[n(3)]
    pub opening: Option<PasskeyBinding>,
}

/// See [`crate::Command::BindPayout`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BindPayout {
    /// Who is paid on chain; no contract of the space.
    #[n(0)]
    pub wallet: Address,
    /// How many addresses the account has named before: no assertion counts twice.
    #[n(1)]
    pub number: u32,
    /// The passkey's, over [`payout_challenge`].
    #[n(2)]
    pub assertion: Assertion,
}

/// What a passkey signs to name an address, before SHA-256: `headwater/payout/v1`, zero, space,
/// account (4 bytes, big end first), address, number (4 bytes).
pub fn payout_challenge(space: Space, account: AccountId, wallet: Address, number: u32) -> Vec<u8> {
    [
        b"headwater/payout/v1\0",
        &space.0[..],
        &account.0.to_be_bytes(),
        &wallet.0,
        &number.to_be_bytes(),
    ]
    .concat()
}

/// What a passkey signs to let a session key join, before SHA-256:
/// [`crate::operation::addition_bytes`].
pub fn addition_challenge(
    space: Space,
    account: AccountId,
    new: SessionKey,
    add: &AddKey,
) -> Vec<u8> {
    crate::operation::addition_bytes(space, account, new, add)
}
