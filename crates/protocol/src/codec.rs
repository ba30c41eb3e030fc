//! Deterministic CBOR: one value has one encoding, and all other bytes are refused.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use minicbor::encode::Write;

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
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    append(&mut bytes, value);
    bytes
}

/// Puts the encoding of `value` behind what `bytes` holds.
pub fn append<T: minicbor::Encode<()>>(bytes: &mut Vec<u8>, value: &T) {
    let appended = Appended(bytes);
    minicbor::encode(value, appended).expect("encoding into memory has no way to fail");
}

/// How many bytes [`encode`] would make.
pub fn encoded_bytes<T: minicbor::Encode<()>>(value: &T) -> usize {
    let mut count = Count(0);
    minicbor::encode(value, &mut count).expect("counting has no way to fail");
    count.0
}

/// How many bytes the encoding of a number has.
pub(crate) const fn number_bytes(number: u64) -> usize {
    match number {
        0..=0x17 => 1,
        0x18..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

/// Reads a value and refuses every encoding but the deterministic one, so that a hash over bytes is
/// a hash over the value.
pub fn decode<'b, T>(bytes: &'b [u8]) -> Result<T, DecodeError>
where
    T: minicbor::Encode<()> + minicbor::Decode<'b, ()>,
{
    let value = minicbor::decode::<T>(bytes).map_err(|_| DecodeError::Malformed)?;
    match behind(&value, bytes) {
        Some([]) => Ok(value),
        _ => Err(DecodeError::NotDeterministic),
    }
}

/// What follows the encoding of `value`, or `None` where the bytes do not begin with it.
pub(crate) fn behind<'b, T: minicbor::Encode<()>>(value: &T, bytes: &'b [u8]) -> Option<&'b [u8]> {
    let mut rest = Rest(bytes);
    let begins = minicbor::encode(value, &mut rest).is_ok();
    begins.then_some(rest.0)
}

/// Room for an entry of the usual length, so that few are moved while they grow.
pub(crate) const USUAL_BYTES: usize = 512;

/// `minicbor` writes to vectors as well, but through a call for each piece.
struct Appended<'a>(&'a mut Vec<u8>);

impl Write for Appended<'_> {
    type Error = Infallible;

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

struct Count(usize);

impl Write for Count {
    type Error = Infallible;

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0 += bytes.len();
        Ok(())
    }
}

/// What an encoding must still go on with; any other byte is an error.
struct Rest<'b>(&'b [u8]);

impl Write for Rest<'_> {
    type Error = DecodeError;

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        self.0 = self
            .0
            .strip_prefix(bytes)
            .ok_or(DecodeError::NotDeterministic)?;
        Ok(())
    }
}
