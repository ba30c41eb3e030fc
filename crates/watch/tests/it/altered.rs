//! A chain that shows other events or calls than it has, or few blocks of events at a time.

use chain::Error;
use chain::devnet::Log;
use chain::wire::{Event, Events, Seat, Wire};
use proof::hash::keccak256;

pub struct Altered<'a> {
    pub seat: Seat<'a>,
    /// Events that nobody has left, in the order of their blocks.
    pub more: Vec<Event>,
    /// Leaves out the events of this kind.
    pub lacks: Option<[u8; 32]>,
    /// Most blocks that are shown at a time.
    pub most: u64,
    /// Shows another signature than the operator's in what a post was called with.
    pub hides_signatures: bool,
    /// What happens elsewhere just before the newest block is asked for.
    pub meanwhile: Box<dyn Fn() + 'a>,
}

impl<'a> Altered<'a> {
    /// A chain that shows all it has, and these.
    pub fn with(seat: Seat<'a>, more: Vec<Event>) -> Self {
        Self {
            seat,
            more,
            lacks: None,
            most: u64::MAX,
            hides_signatures: false,
            meanwhile: Box::new(|| ()),
        }
    }
}

/// First topic of the events with this signature.
pub fn kind(signature: &str) -> [u8; 32] {
    keccak256(&[signature.as_bytes()])
}

pub fn word(number: u128) -> [u8; 32] {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&number.to_be_bytes());
    word
}

/// An event in block 1, with these parameters of which all but the last are indexed.
pub fn event(contract: [u8; 20], signature: &str, indexed: &[[u8; 32]], last: u128) -> Event {
    let topics = [&[kind(signature)][..], indexed].concat();
    Event {
        height: 1,
        log: Log {
            address: contract,
            topics,
            payload: word(last).to_vec(),
        },
        tx_hash: [0; 32],
    }
}

impl Wire for Altered<'_> {
    fn chain_id(&self) -> Result<u64, Error> {
        self.seat.chain_id()
    }

    fn newest(&self) -> Result<(u64, u64), Error> {
        (self.meanwhile)();
        self.seat.newest()
    }

    fn call(&self, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.seat.call(to, calldata)
    }

    fn call_at(&self, height: u64, to: [u8; 20], calldata: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.seat.call_at(height, to, calldata)
    }

    fn events(
        &self,
        contracts: &[[u8; 20]],
        kinds: &[[u8; 32]],
        (first, last): (u64, u64),
    ) -> Result<Events, Error> {
        let last = last.min(first.saturating_add(self.most - 1));
        let mut events = self.seat.events(contracts, kinds, (first, last))?;
        let shown = |event: &&Event| (first..=last).contains(&event.height);
        events.found.extend(self.more.iter().filter(shown).cloned());
        let lacks = self.lacks.as_ref();
        let left_out = |event: &Event| event.log.topics.first() == lacks;
        events.found.retain(|event| !left_out(event));
        Ok(events)
    }

    fn calldata(&self, tx_hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        let mut calldata = self.seat.calldata(tx_hash)?;
        // It stands last, 65 bytes in three words.
        let signature = calldata.as_mut().and_then(|it| it.last_chunk_mut::<96>());
        if let Some(signature) = signature.filter(|_| self.hides_signatures) {
            signature[7] ^= 1;
        }
        Ok(calldata)
    }

    fn sender(&self) -> Option<[u8; 20]> {
        self.seat.sender()
    }

    fn send(&mut self, to: [u8; 20], calldata: Vec<u8>) -> Result<[u8; 32], Error> {
        self.seat.send(to, calldata)
    }
}
