//! The devnet as wallets and libraries know a chain: Ethereum's JSON-RPC.
//!
//! It is read from the copy that answers questions, so that nobody who asks keeps the chain
//! waiting.

mod call;
mod given;
mod shown;

use serde_json::{Value, json};

use crate::devnet::{CHAIN_ID, GAS_CAP};
use crate::{Devnet, Error, Reader};
use given::{Given, quantity};

/// Most requests of a batch.
pub const MOST_BATCHED: usize = 50;
/// Once the answers of a batch have so many bytes, the rest of it is refused.
const MOST_ANSWERED: usize = 1 << 24;
/// Most gas of a transaction that comes this way: the chain's own may use more.
pub const MOST_GAS: u64 = 5_000_000;

/// Puts a signed transaction into a block of the chain, and says its hash.
pub type Sending = dyn Fn(Vec<u8>) -> Result<[u8; 32], String> + Send + Sync;

/// Whether a method may be asked now.
type May<'a> = dyn Fn(&str) -> Result<(), Fault> + 'a;

/// Answers requests.
pub struct Face {
    reader: Reader,
    send: Box<Sending>,
}

/// Why a request has no result, as JSON-RPC 2.0 and EIP-1474 number it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    code: i64,
    message: String,
    /// The output of a call that reverted.
    data: Option<Value>,
}

impl Fault {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        let (message, data) = (message.into(), None);
        Self {
            code,
            message,
            data,
        }
    }

    /// The parameters are not what the method takes.
    pub(crate) fn params(why: impl Into<String>) -> Self {
        Self::new(-32_602, why)
    }

    /// What is asked for goes beyond a limit.
    pub(crate) fn limit(why: impl Into<String>) -> Self {
        Self::new(-32_005, why)
    }

    /// A contract said no; libraries read its error from `output`.
    pub(crate) fn reverted(output: &[u8]) -> Self {
        let data = Some(json!(format!("0x{}", hex::encode(output))));
        Self {
            data,
            ..Self::new(3, "execution reverted")
        }
    }
}

impl Face {
    /// A face of the chain that the reader copies.
    pub fn new(reader: Reader, send: Box<Sending>) -> Self {
        Self { reader, send }
    }

    /// Answers a request or a batch of them; nothing where only notifications were sent. `may` is
    /// asked for each method whether it is within the asker's limits. It waits for the chain on
    /// this thread.
    pub fn answer(&self, body: &[u8], may: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
        let may = |method: &str| match may(method) {
            true => Ok(()),
            false => Err(Fault::limit("you ask too often; wait a moment")),
        };
        let answer = match serde_json::from_slice::<Value>(body) {
            Err(_) => Some(refused(&Value::Null, Fault::new(-32_700, "no JSON")).to_string()),
            Ok(Value::Array(batch)) => self.batch(batch, &may),
            Ok(request) => self.one(request, &may).map(|answer| answer.to_string()),
        };
        answer.map(String::into_bytes)
    }

    fn batch(&self, batch: Vec<Value>, may: &May<'_>) -> Option<String> {
        if batch.is_empty() || batch.len() > MOST_BATCHED {
            let why = format!("a batch has 1 to {MOST_BATCHED} requests");
            return Some(refused(&Value::Null, Fault::new(-32_600, why)).to_string());
        }
        let mut answers = String::new();
        for request in batch {
            let is_full = answers.len() > MOST_ANSWERED;
            let may = |method: &str| match is_full {
                true => Err(Fault::limit(
                    "the answers are too long; ask for less at a time",
                )),
                false => may(method),
            };
            if let Some(answer) = self.one(request, &may) {
                answers.push(if answers.is_empty() { '[' } else { ',' });
                answers.push_str(&answer.to_string());
            }
        }
        (!answers.is_empty()).then(|| answers + "]")
    }

    /// A request without an id is a notification, and is not answered.
    fn one(&self, mut request: Value, may: &May<'_>) -> Option<Value> {
        let is_request = request.is_object()
            && request["jsonrpc"] == "2.0"
            && request["method"].is_string()
            && matches!(
                request["id"],
                Value::Null | Value::Number(_) | Value::String(_)
            );
        if !is_request {
            let why = "this is no request of JSON-RPC 2.0";
            return Some(refused(&Value::Null, Fault::new(-32_600, why)));
        }
        let id = request.get("id").cloned();
        let method = request["method"].as_str().unwrap_or_default().to_owned();
        let params = match request["params"].take() {
            Value::Null => Ok(Vec::new()),
            Value::Array(params) => Ok(params),
            _ => Err(Fault::params("the parameters are a list")),
        };
        let params = params.and_then(|params| may(&method).map(|()| params));
        let result = params.and_then(|params| self.result(method, params));
        let id = id?;
        Some(match result {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(fault) => refused(&id, fault),
        })
    }

