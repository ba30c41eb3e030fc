//! A key that signs transactions for the devnet.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Signature, TxKind};
use proof::signature::WalletKey;

use crate::devnet::{CHAIN_ID, GAS_CAP};
use crate::{Error, Signer};

/// A secp256k1 key held in memory.
#[derive(Clone)]
pub struct Wallet(WalletKey);

impl From<WalletKey> for Wallet {
    fn from(key: WalletKey) -> Wallet {
        Wallet(key)
    }
}

impl Wallet {
    /// Takes the 32 bytes of the secret scalar, big-endian; zero and what exceeds the group order
    /// are `Invalid`.
    pub fn new(secret: &[u8; 32]) -> Result<Wallet, Error> {
        let key = WalletKey::from_secret(secret);
        key.map(Wallet)
            .map_err(|fault| Error::invalid(format!("cannot use the wallet: {fault}")))
    }

    /// The last 20 bytes of the public key's Keccak hash.
    pub fn address(&self) -> [u8; 20] {
        self.0.address()
    }

    /// Signs a digest that commits to what it is for, such as one of EIP-712: r, s and v.
    pub fn sign_digest(&self, digest: &[u8; 32]) -> Vec<u8> {
        self.0.sign(digest).to_vec()
    }

    /// Signs an EIP-1559 transaction at no fee and the full gas cap; `to` is `None` to create a
    /// contract.
    ///
    /// The result is what [`crate::Devnet::send`] takes: the EIP-2718 envelope.
    pub fn sign(&self, nonce: u64, to: Option<[u8; 20]>, calldata: Vec<u8>) -> Vec<u8> {
        self.sign_for(nonce, to, calldata, GAS_CAP)
    }

    /// The same with a limit of gas of one's own.
    pub fn sign_for(
        &self,
        nonce: u64,
        to: Option<[u8; 20]>,
        calldata: Vec<u8>,
        gas_limit: u64,
    ) -> Vec<u8> {
        let signed = free(self, (nonce, gas_limit), to, calldata);
        signed.expect("a key in memory signs")
    }
}

/// A transaction of the devnet, where gas costs nothing.
pub(crate) fn free(
    signer: &dyn Signer,
    (nonce, gas_limit): (u64, u64),
    to: Option<[u8; 20]>,
    calldata: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit,
        to: to.map_or(TxKind::Create, |to| TxKind::Call(to.into())),
        input: calldata.into(),
        ..TxEip1559::default()
    };
    let signature = signer.sign_message(&tx.encoded_for_signing())?;
    let signature = Signature::from_raw_array(&signature).expect("r, s and v as wallets sign");
    Ok(tx.into_signed(signature).encoded_2718())
}
