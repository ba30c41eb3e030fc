//! Later parts of the state: each stands behind the older layouts under a number of its own.

use crate::reward::Rewards;
use alloc::vec;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A part's number and its bytes.
pub type Numbered = (u8, Vec<u8>);

/// A part of the state that old logs do not have: nothing is written of it while it is empty, so
/// that their roots stay what they were.
pub trait Part: Default + Serialize + for<'a> Deserialize<'a> {
    /// True as long as no entry has made anything of it.
    fn is_empty(&self) -> bool;
}

/// Reads the part of one number; an empty one where it is missing, `None` if the bytes are another
/// thing or are more than the part.
pub fn read<T: Part>(parts: &[Numbered], number: u8) -> Option<T> {
    let Some((_, bytes)) = parts.iter().find(|(of, _)| *of == number) else {
        return Some(T::default());
    };
    match postcard::take_from_bytes(bytes) {
        Ok((part, [])) => Some(part),
        _ => None,
    }
}

/// Writes a part, unless it is empty.
pub fn write<T: Part>(part: &T) -> Option<Vec<u8>> {
    let bytes = || postcard::to_allocvec(part).expect("a part has no value that cannot be written");
    (!part.is_empty()).then(bytes)
}

/// Names the parts: a number for good, a field, its type.
macro_rules! sections {
    ($($(#[$doc:meta])* $number:literal $field:ident: $part:ty,)*) => {
        /// What later kinds of commands have made (`docs/spec/state.md`, `headwater-state@4`).
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Sections {
            $($(#[$doc])* pub $field: $part,)*
        }

        impl Sections {
            /// True as long as no part has anything in it.
            pub fn is_empty(&self) -> bool {
                [$(Part::is_empty(&self.$field)),*].into_iter().all(|empty| empty)
            }

            /// All that is not empty, in the order of the numbers.
            pub fn parts(&self) -> Vec<Numbered> {
                let all: Vec<(u8, Option<Vec<u8>>)> = vec![$(($number, write(&self.$field)),)*];
                let filled = all.into_iter();
                filled.filter_map(|(number, part)| Some((number, part?))).collect()
            }

            /// The same read back; `None` if a number is unknown or out of order, or bytes are
            /// not their part's.
            pub fn of(parts: &[Numbered]) -> Option<Self> {
                let known: &[u8] = &[$($number,)*];
                let orderly = parts.windows(2).all(|pair| pair[0].0 < pair[1].0);
                let named = parts.iter().all(|(number, _)| known.contains(number));
                (orderly && named).then_some(())?;
                Some(Self { $($field: read(parts, $number)?,)* })
            }
        }
    };
}

sections! {
    /// Listings, grants and waivers.
    0 market: crate::market::Market,
    /// Assets in service with the operator's gateway.
    1 service: crate::service::Services,
    /// Where the holders of passkeys are paid.
    2 payouts: crate::payout::Payouts,
    /// Rewards in a second token.
    4 rewards: Rewards,
    /// The operator's part of revenue.
    5 fees: crate::fee::Fees,
    /// What calls of assets may use of others.
    6 compositions: crate::composition::Compositions,
    /// Chains beside the first.
    7 chains: crate::chain::Chains,
    /// Votes and stakes, which stand in leaves beside pay.
    8 lines: crate::line::Lines,
    /// What deposits were debited, which stands in leaves of its own.
    9 debits: crate::debit::Debits,
    /// Vouchers of prepaid credit that were redeemed.
    10 credits: crate::credit::Credits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Marks(Vec<u32>);

    impl Part for Marks {
        fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
    }

    sections! {
        /// First.
        0 first: Marks,
        /// Third.
        2 third: Marks,
    }

    #[test]
    fn an_empty_part_leaves_no_byte_and_all_others_come_back() {
        let mut sections = Sections::default();
        assert_eq!(sections.parts(), []);
        assert!(sections.is_empty());
        sections.third = Marks(vec![7, 300]);
        assert!(!sections.is_empty());
        assert_eq!(sections.parts(), [(2, vec![2, 7, 0xac, 2])]);
        assert_eq!(Sections::of(&sections.parts()), Some(sections.clone()));
        sections.first = Marks(vec![1]);
        let parts = sections.parts();
        assert_eq!(Sections::of(&parts), Some(sections));
        let swapped: Vec<Numbered> = parts.iter().rev().cloned().collect();
        assert_eq!(Sections::of(&swapped), None);
    }

    #[test]
    fn unknown_numbers_and_bytes_that_are_left_over_are_refused() {
        assert_eq!(Sections::of(&[(1, vec![0])]), None);
        assert_eq!(Sections::of(&[(0, vec![1, 5, 9])]), None);
        assert_eq!(Sections::of(&[(0, vec![2, 5])]), None);
        assert_eq!(super::Sections::of(&[(255, vec![])]), None);
    }
}
