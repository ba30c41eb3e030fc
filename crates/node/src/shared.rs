//! What the threads of a node have in common: how far each has come, and what to report.

use crate::Error;
use crate::answer::Unanswered;
use crate::bulletin::Board;
use crate::clock::{Clock, WitnessTime};
use crate::health::{Health, Ill, Role, WitnessHealth};
use crate::progress::{Applied, Bell};
use crate::queue::Queue;
use crate::settings::Settings;
use crate::timing::Timing;
use ledger::State;
use ledger::told::Told;
use proof::note::Signer;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;
use store::PublicLog;

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) witness_time: WitnessTime,
    pub(crate) public: PublicLog,
    pub(crate) queue: Queue,
    pub(crate) applied: Applied,
    /// How far the view has come.
    pub(crate) viewed: Applied,
    pub(crate) bell: Bell,
    /// How long the journal takes for a batch.
    pub(crate) commits: Timing,
    /// What the newest entries were.
    pub(crate) board: Board,
    /// Erasures that are in the log and not yet done.
    pub(crate) erasing: AtomicUsize,
    /// The follower's: durable entries only.
    state: RwLock<State>,
    /// The log's current key; `None` where its secret is not.
    signer: RwLock<Option<Signer>>,
    durable: AtomicU64,
    published: AtomicU64,
    status: Mutex<Status>,
    changed: Condvar,
}

struct Status {
    role: Role,
    stopping: bool,
    failure: Option<String>,
    writer: Option<String>,
    witnesses: Vec<WitnessHealth>,
    /// By the part of the node that has it.
    problems: BTreeMap<&'static str, Told>,
}

impl Shared {
    /// A reader of what a state and the public files say; it takes no submissions.
    pub(crate) fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        public: PublicLog,
        state: State,
        signer: Option<Signer>,
    ) -> Self {
        let size = state.size;
        let status = Status {
            role: Role::Reader,
            stopping: false,
            failure: None,
            writer: None,
            witnesses: Vec::new(),
            problems: BTreeMap::new(),
        };
        let closed = Some(Unanswered::NotWriter { writer: None });
        Self {
            queue: Queue::new(settings.queue_limit, closed),
            settings,
            clock,
            witness_time: WitnessTime::default(),
            public,
            applied: Applied::new(size),
            viewed: Applied::new(0),
            bell: Bell::default(),
            commits: Timing::default(),
            board: Board::default(),
            erasing: AtomicUsize::new(0),
            state: RwLock::new(state),
            signer: RwLock::new(signer),
            durable: AtomicU64::new(size),
            published: AtomicU64::new(0),
            status: Mutex::new(status),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn made_durable(&self, size: u64) {
        self.durable.fetch_max(size, Ordering::AcqRel);
    }

    pub(crate) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    pub(crate) fn publish(&self, size: u64) {
        self.published.store(size, Ordering::Release);
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state())
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn signer(&self) -> Option<Signer> {
        let signer = self.signer.read();
        signer.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn sign_with(&self, signer: Signer) {
        let mut held = self.signer.write().unwrap_or_else(PoisonError::into_inner);
        *held = Some(signer);
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn role(&self) -> Role {
        self.status().role
    }

    /// Whether something has stopped this node for good.
    pub(crate) fn has_failed(&self) -> bool {
        self.status().failure.is_some()
    }

    pub(crate) fn take_role(&self, role: Role) {
        let mut status = self.status();
        status.role = role;
        if role == Role::Writer {
            // Whom it has followed writes no more.
            status.writer = None;
        }
        drop(status);
        self.changed.notify_all();
    }

    /// Waits for a role; false if the node is not in it in time.
    pub(crate) fn wait_role(&self, role: Role, at_most: Duration) -> bool {
        let status = self.status();
        let other = |status: &mut Status| status.role != role;
        let waited = self.changed.wait_timeout_while(status, at_most, other);
        let (status, _) = waited.unwrap_or_else(PoisonError::into_inner);
        status.role == role
    }

    /// Where the writer is, as a lease says.
    pub(crate) fn note_writer(&self, writer: Option<String>) {
        self.status().writer.clone_from(&writer);
        self.queue.close(Unanswered::NotWriter { writer });
    }

    pub(crate) fn stop(&self) {
        self.status().stopping = true;
        self.changed.notify_all();
        let why = "it is shutting down".to_owned();
        self.queue.close(Unanswered::Stopped { why });
        self.bell.stop();
    }

    /// Sleeps until the time is over or the node stops; true if it stops.
    pub(crate) fn pause(&self, at_most: Duration) -> bool {
        let status = self.status();
        let going = |status: &mut Status| !status.stopping;
        let waited = self.changed.wait_timeout_while(status, at_most, going);
        let (status, _) = waited.unwrap_or_else(PoisonError::into_inner);
        status.stopping
    }

    /// Reports a problem of a part, or that it is over.
    pub(crate) fn report(&self, part: &'static str, problem: Option<String>) {
        self.tell(part, problem.map(Told::from));
    }

    /// The same for a problem that pages have words for.
    pub(crate) fn tell(&self, part: &'static str, problem: Option<Told>) {
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
        status.stopping = true;
        let problem = status.problems.entry("writer");
        problem.or_insert_with(|| why.clone().into());
        status.failure.get_or_insert_with(|| why.clone());
        drop(status);
        self.changed.notify_all();
        self.queue.end(Unanswered::Stopped { why });
        self.bell.stop();
    }

    /// The end of the last thread: nothing comes any more.
    pub(crate) fn end(&self) -> Result<(), Error> {
        self.take_role(Role::Halted);
        self.applied.end();
        match self.status().failure.take() {
            Some(why) => Err(Error::Stopped(why)),
            None => Ok(()),
        }
    }

    pub(crate) fn note_witnesses(&self, witnesses: Vec<WitnessHealth>) {
        self.status().witnesses = witnesses;
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
            problems: status.problems.values().map(Told::to_string).collect(),
            ills: status.problems.iter().map(ill).collect(),
        }
    }
}

fn ill((part, told): (&&'static str, &Told)) -> Ill {
    let told = told.clone();
    Ill { part, told }
}

/// Sees to it that nobody waits for a thread that has panicked.
pub(crate) struct Alarm<'a> {
    name: &'static str,
    shared: &'a Shared,
}

impl<'a> Alarm<'a> {
    pub(crate) fn of(name: &'static str, shared: &'a Shared) -> Self {
        Self { name, shared }
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let name = self.name;
            self.shared
                .fail(format!("the {name}'s thread has panicked"));
        }
    }
}
