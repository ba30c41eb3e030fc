//! Between deciding and the disk: what is decided gathers here while the batch before it is synced.

use crate::Error;
use crate::answer::Answer;
use crate::log::{BATCH_BYTES, BATCH_RECORDS};
use crate::queue::Operated;
use crate::shared::Shared;
use crate::ticket::Reply;
use proof::merkle::Head;
use protocol::operation::Erasure;
use sequencer::Batch;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use store::Publication;

/// What is decided: records, and who is answered once they are durable.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) batch: Batch,
    pub(crate) answers: Vec<(Reply<Vec<Answer>>, Vec<Answer>)>,
    pub(crate) operated: Vec<(Reply<Operated>, Operated)>,
    /// What is deleted after its tombstone, which stands at this index, is durable.
    pub(crate) erasures: Vec<(Erasure, u64, Reply<Operated>)>,
    pub(crate) publications: Vec<Reply<Result<Publication, Error>>>,
    pub(crate) published: Option<Head>,
    pub(crate) attests: Vec<Reply<Result<(), Error>>>,
}

impl Turn {
    /// Adds what was decided next.
    fn add(&mut self, next: Self) {
        if self.batch.records.is_empty() {
            self.batch.records = next.batch.records;
        } else {
            self.batch.records.extend(next.batch.records);
        }
        self.batch.end = next.batch.end;
        self.answers.extend(next.answers);
        self.operated.extend(next.operated);
        self.erasures.extend(next.erasures);
        self.publications.extend(next.publications);
        self.published = next.published.or(self.published);
        self.attests.extend(next.attests);
    }

    fn bytes(&self) -> usize {
        let records = self.batch.records.iter();
        records.map(|it| it.entry.len() + it.body.len()).sum()
    }
}

/// One thread gives turns, one takes all that has gathered: with one caller that is one entry, under
/// load as many as come while the disk is busy.
#[derive(Default)]
pub(crate) struct Handover {
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    turn: Option<Turn>,
    /// Bytes of entries and bodies in the turn.
    bytes: usize,
    /// True once nothing more is given, or taken.
    ended: bool,
    /// Whether one side waits, never both; to wake nobody is a call of the system.
    awaited: bool,
}

impl Held {
    fn is_full(&self) -> bool {
        let records = self
            .turn
            .as_ref()
            .map_or(0, |turn| turn.batch.records.len());
        records >= BATCH_RECORDS || self.bytes >= BATCH_BYTES
    }
}

impl Handover {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the other side while `wanting` says so.
    fn wait(&self, wanting: impl Fn(&Held) -> bool) -> MutexGuard<'_, Held> {
        let mut held = self.held();
        while wanting(&held) && !held.ended {
            held.awaited = true;
            let waited = self.changed.wait(held);
            held = waited.unwrap_or_else(PoisonError::into_inner);
        }
        held
    }

    fn wake(&self, mut held: MutexGuard<'_, Held>) {
        let awaited = std::mem::take(&mut held.awaited);
        drop(held);
        if awaited {
            self.changed.notify_one();
        }
    }

    /// Gives a turn, and waits while a whole batch has gathered: more would only take memory. False
    /// if nobody takes it any more; it is dropped unanswered then.
    pub(crate) fn give(&self, turn: Turn) -> bool {
        let mut held = self.wait(Held::is_full);
        if held.ended {
            return false;
        }
        held.bytes += turn.bytes();
        match &mut held.turn {
            Some(gathered) => gathered.add(turn),
            None => held.turn = Some(turn),
        }
        self.wake(held);
        true
    }

    /// Waits for what has gathered; `None` once nothing more comes.
    pub(crate) fn take(&self) -> Option<Turn> {
        let mut held = self.wait(|held| held.turn.is_none());
        held.bytes = 0;
        let turn = held.turn.take();
        self.wake(held);
        turn
    }

    /// Nothing more is given; what has gathered is still taken.
    pub(crate) fn end(&self) {
        let mut held = self.held();
        held.ended = true;
        self.wake(held);
    }

    /// Nothing more is taken: what has gathered is dropped unanswered.
    pub(crate) fn close(&self) {
        let mut held = self.held();
        held.ended = true;
        let dropped = held.turn.take();
        self.wake(held);
        drop(dropped);
    }
}

/// Sees to it that no thread waits for one that has ended, or panicked.
pub(crate) struct Alarm<'a> {
    name: &'static str,
    shared: &'a Shared,
    handover: &'a Handover,
    end: fn(&Handover),
}

impl<'a> Alarm<'a> {
    /// For the thread of this name, whose end means this to the other side.
    pub(crate) fn of(
        name: &'static str,
        shared: &'a Shared,
        handover: &'a Handover,
        end: fn(&Handover),
    ) -> Self {
        Self {
            name,
            shared,
            handover,
            end,
        }
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let name = self.name;
            self.shared
                .fail(format!("the {name}'s thread has panicked"));
        }
        (self.end)(self.handover);
    }
}
