//! Amounts as decimal text, which no reader of JSON rounds.

use protocol::Amount;
use serde::{Deserialize as _, Deserializer, Serializer, de};

/// Writes the text.
pub fn serialize<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

/// Reads it back; a whole number of JSON is taken too.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(u64),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Number(number) => number.to_string(),
    };
    let plain = (1..=29).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let units = text.parse().ok().and_then(Amount::new);
    units
        .filter(|_| plain)
        .ok_or_else(|| de::Error::custom(format!("`{text}` is no amount in base units")))
}
