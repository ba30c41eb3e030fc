//! A key that signs transactions for the devnet.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, TxKind};
use k256::ecdsa::SigningKey;

use crate::Error;
use crate::devnet::{CHAIN_ID, GAS_CAP};

/// A secp256k1 key held in memory.
#[derive(Clone)]
pub struct Wallet(SigningKey);

impl Wallet {
    /// Takes the 32 bytes of the secret scalar, big-endian; zero and what exceeds the group order
    /// are `Invalid`.
    pub fn new(secret: &[u8; 32]) -> Result<Wallet, Error> {
        let refuse = |_| Error::invalid("cannot use a wallet key that is not a secp256k1 scalar");
        SigningKey::from_slice(secret).map(Wallet).map_err(refuse)
    }

    /// The last 20 bytes of the public key's Keccak hash.
    pub fn address(&self) -> [u8; 20] {
        Address::from_public_key(self.0.verifying_key()).into()
    }

    /// Signs an EIP-1559 transaction at no fee and the full gas cap; `to` is `None` to create a
    /// contract.
    ///
    /// The result is what [`crate::Devnet::send`] takes: the EIP-2718 envelope.
    pub fn sign(&self, nonce: u64, to: Option<[u8; 20]>, calldata: Vec<u8>) -> Vec<u8> {
        let tx = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce,
            gas_limit: GAS_CAP,
            to: to.map_or(TxKind::Create, |to| TxKind::Call(to.into())),
            input: calldata.into(),
            ..TxEip1559::default()
        };
        let signature = self
            .0
            .sign_prehash_recoverable(tx.signature_hash().as_slice())
            .expect("a 32-byte hash can be signed");
        tx.into_signed(signature.into()).encoded_2718()
    }
}
