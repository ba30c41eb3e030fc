//! Work in fixed portions on several threads: the result never depends on how many there are.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Threads to compute with; 1 by default, so that nothing runs beside its caller unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// One thread, the caller's.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// `count` threads; 0 counts as 1.
    pub fn new(count: usize) -> Self {
        Self(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN))
    }

    /// How many.
    pub fn count(self) -> usize {
        self.0.get()
    }

    /// Results of `work` for each portion `0..portions`, in the order of the portions.
    ///
    /// Whoever sums over them sums in that order, whatever the number of threads. What a portion
    /// is must not depend on the threads either.
    pub fn map<T: Send>(self, portions: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        self.share(0..portions, |at, _| work(at))
    }

    /// Changes `items` in place, `length` at a time but for the last, and returns what `work` says
    /// of each portion, in the order of the portions.
    pub fn update<I: Send, T: Send>(
        self,
        items: &mut [I],
        length: usize,
        work: impl Fn(usize, &mut [I]) -> T + Sync,
    ) -> Vec<T> {
        self.share(items.chunks_mut(length.max(1)), work)
    }

    /// Each thread takes the next portion when it is done with one, so that one which the system
    /// holds up holds up no other.
    fn share<P: Send, T: Send>(
        self,
        portions: impl ExactSizeIterator<Item = P> + Send,
        work: impl Fn(usize, P) -> T + Sync,
    ) -> Vec<T> {
        let others = self.0.get().min(portions.len()).saturating_sub(1);
        let portions = portions.enumerate();
        if others == 0 {
            return portions.map(|(at, portion)| work(at, portion)).collect();
        }
        let queue = Mutex::new(portions);
        // Taking a portion cannot fail half-way: a panic elsewhere leaves the queue sound.
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let run = || {
            let taken = core::iter::from_fn(&next);
            let done = taken.map(|(at, portion)| (at, work(at, portion)));
            done.collect::<Vec<(usize, T)>>()
        };
        let mut done = std::thread::scope(|scope| {
            let running: Vec<_> = (0..others).map(|_| scope.spawn(run)).collect();
            let mut done = run();
            for thread in running {
                match thread.join() {
                    Ok(results) => done.extend(results),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_unstable_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self::ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_changed_in_place_and_in_order() {
        for count in [0, 1, 6, 7, 100] {
            let expected: Vec<usize> = (0..count).map(|at| at / 7 + 1).collect();
            for threads in [0, 1, 2, 3, 8, 200] {
                let mut items = vec![1; count];
                let said = Threads::new(threads).update(&mut items, 7, |portion, items| {
                    items.iter_mut().for_each(|item| *item += portion);
                    (portion, items.len())
                });
                assert_eq!(items, expected);
                let lengths = (0..count.div_ceil(7)).map(|at| (at, (count - at * 7).min(7)));
                assert!(said.into_iter().eq(lengths));
            }
        }
    }

    #[test]
    fn order_is_that_of_the_portions() {
        for portions in [0, 1, 2, 7, 100] {
            let expected: Vec<usize> = (0..portions).map(|portion| portion * portion).collect();
            for threads in [0, 1, 2, 3, 8, 200] {
                assert_eq!(Threads::new(threads).map(portions, |n| n * n), expected);
            }
        }
    }
}
