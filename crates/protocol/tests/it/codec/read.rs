//! Entries are read in one pass exactly where the codec accepts them, and as it reads them.

use super::{Numbers, numbers};
use crate::cbor::variations;
use proptest::prelude::*;
use protocol::Entry;
use protocol::codec::{decode, encode};

/// Both ways give the same, be it an entry or an error.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (read, decoded) = (Entry::read(bytes), decode::<Entry>(bytes));
    if let Ok(entry) = &read {
        prop_assert_eq!(encode(entry), bytes);
    }
    prop_assert_eq!(read, decoded, "{}", hex::encode(bytes));
    Ok(())
}

/// The entry with `null` where a field of the submission may be left out.
fn with_null(bytes: &[u8], key: u8) -> Option<Vec<u8>> {
    let at = bytes.windows(3).position(|head| head == [3, 0xa2, 0])? + 3;
    let mut bent = bytes.to_vec();
    bent[at] = bent[at].wrapping_add(1);
    // Key 1 goes before the session key; key 5 goes before the signature.
    let place = match key {
        1 => at + 1 + 2 + 16,
        _ => bytes.len() - 67,
    };
    bent.splice(place..place, [key, 0xf6]);
    Some(bent)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_entry_is_read_as_it_is_decoded(
        number in (0u8..=24).prop_union(31..=34).or(51..=51).or(54..=55), numbers in numbers(),
        at: prop::sample::Index, byte: u8, other: prop::sample::Index,
    ) {
        let entry = Numbers(numbers.into_iter()).entry(number);
        let bytes = encode(&entry);
        prop_assert_eq!(Entry::read(&bytes), Ok(entry));
        for (_, bent) in variations(&bytes) {
            check(&bent)?;
        }
        let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
        let mut bent = bytes.clone();
        bent[at] = byte;
        check(&bent)?;
        bent[other] ^= byte;
        check(&bent)?;
        check(&bytes[..at])?;
        for key in [1, 5] {
            with_null(&bytes, key).map_or(Ok(()), |bent| check(&bent))?;
        }
    }

    #[test]
    fn random_bytes_are_read_as_they_are_decoded(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        check(&bytes)?;
    }
}

/// Numbers and lengths of every width, `null`, `undefined`, and what ends a list.
const HEADS: [u8; 12] = [
    0, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x58, 0x59, 0xa6, 0xf6, 0xf7, 0xff,
];

/// Bytes that differ in one place, are one shorter, or one longer.
#[test]
fn no_neighbour_of_an_entry_is_read_otherwise() {
    for number in [1, 12, 15, 23] {
        for seed in [0, 1, 30, 300, 70_000, u64::MAX / 3] {
            let entry = Numbers(vec![seed; 120].into_iter()).entry(number);
            let bytes = encode(&entry);
            for at in 0..bytes.len() {
                let flipped = (0..8).map(|bit| bytes[at] ^ 1 << bit);
                for byte in flipped.chain(HEADS) {
                    let mut bent = bytes.clone();
                    bent[at] = byte;
                    check(&bent).unwrap();
                    bent.insert(at, bytes[at]);
                    check(&bent).unwrap();
                }
                let mut short = bytes.clone();
                short.remove(at);
                check(&short).unwrap();
            }
        }
    }
}
