//! Keccak-256 of four messages at once: a claim tree is nearly nothing else.
//!
//! The four states stand side by side in vectors of four words, so that processors with wide
//! registers permute them in about the time of one. What comes out is the same on all of them.

use crate::hash::{Hash, keccak256};
use fearless_simd::{Level, Simd, SimdBase, SimdInto, dispatch, u64x4};

/// Bytes that are taken in before each permutation.
const RATE: usize = 136;

/// One word of each of the four states.
type Lanes = [u64; 4];

/// FIPS 202's round constants.
const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// [`keccak256`] of each message; at once only where all four are of one length.
pub fn keccak256_four(messages: [&[u8]; 4]) -> [Hash; 4] {
    let length = messages[0].len();
    if messages.iter().any(|message| message.len() != length) {
        return messages.map(|message| keccak256(&[message]));
    }
    let (level, mut state) = (Level::new(), [[0; 4]; 25]);
    let whole = length - length % RATE;
    for start in (0..whole).step_by(RATE) {
        absorb(&mut state, messages.map(|it| &it[start..start + RATE]));
        dispatch!(level, simd => permute(simd, &mut state));
    }
    let last = messages.map(|it| padded(&it[whole..]));
    absorb(&mut state, last.each_ref().map(|block| &block[..]));
    dispatch!(level, simd => permute(simd, &mut state));
    core::array::from_fn(|lane| {
        let mut hash = [0; 32];
        for (bytes, word) in hash.chunks_exact_mut(8).zip(&state) {
            bytes.copy_from_slice(&word[lane].to_le_bytes());
        }
        hash
    })
}

/// The last block: what is left of a message, and Keccak's padding, which is not FIPS 202's.
fn padded(rest: &[u8]) -> [u8; RATE] {
    let mut block = [0; RATE];
    block[..rest.len()].copy_from_slice(rest);
    block[rest.len()] = 1;
    block[RATE - 1] |= 0x80;
    block
}

fn absorb(state: &mut [Lanes; 25], blocks: [&[u8]; 4]) {
    for (lane, block) in blocks.into_iter().enumerate() {
        let (words, _) = block.as_chunks::<8>();
        for (word, bytes) in state.iter_mut().zip(words) {
            word[lane] ^= u64::from_le_bytes(*bytes);
        }
    }
}

#[inline(always)]
fn rotate<S: Simd>(lanes: u64x4<S>, by: u32) -> u64x4<S> {
    (lanes << by) | (lanes >> (64 - by))
}

/// Rho and pi: each word is turned and takes the place of the next. Written out by a macro, since
/// places that the compiler knows are what keeps the words in registers.
macro_rules! turn {
    ($words:ident, $($place:literal by $by:literal),*) => {
        let mut moved = $words[1];
        $(
            let next = $words[$place];
            $words[$place] = rotate(moved, $by);
            moved = next;
        )*
        let _ = moved;
    };
}

/// The same of the five columns of theta.
macro_rules! column {
    ($words:ident, $at:literal) => {
        $words[$at] ^ $words[$at + 5] ^ $words[$at + 10] ^ $words[$at + 15] ^ $words[$at + 20]
    };
}

/// Keccak-f[1600] on all four states.
#[inline(always)]
fn permute<S: Simd>(simd: S, state: &mut [Lanes; 25]) {
    let rounds = || {
        let mut words: [u64x4<S>; 25] = core::array::from_fn(|at| state[at].simd_into(simd));
        for constant in ROUNDS {
            let columns = [
                column!(words, 0),
                column!(words, 1),
                column!(words, 2),
                column!(words, 3),
                column!(words, 4),
            ];
            for x in 0..5 {
                let mixed = columns[(x + 4) % 5] ^ rotate(columns[(x + 1) % 5], 1);
                for y in 0..5 {
                    words[x + 5 * y] ^= mixed;
                }
            }
            turn!(
                words, 10 by 1, 7 by 3, 11 by 6, 17 by 10, 18 by 15, 3 by 21, 5 by 28, 16 by 36,
                8 by 45, 21 by 55, 24 by 2, 4 by 14, 15 by 27, 23 by 41, 19 by 56, 13 by 8,
                12 by 25, 2 by 43, 20 by 62, 14 by 18, 22 by 39, 9 by 61, 6 by 20, 1 by 44
            );
            for y in 0..5 {
                let at = 5 * y;
                let row = [
                    words[at],
                    words[at + 1],
                    words[at + 2],
                    words[at + 3],
                    words[at + 4],
                ];
                for x in 0..5 {
                    words[at + x] = row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]);
                }
            }
            words[0] ^= u64x4::splat(simd, constant);
        }
        for (lanes, word) in state.iter_mut().zip(words) {
            *lanes = word.into();
        }
    };
    simd.vectorize(rounds);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn one_by_one(messages: [&[u8]; 4]) -> [Hash; 4] {
        messages.map(|message| keccak256(&[message]))
    }

    #[test]
    fn four_at_once_are_what_each_is_alone_at_every_length() {
        let bytes: Vec<u8> = (0..4 * 1_000u32)
            .map(|at| (at * 7 + at / 251) as u8)
            .collect();
        for length in 0..1_000 {
            let messages = core::array::from_fn(|lane| &bytes[lane * 1_000..][..length]);
            assert_eq!(keccak256_four(messages), one_by_one(messages), "{length}");
        }
    }

    /// What every processor of this kind has against what this one has.
    #[test]
    fn a_processor_without_wide_registers_permutes_as_this_one() {
        let mut state: [Lanes; 25] =
            core::array::from_fn(|at| core::array::from_fn(|lane| (at * 31 + lane) as u64));
        let mut narrow = state;
        let (here, level) = (Level::new(), Level::baseline());
        for _ in 0..3 {
            dispatch!(here, simd => permute(simd, &mut state));
            dispatch!(level, simd => permute(simd, &mut narrow));
        }
        assert_eq!(state, narrow);
    }

    proptest! {
        #[test]
        fn four_messages_have_their_own_hashes(messages: [Vec<u8>; 4], same in 0..600usize) {
            let plain = messages.each_ref().map(|it| &it[..]);
            prop_assert_eq!(keccak256_four(plain), one_by_one(plain));
            let filled = messages.clone().map(|mut it| {
                it.resize(same, 0xa5);
                it
            });
            let filled = filled.each_ref().map(|it| &it[..]);
            prop_assert_eq!(keccak256_four(filled), one_by_one(filled));
        }
    }
}
