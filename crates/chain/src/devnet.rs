//! The embedded chain: one transaction a block, run by revm, kept as raw transactions in order.
//!
//! It adds no trust beyond the log's: one process orders the transactions, and no state root is
//! computed. What it gives is that anyone who has the file of transactions comes to the same state.

mod history;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::Sender;

use alloy_primitives::{Bytes, U256, keccak256};
use revm::context::result::{ExecutionResult, Output};
use revm::{DatabaseCommit, DatabaseRef};

use crate::execution::{self, Moment, State};
use crate::reader::{Reader, Task};
use crate::transactions::{self, Journal, Record};
use crate::{Error, contract};

/// EIP-155 number of the devnet: its own, so that no wallet takes it for another chain.
pub const CHAIN_ID: u64 = 412_348;

/// The most gas one transaction, and so one block, may use: EIP-7825's cap.
pub const GAS_CAP: u64 = 16_777_216;

/// An event that a contract left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The contract.
    pub address: [u8; 20],
    /// Up to four words, the event's signature hash first.
    pub topics: Vec<[u8; 32]>,
    /// The ABI-encoded parameters that are not indexed.
    pub payload: Vec<u8>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Keccak of the envelope.
    pub tx_hash: [u8; 32],
    /// Height of its block, from 1; each block holds one transaction.
    pub block: u64,
    /// Timestamp of its block, in unix seconds.
    pub time_s: u64,
    /// Gas charged, refunds taken off.
    pub gas_used: u64,
    /// Whether it took effect; a reverted transaction only used up its nonce.
    pub success: bool,
    /// The contract it created.
    pub created: Option<[u8; 20]>,
    /// Its events in order; none if it reverted.
    pub logs: Vec<Log>,
    /// Name of the custom error it reverted with, such as `TotalFell`.
    pub revert: Option<String>,
}

/// The chain in memory, and its file.
#[derive(Debug)]
pub struct Devnet {
    state: State,
    receipts: Vec<Receipt>,
    /// The transaction of each block, as it was sent.
    raws: Vec<Vec<u8>>,
    /// Heights by the hash of a block or of its transaction.
    places: BTreeMap<[u8; 32], u64>,
    /// By contract: the calldata of the transaction that created it.
    creations: BTreeMap<[u8; 20], Bytes>,
    head_hash: [u8; 32],
    time_s: u64,
    /// None for a reader, who cannot send.
    journal: Option<Journal>,
    /// Copies that answer questions elsewhere.
    feeds: Vec<Sender<Task>>,
}

impl Devnet {
    /// Opens the chain in `directory`, or starts one there, and runs all its transactions again. An
    /// unfinished last frame, which a crash leaves, is cut off; other damage is `Corrupt`. One
    /// process at a time.
    pub fn open(directory: &Path) -> Result<Devnet, Error> {
        let (journal, records) = Journal::open(directory)?;
        let mut devnet = Devnet::replay(directory, &records)?;
        devnet.journal = Some(journal);
        Ok(devnet)
    }

    /// Runs the transactions in `directory` without a right to add any. Any byte that is not as it
    /// was written is `Corrupt`, with the record and the offset.
    pub fn open_readonly(directory: &Path) -> Result<Devnet, Error> {
        Devnet::replay(directory, &transactions::read(directory)?)
    }

    /// Takes a signed transaction into the next block. It may still revert: then the receipt says
    /// so. A transaction that no block can hold (nonce, signature, chain, gas) is `Invalid` and
    /// leaves no trace.
    ///
    /// The frame is written but not yet durable: call [`Devnet::sync`] before telling anyone.
    pub fn send(&mut self, raw: &[u8]) -> Result<Receipt, Error> {
        if self.journal.is_none() {
            return Err(Error::invalid(
                "cannot send to a chain that was opened for reading",
            ));
        }
        self.include(&Record {
            time_s: self.time_s,
            raw: raw.to_vec(),
        })
    }

    /// Sends transactions in order and makes them durable with one sync. At the first that no block
    /// can hold it stops with that error; those before it stand, durable.
    pub fn send_many(&mut self, raws: &[Vec<u8>]) -> Result<Vec<Receipt>, Error> {
        let receipts = raws.iter().map(|raw| self.send(raw)).collect();
        self.sync()?;
        receipts
    }

