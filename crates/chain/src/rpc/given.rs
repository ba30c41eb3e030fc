//! The parameters of a request, read strictly.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::Fault;
use crate::Devnet;

/// In their order; what is left out at the end stands for what the method takes it for.
pub(super) struct Given(pub(super) Vec<Value>);

/// A whole number as JSON-RPC writes it: no zeros in front.
pub(super) fn quantity(number: impl Into<u64>) -> Value {
    json!(format!("{:#x}", number.into()))
}

impl Given {
    pub(super) fn at(&self, place: usize) -> &Value {
        self.0.get(place).unwrap_or(&Value::Null)
    }

    pub(super) fn flag(&self, place: usize) -> bool {
        self.at(place).as_bool().unwrap_or(false)
    }

    pub(super) fn list(&self, place: usize) -> &[Value] {
        self.at(place).as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn bytes(&self, place: usize) -> Result<Vec<u8>, Fault> {
        bytes(self.at(place))
    }

    pub(super) fn address(&self, place: usize) -> Result<[u8; 20], Fault> {
        array(self.at(place))
    }

    pub(super) fn word(&self, place: usize) -> Result<[u8; 32], Fault> {
        array(self.at(place))
    }

    pub(super) fn slot(&self, place: usize) -> Result<U256, Fault> {
        let text = self.at(place).as_str().unwrap_or_default();
        let digits = text
            .strip_prefix("0x")
            .filter(|it| (1..=64).contains(&it.len()));
        let slot = digits.and_then(|digits| U256::from_str_radix(digits, 16).ok());
        slot.ok_or_else(|| Fault::params("a slot is `0x` and up to 64 hex digits"))
    }

    /// A number, written in hex or as JSON has it.
    pub(super) fn number(&self, place: usize) -> Result<u64, Fault> {
        let value = self.at(place);
        value.as_u64().map_or_else(|| number(value), Ok)
    }

    /// The height of a block that is named by number or word; none if it is not there yet.
    pub(super) fn height(&self, place: usize, devnet: &Devnet) -> Result<Option<u64>, Fault> {
        height(self.at(place), devnet)
    }

    /// Refuses to speak of a past state, which is not kept.
    pub(super) fn present(&self, place: usize, devnet: &Devnet) -> Result<(), Fault> {
        let value = self.at(place);
        let named = match value {
            Value::Object(by) if by.contains_key("blockHash") => {
                devnet.block_of(array(&by["blockHash"])?)
            }
            Value::Object(by) => height(by.get("blockNumber").unwrap_or(&Value::Null), devnet)?,
            _ => height(value, devnet)?,
        };
        match named == Some(devnet.height()) {
            true => Ok(()),
            false => Err(Fault::new(
                -32_000,
                "only the newest state is kept; hint: ask for `latest`",
            )),
        }
    }
}

/// A block by number or word; left out, the newest. Every block is final when it is there.
pub(super) fn height(value: &Value, devnet: &Devnet) -> Result<Option<u64>, Fault> {
    let newest = devnet.height();
    match value {
        Value::Null => Ok(Some(newest)),
        Value::String(word) => match word.as_str() {
            "latest" | "pending" | "safe" | "finalized" => Ok(Some(newest)),
            "earliest" => Ok(Some(0)),
            _ => Ok(Some(number(value)?).filter(|at| *at <= newest)),
        },
        _ => Err(Fault::params("a block is a number in hex or a word")),
    }
}

pub(super) fn number(value: &Value) -> Result<u64, Fault> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let read = digits.filter(|digits| !digits.starts_with('+'));
    let read = read.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    read.ok_or_else(|| Fault::params("a number is `0x` and up to 16 hex digits"))
}

pub(super) fn bytes(value: &Value) -> Result<Vec<u8>, Fault> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let read = digits.and_then(|digits| hex::decode(digits).ok());
    read.ok_or_else(|| Fault::params("bytes are `0x` and pairs of hex digits"))
}

pub(super) fn array<const N: usize>(value: &Value) -> Result<[u8; N], Fault> {
    let read = bytes(value)?.try_into();
    read.map_err(|_| Fault::params(format!("this needs {N} bytes in hex")))
}
