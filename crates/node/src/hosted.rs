//! The door to a running node: orders wait in its queue, reads come from its follower.

use crate::answer::Unanswered;
use crate::door::{Door, Order};
use crate::round::Desks;
use crate::ticket::Ticket;
use crate::{Error, Host, Keyring};
use ledger::State;
use proof::Checkpoint;
use protocol::codec;
use protocol::entry::Entry;
use std::sync::{Arc, RwLockReadGuard};
use std::time::Duration;
use store::tail::Tail;
use store::{Files, Place};

/// How long a running node may take for what it was asked before that is an error.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running node as the operator's part sees it.
pub struct Hosted {
    host: Host,
    keys: Keyring,
    files: Arc<dyn Files>,
    tail: Tail,
}

impl Hosted {
    /// The door to a node whose directory this is. What lies behind the seals is read from the
    /// entry `from` on, with which the desks must agree.
    pub fn open(host: Host, place: &Place, from: u64) -> Result<Self, Error> {
        Ok(Self {
            host,
            keys: Keyring::open(&place.dir)?,
            files: place.files(),
            tail: Tail::open(place, from)?,
        })
    }

    /// The node.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl Door for Hosted {
    type Look<'a> = RwLockReadGuard<'a, State>;

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.host.state()
    }

    fn carry_out(&mut self, doing: &'static str, orders: Vec<Order>) -> Result<Vec<u64>, Error> {
        let asked: Result<Vec<_>, _> = orders
            .into_iter()
            .map(|order| self.host.operate(order))
            .collect();
        let mut entries = Vec::new();
        for ticket in asked.map_err(stopped)? {
            let rejected = |rejection| Error::Rejected { doing, rejection };
            entries.push(answered(ticket)?.map_err(rejected)?);
        }
        if let Some(last) = entries.iter().max() {
            answered(self.host.applied(*last))?;
        }
        Ok(entries)
    }

    fn publish(&mut self) -> Result<Checkpoint, Error> {
        answered(self.host.publish())?;
        Ok(self.host.public().checkpoint_unverified()?)
    }

    fn catch_up(&mut self, desks: &mut Desks) -> Result<(), Error> {
        // An answer is acknowledged once it is durable; reads see it a moment later. What a look
        // rests on must be all of them, in the state as behind the seals.
        let through = self.host.durable();
        if let Some(last) = through.checked_sub(1) {
            answered(self.host.applied(last))?;
        }
        while self.tail.next_seq() < through {
            let found = self.tail.poll_to(through)?;
            if found.is_empty() {
                return Err(Error::Corrupt(format!(
                    "the journal ends before entry {through}, which is durable"
                )));
            }
            for stored in found {
                let entry: Entry = codec::decode(&stored.entry)
                    .map_err(|_| Error::Corrupt(format!("entry {} does not decode", stored.seq)))?;
                if let Some(body) = &stored.body {
                    desks.note(stored.seq, &entry.signed.submission, body)?;
                }
            }
        }
        Ok(())
    }

    fn keys(&self) -> &Keyring {
        &self.keys
    }

    fn files(&self) -> Arc<dyn Files> {
        Arc::clone(&self.files)
    }

    fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }

    fn reach(&mut self, time_ms: u64) -> bool {
        self.host.now_ms() >= time_ms
    }
}

pub(crate) fn answered<T>(ticket: Ticket<T>) -> Result<T, Error> {
    match ticket.wait(PATIENCE) {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(unanswered)) => Err(stopped(unanswered)),
        None => Err(Error::Stopped("the node does not answer".to_owned())),
    }
}

pub(crate) fn stopped(unanswered: Unanswered) -> Error {
    Error::Stopped(unanswered.to_string())
}
