//! What waits for the writer: a queue with a limit that several threads fill and one empties.

use crate::Error;
use crate::answer::{Answer, Unanswered};
use crate::door::Order;
use crate::keyring::Duty;
use crate::signing::Signing;
use crate::ticket::Reply;
use proof::merkle::Head;
use protocol::entry::Signed;
use protocol::operation::{EraseReason, Erasure};
use protocol::{Hash, Rejection};
use sequencer::{Offer, Verified};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use store::Publication;

/// Something for the writer to do.
pub(crate) enum Job {
    /// Decide submissions and answer when all is durable.
    Decide {
        offers: Vec<Checked>,
        arrived_ms: u64,
        reply: Reply<Vec<Answer>>,
    },
    /// Sign an order with the operator's key and decide it.
    Operate {
        doing: &'static str,
        order: Box<Order>,
        reply: Option<Reply<Operated>>,
    },
    /// Put a key in another's place.
    Rotate(Duty, Reply<Operated>),
    /// Log a tombstone, then delete what it names.
    Erase(Erasure, EraseReason, Reply<Operated>),
    /// What stands under a checkpoint over everything durable, all that was queued before included.
    Publication(Reply<Result<Publication, Error>>),
    /// Who signs a checkpoint of so many durable entries.
    Signing(u64, Reply<Result<Signing, Error>>),
    /// A checkpoint over this head is in place.
    Published(Head),
    /// Look whether this is still the writer, and answer if so.
    Attest(Reply<Result<(), Error>>),
    /// Nothing comes after this.
    End,
}

/// What became of a command of the operator: the index of its entry, or the rule that forbids it.
pub type Operated = Result<u64, Rejection>;

/// A submission whose signature was looked at before it queued.
#[derive(Clone, Debug)]
pub struct Checked {
    /// How promises and refusals name it ([`proof::promise::submission`]).
    pub submission: Hash,
    /// The offer, or why it is refused without looking at the state.
    pub offer: Result<Verified, Rejection>,
}

impl Checked {
    /// Checks the signature of an offer, on the caller's thread.
    pub fn of(offer: Offer) -> Self {
        let Signed {
            submission,
            signature,
        } = &offer.signed;
        let submission = proof::promise::submission(&submission.signing_bytes(), &signature.0);
        Self {
            submission: Hash(submission),
            offer: Verified::check(offer),
        }
    }
}

pub(crate) struct Queue {
    limit: usize,
    held: Mutex<Held>,
    filled: Condvar,
}

struct Held {
    jobs: VecDeque<Job>,
    /// Submissions among the jobs, and those that are decided and gather for a sync.
    waiting: usize,
    /// Why nothing is taken, if nothing is.
    closed: Option<Unanswered>,
    /// True once nobody empties it.
    ended: bool,
    /// Whether who empties it waits; to wake nobody is a call of the system.
    idle: bool,
}

impl Queue {
    /// A queue for so many submissions; a closed one takes none until it is opened.
    pub(crate) fn new(limit: usize, closed: Option<Unanswered>) -> Self {
        let held = Held {
            jobs: VecDeque::new(),
            waiting: 0,
            closed,
            ended: false,
            idle: false,
        };
        Self {
            limit,
            held: Mutex::new(held),
            filled: Condvar::new(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Submissions that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.held().waiting
    }

    /// Queues submissions, unless it is closed or they do not fit any more. Into an empty queue any
    /// number fits.
    pub(crate) fn submit(
        &self,
        offers: Vec<Checked>,
        arrived_ms: u64,
        reply: Reply<Vec<Answer>>,
    ) -> Result<(), Unanswered> {
        let mut held = self.held();
        if let Some(why) = &held.closed {
            return Err(why.clone());
        }
        if held.waiting > 0 && held.waiting + offers.len() > self.limit {
            let waiting = held.waiting;
            return Err(Unanswered::Busy { waiting });
        }
        held.waiting += offers.len();
        let job = Job::Decide {
            offers,
            arrived_ms,
            reply,
        };
        self.add(held, job);
        Ok(())
    }

    /// Queues somebody's job other than submissions, unless it is closed.
    pub(crate) fn ask(&self, job: Job) -> Result<(), Unanswered> {
        let held = self.held();
        if let Some(why) = &held.closed {
            return Err(why.clone());
        }
        self.add(held, job);
        Ok(())
    }

    /// Queues a job of the node itself, which is refused only after the end: it is dropped then.
    pub(crate) fn push(&self, job: Job) {
        let held = self.held();
        if !held.ended {
            self.add(held, job);
        }
    }

    fn add(&self, mut held: MutexGuard<'_, Held>, job: Job) {
        held.jobs.push_back(job);
        let wakes = std::mem::take(&mut held.idle);
        drop(held);
        if wakes {
            self.filled.notify_one();
        }
    }

    /// Waits for jobs and takes them in order, until `most` submissions are among them. After the
    /// end there is only [`Job::End`].
    pub(crate) fn take(&self, most: usize) -> Vec<Job> {
        let mut held = self.held();
        while held.jobs.is_empty() {
            if held.ended {
                return vec![Job::End];
            }
            held.idle = true;
            let waited = self.filled.wait(held);
            held = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let mut taken = Vec::new();
        let mut count = 0;
        while count < most {
            let Some(job) = held.jobs.pop_front() else {
                break;
            };
            if let Job::Decide { offers, .. } = &job {
                count += offers.len();
            }
            taken.push(job);
        }
        taken
    }

    /// So many submissions wait no longer: their sync has begun.
    pub(crate) fn left(&self, count: usize) {
        let mut held = self.held();
        // After the end nothing waits any more.
        held.waiting = held.waiting.saturating_sub(count);
    }

    /// Takes submissions from now on, unless it has ended.
    pub(crate) fn open(&self) {
        let mut held = self.held();
        if !held.ended {
            held.closed = None;
        }
    }

    /// Takes no submissions any more; what is queued stays. An end stays an end.
    pub(crate) fn close(&self, why: Unanswered) {
        let mut held = self.held();
        if !held.ended {
            held.closed = Some(why);
        }
    }

    /// Takes nothing any more, not even from the node itself; what is queued is dropped unanswered.
    pub(crate) fn end(&self, why: Unanswered) {
        let mut held = self.held();
        if !held.ended {
            held.closed = Some(why);
            held.ended = true;
        }
        held.waiting = 0;
        let dropped = std::mem::take(&mut held.jobs);
        drop(held);
        self.filled.notify_all();
        drop(dropped);
    }
}
