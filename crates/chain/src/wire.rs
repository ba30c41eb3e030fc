//! A chain as an outsider reads and uses it, in process or behind an address.

mod line;

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Decodable2718 as _;

use crate::devnet::{CHAIN_ID, Log};
use crate::{Chain, Error, Wallet};
pub use line::Line;

/// An event with the transaction that left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Height of its block.
    pub height: u64,
    /// What the contract left.
    pub log: Log,
    /// Hash of the transaction.
    pub tx_hash: [u8; 32],
}

/// Events of a range of blocks, as far as there was time to read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// In order.
    pub found: Vec<Event>,
    /// The first height that was not read: behind the range's end where all of it was.
    pub next: u64,
}

/// What anybody can ask of a chain, and, with a key, have it do.
pub trait Wire {
    /// EIP-155 number of the chain.
    fn chain_id(&self) -> Result<u64, Error>;

    /// Height of the newest block, and its time in unix seconds.
    fn newest(&self) -> Result<(u64, u64), Error>;

    /// The ABI-encoded answer of a contract in the newest state.
    fn call(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error>;

    /// The same in the state after the block of a height, which a server may have forgotten.
    fn call_at(&self, height: u64, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error>;

    /// The events of contracts of these kinds, by their first topics, in the blocks of a range
    /// that includes both its ends; or those of a first part of it, where reading takes long.
    fn events(
        &self,
        contracts: &[[u8; 20]],
        kinds: &[[u8; 32]],
        blocks: (u64, u64),
    ) -> Result<Events, Error>;

    /// What a transaction called its contract with; `None` where there is no such transaction.
    fn calldata(&self, tx_hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error>;

    /// Who sends; `None` where nothing can be sent.
    fn sender(&self) -> Option<[u8; 20]>;

    /// Calls a contract in a transaction and waits until it has taken effect. Gives its hash.
    ///
    /// # Errors
    /// `Invalid` if the contract refuses, with the name of its error; `Unavailable` if it is not
    /// known what has become of it.
    fn send(&mut self, to: [u8; 20], calldata: Vec<u8>) -> Result<[u8; 32], Error>;
}

/// Somebody at a devnet in the same process.
pub struct Seat<'a> {
    /// The devnet, with the contracts on it.
    pub chain: &'a mut Chain,
    /// Signs what is sent; without it nothing can be.
    pub wallet: Option<&'a Wallet>,
}

impl Wire for Seat<'_> {
    fn chain_id(&self) -> Result<u64, Error> {
        Ok(CHAIN_ID)
    }

    /// The time is the next block's, since calls are answered as if they stood in it.
    fn newest(&self) -> Result<(u64, u64), Error> {
        let devnet = &self.chain.devnet;
        Ok((devnet.height(), devnet.time_s()))
    }

    fn call(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.chain.devnet.call(to, calldata)
    }

    /// Nothing happens here between two questions.
    fn call_at(&self, _: u64, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.call(to, calldata)
    }

    fn events(
        &self,
        contracts: &[[u8; 20]],
        kinds: &[[u8; 32]],
        (first, last): (u64, u64),
    ) -> Result<Events, Error> {
        let receipts = self.chain.devnet.receipts().iter();
        let receipts = receipts.filter(|receipt| (first..=last).contains(&receipt.block));
        let events = receipts.flat_map(|receipt| {
            let event = |log: &Log| Event {
                height: receipt.block,
                log: log.clone(),
                tx_hash: receipt.tx_hash,
            };
            receipt.logs.iter().map(event)
        });
        let wanted = |log: &Log| {
            let kind = log.topics.first();
            contracts.contains(&log.address) && kind.is_some_and(|kind| kinds.contains(kind))
        };
        Ok(Events {
            found: events.filter(|event| wanted(&event.log)).collect(),
            next: last + 1,
        })
    }

    fn calldata(&self, tx_hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        let devnet = &self.chain.devnet;
        let height = devnet.transaction_of(tx_hash);
        let Some(raw) = height.and_then(|height| devnet.raw(height)) else {
            return Ok(None);
        };
        let read = TxEnvelope::decode_2718_exact(raw);
        let envelope = read.map_err(|_| Error::corrupt("a transaction does not read"))?;
        Ok(Some(envelope.input().to_vec()))
    }

    fn sender(&self) -> Option<[u8; 20]> {
        self.wallet.map(Wallet::address)
    }

    fn send(&mut self, to: [u8; 20], calldata: Vec<u8>) -> Result<[u8; 32], Error> {
        let Some(wallet) = self.wallet else {
            return Err(Error::invalid("cannot send without a key"));
        };
        let devnet = &mut self.chain.devnet;
        let raw = wallet.sign(devnet.nonce(wallet.address()), Some(to), calldata);
        let receipt = devnet.send(&raw)?;
        devnet.sync()?;
        match receipt.revert {
            Some(name) => Err(Error::reverted("cannot send", name)),
            None => Ok(receipt.tx_hash),
        }
    }
}
