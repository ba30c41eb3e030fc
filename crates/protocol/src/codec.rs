//! Deterministic CBOR: one value has one encoding, and all other bytes are refused.

use alloc::vec::Vec;
use core::fmt;

/// Why bytes are not the deterministic encoding of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes are not CBOR of the expected shape, or a field is out of its range.
    Malformed,
    /// The bytes decode, but encoding the value again gives other bytes (long integers, unsorted or
    /// unknown keys, trailing bytes).
    NotDeterministic,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "bytes are not CBOR of the expected shape",
            Self::NotDeterministic => "bytes are not in the deterministic encoding",
        })
    }
}

impl core::error::Error for DecodeError {}

/// The one encoding of `value` (RFC 8949 section 4.2.1: shortest integers, definite lengths, keys
/// ascending).
pub fn encode<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("encoding into memory has no way to fail")
}

/// Reads a value and refuses every encoding but the deterministic one, so that a hash over bytes is
/// a hash over the value.
pub fn decode<'b, T>(bytes: &'b [u8]) -> Result<T, DecodeError>
where
    T: minicbor::Encode<()> + minicbor::Decode<'b, ()>,
{
    let value = minicbor::decode::<T>(bytes).map_err(|_| DecodeError::Malformed)?;
    if encode(&value) == bytes {
        Ok(value)
    } else {
        Err(DecodeError::NotDeterministic)
    }
}
