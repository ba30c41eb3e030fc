//! What the threads of a node have in common: how far each has come, and what to report.

use crate::answer::Unanswered;
use crate::clock::Clock;
use crate::health::{Health, Role, WitnessHealth};
use crate::queue::Queue;
use crate::settings::Settings;
use crate::ticket::{Reply, Ticket, ticket};
use ledger::State;
use proof::note::Signer;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use store::PublicLog;

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signer: Signer,
    pub(crate) public: PublicLog,
    pub(crate) queue: Queue,
    /// The follower's: durable entries only.
    pub(crate) state: RwLock<State>,
    pub(crate) durable: AtomicU64,
    pub(crate) published: AtomicU64,
    pub(crate) applied: Applied,
    pub(crate) bell: Bell,
    status: Mutex<Status>,
}

struct Status {
    role: Role,
    writer: Option<String>,
    witnesses: Vec<WitnessHealth>,
    /// By the part of the node that has it.
    problems: BTreeMap<&'static str, String>,
}

impl Shared {
    pub(crate) fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        signer: Signer,
        public: PublicLog,
        state: State,
    ) -> Self {
        let size = state.size;
        let status = Status {
            role: Role::Reader,
            writer: None,
            witnesses: Vec::new(),
            problems: BTreeMap::new(),
        };
        let closed = Some(Unanswered::NotWriter { writer: None });
        Self {
            queue: Queue::new(settings.queue_limit, closed),
            settings,
            clock,
            signer,
            public,
            state: RwLock::new(state),
            durable: AtomicU64::new(size),
            published: AtomicU64::new(0),
            applied: Applied::new(size),
            bell: Bell::default(),
            status: Mutex::new(status),
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take_role(&self, role: Role) {
        self.status().role = role;
    }

    /// Reports a problem of a part, or that it is over.
    pub(crate) fn report(&self, part: &'static str, problem: Option<String>) {
        let problems = &mut self.status().problems;
        match problem {
            Some(problem) => problems.insert(part, problem),
            None => problems.remove(part),
        };
    }

    /// Stops taking and signing for good. Whoever waits for an answer learns that there is none.
    pub(crate) fn fail(&self, why: String) {
        let mut status = self.status();
        status.role = Role::Halted;
        status.problems.insert("writer", why.clone());
        drop(status);
        self.queue.end(Unanswered::Stopped { why });
        self.bell.stop();
    }

    pub(crate) fn note_witness(&self, at: usize, health: WitnessHealth) {
        let witnesses = &mut self.status().witnesses;
        if witnesses.len() <= at {
            witnesses.resize_with(at + 1, WitnessHealth::default);
        }
        witnesses[at] = health;
    }

    pub(crate) fn health(&self) -> Health {
        let status = self.status();
        Health {
            role: status.role,
            durable: self.durable(),
            published: self.published(),
            applied_through: self.applied.through(),
            waiting: self.queue.waiting(),
            writer: status.writer.clone(),
            witnesses: status.witnesses.clone(),
            problems: status.problems.values().cloned().collect(),
        }
    }
}

/// How many entries reads have seen, and who waits for more.
pub(crate) struct Applied {
    held: Mutex<Waiting>,
}

struct Waiting {
    through: u64,
    /// By the number of entries they wait for.
    waiters: BTreeMap<u64, Vec<Reply<u64>>>,
}

impl Applied {
    fn new(through: u64) -> Self {
        let held = Mutex::new(Waiting {
            through,
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

    /// Answered with the number of entries applied once it is at least `size`.
    pub(crate) fn reaches(&self, size: u64) -> Ticket<u64> {
        let (reply, ticket) = ticket();
        let mut held = self.held();
        if held.through >= size {
            let through = held.through;
            drop(held);
            reply.send(through);
        } else {
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

    pub(crate) fn durable(&self) {
        self.ring(|rung| rung.durable = true);
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
