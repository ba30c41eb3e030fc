//! The signature of an authenticator: two whole numbers in DER (RFC 3279, 2.2.3).

use super::fault;
use crate::Fault;

/// r and s, each in 32 bytes, big end first, of their one form in DER. Whether they are a signature
/// is for who checks it.
pub fn signature_of(der: &[u8]) -> Result<[u8; 64], Fault> {
    let rest = match der {
        [0x30, length, rest @ ..] if usize::from(*length) == rest.len() => rest,
        _ => return Err(broken()),
    };
    let (r, rest) = number(rest)?;
    let (s, rest) = number(rest)?;
    if !rest.is_empty() {
        return Err(broken());
    }
    let mut both = [0; 64];
    both[..32].copy_from_slice(&r);
    both[32..].copy_from_slice(&s);
    Ok(both)
}

/// A positive number of at most 256 bits in its shortest form, and what follows it.
fn number(bytes: &[u8]) -> Result<([u8; 32], &[u8]), Fault> {
    let [2, length, rest @ ..] = bytes else {
        return Err(broken());
    };
    let (digits, rest) = rest
        .split_at_checked(usize::from(*length))
        .ok_or_else(broken)?;
    let digits = match digits {
        // A zero in front says that the number is not negative, and stands for nothing else.
        [0, digits @ ..] if digits.first().is_some_and(|digit| *digit >= 0x80) => digits,
        [first, ..] if *first != 0 && *first < 0x80 => digits,
        _ => return Err(broken()),
    };
    let mut number = [0; 32];
    let from = number.len().checked_sub(digits.len()).ok_or_else(broken)?;
    number[from..].copy_from_slice(digits);
    Ok((number, rest))
}

const fn broken() -> Fault {
    fault("the signature must be two numbers in DER")
}
