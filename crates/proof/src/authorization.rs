//! Transfers that a payer has signed and anybody may send (EIP-3009), and what is signed (EIP-712).

use crate::Fault;
use crate::hash::{Hash, keccak256};
use crate::signature::recover;

const DOMAIN_TYPE: &[u8] =
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const TRANSFER_TYPE: &[u8] = b"TransferWithAuthorization(address from,address to,uint256 value,\
                               uint256 validAfter,uint256 validBefore,bytes32 nonce)";

/// By which a token's signatures mean nothing at another token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDomain<'a> {
    /// The token's name in its EIP-712 domain.
    pub name: &'a str,
    /// The version there.
    pub version: &'a str,
    /// Number of the chain.
    pub chain_id: u64,
    /// The ERC-20 contract.
    pub token: [u8; 20],
}

/// A transfer that its payer allows; whoever sends it can change nothing of it, and it counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Who pays, and has signed.
    pub from: [u8; 20],
    /// Who is paid.
    pub to: [u8; 20],
    /// Base units.
    pub value: u128,
    /// It counts in blocks later than this, in unix seconds.
    pub valid_after_s: u64,
    /// It counts in blocks earlier than this, in unix seconds.
    pub valid_before_s: u64,
    /// Chosen by the payer; with it the token knows that it was used.
    pub nonce: Hash,
}

impl Authorization {
    /// What the payer signs.
    pub fn digest(&self, domain: &TokenDomain<'_>) -> Hash {
        let separator = keccak256(&[
            &keccak256(&[DOMAIN_TYPE]),
            &keccak256(&[domain.name.as_bytes()]),
            &keccak256(&[domain.version.as_bytes()]),
            &word(&domain.chain_id.to_be_bytes()),
            &word(&domain.token),
        ]);
        let message = keccak256(&[
            &keccak256(&[TRANSFER_TYPE]),
            &word(&self.from),
            &word(&self.to),
            &word(&self.value.to_be_bytes()),
            &word(&self.valid_after_s.to_be_bytes()),
            &word(&self.valid_before_s.to_be_bytes()),
            &self.nonce,
        ]);
        keccak256(&[&[0x19, 0x01], &separator, &message])
    }

    /// Whether `from` has signed it.
    ///
    /// # Errors
    /// A signature that is none, or somebody else's.
    pub fn verify(&self, domain: &TokenDomain<'_>, signature: &[u8; 65]) -> Result<(), Fault> {
        match recover(&self.digest(domain), signature)? == self.from {
            true => Ok(()),
            false => Err(Fault::new(
                "transfer authorization",
                "its payer must have signed it",
            )),
        }
    }
}

/// Bytes as the last ones of a word.
pub(crate) fn word(bytes: &[u8]) -> [u8; 32] {
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}
