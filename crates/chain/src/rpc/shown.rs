//! Blocks, transactions, receipts and events as JSON-RPC shows them.

use alloy_consensus::transaction::SignerRecoverable as _;
use alloy_consensus::{Transaction as _, TxEnvelope, Typed2718 as _};
use alloy_eips::eip2718::Decodable2718 as _;
use alloy_primitives::{Bloom, BloomInput};
use serde_json::{Value, json};

use super::Fault;
use super::given::{Given, array, height, quantity};
use crate::Devnet;
use crate::devnet::{GAS_CAP, Log, Receipt};

/// Most blocks that one question for events goes through.
const MOST_BLOCKS: u64 = 20_000;
/// Most events of one answer.
const MOST_LOGS: usize = 10_000;
/// Most bytes of data in the events of one answer.
const MOST_LOG_BYTES: usize = 1 << 23;
/// Most addresses or topics that are named in one place.
const MOST_NAMED: usize = 100;
/// Keccak of the RLP of an empty list: what a block without uncles has.
const NO_UNCLES: &str = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";

fn text(bytes: &[u8]) -> Value {
    json!(format!("0x{}", hex::encode(bytes)))
}

fn receipt_of(devnet: &Devnet, height: u64) -> Option<&Receipt> {
    let place = usize::try_from(height.checked_sub(1)?).ok()?;
    devnet.receipts().get(place)
}

fn bloom<'a>(logs: impl Iterator<Item = &'a Log>) -> Value {
    let mut bloom = Bloom::default();
    for log in logs {
        bloom.accrue(BloomInput::Raw(&log.address));
        for topic in &log.topics {
            bloom.accrue(BloomInput::Raw(topic));
        }
    }
    text(bloom.as_slice())
}

/// A block, with its transaction whole or by its hash.
pub(super) fn block(devnet: &Devnet, height: u64, whole: bool) -> Value {
    let receipt = receipt_of(devnet, height);
    let zero = text(&[0; 32]);
    let transactions: Vec<Value> = match (receipt, whole) {
        (None, _) => Vec::new(),
        (Some(receipt), false) => vec![text(&receipt.tx_hash)],
        (Some(_), true) => vec![transaction(devnet, height)],
    };
    let parent = height
        .checked_sub(1)
        .map(|before| devnet.block_hash(before));
    json!({
        "number": quantity(height),
        "hash": text(&devnet.block_hash(height)),
        "parentHash": text(&parent.unwrap_or([0; 32])),
        "timestamp": quantity(receipt.map_or(0, |it| it.time_s)),
        "gasLimit": quantity(GAS_CAP),
        "gasUsed": quantity(receipt.map_or(0, |it| it.gas_used)),
        "baseFeePerGas": "0x0",
        "logsBloom": bloom(receipt.iter().flat_map(|it| &it.logs)),
        "transactions": transactions,
        "size": quantity(devnet.raw(height).map_or(0, |raw| raw.len() as u64)),
        // No tree is computed over states, transactions or receipts.
        "stateRoot": zero,
        "transactionsRoot": zero,
        "receiptsRoot": zero,
        "mixHash": zero,
        "sha3Uncles": NO_UNCLES,
        "uncles": [],
        "miner": text(&[0; 20]),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "nonce": text(&[0; 8]),
        "extraData": "0x",
    })
}

/// The transaction of a block; null where it has none.
pub(super) fn transaction(devnet: &Devnet, height: u64) -> Value {
    let raw = devnet.raw(height);
    let tx = raw.and_then(|raw| TxEnvelope::decode_2718_exact(raw).ok());
    let Some(tx) = tx else {
        return Value::Null;
    };
    let signature = tx.signature();
    let mut shown = json!({
        "hash": text(tx.tx_hash().as_slice()),
        "blockHash": text(&devnet.block_hash(height)),
        "blockNumber": quantity(height),
        "transactionIndex": "0x0",
        "type": quantity(tx.ty()),
        "chainId": tx.chain_id().map(quantity),
        "nonce": quantity(tx.nonce()),
        "from": tx.recover_signer().ok().map(|from| text(from.as_slice())),
        "to": tx.to().map(|to| text(to.as_slice())),
        "value": format!("{:#x}", tx.value()),
        "gas": quantity(tx.gas_limit()),
        "gasPrice": format!("{:#x}", tx.gas_price().unwrap_or(0)),
        "input": text(tx.input()),
        "r": format!("{:#x}", signature.r()),
        "s": format!("{:#x}", signature.s()),
        "v": quantity(u64::from(signature.v())),
    });
    if tx.ty() == 0 {
        let v = tx.chain_id().map_or(27, |chain| 35 + 2 * chain) + u64::from(signature.v());
        shown["v"] = quantity(v);
    } else {
        shown["yParity"] = quantity(u64::from(signature.v()));
        shown["accessList"] = access(&tx);
    }
    if tx.is_eip1559() || tx.is_eip7702() {
        shown["maxFeePerGas"] = json!(format!("{:#x}", tx.max_fee_per_gas()));
        let priority = tx.max_priority_fee_per_gas().unwrap_or(0);
        shown["maxPriorityFeePerGas"] = json!(format!("{priority:#x}"));
    }
    shown
}

