//! The thread that keeps the view: fed by the follower, whom it never keeps waiting.

use crate::Error;
use crate::follower::Follower;
use crate::lead::spawn;
use crate::projection::{BATCH, Decided, Filler};
use crate::shared::Shared;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::Place;

/// Entries that may wait for the view. When there are more it reads them from the log instead.
const WAITING: usize = 16_384;

/// Least time between two commits of the view while entries come one after the other: each costs as
/// much as some hundred entries.
const PACE: Duration = Duration::from_millis(50);

/// How long the view waits after a failure that may pass.
const AGAIN: Duration = Duration::from_secs(1);

/// The follower's end of the feed.
pub(crate) struct Viewer {
    feed: Arc<Feed>,
    thread: JoinHandle<()>,
}

impl Viewer {
    /// Hands over entries that are applied, the last of them before `next`.
    pub(crate) fn feed(&self, next: u64, decided: Vec<Decided>) {
        self.feed.push(next, decided);
    }
}

impl Follower {
    /// Starts keeping the view that the settings name, from the state of now on.
    pub(crate) fn keep_view(&mut self, place: &Place) -> Result<(), Error> {
        let Some(path) = self.shared.settings.view.clone() else {
            return Ok(());
        };
        let feed = Arc::new(Feed::new(self.shared.applied.through()));
        let keeper = Keeper {
            shared: Arc::clone(&self.shared),
            feed: Arc::clone(&feed),
            place: place.clone(),
            path,
        };
        let thread = spawn("viewer", move || keeper.run())?;
        self.viewer = Some(Viewer { feed, thread });
        Ok(())
    }

    /// Lets the view take what has come, and ends its thread.
    pub(crate) fn end_view(&mut self) {
        if let Some(viewer) = self.viewer.take() {
            viewer.feed.stop();
            if viewer.thread.join().is_err() {
                let problem = "the thread that keeps the view has panicked".to_owned();
                self.shared.report("view", Some(problem));
            }
        }
        self.shared.viewed.end();
    }
}

/// Entries on their way from the follower to the view.
struct Feed {
    held: Mutex<Waiting>,
    came: Condvar,
}

struct Waiting {
    /// The entry that the follower applies next.
    next: u64,
    /// False while nobody takes entries, or too many have come: then they are dropped.
    open: bool,
    stopping: bool,
    entries: VecDeque<Decided>,
}

enum Taken {
    Entries(Vec<Decided>),
    /// Entries were dropped: they must be read from the log.
    Lost,
    Stopped,
}

impl Feed {
    fn new(next: u64) -> Self {
        let held = Mutex::new(Waiting {
            next,
            open: false,
            stopping: false,
            entries: VecDeque::new(),
        });
        let came = Condvar::new();
        Self { held, came }
    }

    fn held(&self) -> MutexGuard<'_, Waiting> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, next: u64, decided: Vec<Decided>) {
        let mut held = self.held();
        held.next = next;
        let idle = held.entries.is_empty();
        if held.open && held.entries.len() + decided.len() > WAITING {
            held.open = false;
            held.entries = VecDeque::new();
        } else if held.open {
            held.entries.extend(decided);
        }
        // Whoever lets entries gather is woken by the first, by enough of them, and by a loss.
        let wakes = idle || !held.open || held.entries.len() >= BATCH;
        drop(held);
        if wakes {
            self.came.notify_one();
        }
    }

    /// Keeps entries from now on; the number of the first of them.
    fn open(&self) -> u64 {
        let mut held = self.held();
        if !held.open {
            held.open = true;
            held.entries.clear();
        }
        let waiting = held.entries.len() as u64;
        held.next - waiting
    }

    /// Waits for entries, and until `earliest` for more of them.
    fn take(&self, earliest: Instant) -> Taken {
        let idle = |held: &mut Waiting| held.open && held.entries.is_empty() && !held.stopping;
        let held = self.came.wait_while(self.held(), idle);
        let held = held.unwrap_or_else(PoisonError::into_inner);
        let few = |held: &mut Waiting| held.open && held.entries.len() < BATCH && !held.stopping;
        let left = earliest.saturating_duration_since(Instant::now());
        let waited = self.came.wait_timeout_while(held, left, few);
        let (mut held, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !held.open {
            return Taken::Lost;
        }
        let count = held.entries.len().min(BATCH);
        if count == 0 {
            return Taken::Stopped;
        }
        Taken::Entries(held.entries.drain(..count).collect())
    }

    fn stop(&self) {
        self.held().stopping = true;
        self.came.notify_one();
    }

    fn stopping(&self) -> bool {
        self.held().stopping
    }
}

struct Keeper {
    shared: Arc<Shared>,
    feed: Arc<Feed>,
    place: Place,
    path: PathBuf,
}

