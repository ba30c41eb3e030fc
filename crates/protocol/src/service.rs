//! Assets in service with the operator's gateway: who posts their uses, and prices by tokens.

use crate::{Amount, AssetId, SessionKey, UsageRow};
use alloc::vec::Vec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Tokens that a price per tokens is for.
pub const PRICED_TOKENS: u128 = 1_000_000;

/// See [`crate::Command::ServeAsset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServeAsset {
    /// What the gateway may answer with from here on.
    #[n(0)]
    pub asset: AssetId,
    /// What tokens, or rows of a data set as tokens that are answered, cost beside the price of a
    /// use in the asset's terms; none, nothing.
    #[n(1)]
    pub tokens: Option<TokenPrices>,
}

/// See [`crate::Command::ComposeAsset`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ComposeAsset {
    /// Whose calls may use others.
    #[n(0)]
    pub asset: AssetId,
    /// All that may be used within a call of it, directly or by what it uses: ascending, each
    /// registered before it; none, calls use nothing from here on.
    #[n(1)]
    pub components: Vec<AssetId>,
    /// The most that one call spends on them, in base units of the asset's token.
    #[n(2)]
    pub most_units: Amount,
}

/// See [`crate::Command::SetGateway`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SetGateway {
    /// The Ed25519 key that signs receipts of uses from here on.
    #[n(0)]
    pub key: SessionKey,
}

/// Prices of a million tokens, in base units of the asset's token.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[cbor(map)]
pub struct TokenPrices {
    /// Of a million tokens that are asked.
    #[n(0)]
    pub input_units: Amount,
    /// Of a million tokens that are answered.
    #[n(1)]
    pub output_units: Amount,
}

impl TokenPrices {
    /// Millionths of a base unit that tokens cost; `None` beyond 128 bits.
    pub fn millionths(&self, input: u64, output: u64) -> Option<u128> {
        let input = self.input_units.units().checked_mul(input.into())?;
        let output = self.output_units.units().checked_mul(output.into())?;
        input.checked_add(output)
    }
}

/// The whole price of a use (`docs/spec/segment.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Of every use.
    pub flat_units: Amount,
    /// Added for what is read and answered; `None` where the flat price is all.
    pub tokens: Option<TokenPrices>,
}

impl Price {
    /// What a use with so many tokens costs: the flat price, and the price of its tokens rounded up
    /// once, over both kinds together. `None` above the supply cap.
    pub fn of(&self, input: u64, output: u64) -> Option<Amount> {
        let Some(prices) = self.tokens else {
            return Some(self.flat_units);
        };
        let units = prices.millionths(input, output)?.div_ceil(PRICED_TOKENS);
        self.flat_units.checked_add(Amount::new(units)?)
    }

    /// Whether a row costs what it must; one without counts must be of an asset that has no price
    /// for tokens.
    pub fn fits(&self, row: &UsageRow) -> bool {
        let amount = match row.tokens {
            Some(tokens) => self.of(tokens.input.into(), tokens.output.into()),
            None if self.tokens.is_some() => None,
            None => Some(self.flat_units),
        };
        amount.is_some_and(|amount| amount.units() == row.amount_units)
    }

    /// The least and the most that so many uses with so many tokens together may cost: what is
    /// rounded up once per use lies less than a unit per use above the exact price.
    pub fn bounds(&self, uses: u32, input: u64, output: u64) -> Option<(Amount, Amount)> {
        let flat = self.flat_units.checked_mul(uses.into())?;
        let Some(prices) = self.tokens else {
            return Some((flat, flat));
        };
        let exact = prices.millionths(input, output)?;
        let least = Amount::new(exact.div_ceil(PRICED_TOKENS))?;
        let most = Amount::new((exact / PRICED_TOKENS).checked_add(uses.into())?)?;
        Some((flat.checked_add(least)?, flat.checked_add(most.max(least))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn price(flat: u64, input: u64, output: u64) -> Price {
        let units = |units: u64| Amount::new(units.into()).unwrap();
        let tokens = TokenPrices {
            input_units: units(input),
            output_units: units(output),
        };
        Price {
            flat_units: units(flat),
            tokens: Some(tokens),
        }
    }

    #[test]
    fn tokens_are_rounded_up_once_per_use() {
        let price = price(5, 150_000, 600_000);
        assert_eq!(price.of(0, 0).unwrap().units(), 5);
        // 1 x 0.15 + 1 x 0.6 = 0.75, and 4 x 0.15 + 3 x 0.6 = 2.4.
        assert_eq!(price.of(1, 1).unwrap().units(), 6);
        assert_eq!(price.of(4, 3).unwrap().units(), 8);
        let most = Price {
            flat_units: Amount::MAX,
            ..price
        };
        assert_eq!(most.of(1, 1), None);
    }

    proptest! {
        #[test]
        fn a_sum_of_rows_lies_within_its_bounds(
            flat in 0u64..1_000, input in 0u64..10_000_000, output in 0u64..10_000_000,
            uses in prop::collection::vec((0u64..5_000, 0u64..5_000), 1..40),
        ) {
            let price = price(flat, input, output);
            let (mut sum, mut tokens) = (0, (0, 0));
            for (input, output) in &uses {
                sum += price.of(*input, *output).unwrap().units();
                tokens = (tokens.0 + input, tokens.1 + output);
            }
            let bounds = price.bounds(uses.len() as u32, tokens.0, tokens.1).unwrap();
            prop_assert!(bounds.0.units() <= sum && sum <= bounds.1.units());
        }
    }
}