fn access(tx: &TxEnvelope) -> Value {
    let items = tx.access_list().map(|list| list.0.as_slice());
    let shown = items.unwrap_or_default().iter().map(|item| {
        let keys = item.storage_keys.iter();
        let keys: Vec<Value> = keys.map(|key| text(key.as_slice())).collect();
        json!({"address": text(item.address.as_slice()), "storageKeys": keys})
    });
    shown.collect::<Vec<_>>().into()
}

/// What became of the transaction of a block.
pub(super) fn receipt(devnet: &Devnet, height: u64) -> Value {
    let Some(receipt) = receipt_of(devnet, height) else {
        return Value::Null;
    };
    let tx = transaction(devnet, height);
    let logs = receipt.logs.iter().enumerate();
    let logs: Vec<Value> = logs.map(|log| event(devnet, receipt, log)).collect();
    json!({
        "transactionHash": text(&receipt.tx_hash),
        "transactionIndex": "0x0",
        "blockHash": text(&devnet.block_hash(height)),
        "blockNumber": quantity(height),
        "from": tx["from"],
        "to": tx["to"],
        "type": tx["type"],
        "status": quantity(u64::from(receipt.success)),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "effectiveGasPrice": "0x0",
        "contractAddress": receipt.created.map(|at| text(&at)),
        "logsBloom": bloom(receipt.logs.iter()),
        "logs": logs,
    })
}

/// The event that stands at this place of a receipt.
fn event(devnet: &Devnet, receipt: &Receipt, (index, log): (usize, &Log)) -> Value {
    let topics: Vec<Value> = log.topics.iter().map(|topic| text(topic)).collect();
    json!({
        "address": text(&log.address),
        "topics": topics,
        "data": text(&log.payload),
        "blockHash": text(&devnet.block_hash(receipt.block)),
        "blockNumber": quantity(receipt.block),
        "blockTimestamp": quantity(receipt.time_s),
        "transactionHash": text(&receipt.tx_hash),
        "transactionIndex": "0x0",
        "logIndex": quantity(index as u64),
        "removed": false,
    })
}

/// `eth_getLogs`, within limits that are told.
pub(super) fn logs(devnet: &Devnet, given: &Given) -> Result<Value, Fault> {
    let filter = given.at(0);
    let (first, last) = stretch(devnet, filter)?;
    if last.saturating_sub(first) >= MOST_BLOCKS {
        let why = format!("ask for at most {MOST_BLOCKS} blocks at a time");
        return Err(Fault::limit(why));
    }
    let addresses = any_of::<20>(&filter["address"])?;
    let topics = match &filter["topics"] {
        Value::Null => Vec::new(),
        Value::Array(places) if places.len() <= 4 => {
            places.iter().map(any_of::<32>).collect::<Result<_, _>>()?
        }
        _ => return Err(Fault::params("`topics` is a list of up to four places")),
    };
    let fits = |log: &Log| {
        let named = addresses.as_ref();
        let topic = |(place, any): (usize, &Option<Vec<[u8; 32]>>)| {
            let own = log.topics.get(place);
            any.as_ref().map_or(own.is_some(), |any| {
                own.is_some_and(|own| any.contains(own))
            })
        };
        named.is_none_or(|named| named.contains(&log.address))
            && topics.iter().enumerate().all(topic)
    };
    let mut found = Vec::new();
    let mut bytes = 0;
    for receipt in (first.max(1)..=last).filter_map(|height| receipt_of(devnet, height)) {
        for (index, log) in receipt.logs.iter().enumerate().filter(|(_, log)| fits(log)) {
            bytes += log.payload.len();
            if found.len() >= MOST_LOGS || bytes > MOST_LOG_BYTES {
                let why = format!(
                    "more than {MOST_LOGS} events, or {MOST_LOG_BYTES} bytes in them: ask for \
                     fewer blocks"
                );
                return Err(Fault::limit(why));
            }
            found.push(event(devnet, receipt, (index, log)));
        }
    }
    Ok(found.into())
}

/// First and last block of a filter.
fn stretch(devnet: &Devnet, filter: &Value) -> Result<(u64, u64), Fault> {
    if !filter.is_object() {
        return Err(Fault::params("a filter is an object"));
    }
    if filter["blockHash"].is_null() {
        let newest = devnet.height();
        let first = height(&filter["fromBlock"], devnet)?.unwrap_or(newest + 1);
        let last = height(&filter["toBlock"], devnet)?.unwrap_or(newest);
        return Ok((first, last));
    }
    if !filter["fromBlock"].is_null() || !filter["toBlock"].is_null() {
        return Err(Fault::params(
            "a filter has a block's hash or a stretch of blocks",
        ));
    }
    let at = devnet.block_of(array(&filter["blockHash"])?);
    let at = at.ok_or_else(|| Fault::new(-32_000, "there is no such block"))?;
    Ok((at, at))
}

/// One, several, or any.
fn any_of<const N: usize>(value: &Value) -> Result<Option<Vec<[u8; N]>>, Fault> {
    Ok(match value {
        Value::Null => None,
        Value::Array(any) if any.len() > MOST_NAMED => {
            return Err(Fault::limit(format!("name at most {MOST_NAMED} at a time")));
        }
        Value::Array(any) if any.is_empty() => None,
        Value::Array(any) => Some(any.iter().map(array).collect::<Result<_, _>>()?),
        one => Some(vec![array(one)?]),
    })
}
