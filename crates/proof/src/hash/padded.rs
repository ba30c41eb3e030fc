//! Messages of a few blocks with their padding, hashed one or two at a time.
use sha2::digest::generic_array::GenericArray;

use super::Hash;

const BLOCK_BYTES: usize = 64;
/// Nodes of a tree and most entries of a log fit.
const MOST_BLOCKS: usize = 4;
/// The padding is one byte and the length, a 64-bit number, with zeros between.
const LENGTH_BYTES: usize = 8;
/// The longest message that fits.
pub(super) const MOST_BYTES: usize = MOST_BLOCKS * BLOCK_BYTES - LENGTH_BYTES - 1;

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

/// A short message as SHA-256 takes it in: a hasher that takes bytes as they come spends a tenth of
/// its time, or a fifth of a node's, on keeping them.
pub(super) struct Padded {
    bytes: [u8; MOST_BLOCKS * BLOCK_BYTES],
    count: usize,
}

impl Padded {
    /// The concatenated parts, or `None` where they are longer than [`MOST_BYTES`].
    #[inline]
    pub fn new(parts: &[&[u8]]) -> Option<Self> {
        if parts.iter().map(|part| part.len()).sum::<usize>() > MOST_BYTES {
            return None;
        }
        let (mut bytes, mut end) = ([0; MOST_BLOCKS * BLOCK_BYTES], 0);
        for part in parts {
            bytes[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        bytes[end] = 0x80;
        let count = (end + LENGTH_BYTES) / BLOCK_BYTES + 1;
        let bits = (8 * end as u64).to_be_bytes();
        let last = count * BLOCK_BYTES;
        bytes[last - LENGTH_BYTES..last].copy_from_slice(&bits);
        Some(Self { bytes, count })
    }

    fn blocks(&self) -> &[[u8; BLOCK_BYTES]] {
        &self.bytes.as_chunks().0[..self.count]
    }

    pub fn digest(&self) -> Hash {
        let mut state = INITIAL;
        for block in self.blocks() {
            compress(&mut state, block);
        }
        bytes_of(state)
    }

    /// Both digests. Each round waits for the one before it, so that a processor has room for those
    /// of another message between them: two take a quarter less than one after the other.
    pub fn pair(&self, other: &Self) -> [Hash; 2] {
        let (ours, others) = (self.blocks(), other.blocks());
        let both = ours.len().min(others.len());
        let (mut first, mut second) = (INITIAL, INITIAL);
        for (block, other) in ours.iter().zip(others) {
            compress(&mut first, block);
            compress(&mut second, other);
        }
        for block in &ours[both..] {
            compress(&mut first, block);
        }
        for other in &others[both..] {
            compress(&mut second, other);
        }
        [bytes_of(first), bytes_of(second)]
    }
}

fn compress(state: &mut [u32; 8], block: &[u8; BLOCK_BYTES]) {
    sha2::compress256(
        state,
        core::slice::from_ref(GenericArray::from_slice(block)),
    );
}

fn bytes_of(state: [u32; 8]) -> Hash {
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}
