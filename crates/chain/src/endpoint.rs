//! Somebody else's chain through its JSON-RPC: typed questions, errors that say what to do.

pub mod answer;
mod events;
mod fault;
pub mod finality;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy_primitives::U256;
use serde_json::{Value, json};

use crate::{Error, contract};
use answer::{Block, Included, Place};
pub use events::{PART_MS, Part};
use fault::Fault;
pub use finality::Finality;

/// What to do about an answer that is none.
const ODD: &str = "hint: nothing was taken over; look at the server's address, or use another one";

/// Carries one request to a server and its answer back. A port: sockets belong to the caller.
pub trait Transport: Send + Sync {
    /// Sends a JSON body once and returns the body of the answer, of whatever status has one.
    ///
    /// # Errors
    /// Where no body came. No message may hold what is secret in an address.
    fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Unanswered>;

    /// The server by scheme, host and port: what may be printed and logged.
    fn server(&self) -> String;
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Whether the same request may work later.
    pub passing: bool,
    /// The reason, for people.
    pub why: String,
}

/// How often a question is asked again. What sends a transaction is never repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Most times that one question is asked.
    pub attempts: u32,
    /// Before the second time, in milliseconds; twice as long before each further one.
    pub pause_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause_ms: 250,
        }
    }
}

/// At which block a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The newest block.
    Latest,
    /// The newest block and what waits for the next one.
    Pending,
    /// The newest block that the chain itself says is final.
    Finalized,
    /// This height.
    Height(u64),
}

impl At {
    fn word(self) -> Value {
        match self {
            Self::Latest => json!("latest"),
            Self::Pending => json!("pending"),
            Self::Finalized => json!("finalized"),
            Self::Height(height) => quantity(height),
        }
    }
}

/// What became of a signed transaction when it was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// The server has it, now or from before.
    Taken,
    /// Its nonce is used up: it, or another one with this nonce, is in a block.
    NonceUsed,
    /// The server refuses it for this reason, such as a fee that is too low.
    Refused(String),
}

/// Asks one server. Clones share the connection and the numbering of requests.
#[derive(Clone)]
pub struct Endpoint {
    transport: Arc<dyn Transport>,
    patience: Patience,
    next: Arc<AtomicU64>,
    /// How many blocks' events the server answers at once, as far as it is known.
    span: Arc<AtomicU64>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Endpoint({})", self.transport.server())
    }
}

/// What went wrong with one request.
enum Failure {
    Unanswered(Unanswered),
    Answered(Fault),
}

impl Endpoint {
    /// Asks nothing yet.
    pub fn new(transport: Arc<dyn Transport>, patience: Patience) -> Self {
        Self {
            transport,
            patience,
            next: Arc::default(),
            span: Arc::new(AtomicU64::new(events::MOST_BLOCKS)),
        }
    }

    /// The server by scheme, host and port.
    pub fn server(&self) -> String {
        self.transport.server()
    }

    /// EIP-155 number of the chain.
    ///
    /// # Errors
    /// `Unavailable` where no answer comes, `Corrupt` for one that is no number: so for all
    /// questions below.
    pub fn chain_id(&self) -> Result<u64, Error> {
        let answer = self.read("eth_chainId", json!([]))?;
        self.shaped("eth_chainId", answer::number(&answer))
    }

    /// The block at a height or with a mark; none where the chain has none there yet.
    pub fn block(&self, at: At) -> Result<Option<Block>, Error> {
        let method = "eth_getBlockByNumber";
        let answer = self.read(method, json!([at.word(), false]))?;
        if answer.is_null() {
            return Ok(None);
        }
        let block = self.shaped(method, answer::block(&answer))?;
        match at {
            At::Height(height) if block.place.height != height => self.shaped(method, None),
            _ => Ok(Some(block)),
        }
    }

