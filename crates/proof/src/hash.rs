//! SHA-256 and Keccak-256 over parts, so that callers need not join them first.
use sha2::Digest;
use sha2::digest::generic_array::{GenericArray, typenum::U64};

/// 32 bytes that stand for the bytes they were computed from.
pub type Hash = [u8; 32];

/// FIPS 180-4 SHA-256 of the concatenated parts; uses the processor's SHA instructions where it has
/// them.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    if parts.iter().map(|part| part.len()).sum::<usize>() <= SHORT_BYTES {
        return short(parts);
    }
    let mut state = sha2::Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finalize().into()
}

/// Blocks of a short message with its padding. Nodes of a tree and most entries of a log fit.
const SHORT_BLOCKS: usize = 4;
const BLOCK_BYTES: usize = 64;
/// The padding is one byte and the length, a 64-bit number, with zeros between.
const LENGTH_BYTES: usize = 8;
const SHORT_BYTES: usize = SHORT_BLOCKS * BLOCK_BYTES - LENGTH_BYTES - 1;

/// FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// All blocks of at most [`SHORT_BYTES`] at once: a hasher that takes bytes as they come spends
/// a tenth of its time, or a fifth of a node's, on keeping them.
fn short(parts: &[&[u8]]) -> Hash {
    let (mut bytes, mut end) = ([0; SHORT_BLOCKS * BLOCK_BYTES], 0);
    for part in parts {
        bytes[end..end + part.len()].copy_from_slice(part);
        end += part.len();
    }
    bytes[end] = 0x80;
    let count = (end + LENGTH_BYTES) / BLOCK_BYTES + 1;
    let bits = (8 * end as u64).to_be_bytes();
    let last = count * BLOCK_BYTES;
    bytes[last - LENGTH_BYTES..last].copy_from_slice(&bits);
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let blocks: [GenericArray<u8, U64>; SHORT_BLOCKS] =
        core::array::from_fn(|block| *GenericArray::from_slice(&blocks[block]));
    digest_of(&blocks[..count])
}

/// The digest of padded blocks.
fn digest_of(blocks: &[GenericArray<u8, U64>]) -> Hash {
    let mut state = INITIAL;
    sha2::compress256(&mut state, blocks);
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

/// `sha256(&[&[1], left, right])`, an inner node of a tree: 65 bytes are two blocks with one
/// padding, which is laid out at once since nodes are half of what a log hashes.
pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut blocks = [GenericArray::<u8, U64>::default(); 2];
    let [first, second] = &mut blocks;
    first[0] = 1;
    first[1..33].copy_from_slice(left);
    first[33..].copy_from_slice(&right[..31]);
    second[..2].copy_from_slice(&[right[31], 0x80]);
    second[BLOCK_BYTES - 2..].copy_from_slice(&(8 * 65_u16).to_be_bytes());
    digest_of(&blocks)
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

    #[test]
    fn messages_of_every_length_have_the_digest_that_pieces_give() {
        let message: [u8; 2 * SHORT_BYTES] = core::array::from_fn(|at| at as u8 ^ 0x5a);
        for length in 0..message.len() {
            let (first, second) = message[..length].split_at(length / 3);
            let mut pieces = Sha256::default();
            pieces.update(first);
            pieces.update(second);
            let whole = pieces.finish();
            assert_eq!(sha256(&[first, second]), whole, "{length} bytes");
            assert_eq!(sha256(&[&message[..length], &[]]), whole, "{length} bytes");
        }
    }

    #[test]
    fn a_node_is_the_digest_of_its_bytes() {
        for seed in 0..64_u8 {
            let left = sha256(&[&[seed]]);
            let right = sha256(&[&left]);
            assert_eq!(node(&left, &right), sha256(&[&[1], &left, &right]));
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