    fn result(&self, method: String, params: Vec<Value>) -> Result<Value, Fault> {
        let given = Given(params);
        if method == "eth_sendRawTransaction" {
            let raw = given.bytes(0)?;
            crate::execution::decode(&raw)
                .map_err(|error| Fault::new(-32_000, error.to_string()))
                .and_then(|sent| within(sent.environment.gas_limit))?;
            let sent = (self.send)(raw);
            let hash = sent.map_err(|why| Fault::new(-32_000, why))?;
            return Ok(json!(format!("0x{}", hex::encode(hash))));
        }
        let asked = self.reader.ask(move |devnet| read(devnet, &method, &given));
        asked.map_err(|error: Error| Fault::limit(error.to_string()))?
    }
}

fn within(gas: u64) -> Result<(), Fault> {
    match gas <= MOST_GAS {
        true => Ok(()),
        false => Err(Fault::new(
            -32_000,
            format!("a transaction has at most {MOST_GAS} gas here"),
        )),
    }
}

fn refused(id: &Value, fault: Fault) -> Value {
    let mut error = json!({"code": fault.code, "message": fault.message});
    if let Some(data) = fault.data {
        error["data"] = data;
    }
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

/// Everything that changes nothing.
fn read(devnet: &Devnet, method: &str, given: &Given) -> Result<Value, Fault> {
    Ok(match method {
        "web3_clientVersion" => json!(concat!("headwater/", env!("CARGO_PKG_VERSION"))),
        "net_version" => json!(CHAIN_ID.to_string()),
        "net_listening" => json!(true),
        "eth_chainId" => quantity(CHAIN_ID),
        "eth_syncing" => json!(false),
        "eth_accounts" => json!([]),
        "eth_blockNumber" => quantity(devnet.height()),
        // Transactions cost nothing here, and nobody has anything to pay with.
        "eth_gasPrice" | "eth_maxPriorityFeePerGas" => quantity(0_u64),
        "eth_feeHistory" => fee_history(devnet, given)?,
        "eth_getBlockByNumber" => {
            let height = given.height(0, devnet)?;
            height.map_or(Value::Null, |at| shown::block(devnet, at, given.flag(1)))
        }
        "eth_getBlockByHash" => {
            let height = devnet.block_of(given.word(0)?);
            height.map_or(Value::Null, |at| shown::block(devnet, at, given.flag(1)))
        }
        "eth_getTransactionByHash" => {
            let height = devnet.transaction_of(given.word(0)?);
            height.map_or(Value::Null, |at| shown::transaction(devnet, at))
        }
        "eth_getTransactionReceipt" => {
            let height = devnet.transaction_of(given.word(0)?);
            height.map_or(Value::Null, |at| shown::receipt(devnet, at))
        }
        "eth_getLogs" => shown::logs(devnet, given)?,
        "eth_call" => call::call(devnet, given)?,
        "eth_estimateGas" => call::estimate(devnet, given)?,
        "eth_getBalance" | "eth_getTransactionCount" | "eth_getCode" | "eth_getStorageAt" => {
            account(devnet, method, given)?
        }
        _ => {
            let why = format!("the method {method:.80} is not answered here");
            return Err(Fault::new(-32_601, why));
        }
    })
}

/// What stands at an address now.
fn account(devnet: &Devnet, method: &str, given: &Given) -> Result<Value, Fault> {
    let address = given.address(0)?;
    let block = usize::from(method == "eth_getStorageAt") + 1;
    given.present(block, devnet)?;
    Ok(match method {
        "eth_getBalance" => json!(format!("{:#x}", devnet.balance(address))),
        "eth_getTransactionCount" => quantity(devnet.nonce(address)),
        "eth_getCode" => json!(format!("0x{}", hex::encode(devnet.code(address)))),
        _ => {
            let value = devnet.storage(address, given.slot(1)?);
            json!(format!("{value:#066x}"))
        }
    })
}

fn fee_history(devnet: &Devnet, given: &Given) -> Result<Value, Fault> {
    let newest = given.height(1, devnet)?.unwrap_or(devnet.height());
    let count = given.number(0)?.clamp(1, 1_024).min(newest + 1);
    let blocks = usize::try_from(count).unwrap_or(1);
    let oldest = newest + 1 - count;
    let rewards = given.list(2).len().min(100);
    let zeros = |count: usize| vec![json!("0x0"); count];
    let ratios: Vec<Value> = (oldest..=newest).map(|at| ratio(devnet, at)).collect();
    Ok(json!({
        "oldestBlock": quantity(oldest),
        "baseFeePerGas": zeros(blocks + 1),
        "gasUsedRatio": ratios,
        "reward": vec![zeros(rewards); blocks],
    }))
}

/// Which part of its gas a block has used, a number of six decimals.
fn ratio(devnet: &Devnet, height: u64) -> Value {
    let place = height
        .checked_sub(1)
        .and_then(|at| usize::try_from(at).ok());
    let receipt = place.and_then(|place| devnet.receipts().get(place));
    let used = receipt.map_or(0, |receipt| receipt.gas_used);
    let millionths = u128::from(used) * 1_000_000 / u128::from(GAS_CAP);
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    serde_json::from_str(&text).expect("digits around a point are a number")
}
