//! A running node: threads around one log, and the handle through which everybody else reaches it.

use crate::answer::{Accepted, Answer, Refused, Unanswered};
use crate::clock::Clock;
use crate::door::Order;
use crate::follower::Follower;
use crate::health::{Health, Role};
use crate::keyring::Duty;
use crate::lead::{Lead, spawn};
use crate::queue::Job;
pub use crate::queue::{Checked, Operated};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::standby::Standby;
use crate::ticket::{Ticket, ticket};
use crate::timing::Timed;
use crate::witness::{Circle, Witness};
use crate::{Error, Log};
use ledger::State;
use ledger::told::Told;
use proof::note::{Signer, VerifierKey};
use proof::promise::{Promise, Refusal};
use proof::receipt::Receipt;
use protocol::operation::{EraseReason, Erasure};
use sequencer::Offer;
use std::sync::{Arc, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use store::{Place, PublicLog};

/// What a host needs besides a log.
pub struct Parts {
    /// How it behaves.
    pub settings: Settings,
    /// Gives entries their time.
    pub clock: Arc<dyn Clock>,
    /// Who cosigns checkpoints.
    pub witnesses: Vec<Arc<dyn Witness>>,
}

/// A handle on a running node, for any thread.
#[derive(Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
}

/// A running node; [`Running::wait`] ends with it.
pub struct Running {
    /// The handle to share.
    pub host: Host,
    main: JoinHandle<Result<(), Error>>,
}

/// Why there is no receipt.
#[derive(Debug)]
pub enum NoReceipt {
    /// The entry is durable, but no checkpoint covers it yet; ask again after the merge delay.
    NotPublished {
        /// Entries under the newest checkpoint.
        published: u64,
    },
    /// The log has no such entry.
    NoEntry {
        /// Entries that are durable.
        durable: u64,
    },
    /// The public log could not be read.
    Store(store::Error),
}

impl Host {
    /// Starts the threads of a writer. The log must have its first entry. Before anything is signed
    /// the witnesses are asked whether they know a newer log, and the start is refused if so.
    pub fn start(log: Log, parts: Parts) -> Result<Running, Error> {
        let Parts {
            settings,
            clock,
            witnesses,
        } = parts;
        let files = log.store().files();
        let (public, state) = (log.store().public(), log.state().clone());
        let place = log.store().place().clone();
        let shared = Arc::new(Shared::new(settings, clock, public, state, None));
        let lead = Lead::new(log, Circle::new(witnesses), &shared)?;
        let mut follower = Follower::new(Arc::clone(&shared), files);
        follower.keep_view(&place)?;
        // A handle that is given out takes submissions.
        shared.queue.open();
        shared.take_role(Role::Writer);
        let main = spawn("follower", move || {
            let ended = lead.run(&mut follower);
            follower.end_view();
            ended
        })?;
        let host = Self { shared };
        Ok(Running { host, main })
    }

    /// Follows a log that another node writes. A [`Role::Reader`] only reads; a [`Role::Standby`]
    /// takes over when the writer falls silent, for which it needs the bucket and the node's keys.
    pub fn follow(place: &Place, role: Role, parts: Parts) -> Result<Running, Error> {
        let standby = Standby::open(place, role, parts)?;
        let shared = standby.shared();
        let main = spawn("follower", move || standby.run())?;
        let host = Self { shared };
        Ok(Running { host, main })
    }

    /// Checks signatures on this thread and queues the submissions; the ticket's answers come in
    /// their order, once all that they rest on is durable. Nothing was taken after an error.
    pub fn submit(&self, offers: Vec<Offer>) -> Result<Ticket<Vec<Answer>>, Unanswered> {
        self.submit_checked(offers.into_iter().map(Checked::of).collect())
    }

    /// The same for submissions whose signatures were checked on other threads.
    pub fn submit_checked(&self, offers: Vec<Checked>) -> Result<Ticket<Vec<Answer>>, Unanswered> {
        let lag = self.durable().saturating_sub(self.applied_through());
        if lag > self.shared.settings.lag_limit {
            let waiting = usize::try_from(lag).unwrap_or(usize::MAX);
            return Err(Unanswered::Busy { waiting });
        }
        let (reply, answers) = ticket();
        let arrived_ms = self.shared.clock.now_ms();
        self.shared.queue.submit(offers, arrived_ms, reply)?;
        Ok(answers)
    }

    /// The log's signed word that an accepted submission is in the log at its index and will be
    /// under a public checkpoint in time.
    pub fn promise(&self, accepted: &Accepted) -> String {
        let signer = self.signer();
        let signer = signer.expect("whoever has accepted something is a writer and has a key");
        let promise = Promise {
            origin: signer.verifier().name().to_owned(),
            submission: accepted.submission.0,
            index: accepted.index,
            arrived_ms: accepted.arrived_ms,
            merged_by_ms: accepted.merged_by_ms,
        };
        let signed = promise.sign(&signer);
        signed.expect("a promise is made of plain lines under the log's own name")
    }

    /// The log's signed word that it refused a submission, why, and against which log.
    pub fn refusal(&self, refused: &Refused) -> String {
        let refusal = Refusal {
            origin: self.origin(),
            submission: refused.submission.0,
            code: refused.rejection.code().to_owned(),
            size: refused.size,
            time_ms: refused.time_ms,
        };
        let signed = self.signer().map(|signer| refusal.sign(&signer));
        let signed = signed.expect("whoever has refused something is a writer and has a key");
        signed.expect("a refusal is made of plain lines under the log's own name")
    }