    /// The block that the chain marks as final; none where it has no such mark.
    pub fn marked_final(&self) -> Result<Option<Block>, Error> {
        let asked = self.attempt(
            "eth_getBlockByNumber",
            &json!([At::Finalized.word(), false]),
        );
        match asked {
            Err(Failure::Answered(fault)) if !fault.is_passing() => Ok(None),
            Err(failure) => Err(self.error("eth_getBlockByNumber", failure)),
            Ok(Value::Null) => Ok(None),
            Ok(block) => self.shaped("eth_getBlockByNumber", answer::block(&block).map(Some)),
        }
    }

    /// What a transaction did; none while it is in no block.
    pub fn receipt(&self, tx_hash: [u8; 32]) -> Result<Option<Included>, Error> {
        let method = "eth_getTransactionReceipt";
        let answer = self.read(method, json!([hexed(&tx_hash)]))?;
        if answer.is_null() {
            return Ok(None);
        }
        let included = answer::included(&answer).filter(|it| it.tx_hash == tx_hash);
        self.shaped(method, included).map(Some)
    }

    /// Whether a server knows a transaction, in a block or waiting for one.
    pub fn knows(&self, tx_hash: [u8; 32]) -> Result<bool, Error> {
        let answer = self.read("eth_getTransactionByHash", json!([hexed(&tx_hash)]))?;
        Ok(!answer.is_null())
    }

    /// Calls a view function and returns its ABI-encoded answer.
    ///
    /// # Errors
    /// `Invalid` with the name of the contract's error where it refuses.
    pub fn call(&self, to: [u8; 20], calldata: &[u8], at: At) -> Result<Vec<u8>, Error> {
        let call = json!([{"to": hexed(&to), "data": hexed(calldata)}, at.word()]);
        let answer = self.ask_contract("eth_call", &call)?;
        self.shaped("eth_call", answer::bytes(&answer))
    }

    /// The gas that a transaction would need as the chain stands.
    ///
    /// # Errors
    /// As for [`Endpoint::call`]: nothing need be paid to learn that a contract refuses.
    pub fn estimate(
        &self,
        from: [u8; 20],
        to: Option<[u8; 20]>,
        calldata: &[u8],
    ) -> Result<u64, Error> {
        let mut call = json!({"from": hexed(&from), "data": hexed(calldata)});
        if let Some(to) = to {
            call["to"] = json!(hexed(&to));
        }
        let answer = self.ask_contract("eth_estimateGas", &json!([call]))?;
        self.shaped("eth_estimateGas", answer::number(&answer))
    }

    /// How many transactions an account has sent.
    pub fn nonce(&self, account: [u8; 20], at: At) -> Result<u64, Error> {
        let method = "eth_getTransactionCount";
        let answer = self.read(method, json!([hexed(&account), at.word()]))?;
        self.shaped(method, answer::number(&answer))
    }

    /// What an account holds of the chain's own money, in wei.
    pub fn balance(&self, account: [u8; 20]) -> Result<U256, Error> {
        let answer = self.read("eth_getBalance", json!([hexed(&account), "latest"]))?;
        self.shaped("eth_getBalance", answer::word(&answer))
    }

    /// The code at an address; empty where there is none.
    pub fn code(&self, address: [u8; 20], at: At) -> Result<Vec<u8>, Error> {
        let answer = self.read("eth_getCode", json!([hexed(&address), at.word()]))?;
        self.shaped("eth_getCode", answer::bytes(&answer))
    }

    /// What miners ask on top of the base fee, in wei per gas; none where the chain does not say.
    pub fn tip(&self) -> Result<Option<u128>, Error> {
        match self.attempt("eth_maxPriorityFeePerGas", &json!([])) {
            Ok(answer) => self
                .shaped("eth_maxPriorityFeePerGas", answer::wide(&answer))
                .map(Some),
            Err(Failure::Answered(fault)) if !fault.is_passing() => Ok(None),
            Err(failure) => Err(self.error("eth_maxPriorityFeePerGas", failure)),
        }
    }

    /// What a transaction without a base fee costs, in wei per gas.
    pub fn gas_price(&self) -> Result<u128, Error> {
        let answer = self.read("eth_gasPrice", json!([]))?;
        self.shaped("eth_gasPrice", answer::wide(&answer))
    }

