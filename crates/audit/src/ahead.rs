//! Work that is done ahead of the one thread that must go in order.

use crate::Fault;
use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::thread;

/// What each thread may have ready before it waits, so that memory stays bounded.
const READY: usize = 1;

/// Makes the things of a range on so many threads and takes them in order on this one, until the
/// first fault. With one thread each is made when it is taken. Which thread makes what is fixed,
/// and nothing that is taken depends on it.
pub(crate) fn each<T: Send>(
    range: Range<u64>,
    threads: usize,
    make: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let many = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let threads = threads.min(many);
    if threads < 2 {
        return range.map(make).try_for_each(take);
    }
    thread::scope(|scope| {
        let lanes: Vec<_> = range
            .clone()
            .take(threads)
            .map(|first| {
                let (ready, lane) = sync_channel(READY);
                let (make, share) = (&make, (first..range.end).step_by(threads));
                scope.spawn(move || {
                    // An error says that nobody takes any more.
                    let mut sent = share.map(|number| ready.send(make(number)));
                    sent.all(|outcome| outcome.is_ok())
                });
                lane
            })
            .collect();
        for (_, lane) in range.zip(lanes.iter().cycle()) {
            take(lane.recv().expect("a thread ends after its last thing"))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(range: Range<u64>, threads: usize, last: u64) -> (Vec<u64>, bool) {
        let mut taken = Vec::new();
        let outcome = each(
            range,
            threads,
            |number| number * 10,
            |thing| {
                taken.push(thing);
                match thing < last * 10 {
                    true => Ok(()),
                    false => Err(Fault::new("last", "the last one")),
                }
            },
        );
        (taken, outcome.is_ok())
    }

    #[test]
    fn in_order_on_any_number_of_threads_until_the_first_fault() {
        for threads in [0, 1, 2, 3, 8, 100] {
            let all = (5..40).map(|number| number * 10).collect::<Vec<_>>();
            assert_eq!(taken(5..40, threads, 100), (all.clone(), true));
            assert_eq!(taken(5..40, threads, 17), (all[..13].to_vec(), false));
            assert_eq!(taken(5..5, threads, 9), (Vec::new(), true));
        }
    }
}
