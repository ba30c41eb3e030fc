//! The desk's thread: changes that wait are kept together, with one commit.

use crate::Error;
use crate::ticket::Reply;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use view::desk::{self, Change};

/// Whoever waits until changes are kept.
pub(super) type Waiter = Reply<Result<(), String>>;

/// How long changes that nobody waits for gather. Whoever hands in what a later start cannot find
/// again, but for times, must wait: a process may end within it.
const GATHER: Duration = Duration::from_millis(20);
/// So many changes gather no longer.
const TOGETHER: usize = 1_000;

/// The thread, and what is handed to it; dropped, it lets the thread end by itself.
pub(super) struct Keeper {
    tray: Arc<Tray>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    pub(super) fn start(desk: desk::Desk) -> Result<Self, Error> {
        let tray = Arc::new(Tray::default());
        let own = Arc::clone(&tray);
        let thread = crate::lead::spawn("desk", move || keep(desk, &own))?;
        let thread = Mutex::new(Some(thread));
        Ok(Self { tray, thread })
    }

    /// Hands changes in, or none; who waits is answered once they are kept, and all before them.
    pub(super) fn hand(&self, changes: Vec<Change>, waiter: Option<Waiter>) {
        self.tray.put(changes, waiter);
    }

    /// Ends the thread once all that waits is kept.
    pub(super) fn stop(&self) {
        self.tray.end();
        let thread = self.thread.lock();
        if let Some(thread) = thread.unwrap_or_else(PoisonError::into_inner).take() {
            // A thread that has panicked has kept what it had committed.
            thread.join().ok();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.tray.end();
    }
}

/// Changes that wait are committed together: one commit while the next ones gather.
fn keep(mut desk: desk::Desk, tray: &Tray) {
    let _closed = Closed(tray);
    while let Some((changes, waiters)) = tray.take() {
        let kept = desk.commit(&changes).map_err(|error| error.to_string());
        for waiter in waiters {
            waiter.send(kept.clone());
        }
    }
}

/// Sees to it that nobody waits for a thread that has panicked.
struct Closed<'a>(&'a Tray);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.end();
        drop(self.0.emptied(self.0.held()));
    }
}

/// What has come for the desk and is not taken yet.
#[derive(Default)]
struct Tray {
    held: Mutex<Held>,
    came: Condvar,
}

#[derive(Default)]
struct Held {
    changes: Vec<Change>,
    waiters: Vec<Waiter>,
    ended: bool,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.waiters.is_empty()
    }

    /// Whether what is there waits for nothing more.
    fn is_due(&self) -> bool {
        self.ended || !self.waiters.is_empty() || self.changes.len() >= TOGETHER
    }
}

impl Tray {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread is woken by what comes first and by what makes it due, not by each change
    /// between: answers come by the thousand a second. After the end the waiter is dropped, which
    /// its ticket tells.
    fn put(&self, changes: Vec<Change>, waiter: Option<Waiter>) {
        let mut held = self.held();
        if held.ended {
            return;
        }
        let (first, was_due) = (held.is_empty(), held.is_due());
        held.changes.extend(changes);
        held.waiters.extend(waiter);
        let wakes = first || !was_due && held.is_due();
        drop(held);
        if wakes {
            self.came.notify_one();
        }
    }

    /// All that has come; as long as nobody waits for any of it, also what comes soon. `None` after
    /// the end.
    fn take(&self) -> Option<(Vec<Change>, Vec<Waiter>)> {
        let nothing = |held: &mut Held| held.is_empty() && !held.ended;
        let held = self.came.wait_while(self.held(), nothing);
        let held = held.unwrap_or_else(PoisonError::into_inner);
        let gathers = |held: &mut Held| !held.is_due();
        let gathered = self.came.wait_timeout_while(held, GATHER, gathers);
        let (held, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        (!held.is_empty()).then(|| self.emptied(held))
    }

    fn emptied(&self, mut held: MutexGuard<'_, Held>) -> (Vec<Change>, Vec<Waiter>) {
        let changes = std::mem::take(&mut held.changes);
        let waiters = std::mem::take(&mut held.waiters);
        (changes, waiters)
    }

    /// Nothing more is taken in.
    fn end(&self) {
        self.held().ended = true;
        self.came.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Unanswered;
    use crate::ticket::ticket;
    use protocol::CampaignId;

    fn change(number: u32) -> Vec<Change> {
        vec![Change::EndRound(CampaignId(number))]
    }

    #[test]
    fn whoever_waits_takes_what_came_before_along() {
        let tray = Tray::default();
        let (reply, _kept) = ticket();
        tray.put(change(1), None);
        tray.put(change(2), None);
        tray.put(change(3), Some(reply));
        tray.put(change(4), None);
        let (changes, waiters) = tray.take().expect("there is some");
        let all: Vec<Change> = (1..=4).flat_map(change).collect();
        assert_eq!(changes, all, "in their order");
        assert_eq!(waiters.len(), 1);
    }

    #[test]
    fn what_nobody_waits_for_is_kept_too() {
        let tray = Tray::default();
        tray.put(change(1), None);
        let (changes, waiters) = tray.take().expect("there is some");
        assert_eq!(
            (changes, waiters.len()),
            (change(1), 0),
            "once the time is over"
        );
        tray.put(change(2), None);
        tray.end();
        let (changes, _) = tray.take().expect("there is some");
        assert_eq!(changes, change(2), "also at the end");
        assert!(tray.take().is_none());
    }

    #[test]
    fn nobody_waits_for_a_thread_that_has_gone() {
        let tray = Tray::default();
        let (before, first) = ticket();
        tray.put(change(1), Some(before));
        drop(Closed(&tray));
        let (after, second) = ticket();
        tray.put(change(2), Some(after));
        for lost in [first, second] {
            assert_eq!(lost.wait(GATHER), Some(Err(Unanswered::Lost)));
        }
    }
}
