//! A running node: threads around one log, and the handle through which everybody else reaches it.

use crate::answer::{Accepted, Answer, Refused, Unanswered};
use crate::clock::Clock;
use crate::follower::{self, Fed};
use crate::health::{Health, Role};
pub use crate::queue::Checked;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::ticket::{Ticket, ticket};
use crate::witness::Witness;
use crate::{Error, Log, publisher, writer};
use ledger::State;
use proof::note::VerifierKey;
use proof::promise::{Promise, Refusal};
use proof::receipt::Receipt;
use sequencer::Offer;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::PublicLog;

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
    shared: Arc<Shared>,
}

/// The threads of a running node; [`Running::wait`] ends with them.
pub struct Running {
    /// The handle to share.
    pub host: Host,
    writer: JoinHandle<Result<Log, Error>>,
    follower: JoinHandle<Result<(), Error>>,
    publisher: JoinHandle<()>,
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
    /// Starts the threads of a writer. The log must have its first entry.
    pub fn start(log: Log, parts: Parts) -> Result<Running, Error> {
        let Parts {
            settings,
            clock,
            witnesses: _,
        } = parts;
        let signer = log.keys().log_signer();
        let public = log.store().public();
        let state = log.state().clone();
        let shared = Arc::new(Shared::new(settings, clock, signer, public, state));
        shared.take_role(Role::Writer);
        if let Ok(checkpoint) = shared.public.checkpoint_unverified() {
            shared
                .published
                .store(checkpoint.head.size, Ordering::Release);
        }
        if shared.published() < shared.durable() {
            shared.bell.durable();
        }
        shared.queue.open();
        let (feed, fed) = mpsc::channel::<Fed>();
        let (documents, snapshots) = (log.documents.clone(), log.store().snapshots());
        let follower = {
            let shared = shared.clone();
            spawn("follower", move || {
                let ended = follower::run(&shared, &fed, &documents, &snapshots);
                if let Err(error) = &ended {
                    shared.report("follower", Some(error.to_string()));
                }
                ended
            })?
        };
        let writer = {
            let shared = shared.clone();
            spawn("writer", move || writer::run(log, &shared, &feed))?
        };
        let publisher = {
            let shared = shared.clone();
            spawn("publisher", move || publisher::run(&shared))?
        };
        Ok(Running {
            host: Host { shared },
            writer,
            follower,
            publisher,
        })
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
        let promise = Promise {
            origin: self.origin().to_owned(),
            submission: accepted.submission.0,
            index: accepted.index,
            arrived_ms: accepted.arrived_ms,
            merged_by_ms: accepted.merged_by_ms,
        };
        let signed = promise.sign(&self.shared.signer);
        signed.expect("a promise is made of plain lines under the log's own name")
    }

    /// The log's signed word that it refused a submission, why, and against which log.
    pub fn refusal(&self, refused: &Refused) -> String {
        let refusal = Refusal {
            origin: self.origin().to_owned(),
            submission: refused.submission.0,
            code: refused.rejection.code().to_owned(),
            size: refused.size,
            time_ms: refused.time_ms,
        };
        let signed = refusal.sign(&self.shared.signer);
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

    /// Waits until reads have seen the entry `index`; false if that took too long.
    pub fn wait_for(&self, index: u64, at_most: Duration) -> bool {
        matches!(self.applied(index).wait(at_most), Some(Ok(_)))
    }

    /// Publishes now instead of at the end of the period; answered with the size of the checkpoint.
    pub fn publish(&self) -> Ticket<u64> {
        self.shared.bell.ask()
    }

    /// Looks at the durable state. Keep it short: new entries wait meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        let state = &self.shared.state;
        look(&state.read().unwrap_or_else(PoisonError::into_inner))
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
    pub fn origin(&self) -> &str {
        self.shared.signer.verifier().name()
    }

    /// What outsiders check checkpoints with.
    pub fn log_key(&self) -> VerifierKey {
        self.shared.signer.verifier().clone()
    }

    /// How the node is doing.
    pub fn health(&self) -> Health {
        self.shared.health()
    }

    /// Takes nothing more, answers what waits, publishes, saves a snapshot and ends. Returns at
    /// once; [`Running::wait`] returns when it is done.
    pub fn stop(&self) {
        let why = "it is shutting down".to_owned();
        self.shared.queue.close(Unanswered::Stopped { why });
        self.shared.bell.stop();
    }
}

impl Running {
    /// Returns when the node has ended: after [`Host::stop`], or with the error that stopped it.
    /// After an error the process must end too; the next start recovers every acknowledged entry.
    pub fn wait(self) -> Result<(), Error> {
        let writer = self.writer.join();
        let follower = self.follower.join();
        let publisher = self.publisher.join();
        let panicked = |_| Error::Corrupt("a thread of the node has panicked".to_owned());
        writer.map_err(panicked)??;
        follower.map_err(panicked)??;
        publisher.map_err(panicked)
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    let named = thread::Builder::new().name(name.to_owned());
    named
        .spawn(work)
        .map_err(|source| Error::Corrupt(format!("cannot start the {name}'s thread: {source}")))
}
