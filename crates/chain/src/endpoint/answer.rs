//! Answers of JSON-RPC as types: whatever has another shape is no answer.

use alloy_primitives::U256;
use serde_json::Value;

use crate::devnet::Log;

/// Where a block stands: one height has one hash, unless the chain takes a block back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// How many blocks are before it.
    pub height: u64,
    /// Keccak of its header.
    pub hash: [u8; 32],
}

/// The head of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Height and hash.
    pub place: Place,
    /// Hash of the block before.
    pub parent: [u8; 32],
    /// Timestamp, in unix seconds.
    pub time_s: u64,
    /// Wei per gas; none on chains without EIP-1559.
    pub base_fee: Option<u128>,
}

/// What a transaction did in its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// Keccak of the signed envelope.
    pub tx_hash: [u8; 32],
    /// The block that holds it.
    pub place: Place,
    /// Gas charged.
    pub gas_used: u64,
    /// False if it only used up its nonce and its gas.
    pub success: bool,
    /// The contract that it created.
    pub created: Option<[u8; 20]>,
    /// Its events, in order.
    pub logs: Vec<Log>,
}

/// An event, and where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The block that holds it.
    pub place: Place,
    /// Its number in the block.
    pub index: u64,
    /// The transaction that left it.
    pub tx_hash: [u8; 32],
    /// The event itself.
    pub log: Log,
}

pub(crate) fn number(value: &Value) -> Option<u64> {
    u64::from_str_radix(digits(value)?, 16).ok()
}

pub(crate) fn wide(value: &Value) -> Option<u128> {
    u128::from_str_radix(digits(value)?, 16).ok()
}

pub(crate) fn word(value: &Value) -> Option<U256> {
    U256::from_str_radix(digits(value)?, 16).ok()
}

pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    hex::decode(value.as_str()?.strip_prefix("0x")?).ok()
}

fn fixed<const N: usize>(value: &Value) -> Option<[u8; N]> {
    bytes(value)?.try_into().ok()
}

/// The digits of a number; a sign is none.
fn digits(value: &Value) -> Option<&str> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (plain && !digits.is_empty()).then_some(digits)
}

pub(crate) fn block(value: &Value) -> Option<Block> {
    let base_fee = match &value["baseFeePerGas"] {
        Value::Null => None,
        fee => Some(wide(fee)?),
    };
    Some(Block {
        place: Place {
            height: number(&value["number"])?,
            hash: fixed(&value["hash"])?,
        },
        parent: fixed(&value["parentHash"])?,
        time_s: number(&value["timestamp"])?,
        base_fee,
    })
}

fn place(value: &Value) -> Option<Place> {
    Some(Place {
        height: number(&value["blockNumber"])?,
        hash: fixed(&value["blockHash"])?,
    })
}

pub(crate) fn included(value: &Value) -> Option<Included> {
    let created = match &value["contractAddress"] {
        Value::Null => None,
        address => Some(fixed(address)?),
    };
    let logs = value["logs"].as_array()?.iter().map(log);
    Some(Included {
        tx_hash: fixed(&value["transactionHash"])?,
        place: place(value)?,
        gas_used: number(&value["gasUsed"])?,
        success: number(&value["status"])? == 1,
        created,
        logs: logs.collect::<Option<_>>()?,
    })
}

/// Events in the chain's order; one that was taken back is not among them.
pub(crate) fn logs(value: &Value) -> Option<Vec<Seen>> {
    let standing = value.as_array()?.iter();
    let standing = standing.filter(|value| value["removed"] != true);
    let mut logs: Vec<Seen> = standing.map(seen).collect::<Option<_>>()?;
    logs.sort_by_key(|seen| (seen.place.height, seen.index));
    Some(logs)
}

fn seen(value: &Value) -> Option<Seen> {
    Some(Seen {
        place: place(value)?,
        index: number(&value["logIndex"])?,
        tx_hash: fixed(&value["transactionHash"])?,
        log: log(value)?,
    })
}

pub(crate) fn log(value: &Value) -> Option<Log> {
    let topics = value["topics"].as_array()?.iter().map(fixed);
    Some(Log {
        address: fixed(&value["address"])?,
        topics: topics.collect::<Option<_>>()?,
        payload: bytes(&value["data"])?,
    })
}
