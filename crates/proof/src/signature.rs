//! Signatures over bytes: Ed25519 for session keys, recoverable secp256k1 for wallets.
use ed25519_dalek::Signer as _;
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};

use crate::Fault;
use crate::hash::{Hash, keccak256};

/// Checks an Ed25519 signature as RFC 8032 does, and besides refuses keys and points of small
/// order, so that all verifiers agree and no signature fits two texts.
pub fn verify(public: &[u8; 32], bytes: &[u8], signature: &[u8; 64]) -> Result<(), Fault> {
    let fault = |rule| Fault::new("Ed25519 signature", rule);
    let key = ed25519_dalek::VerifyingKey::from_bytes(public)
        .map_err(|_| fault("the key must be a point of the curve"))?;
    key.verify_strict(bytes, &ed25519_dalek::Signature::from_bytes(signature))
        .map_err(|_| fault("it must be made by the key over these bytes"))
}

/// An Ed25519 key pair that signs an account's work, or a log's checkpoints.
#[derive(Clone)]
pub struct SessionKey(ed25519_dalek::SigningKey);

impl SessionKey {
    /// Derives the pair from a secret seed, as RFC 8032 does.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The half that others check signatures with.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs deterministically, so that equal bytes give equal signatures.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// Finds the Ethereum address that signed a digest. The signature is r, s and v; s must be in the
/// lower half of the group order and v 27 or 28, so that each digest has one valid signature per
/// key and nonce.
pub fn recover(digest: &Hash, signature: &[u8; 65]) -> Result<[u8; 20], Fault> {
    let fault = |rule| Fault::new("wallet signature", rule);
    let (rs, v) = signature.split_at(64);
    let id = match v {
        [27] => RecoveryId::new(false, false),
        [28] => RecoveryId::new(true, false),
        _ => return Err(fault("its last byte must be 27 or 28")),
    };
    let rs = Signature::from_slice(rs).map_err(|_| fault("r and s must be below the order"))?;
    if rs.normalize_s().is_some() {
        return Err(fault("s must be in the lower half of the order"));
    }
    let key = VerifyingKey::recover_from_prehash(digest, &rs, id)
        .map_err(|_| fault("r must be on the curve"))?;
    Ok(address(&key))
}

/// A secp256k1 key as wallets hold them.
#[derive(Clone)]
pub struct WalletKey(SigningKey);

impl WalletKey {
    /// Takes the secret number, big end first; zero and numbers from the group order on are
    /// refused.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, Fault> {
        let key = SigningKey::from_slice(secret);
        key.map(Self).map_err(|_| {
            Fault::new(
                "wallet key",
                "the secret must be above zero and below the group order",
            )
        })
    }

    /// The Ethereum address of the public key.
    pub fn address(&self) -> [u8; 20] {
        address(self.0.verifying_key())
    }

    /// Signs a digest as r, s, v with low s and the nonce of RFC 6979.
    pub fn sign(&self, digest: &Hash) -> [u8; 65] {
        let (rs, id) = self
            .0
            .sign_prehash_recoverable(digest)
            .expect("a 32-byte digest and a valid key always give a signature");
        let mut signature = [0; 65];
        signature[..64].copy_from_slice(&rs.to_bytes());
        signature[64] = 27 + u8::from(id.is_y_odd());
        signature
    }
}

fn address(key: &VerifyingKey) -> [u8; 20] {
    let point = key.to_encoded_point(false);
    let hash = keccak256(&[&point.as_bytes()[1..]]);
    *hash.last_chunk().expect("a hash is longer than an address")
}