    /// Waits until all that was sent is on the disk.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.journal.as_mut().map_or(Ok(()), Journal::sync)
    }

    /// Asks a contract at the present time and returns its ABI-encoded answer.
    pub fn call(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        let doing = "cannot read from a contract";
        match execution::ask(&self.state, self.next(self.time_s), to, calldata)? {
            ExecutionResult::Success { output, .. } => Ok(output.into_data().to_vec()),
            ExecutionResult::Revert { output, .. } => {
                Err(Error::reverted(doing, contract::revert_name(&output)))
            }
            ExecutionResult::Halt { reason, .. } => {
                Err(Error::reverted(doing, format!("{reason:?}")))
            }
        }
    }

    /// The time that the next block will carry, in unix seconds. It moves only when told to, and
    /// lasts over a restart only as far as transactions have used it.
    pub fn time_s(&self) -> u64 {
        self.time_s
    }

    /// Sets the time of the next block. Time never goes back.
    pub fn set_time(&mut self, time_s: u64) -> Result<(), Error> {
        if time_s < self.time_s {
            let now = self.time_s;
            return Err(Error::invalid(format!(
                "cannot set time `{time_s}`: it is `{now}` now"
            )));
        }
        self.turn_to(time_s);
        Ok(())
    }

    /// Lets time pass.
    pub fn advance(&mut self, seconds: u64) {
        self.turn_to(self.time_s.saturating_add(seconds));
    }

    /// A copy that answers questions in a thread of its own and follows all that happens here.
    pub fn reader(&mut self) -> Reader {
        let (reader, feed) = Reader::start(Devnet {
            state: self.state.clone(),
            receipts: self.receipts.clone(),
            raws: self.raws.clone(),
            places: self.places.clone(),
            creations: self.creations.clone(),
            head_hash: self.head_hash,
            time_s: self.time_s,
            journal: None,
            feeds: Vec::new(),
        });
        self.feeds.push(feed);
        reader
    }

    /// Includes what another copy has included.
    pub(crate) fn repeat(&mut self, record: &Record) -> Result<(), Error> {
        self.follow_time(record.time_s);
        self.include(record).map(|_| ())
    }

    /// Time as another copy has it.
    pub(crate) fn follow_time(&mut self, time_s: u64) {
        self.time_s = self.time_s.max(time_s);
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// When the next block would be.
    pub(crate) fn next_moment(&self) -> Moment {
        self.next(self.time_s)
    }

    fn turn_to(&mut self, time_s: u64) {
        if time_s != self.time_s {
            self.time_s = time_s;
            self.feeds
                .retain(|feed| feed.send(Task::Time(time_s)).is_ok());
        }
    }

    /// How many transactions `address` has sent: the nonce of its next.
    pub fn nonce(&self, address: [u8; 20]) -> u64 {
        let account = self
            .state
            .basic_ref(address.into())
            .expect("memory does not fail");
        account.map_or(0, |account| account.nonce)
    }

    /// Height of the newest block; 0 before the first.
    pub fn height(&self) -> u64 {
        self.receipts.len() as u64
    }

    /// Hash of the newest block: Keccak of its parent's hash, height, time and transaction hash;
    /// zero at genesis.
    ///
    /// Two chains with the same hash ran the same transactions at the same times.
    pub fn head_hash(&self) -> [u8; 32] {
        self.head_hash
    }

    /// The calldata that created a contract; `None` where no transaction made it directly.
    pub fn creation(&self, contract: [u8; 20]) -> Option<&[u8]> {
        self.creations.get(&contract).map(|calldata| &calldata[..])
    }

    /// The receipts of all blocks, in order.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// All events of one contract, in order.
    pub fn logs_of(&self, address: [u8; 20]) -> impl Iterator<Item = &Log> {
        let logs = self.receipts.iter().flat_map(|receipt| &receipt.logs);
        logs.filter(move |log| log.address == address)
    }

    fn replay(directory: &Path, records: &[Record]) -> Result<Devnet, Error> {
        let mut devnet = Devnet {
            state: State::default(),
            receipts: Vec::new(),
            raws: Vec::new(),
            places: BTreeMap::new(),
            creations: BTreeMap::new(),
            head_hash: [0; 32],
            time_s: 0,
            journal: None,
            feeds: Vec::new(),
        };
        for (index, record) in records.iter().enumerate() {
            let included = devnet
                .set_time(record.time_s)
                .and_then(|()| devnet.include(record));
            included.map_err(|error| {
                let why = "holds a transaction that the chain refuses";
                let fault = transactions::fault_at(records, index, why);
                let source = Some(error.into());
                Error {
                    source,
                    ..fault.error(&transactions::path(directory))
                }
            })?;
        }
        Ok(devnet)
    }

    fn next(&self, time_s: u64) -> Moment {
        Moment {
            number: self.height() + 1,
            time_s,
        }
    }

    /// Writes before it changes anything in memory, so that a failed write leaves the chain as the
    /// file has it.
    fn include(&mut self, record: &Record) -> Result<Receipt, Error> {
        let sent = execution::decode(&record.raw)?;
        let moment = self.next(record.time_s);
        let calldata = sent.environment.data.clone();
        let outcome = execution::run(&self.state, moment, sent.environment)?;
        if let Some(journal) = &mut self.journal {
            journal.append(record)?;
        }
        self.state.commit(outcome.state);
        let receipt = receipt(sent.hash, moment, outcome.result);
        let number = moment.number.to_be_bytes();
        let time = moment.time_s.to_be_bytes();
        self.head_hash =
            keccak256([&self.head_hash[..], &number, &time, &receipt.tx_hash].concat()).0;
        self.state
            .cache
            .block_hashes
            .insert(U256::from(moment.number), self.head_hash.into());
        if let Some(contract) = receipt.created {
            self.creations.insert(contract, calldata);
        }
        self.places.insert(self.head_hash, receipt.block);
        self.places.insert(receipt.tx_hash, receipt.block);
        self.raws.push(record.raw.clone());
        self.receipts.push(receipt.clone());
        self.feeds
            .retain(|feed| feed.send(Task::Include(record.clone())).is_ok());
        Ok(receipt)
    }
}

fn receipt(tx_hash: [u8; 32], moment: Moment, result: ExecutionResult) -> Receipt {
    let gas_used = result.tx_gas_used();
    let (created, logs, revert) = match result {
        ExecutionResult::Success { output, logs, .. } => {
            let created = match output {
                Output::Create(_, address) => address.map(Into::into),
                Output::Call(_) => None,
            };
            (created, logs, None)
        }
        ExecutionResult::Revert { output, .. } => {
            (None, Vec::new(), Some(contract::revert_name(&output)))
        }
        ExecutionResult::Halt { reason, .. } => (None, Vec::new(), Some(format!("{reason:?}"))),
    };
    let log = |log: revm::primitives::Log| Log {
        address: log.address.into(),
        topics: log.data.topics().iter().map(|topic| topic.0).collect(),
        payload: log.data.data.to_vec(),
    };
    Receipt {
        tx_hash,
        block: moment.number,
        time_s: moment.time_s,
        gas_used,
        success: revert.is_none(),
        created,
        logs: logs.into_iter().map(log).collect(),
        revert,
    }
}