    /// Hands a signed transaction in, once.
    ///
    /// # Errors
    /// `Unavailable` where nobody knows whether it arrived: look for it, or hand the same bytes in
    /// again, which can never do twice what they do once.
    pub fn hand_in(&self, raw: &[u8]) -> Result<Handed, Error> {
        let method = "eth_sendRawTransaction";
        match self.once(method, &json!([hexed(raw)])) {
            Ok(_) => Ok(Handed::Taken),
            Err(Failure::Answered(fault)) if fault.is_known() => Ok(Handed::Taken),
            Err(Failure::Answered(fault)) if fault.is_used() => Ok(Handed::NonceUsed),
            Err(Failure::Answered(fault)) if !fault.is_passing() => {
                Ok(Handed::Refused(fault.message))
            }
            Err(failure) => Err(self.error(method, failure)),
        }
    }

    /// Asks anything that changes nothing, a few times where the server is away.
    pub fn read(&self, method: &str, params: Value) -> Result<Value, Error> {
        let answer = self.attempt(method, &params);
        answer.map_err(|failure| self.error(method, failure))
    }

    /// Whether the block that was at this place still is.
    pub fn stands(&self, place: Place) -> Result<Option<bool>, Error> {
        let block = self.block(At::Height(place.height))?;
        Ok(block.map(|block| block.place == place))
    }

    fn ask_contract(&self, method: &str, params: &Value) -> Result<Value, Error> {
        self.attempt(method, params)
            .map_err(|failure| match failure {
                Failure::Answered(fault) if fault.is_revert() => {
                    let name = fault.output().map(|output| contract::revert_name(&output));
                    let name = name.unwrap_or_else(|| "no reason".to_owned());
                    Error::reverted(self.asking(method), name)
                }
                failure => self.error(method, failure),
            })
    }

    fn attempt(&self, method: &str, params: &Value) -> Result<Value, Failure> {
        let mut pause_ms = self.patience.pause_ms;
        for _ in 1..self.patience.attempts {
            match self.once(method, params) {
                Err(Failure::Unanswered(unanswered)) if unanswered.passing => {}
                Err(Failure::Answered(fault)) if fault.is_passing() && !fault.is_about_size() => {}
                answer => return answer,
            }
            std::thread::park_timeout(Duration::from_millis(pause_ms));
            pause_ms = pause_ms.saturating_mul(2);
        }
        self.once(method, params)
    }

    fn once(&self, method: &str, params: &Value) -> Result<Value, Failure> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let answer = self.transport.post(request.to_string().into_bytes());
        let answer = answer.map_err(Failure::Unanswered)?;
        fault::result(&answer, id).map_err(Failure::Answered)
    }

    fn error(&self, method: &str, failure: Failure) -> Error {
        let doing = self.asking(method);
        let (passing, why) = match failure {
            Failure::Unanswered(Unanswered { passing, why }) => (passing, why),
            Failure::Answered(fault) if fault.is_strange() => {
                return Error::corrupt(format!("{doing}: {}\n{ODD}", fault.message));
            }
            Failure::Answered(fault) => (fault.is_passing(), fault.message),
        };
        if passing {
            return Error::busy(format!(
                "{doing}: {why}\nhint: nothing has changed; try later"
            ));
        }
        let hint = "look at `chain.rpc_url` and at what the server's operator offers";
        Error::invalid(format!("{doing}: {why}\nhint: {hint}"))
    }

    /// Which of several chains it is about is told by the server.
    fn asking(&self, method: &str) -> String {
        format!("cannot ask `{method}` of `{}`", self.server())
    }

    fn shaped<T>(&self, method: &str, answer: Option<T>) -> Result<T, Error> {
        let server = self.server();
        let why =
            format!("`{server}` answers `{method}` with something else than asked for\n{ODD}");
        answer.ok_or_else(|| Error::corrupt(why))
    }
}

/// A number as JSON-RPC writes it: `0x` and hex without leading zeros.
pub(crate) fn quantity(value: u64) -> Value {
    json!(format!("{value:#x}"))
}

/// Bytes as JSON-RPC writes them.
pub(crate) fn hexed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
