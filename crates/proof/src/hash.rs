//! SHA-256 and Keccak-256 over parts, so that callers need not join them first.
use sha2::Digest;

/// 32 bytes that stand for the bytes they were computed from.
pub type Hash = [u8; 32];

/// FIPS 180-4 SHA-256 of the concatenated parts; uses the processor's SHA instructions where it has
/// them.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut state = sha2::Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
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
}