impl Keeper {
    /// Until the follower ends. The view may fail: the log goes on without it.
    fn run(&self) {
        let mut damaged_at = None;
        loop {
            let Err(failed) = self.serve() else {
                return;
            };
            let (error, filler) = *failed;
            self.shared.report("view", Some(error.to_string()));
            let corrupt =
                matches!(&error, Error::View(it) if it.kind == view::error::Kind::Corrupt);
            if let (true, Some(mut filler)) = (corrupt, filler) {
                let through = filler.projection.through();
                // What breaks at the same entry again is no fault of the file.
                if damaged_at == Some(through) {
                    return;
                }
                damaged_at = Some(through);
                if let Err(error) = filler.begin_again(&error.to_string()) {
                    self.shared.report("view", Some(error.to_string()));
                    return;
                }
            } else if self.feed.stopping() || self.shared.pause(AGAIN) {
                return;
            }
        }
    }

    fn serve(&self) -> Result<(), Box<(Error, Option<Filler>)>> {
        let mut filler =
            Filler::open(&self.place, &self.path).map_err(|error| Box::new((error, None)))?;
        match self.keep(&mut filler) {
            Ok(()) => Ok(()),
            Err(error) => Err(Box::new((error, Some(filler)))),
        }
    }

    fn keep(&self, filler: &mut Filler) -> Result<(), Error> {
        let notices = std::mem::take(&mut filler.notices);
        let notice = (!notices.is_empty()).then(|| notices.join("; "));
        self.shared.report("view", notice);
        self.advance(filler);
        loop {
            let start = self.feed.open();
            if filler.projection.through() < start {
                filler.fill(Some(start), &|| self.feed.stopping())?;
                self.advance(filler);
                if self.feed.stopping() {
                    return Ok(());
                }
            }
            let mut earliest = Instant::now();
            loop {
                match self.feed.take(earliest) {
                    Taken::Entries(entries) => {
                        earliest = Instant::now() + PACE;
                        filler.apply(&entries)?;
                        self.advance(filler);
                    }
                    Taken::Lost => break,
                    Taken::Stopped => return Ok(()),
                }
            }
        }
    }

    fn advance(&self, filler: &Filler) {
        self.shared.viewed.advance(filler.projection.through());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::entry::{Entry, Signed, Submission};
    use protocol::{Command, EpochId, SessionKey, Signature, Space};

    fn decided(count: usize) -> Vec<Decided> {
        let submission = Submission {
            space: Space([0; 16]),
            account: None,
            key: SessionKey([0; 32]),
            nonce: 0,
            command: Command::NoteRelease(EpochId(1)),
            private: None,
        };
        let entry = Entry {
            seq: 0,
            time_ms: 0,
            rule: 1,
            signed: Signed {
                submission,
                signature: Signature([0; 64]),
            },
        };
        let decided = || Decided {
            entry: entry.clone(),
            events: Vec::new(),
            bytes: 0,
        };
        std::iter::repeat_with(decided).take(count).collect()
    }

    fn taken(feed: &Feed) -> Option<usize> {
        taken_at(feed, Instant::now())
    }

    fn taken_at(feed: &Feed, earliest: Instant) -> Option<usize> {
        match feed.take(earliest) {
            Taken::Entries(entries) => Some(entries.len()),
            Taken::Lost => None,
            Taken::Stopped => Some(0),
        }
    }

    #[test]
    fn entries_wait_up_to_a_limit_and_are_read_from_the_log_beyond_it() {
        let feed = Feed::new(5);
        feed.push(9, decided(4));
        assert_eq!(
            feed.open(),
            9,
            "what comes before somebody takes is not kept"
        );
        feed.push(9 + WAITING as u64, decided(WAITING));
        assert_eq!(feed.open(), 9, "opening again loses nothing");
        assert_eq!(taken(&feed), Some(BATCH));
        feed.push(10 + WAITING as u64, decided(1));
        feed.push(10 + 2 * WAITING as u64, decided(WAITING));
        assert_eq!(taken(&feed), None, "too many have come");
        feed.push(11 + 2 * WAITING as u64, decided(1));
        assert_eq!(feed.open(), 11 + 2 * WAITING as u64);
        feed.push(13 + 2 * WAITING as u64, decided(2));
        feed.stop();
        assert_eq!(
            taken(&feed),
            Some(2),
            "what has come is taken before the end"
        );
        assert_eq!(taken(&feed), Some(0));
        assert!(feed.stopping());
    }

    #[test]
    fn entries_gather_until_they_are_many_or_the_end_comes() {
        let feed = Feed::new(0);
        feed.open();
        feed.push(1, decided(1));
        let late = Instant::now() + Duration::from_secs(3_600);
        std::thread::scope(|scope| {
            scope.spawn(|| feed.push(BATCH as u64, decided(BATCH - 1)));
            assert_eq!(taken_at(&feed, late), Some(BATCH), "the first one waits");
        });
        feed.push(BATCH as u64 + 1, decided(1));
        feed.stop();
        assert_eq!(taken_at(&feed, late), Some(1), "the end waits for nobody");
    }
}
