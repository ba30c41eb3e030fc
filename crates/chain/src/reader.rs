//! A copy of the devnet that answers questions in a thread of its own.
//!
//! No question, however long, keeps the chain waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::transactions::Record;
use crate::{Devnet, Error};

/// Most questions that wait at a time; one beyond them is told to come again.
const MOST_WAITING: usize = 64;
/// How long an answer may take before its asker gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the copy; clones ask the same one. The thread ends with the last of them and the chain.
#[derive(Clone, Debug)]
pub struct Reader {
    tasks: Sender<Task>,
    waiting: Arc<AtomicUsize>,
}

type Question = Box<dyn FnOnce(&Devnet) + Send>;

/// What the copy has to do, in order.
pub(crate) enum Task {
    /// The chain has included this.
    Include(Record),
    /// The time of the chain's next block, in unix seconds.
    Time(u64),
    /// Somebody asks.
    Answer(Question),
}

impl Reader {
    /// Begins with a chain as it is; what it does from now on is told through the sender.
    pub(crate) fn start(replica: Devnet) -> (Self, Sender<Task>) {
        let (tasks, todo) = channel();
        std::thread::spawn(move || follow(replica, &todo));
        let feed = tasks.clone();
        let waiting = Arc::default();
        (Self { tasks, waiting }, feed)
    }

    /// Asks, and waits on this thread for the answer. All that the chain had included by now has
    /// happened for it.
    ///
    /// # Errors
    /// `Unavailable` where 64 questions wait already, or no answer comes within 10 s.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Devnet) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = Place::take(&self.waiting).ok_or_else(|| busy("too many questions wait"))?;
        let (reply, answer) = channel();
        let asked = self.tasks.send(Task::Answer(Box::new(move |devnet| {
            // Nobody listens any more where the asker gave up.
            reply.send(question(devnet)).ok();
            drop(place);
        })));
        asked.map_err(|_| busy("its reader has ended"))?;
        let answered = answer.recv_timeout(PATIENCE);
        answered.map_err(|_| busy("no answer has come"))
    }
}

/// A place among those that wait, given back when the question is over.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let free = |taken| (taken < MOST_WAITING).then_some(taken + 1);
        let taken = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free);
        taken.ok().map(|_| Self(Arc::clone(waiting)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn follow(mut replica: Devnet, todo: &Receiver<Task>) {
    while let Ok(task) = todo.recv() {
        match task {
            Task::Include(record) => {
                if replica.repeat(&record).is_err() {
                    // It no longer shows the chain: no answer is better than a wrong one.
                    return;
                }
            }
            Task::Time(time_s) => replica.follow_time(time_s),
            // One that panics gets no answer; it must not take those of all others with it.
            Task::Answer(question) => {
                catch_unwind(AssertUnwindSafe(|| question(&replica))).ok();
            }
        }
    }
}

fn busy(why: &str) -> Error {
    Error::busy(format!("cannot ask the chain: {why}; try again later"))
}
