//! Amounts and parts per million: ranges, the bignum form, and rounding down.

use proptest::prelude::*;
use protocol::codec::{DecodeError, decode, encode};
use protocol::{Amount, Ppm};

#[test]
fn amounts_above_the_cap_are_no_amounts() {
    assert_eq!(Amount::new(1 << 96), None);
    assert_eq!(Amount::MAX.checked_add(Amount::new(1).unwrap()), None);
    assert_eq!(Amount::MAX.checked_mul(u64::MAX), None);
    let cap = hex::decode("c24cffffffffffffffffffffffff").unwrap();
    assert_eq!(encode(&Amount::MAX), cap);
    let over = hex::decode("c24d01000000000000000000000000").unwrap();
    assert_eq!(decode::<Amount>(&over), Err(DecodeError::Malformed));
}

#[test]
fn an_amount_has_one_form() {
    for (bent, why) in [
        ("c24105", "a small amount as a bignum"),
        ("c2490000000000000000ff", "leading zeros"),
        ("c248ffffffffffffffff", "64 bits as a bignum"),
        ("c240", "an empty bignum"),
        ("1800", "a long zero"),
    ] {
        let bytes = hex::decode(bent).unwrap();
        assert_eq!(
            decode::<Amount>(&bytes),
            Err(DecodeError::NotDeterministic),
            "{why}"
        );
    }
    for (bent, why) in [
        ("c34105", "negative"),
        ("f90000", "a float"),
        ("20", "below zero"),
    ] {
        let bytes = hex::decode(bent).unwrap();
        assert_eq!(
            decode::<Amount>(&bytes),
            Err(DecodeError::Malformed),
            "{why}"
        );
    }
}

#[test]
fn more_than_the_whole_is_no_share() {
    assert_eq!(Ppm::new(1_000_001), None);
    assert_eq!(
        decode::<Ppm>(&encode(&1_000_001u32)),
        Err(DecodeError::Malformed)
    );
    assert_eq!(Ppm::ONE.checked_add(Ppm::new(1).unwrap()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn every_amount_round_trips(high in any::<u32>(), low in any::<u64>(), shift in 0u32..96) {
        let amount = Amount::new((u128::from(high) << 64 | u128::from(low)) >> shift).unwrap();
        prop_assert_eq!(decode(&encode(&amount)), Ok(amount));
    }

    #[test]
    fn shares_round_down_by_less_than_one_unit(
        units in 0u128..=Amount::MAX.units(), ppm in 0u32..=1_000_000,
    ) {
        let share = Amount::new(units).unwrap().share(Ppm::new(ppm).unwrap()).units();
        let exact = units * u128::from(ppm);
        prop_assert!(share * 1_000_000 <= exact && exact < (share + 1) * 1_000_000);
    }

    #[test]
    fn parts_round_down_by_less_than_one_unit(
        units in 0u128..=Amount::MAX.units(), share: u32, total: u32,
    ) {
        let part = Amount::new(units).unwrap().part(share, total);
        if total == 0 || share > total {
            prop_assert_eq!(part, None);
        } else {
            let (part, exact) = (part.unwrap().units(), units * u128::from(share));
            prop_assert!(part * u128::from(total) <= exact);
            prop_assert!(exact - part * u128::from(total) < u128::from(total));
        }
    }
}
