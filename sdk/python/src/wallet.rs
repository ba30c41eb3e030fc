//! A wallet that pays for single calls: transfers, vouchers, and transactions that fund them.
//!
//! The digests are those of crate `proof`, which the node checks them with; the secret stays here.

use proof::authorization::{Authorization, TokenDomain};
use proof::signature::WalletKey;
use proof::voucher::{EscrowDomain, SpendKey, Voucher};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::refused;
use crate::transaction::Sent;

/// Base units of credit are below this.
const CREDIT_END: u128 = 1 << 96;

/// A wallet by its secret.
#[pyclass(frozen)]
pub struct Wallet(WalletKey);

#[pymethods]
impl Wallet {
    /// From a secret of 32 bytes.
    #[new]
    fn new(secret: &[u8]) -> PyResult<Self> {
        let secret: &[u8; 32] = secret
            .try_into()
            .map_err(|_| PyValueError::new_err("a wallet's secret has 32 bytes"))?;
        WalletKey::from_secret(secret).map(Self).map_err(refused)
    }

    /// Its address with the capitals of EIP-55.
    #[getter]
    fn address(&self) -> String {
        proof::siwe::checksummed(&self.0.address())
    }

    /// The signature of a transfer (EIP-3009). `domain`: the token's name and version, the chain,
    /// and the token; `payment`: who is paid, how much, until which second, and a nonce of 32
    /// bytes.
    fn transfer(
        &self,
        domain: (String, String, u64, String),
        payment: (String, u128, u64, [u8; 32]),
    ) -> PyResult<String> {
        let (name, version, chain_id, token) = domain;
        let (to, value, valid_before_s, nonce) = payment;
        let authorization = Authorization {
            from: self.0.address(),
            to: address("payTo", &to)?,
            value,
            valid_after_s: 0,
            valid_before_s,
            nonce,
        };
        let domain = TokenDomain {
            name: &name,
            version: &version,
            chain_id,
            token: address("token", &token)?,
        };
        Ok(self.signed(&authorization.digest(&domain)))
    }

    /// The signature of a voucher on a payer's credit in a token: all that this key has spent.
    fn voucher(
        &self,
        escrow: (u64, String),
        payer: &str,
        token: &str,
        cumulative: u128,
    ) -> PyResult<String> {
        let voucher = Voucher {
            payer: address("payer", payer)?,
            token: address("token", token)?,
            key: self.0.address(),
            cumulative: credit("cumulative", cumulative)?,
        };
        Ok(self.signed(&voucher.digest(&domain(escrow)?)))
    }

    /// The signature that lends a key so much of one's credit, until so many seconds since 1970.
    fn lend(
        &self,
        escrow: (u64, String),
        token: &str,
        key: &str,
        limits: (u128, u64),
    ) -> PyResult<String> {
        let (cap, expires_at_s) = limits;
        let lent = SpendKey {
            payer: self.0.address(),
            token: address("token", token)?,
            key: address("key", key)?,
            cap: credit("cap", cap)?,
            expires_at_s,
        };
        Ok(self.signed(&lent.digest(&domain(escrow)?)))
    }

    /// A signed transaction; `place`: chain, nonce, most gas.
    fn transaction(&self, place: (u64, u64, u64), to: &str, data: &[u8]) -> PyResult<Vec<u8>> {
        let (chain_id, nonce, gas) = place;
        let sent = Sent {
            chain_id,
            nonce,
            gas,
            to: address("to", to)?,
            data,
        };
        Ok(sent.signed(&self.0))
    }
}

impl Wallet {
    fn signed(&self, digest: &[u8; 32]) -> String {
        format!("0x{}", hex::encode(self.0.sign(digest)))
    }
}

fn domain((chain_id, escrow): (u64, String)) -> PyResult<EscrowDomain> {
    let escrow = address("escrow", &escrow)?;
    Ok(EscrowDomain { chain_id, escrow })
}

fn credit(field: &str, units: u128) -> PyResult<u128> {
    let fits = (units < CREDIT_END).then_some(units);
    fits.ok_or_else(|| wrong(field, "a number of base units below 2^96"))
}

fn address(field: &str, text: &str) -> PyResult<[u8; 20]> {
    let mut bytes = [0; 20];
    let digits = text.strip_prefix("0x");
    let read = digits.and_then(|digits| hex::decode_to_slice(digits, &mut bytes).ok());
    read.ok_or_else(|| wrong(field, "an address: `0x` and 40 hex digits"))?;
    Ok(bytes)
}

fn wrong(field: &str, what: &str) -> PyErr {
    PyValueError::new_err(format!("`{field}` is {what}"))
}
