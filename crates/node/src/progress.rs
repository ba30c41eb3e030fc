//! How far reads have come, and the bell that wakes the publisher.

use crate::ticket::{Reply, Ticket, ticket};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many entries reads have seen, and who waits for more.
pub(crate) struct Applied {
    held: Mutex<Waiting>,
}

struct Waiting {
    through: u64,
    /// True once nothing more will come.
    ended: bool,
    /// By the number of entries they wait for.
    waiters: BTreeMap<u64, Vec<Reply<u64>>>,
}

impl Applied {
    pub(crate) fn new(through: u64) -> Self {
        let held = Mutex::new(Waiting {
            through,
            ended: false,
            waiters: BTreeMap::new(),
        });
        Self { held }
    }

    fn held(&self) -> MutexGuard<'_, Waiting> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn through(&self) -> u64 {
        self.held().through
    }

    pub(crate) fn advance(&self, through: u64) {
        let mut held = self.held();
        held.through = held.through.max(through);
        let first_later = held.through + 1;
        let later = held.waiters.split_off(&first_later);
        let ready = std::mem::replace(&mut held.waiters, later);
        drop(held);
        for reply in ready.into_values().flatten() {
            reply.send(through);
        }
    }

    /// Nothing more will come: whoever waits learns that.
    pub(crate) fn end(&self) {
        let mut held = self.held();
        held.ended = true;
        let waiters = std::mem::take(&mut held.waiters);
        drop(held);
        drop(waiters);
    }

    /// Answered with the number of entries applied once it is at least `size`.
    pub(crate) fn reaches(&self, size: u64) -> Ticket<u64> {
        let (reply, ticket) = ticket();
        let mut held = self.held();
        if held.through >= size {
            let through = held.through;
            drop(held);
            reply.send(through);
        } else if !held.ended {
            held.waiters.entry(size).or_default().push(reply);
        }
        ticket
    }
}

/// Wakes the publisher: something is durable, somebody asks, or it is over.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    held: Mutex<Rung>,
    rung: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct Rung {
    pub(crate) durable: bool,
    pub(crate) asked: Vec<Reply<u64>>,
    pub(crate) stop: bool,
}

impl Bell {
    fn ring(&self, change: impl FnOnce(&mut Rung)) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut held);
        drop(held);
        self.rung.notify_all();
    }

    /// Comes with every batch; a publisher who knows of it waits for its time alone.
    pub(crate) fn durable(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let known = std::mem::replace(&mut held.durable, true);
        drop(held);
        if !known {
            self.rung.notify_all();
        }
    }

    pub(crate) fn ask(&self) -> Ticket<u64> {
        let (reply, ticket) = ticket();
        self.ring(|rung| rung.asked.push(reply));
        ticket
    }

    pub(crate) fn stop(&self) {
        self.ring(|rung| rung.stop = true);
    }

    /// Waits until there is a reason to publish: one that cannot wait, or durable entries after
    /// `earliest` (`None`: never by itself).
    pub(crate) fn wait(&self, earliest: Option<Instant>) -> Rung {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = earliest.map(|at| at.saturating_duration_since(Instant::now()));
            let due = held.durable && left == Some(Duration::ZERO);
            if due || held.stop || !held.asked.is_empty() {
                let stop = held.stop;
                let rung = std::mem::take(&mut *held);
                held.stop = stop;
                return rung;
            }
            held = match left.filter(|_| held.durable) {
                Some(left) => {
                    let waited = self.rung.wait_timeout(held, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.rung.wait(held).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