    /// Entries that are durable.
    pub fn durable(&self) -> u64 {
        self.shared.durable()
    }

    /// Entries under the public checkpoint.
    pub fn published(&self) -> u64 {
        self.shared.published()
    }

    /// Entries that [`Host::read`] has seen.
    pub fn applied_through(&self) -> u64 {
        self.shared.applied.through()
    }

    /// Answered with the number of entries applied, once the entry `index` is among them.
    pub fn applied(&self, index: u64) -> Ticket<u64> {
        self.shared.applied.reaches(index.saturating_add(1))
    }

    /// Entries that the view has seen; 0 where the settings name none.
    pub fn viewed_through(&self) -> u64 {
        self.shared.viewed.through()
    }

    /// Answered with the number of entries in the view, once the entry `index` is among them.
    pub fn viewed(&self, index: u64) -> Ticket<u64> {
        self.shared.viewed.reaches(index.saturating_add(1))
    }

    /// Waits until reads have seen the entry `index`; false if that took too long.
    pub fn wait_for(&self, index: u64, at_most: Duration) -> bool {
        matches!(self.applied(index).wait(at_most), Some(Ok(_)))
    }

    /// Publishes now instead of at the end of the period; answered with the size of the checkpoint.
    /// Other nodes than the writer answer at once.
    pub fn publish(&self) -> Ticket<u64> {
        if self.shared.role() == Role::Writer {
            return self.shared.bell.ask();
        }
        let (reply, published) = ticket();
        reply.send(self.published());
        published
    }

    /// Signs a command with the operator's key and decides it in turn.
    pub fn operate(&self, order: impl Into<Order>) -> Result<Ticket<Operated>, Unanswered> {
        let (reply, operated) = ticket();
        self.shared.queue.ask(Job::Operate {
            doing: "operate",
            order: Box::new(order.into()),
            reply: Some(reply),
        })?;
        Ok(operated)
    }

    /// Puts a fresh key in the place of the log's or the operator's. After [`Unanswered::Lost`] ask
    /// again: a key that was prepared is used again.
    pub fn rotate(&self, duty: Duty) -> Result<Ticket<Operated>, Unanswered> {
        let (reply, operated) = ticket();
        self.shared.queue.ask(Job::Rotate(duty, reply))?;
        Ok(operated)
    }

    /// Logs a tombstone, then deletes what it names for good; answered when it is gone.
    pub fn erase(
        &self,
        what: Erasure,
        reason: EraseReason,
    ) -> Result<Ticket<Operated>, Unanswered> {
        let (reply, operated) = ticket();
        self.shared.queue.ask(Job::Erase(what, reason, reply))?;
        Ok(operated)
    }

    /// Looks at the durable state. Keep it short: new entries wait meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.shared.read(look)
    }

    /// The same for as long as the guard lives.
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.state()
    }

    /// Milliseconds since 1970 by the node's clock.
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// The receipt of an entry under the published checkpoint.
    pub fn receipt(&self, index: u64) -> Result<Receipt, NoReceipt> {
        let (durable, published) = (self.durable(), self.published());
        if index >= durable {
            return Err(NoReceipt::NoEntry { durable });
        }
        if index >= published {
            return Err(NoReceipt::NotPublished { published });
        }
        self.shared.public.receipt(index).map_err(NoReceipt::Store)
    }

    /// The public files.
    pub fn public(&self) -> &PublicLog {
        &self.shared.public
    }

    /// The log's name in checkpoints.
    pub fn origin(&self) -> String {
        self.log_key().name().to_owned()
    }

    /// What outsiders check the newest checkpoints with.
    pub fn log_key(&self) -> VerifierKey {
        let named = |state: &State| state.log_keys.last()?.key.parse().ok();
        match self.signer() {
            Some(signer) => signer.verifier().clone(),
            None => self
                .read(named)
                .expect("a log with its first entry names its key"),
        }
    }

    /// How long the journal has taken to append and sync batches of entries.
    pub fn commits(&self) -> Timed {
        self.shared.commits.read()
    }

    /// How it was told to behave.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// How the node is doing.
    pub fn health(&self) -> Health {
        self.shared.health()
    }

    /// Waits until the node is in a role; false if it is not in time.
    pub fn wait_role(&self, role: Role, at_most: Duration) -> bool {
        self.shared.wait_role(role, at_most)
    }

    /// Takes nothing more, answers what waits, publishes, saves a snapshot and ends. Returns at
    /// once; [`Running::wait`] returns when it is done.
    pub fn stop(&self) {
        self.shared.stop();
    }

    fn signer(&self) -> Option<Signer> {
        self.shared.signer()
    }
}

impl Running {
    /// Returns when the node has ended: after [`Host::stop`], or with the error that stopped it.
    /// After an error the process must end too; the next start recovers every acknowledged entry.
    pub fn wait(self) -> Result<(), Error> {
        let panicked = |_| Error::Corrupt("a thread of the node has panicked".to_owned());
        self.main.join().map_err(panicked)?
    }
}

/// Reports of other parts of the node reach its health page through this.
impl Host {
    /// Notes a problem of a part of the node, or that it is over.
    pub fn report(&self, part: &'static str, problem: Option<String>) {
        self.shared.report(part, problem);
    }

    /// The same for a problem that pages have words for.
    pub(crate) fn tell(&self, part: &'static str, problem: Option<Told>) {
        self.shared.tell(part, problem);
    }

    /// Sleeps until the time is over or the node stops; true if it stops.
    pub fn pause(&self, milliseconds: u64) -> bool {
        self.shared
            .pause(std::time::Duration::from_millis(milliseconds))
    }
}
