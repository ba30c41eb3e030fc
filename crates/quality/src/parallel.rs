//! Work in fixed portions on several threads: the result never depends on how many there are.

use std::num::NonZeroUsize;

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

    /// Results of `work` for each portion `0..portions`, in the order of the portions.
    ///
    /// Whoever sums over them sums in that order, whatever the number of threads. What a portion
    /// is must not depend on the threads either.
    pub fn map<T: Send>(self, portions: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let threads = self.0.get().min(portions);
        if threads <= 1 {
            return (0..portions).map(work).collect();
        }
        let share = portions.div_ceil(threads);
        let work = &work;
        std::thread::scope(|scope| {
            let starts = (0..portions).step_by(share);
            let running: Vec<_> = starts
                .map(|start| {
                    let end = (start + share).min(portions);
                    scope.spawn(move || (start..end).map(work).collect::<Vec<T>>())
                })
                .collect();
            let finished = running.into_iter().flat_map(|thread| match thread.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            finished.collect()
        })
    }

    /// Changes `items` in place, `length` at a time but for the last, and returns what `work` says
    /// of each portion, in the order of the portions.
    pub fn update<I: Send, T: Send>(
        self,
        items: &mut [I],
        length: usize,
        work: impl Fn(usize, &mut [I]) -> T + Sync,
    ) -> Vec<T> {
        let length = length.max(1);
        let portions = items.len().div_ceil(length);
        let threads = self.0.get().min(portions);
        let run = |first: usize, items: &mut [I]| {
            let portions = items.chunks_mut(length).enumerate();
            let portions = portions.map(|(at, portion)| work(first + at, portion));
            portions.collect::<Vec<T>>()
        };
        if threads <= 1 {
            return run(0, items);
        }
        let share = portions.div_ceil(threads);
        let run = &run;
        std::thread::scope(|scope| {
            let parts = items.chunks_mut(share * length).enumerate();
            let running: Vec<_> = parts
                .map(|(at, part)| scope.spawn(move || run(at * share, part)))
                .collect();
            let finished = running.into_iter().flat_map(|thread| match thread.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            finished.collect()
        })
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
