//! Who signs for a role: a key in memory, or a signer elsewhere that never shows its key.

pub mod keystore;
pub mod known;
mod remote;

use std::sync::Arc;

use proof::signature::recover;

use crate::{Error, Wallet};
pub use remote::RemoteSigner;

/// Signs with one secp256k1 key.
///
/// What is signed is a message, not a digest: signers elsewhere hash for themselves, and none of
/// them has to sign what it cannot see.
pub trait Signer: Send + Sync {
    /// The last 20 bytes of the public key's Keccak hash.
    fn address(&self) -> [u8; 20];

    /// Signs the Keccak hash of a message that commits to what it is for: a transaction before it
    /// is signed, or `0x1901` with the two hashes of EIP-712. Returns r, s and v.
    ///
    /// # Errors
    /// `Unavailable` where the signer is away, `Invalid` where it refuses.
    fn sign_message(&self, message: &[u8]) -> Result<[u8; 65], Error>;
}

impl Signer for Wallet {
    fn address(&self) -> [u8; 20] {
        Wallet::address(self)
    }

    fn sign_message(&self, message: &[u8]) -> Result<[u8; 65], Error> {
        let digest = alloy_primitives::keccak256(message).0;
        let signature = self.sign_digest(&digest).try_into();
        Ok(signature.expect("r, s and v are 65 bytes"))
    }
}

impl<T: Signer + ?Sized> Signer for &T {
    fn address(&self) -> [u8; 20] {
        (**self).address()
    }

    fn sign_message(&self, message: &[u8]) -> Result<[u8; 65], Error> {
        (**self).sign_message(message)
    }
}

impl<T: Signer + ?Sized> Signer for Arc<T> {
    fn address(&self) -> [u8; 20] {
        (**self).address()
    }

    fn sign_message(&self, message: &[u8]) -> Result<[u8; 65], Error> {
        (**self).sign_message(message)
    }
}

/// Whether a signature over a message is that of an address.
pub(crate) fn is_of(address: [u8; 20], message: &[u8], signature: &[u8; 65]) -> bool {
    let digest = alloy_primitives::keccak256(message).0;
    recover(&digest, signature).is_ok_and(|signer| signer == address)
}
