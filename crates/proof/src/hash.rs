//! SHA-256 and Keccak-256 over parts, so that callers need not join them first.
mod padded;

use padded::Padded;
use sha2::Digest;

/// 32 bytes that stand for the bytes they were computed from.
pub type Hash = [u8; 32];

/// FIPS 180-4 SHA-256 of the concatenated parts; uses the processor's SHA instructions where it has
/// them.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    if let Some(message) = Padded::new(parts) {
        return message.digest();
    }
    let mut state = sha2::Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// [`sha256`] of each message behind the same prefix, into as many places: which takes less
/// time than one call for each.
///
/// # Panics
/// Where there are fewer messages than places; what is beyond them is not looked at.
pub fn sha256_each<'m>(
    prefix: &[u8],
    messages: impl IntoIterator<Item = &'m [u8]>,
    hashes: &mut [Hash],
) {
    let mut messages = messages.into_iter();
    let mut next = || [prefix, messages.next().expect("a message for each place")];
    let (pairs, last) = hashes.as_chunks_mut();
    for pair in pairs {
        let (first, second) = (next(), next());
        *pair = match (Padded::new(&first), Padded::new(&second)) {
            (Some(first), Some(second)) => first.pair(&second),
            _ => [sha256(&first), sha256(&second)],
        };
    }
    last.iter_mut().for_each(|hash| *hash = sha256(&next()));
}

/// HMAC-SHA-256 (RFC 2104) of the concatenated parts.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Hash {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&sha256(&[key]));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let (inner, outer) = (block.map(|byte| byte ^ 0x36), block.map(|byte| byte ^ 0x5c));
    let mut state = sha2::Sha256::new();
    state.update(inner);
    for part in parts {
        state.update(part);
    }
    sha256(&[&outer, &state.finalize()])
}

/// SHA-256 over bytes that come piece by piece: what is too long to be held in memory at once.
#[derive(Clone, Debug, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes so far.
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// Ethereum's Keccak-256 of the concatenated parts (the original padding, not FIPS 202).
pub fn keccak256(parts: &[&[u8]]) -> Hash {
    let mut state = sha3::Keccak256::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn published_digests_of_the_empty_string_and_abc() {
        let check = |hash: Hash, hex: &str| assert_eq!(hex::encode(hash), hex);
        check(
            sha256(&[]),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        );
        check(
            sha256(&[b"a", b"", b"bc"]),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        );
        check(
            keccak256(&[]),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        );
        check(
            keccak256(&[b"ab", b"c"]),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
        );
    }

    /// The digest by a hasher that takes the bytes as they come.
    fn by_pieces(parts: &[&[u8]]) -> Hash {
        let mut pieces = Sha256::default();
        for part in parts {
            pieces.update(part);
        }
        pieces.finish()
    }

    #[test]
    fn messages_of_every_length_have_the_digest_that_pieces_give() {
        let message: [u8; 2 * padded::MOST_BYTES] = core::array::from_fn(|at| at as u8 ^ 0x5a);
        for length in 0..message.len() {
            let (first, second) = message[..length].split_at(length / 3);
            let whole = by_pieces(&[first, second]);
            assert_eq!(sha256(&[first, second]), whole, "{length} bytes");
            assert_eq!(sha256(&[&message[..length], &[]]), whole, "{length} bytes");
        }
    }

    #[test]
    fn each_message_has_the_digest_that_it_has_alone() {
        let message: [u8; 2 * padded::MOST_BYTES] = core::array::from_fn(|at| at as u8 ^ 0xa5);
        // Each number of blocks beside each other one, and beside what is too long for any.
        let lengths = (0..300).flat_map(|at| (0..300).step_by(7).map(move |other| (at, other)));
        for (length, other) in lengths {
            let messages = [&message[..length], &message[..other], &message[1..=length]];
            let (prefix, count) = (&message[..other % 3], length % 4);
            let mut hashes = [[0; 32]; 3];
            sha256_each(prefix, messages, &mut hashes[..count]);
            for (message, hash) in messages.iter().zip(&hashes[..count]) {
                let context = format!("{count} of {length} and {other} bytes");
                assert_eq!(*hash, by_pieces(&[prefix, message]), "{context}");
            }
        }
    }

    #[test]
    fn published_codes_of_rfc_4231() {
        let check = |code: Hash, hex: &str| assert_eq!(hex::encode(code), hex);
        check(
            hmac_sha256(&[0x0b; 20], &[b"Hi ", b"There"]),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        );
        check(
            hmac_sha256(b"Jefe", &[b"what do ya want for nothing?"]),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            hmac_sha256(
                &[0xaa; 131],
                &[b"Test Using Larger Than Block-Size Key - Hash Key First"],
            ),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }
}
