//! Transactions of a wallet on a chain without fees (EIP-1559), and calls of contracts.

use proof::hash::keccak256;
use proof::signature::WalletKey;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The type's number, before everything else.
const TYPE: u8 = 2;
/// Longest list or text whose length stands in its first byte.
const SHORT: usize = 55;

/// What is sent where, and at most how much gas it may take.
pub struct Sent<'a> {
    /// Number of the chain.
    pub chain_id: u64,
    /// How many transactions the wallet has sent before.
    pub nonce: u64,
    /// Most gas.
    pub gas: u64,
    /// The contract that is called.
    pub to: [u8; 20],
    /// The call.
    pub data: &'a [u8],
}

impl Sent<'_> {
    /// The signed transaction, as `eth_sendRawTransaction` takes it.
    pub fn signed(&self, wallet: &WalletKey) -> Vec<u8> {
        let fields = self.fields();
        let signature = wallet.sign(&keccak256(&[&[TYPE], &list(&fields)]));
        let (rs, v) = signature.split_at(64);
        let (r, s) = rs.split_at(32);
        let parity = u64::from(v == [28]);
        let all = [fields, number(parity), text(bare(r)), text(bare(s))].concat();
        [vec![TYPE], list(&all)].concat()
    }

    /// Chain, nonce, both fees, gas, contract, value, call, and no list of storage.
    fn fields(&self) -> Vec<u8> {
        let head = [self.chain_id, self.nonce, 0, 0, self.gas].map(number);
        let call = [text(&self.to), number(0), text(self.data), list(&[])];
        [head.concat(), call.concat()].concat()
    }
}

/// The call of a contract's function, such as `approve(address,uint256)`; arguments are big end
/// first, each at most a word.
#[pyfunction]
pub fn call_data(function: &str, words: Vec<Vec<u8>>) -> PyResult<Vec<u8>> {
    let mut data = keccak256(&[function.as_bytes()])[..4].to_vec();
    for word in &words {
        let blank = 32_usize.checked_sub(word.len());
        let blank = blank.ok_or_else(|| PyValueError::new_err("a word has at most 32 bytes"))?;
        data.extend(vec![0; blank]);
        data.extend(word);
    }
    Ok(data)
}

/// Bytes in the Recursive Length Prefix encoding (Ethereum Yellow Paper, appendix B).
fn text(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [own] if *own < 0x80 => vec![*own],
        _ => [head(0x80, bytes.len()), bytes.to_vec()].concat(),
    }
}

fn list(items: &[u8]) -> Vec<u8> {
    [head(0xc0, items.len()), items.to_vec()].concat()
}

fn number(number: u64) -> Vec<u8> {
    text(bare(&number.to_be_bytes()))
}

/// What says how long it is that follows.
fn head(base: u8, length: usize) -> Vec<u8> {
    let digits = length.to_be_bytes();
    match bare(&digits) {
        [] => vec![base],
        [own] if length <= SHORT => vec![base + own],
        long => {
            let count = u8::try_from(long.len()).unwrap_or(u8::MAX);
            [vec![base + 55 + count], long.to_vec()].concat()
        }
    }
}

/// Without zeros in front.
fn bare(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}
