//! An answer that comes later: a thread waits for it, a task awaits it.

use crate::answer::Unanswered;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// The receiving end. Dropping it withdraws nothing.
#[derive(Debug)]
pub struct Ticket<T> {
    slot: Arc<Slot<T>>,
}

/// The sending end. Dropped without an answer it says [`Unanswered::Lost`].
#[derive(Debug)]
pub struct Reply<T> {
    /// `None` once it has answered.
    slot: Option<Arc<Slot<T>>>,
}

#[derive(Debug)]
struct Slot<T> {
    held: Mutex<Held<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct Held<T> {
    answer: Option<Result<T, Unanswered>>,
    waker: Option<Waker>,
    /// Whether a thread waits; a task has its waker, and to wake nobody is a call of the system.
    awaited: bool,
}

/// Both ends of one answer.
pub fn ticket<T>() -> (Reply<T>, Ticket<T>) {
    let held = Mutex::new(Held {
        answer: None,
        waker: None,
        awaited: false,
    });
    let filled = Condvar::new();
    let slot = Arc::new(Slot { held, filled });
    let reply = Reply {
        slot: Some(Arc::clone(&slot)),
    };
    (reply, Ticket { slot })
}

impl<T> Slot<T> {
    fn fill(&self, answer: Result<T, Unanswered>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.answer.is_none() {
            held.answer = Some(answer);
        }
        let (waker, awaited) = (held.waker.take(), held.awaited);
        drop(held);
        if awaited {
            self.filled.notify_all();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Reply<T> {
    /// Answers; nobody needs to be listening.
    pub fn send(mut self, answer: T) {
        if let Some(slot) = self.slot.take() {
            slot.fill(Ok(answer));
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.fill(Err(Unanswered::Lost));
        }
    }
}

impl<T> Ticket<T> {
    /// Waits on this thread. `None` if nothing came in time: the answer may still come.
    pub fn wait(&self, at_most: Duration) -> Option<Result<T, Unanswered>> {
        let deadline = Instant::now().checked_add(at_most);
        let mut held = self
            .slot
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        held.awaited = true;
        loop {
            if let Some(answer) = held.answer.take() {
                return Some(answer);
            }
            // A deadline beyond the clock's range is none.
            let left = deadline.map_or(Duration::from_secs(3_600), |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return None;
            }
            let waited = self.slot.filled.wait_timeout(held, left);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, Unanswered>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut held = self
            .slot
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match held.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                held.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Waits on this thread for whatever a future rests on, such as a ticket.
pub fn wait_for<T>(future: impl Future<Output = T>) -> T {
    struct Bell(std::thread::Thread);
    impl std::task::Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Bell(std::thread::current())).into();
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn whoever_waits_is_woken_once_by_an_answer_or_by_its_loss() {
        let (reply, waited) = ticket();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| waited.wait(LONG));
            while !waited.slot.held.lock().expect("sound").awaited {
                std::thread::yield_now();
            }
            reply.send(7);
            assert_eq!(waits.join().expect("no panic"), Some(Ok(7)));
        });
        assert_eq!(waited.wait(Duration::ZERO), None, "there is one answer");
        let (reply, lost) = ticket::<u8>();
        drop(reply);
        assert_eq!(lost.wait(LONG), Some(Err(Unanswered::Lost)));
        let (reply, awaited) = ticket();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| wait_for(awaited));
            reply.send(8);
            assert_eq!(waits.join().expect("no panic"), Ok(8));
        });
    }
}
