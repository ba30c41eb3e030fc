//! Money in base units and shares in parts per million.

use core::fmt;
use minicbor::{Decode, Decoder, Encode, Encoder, data::IanaTag, decode, encode};
use serde::{Deserialize, Serialize};

/// An amount in a token's base units, 0 to 2^96 - 1 (the contract's `uint96`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Amount(u128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The supply cap of every token: 2^96 - 1 base units.
    pub const MAX: Self = Self((1 << 96) - 1);

    /// `None` above the supply cap.
    pub const fn new(units: u128) -> Option<Self> {
        if units <= Self::MAX.0 {
            Some(Self(units))
        } else {
            None
        }
    }

    /// Base units as an integer.
    pub const fn units(self) -> u128 {
        self.0
    }

    /// True for nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `None` above the supply cap.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0)
    }

    /// `None` below zero.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// `None` above the supply cap.
    pub const fn checked_mul(self, times: u64) -> Option<Self> {
        match self.0.checked_mul(times as u128) {
            Some(units) => Self::new(units),
            None => None,
        }
    }

    /// floor(self x share / total): the one rounding rule of the house. `None` when `total` is 0 or
    /// `share` exceeds it. Exact: 2^96 x 2^32 fits the 128-bit product.
    pub const fn part(self, share: u32, total: u32) -> Option<Self> {
        if total == 0 || share > total {
            return None;
        }
        Some(Self(self.0 * share as u128 / total as u128))
    }

    /// floor(self x ppm / 1,000,000).
    pub const fn share(self, ppm: Ppm) -> Self {
        Self(self.0 * ppm.0 as u128 / 1_000_000)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<C> Encode<C> for Amount {
    /// RFC 8949 section 3.4.3: an integer where it fits 64 bits, else a bignum without leading
    /// zeros.
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        if let Ok(small) = u64::try_from(self.0) {
            return e.u64(small)?.ok();
        }
        let bytes = self.0.to_be_bytes();
        let first = bytes
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or(bytes.len());
        e.tag(IanaTag::PosBignum)?.bytes(&bytes[first..])?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Amount {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let units = if d.datatype()? == minicbor::data::Type::Tag {
            if d.tag()? != minicbor::data::Tag::from(IanaTag::PosBignum) {
                return Err(decode::Error::message(
                    "an amount is an integer or a bignum",
                ));
            }
            let bytes = d.bytes()?;
            if bytes.len() > 12 {
                return Err(decode::Error::message("amount above the supply cap"));
            }
            bytes
                .iter()
                .fold(0u128, |units, byte| units << 8 | u128::from(*byte))
        } else {
            u128::from(d.u64()?)
        };
        Self::new(units).ok_or_else(|| decode::Error::message("amount above the supply cap"))
    }
}

/// A share in parts per million, 0 to 1,000,000.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Ppm(u32);

impl Ppm {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(1_000_000);

    /// `None` above 1,000,000.
    pub const fn new(ppm: u32) -> Option<Self> {
        if ppm <= Self::ONE.0 {
            Some(Self(ppm))
        } else {
            None
        }
    }

    /// Parts per million as an integer.
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// `None` above the whole.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0)
    }
}

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ppm", self.0)
    }
}

impl<C> Encode<C> for Ppm {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Ppm {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::new(d.u32()?).ok_or_else(|| decode::Error::message("share above 1,000,000 ppm"))
    }
}
