//! What is checked without trust in a node: who has signed, and which key the log names.

use proof::merkle;
use proof::note::VerifierKey;
use proof::receipt::Receipt;
use proof::signature;
use protocol::{Command, Entry, codec};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::refused;

/// Whether an Ed25519 key of 32 bytes has signed these bytes.
#[pyfunction]
pub fn is_signed(key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    let key: Result<&[u8; 32], _> = key.try_into();
    let signature: Result<&[u8; 64], _> = signature.try_into();
    match (key, signature) {
        (Ok(key), Ok(signature)) => signature::verify(key, data, signature).is_ok(),
        _ => false,
    }
}

/// The key by which a gateway signs receipts, out of the log's receipt (C2SP tlog-proof) of the
/// entry that names it; refused unless the log's key has signed a tree with that entry.
#[pyfunction]
pub fn gateway_key(proof: &str, log_key: &str) -> PyResult<Vec<u8>> {
    match command(proof, log_key)? {
        Command::SetGateway(set) => Ok(set.key.0.to_vec()),
        _ => Err(wrong("this entry of the log names no key of a gateway")),
    }
}

/// Asset and root of the rows that an entry of the log posts, by the log's receipt of it as above.
#[pyfunction]
pub fn segment(proof: &str, log_key: &str) -> PyResult<(u32, Vec<u8>)> {
    match command(proof, log_key)? {
        Command::PostSegment(post) => Ok((post.asset.0, post.rows_root.0.to_vec())),
        _ => Err(wrong("this entry of the log posts no segment of uses")),
    }
}

/// Whether a row is the `index`-th of so many below a root (RFC 6962).
#[pyfunction]
pub fn is_row(row: &[u8], place: (u64, u64), path: Vec<[u8; 32]>, root: [u8; 32]) -> bool {
    let (index, rows) = place;
    merkle::verify_inclusion(&merkle::leaf_hash(row), index, rows, &path, &root).is_ok()
}

fn command(proof: &str, log_key: &str) -> PyResult<Command> {
    let receipt = Receipt::parse(proof).map_err(refused)?;
    let log_key: VerifierKey = log_key.parse().map_err(refused)?;
    let verified = receipt.open(&log_key, None).map_err(refused)?;
    let entry: Entry = codec::decode(verified.entry).map_err(refused)?;
    Ok(entry.signed.submission.command)
}

fn wrong(words: &'static str) -> PyErr {
    PyValueError::new_err(words)
}
