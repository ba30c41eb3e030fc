//! The EIP-712 digest that a wallet signs to let a session key work for it.
use crate::hash::{Hash, keccak256};

const DOMAIN_TYPE: &[u8] = b"EIP712Domain(string name,string version,uint256 chainId)";
const DELEGATION_TYPE: &[u8] =
    b"Delegation(bytes32 space,bytes32 sessionKey,string scope,uint64 expiresAt)";

/// What a wallet grants: one session key, in one space, within a scope, until a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation<'a> {
    /// The space (tenant) the key may act in.
    pub space: Hash,
    /// Ed25519 public key that will sign the work.
    pub session_key: [u8; 32],
    /// What the key may do, in the words that the wallet shows.
    pub scope: &'a str,
    /// End of the grant, in Unix seconds of log time.
    pub expires_at: u64,
}

/// Digest of a delegation in the domain "Headwater", version "1", on one chain; there is no
/// verifying contract, because the log verifies it.
pub fn delegation_digest(chain_id: u64, delegation: &Delegation<'_>) -> Hash {
    let domain = keccak256(&[
        &keccak256(&[DOMAIN_TYPE]),
        &keccak256(&[b"Headwater"]),
        &keccak256(&[b"1"]),
        &word(chain_id),
    ]);
    let message = keccak256(&[
        &keccak256(&[DELEGATION_TYPE]),
        &delegation.space,
        &delegation.session_key,
        &keccak256(&[delegation.scope.as_bytes()]),
        &word(delegation.expires_at),
    ]);
    keccak256(&[&[0x19, 0x01], &domain, &message])
}

fn word(number: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&number.to_be_bytes());
    word
}
