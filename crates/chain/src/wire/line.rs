//! Somebody at another's chain: newest events by JSON-RPC, transactions by a durable sender.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use alloy_primitives::keccak256;
use serde_json::json;

use super::{Event, Events, Wire};
use crate::endpoint::answer::{self, Included, Place};
use crate::endpoint::{At, hexed};
use crate::remote::Time;
use crate::sender::{FeeRule, Order, Standing};
use crate::{Endpoint, Error, Sender, Signer};

/// Between two looks for a transaction that was sent, in milliseconds.
const LOOK_MS: u64 = 1_000;

/// A chain behind an endpoint.
pub struct Line {
    endpoint: Endpoint,
    chain_id: u64,
    sender: Option<Sender>,
    time: Arc<dyn Time>,
    /// How long a transaction is waited for, in milliseconds. Later it goes on by itself.
    patience_ms: u64,
    /// How often each call has taken effect in this life.
    sent: BTreeMap<[u8; 32], u32>,
}

impl Line {
    /// A chain for questions only.
    pub fn open(endpoint: Endpoint, time: Arc<dyn Time>, patience_ms: u64) -> Result<Line, Error> {
        let chain_id = endpoint.chain_id()?;
        Ok(Line {
            endpoint,
            chain_id,
            sender: None,
            time,
            patience_ms,
            sent: BTreeMap::new(),
        })
    }

    /// The same with a key that sends, whose journal stands in `directory`.
    pub fn with_key(
        mut self,
        directory: &Path,
        signer: Arc<dyn Signer>,
        fee: FeeRule,
    ) -> Result<Line, Error> {
        let chain = (self.endpoint.clone(), self.chain_id);
        self.sender = Some(Sender::open(directory, chain, signer, fee)?);
        Ok(self)
    }

    /// Looks what has become of transactions, of an earlier life too, and sends again what got lost
    /// or is stuck. What keeps them from going on is given back, in sentences.
    pub fn turn(&mut self) -> Result<Vec<String>, Error> {
        let last = self.last()?;
        let Some(sender) = &mut self.sender else {
            return Ok(Vec::new());
        };
        sender.turn(last, self.time.now_ms())?;
        Ok(sender.problems().map(str::to_owned).collect())
    }

    /// The newest block that the chain calls final; its first where it calls none so.
    fn last(&self) -> Result<Place, Error> {
        let marked = self.endpoint.marked_final()?;
        let first = Place {
            height: 0,
            hash: [0; 32],
        };
        Ok(marked.map_or(first, |block| block.place))
    }
}

impl Wire for Line {
    fn chain_id(&self) -> Result<u64, Error> {
        Ok(self.chain_id)
    }

    fn newest(&self) -> Result<(u64, u64), Error> {
        let block = self.endpoint.block(At::Latest)?;
        let block = block.ok_or_else(|| Error::corrupt("the chain has no newest block"))?;
        Ok((block.place.height, block.time_s))
    }

    fn call(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.endpoint.call(to, &calldata, At::Latest)
    }

    fn call_at(&self, height: u64, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.endpoint.call(to, &calldata, At::Height(height))
    }

    fn events(
        &self,
        contracts: &[[u8; 20]],
        kinds: &[[u8; 32]],
        blocks: (u64, u64),
    ) -> Result<Events, Error> {
        let part = self.endpoint.part(blocks, contracts, &*self.time)?;
        let events = part.seen.into_iter().map(|seen| Event {
            height: seen.place.height,
            log: seen.log,
            tx_hash: seen.tx_hash,
        });
        let wanted = |event: &Event| {
            let kind = event.log.topics.first();
            kind.is_some_and(|kind| kinds.contains(kind))
        };
        Ok(Events {
            found: events.filter(wanted).collect(),
            next: part.next,
        })
    }

    fn calldata(&self, tx_hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        let asked = json!([hexed(&tx_hash)]);
        let answer = self.endpoint.read("eth_getTransactionByHash", asked)?;
        if answer.is_null() {
            return Ok(None);
        }
        let input = answer::bytes(&answer["input"]);
        let input = input.ok_or_else(|| Error::corrupt("a transaction has no input"))?;
        Ok(Some(input))
    }

    fn sender(&self) -> Option<[u8; 20]> {
        self.sender.as_ref().map(Sender::address)
    }

    fn send(&mut self, to: [u8; 20], calldata: Vec<u8>) -> Result<[u8; 32], Error> {
        let last = self.last()?;
        let Some(sender) = &mut self.sender else {
            return Err(Error::invalid("cannot send without a key"));
        };
        let call = keccak256([&to[..], &calldata].concat()).0;
        let before = self.sent.get(&call).copied().unwrap_or(0);
        let label = format!("{} {before}", hexed(&call));
        let began_ms = self.time.now_ms();
        let order = Order {
            label: label.clone(),
            to: Some(to),
            calldata,
        };
        sender.send(order, began_ms)?;
        loop {
            let now_ms = self.time.now_ms();
            sender.turn(last, now_ms)?;
            let mined = match sender.standing(&label) {
                Some(Standing::Mined(included)) => Some(included.clone()),
                Some(Standing::Waiting) => None,
                None => Some(sender.outcome(&label).cloned().ok_or_else(|| {
                    Error::invalid("the transaction came to nothing, see the sender's journal")
                })?),
            };
            if let Some(included) = mined {
                self.sent.insert(call, before + 1);
                return took_effect(&included);
            }
            if now_ms.saturating_sub(began_ms) >= self.patience_ms {
                return Err(Error::busy(
                    "the transaction is in no block yet; it goes on",
                ));
            }
            self.time.pause(LOOK_MS);
        }
    }
}

fn took_effect(included: &Included) -> Result<[u8; 32], Error> {
    match included.success {
        true => Ok(included.tx_hash),
        false => {
            let hash = hexed(&included.tx_hash);
            Err(Error::invalid(format!(
                "transaction `{hash}` was included and reverted"
            )))
        }
    }
}
