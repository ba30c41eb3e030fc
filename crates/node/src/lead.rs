//! The threads of a writer, started together and ended in order.

use crate::Error;
use crate::follower::{Fed, Follower};
use crate::health::Role;
use crate::log::{Log, TURNS};
use crate::publisher::Publisher;
use crate::queue::Job;
use crate::shared::{Alarm, Shared};
use crate::ticket::ticket;
use crate::witness::Circle;
use crate::{committer, rollback, writer};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::Files;
use store::lease::Lease;

/// What becomes of a node that writes. The checks are over when this exists.
pub(crate) struct Lead {
    log: Log,
    circle: Circle,
    /// What the start itself has written, and where: the follower has not seen it.
    written: (u64, Vec<Vec<u8>>),
}

impl Lead {
    /// Asks the witnesses whether this is the newest log; see [`rollback::check`].
    pub(crate) fn new(mut log: Log, circle: Circle, shared: &Shared) -> Result<Self, Error> {
        let notices = rollback::check(&mut log, &circle, shared)?;
        if !notices.is_empty() {
            shared.report("origin", Some(notices.join("; ")));
        }
        shared.note_witnesses(circle.health());
        let seen = log.store().head().size;
        let written = (seen, log.take_name(shared.clock.now_ms())?);
        let durable = log.store().head().size;
        let signing = log.signing(durable)?;
        let origin = signing.signer().verifier().name();
        let standing = log.store().public().checkpoint_unverified().ok();
        let standing = standing.filter(|standing| standing.origin == origin);
        shared.publish(standing.map_or(0, |standing| standing.head.size));
        if shared.published() < durable || signing.carries_over() {
            shared.bell.durable();
        }
        shared.sign_with(signing.signer().clone());
        shared.made_durable(durable);
        Ok(Self {
            log,
            circle,
            written,
        })
    }

    /// Runs the threads of a writer until they end; the follower is the thread that calls.
    pub(crate) fn run(self, follower: &mut Follower) -> Result<(), Error> {
        let shared = Arc::clone(&follower.shared);
        let _alarm = Alarm::of("follower", &shared);
        shared.queue.open();
        shared.take_role(Role::Writer);
        let (feed, fed) = mpsc::channel::<Fed>();
        let (first_seq, entries) = self.written.clone();
        if !entries.is_empty() {
            // The receiver stands two lines above.
            feed.send(Fed::Entries(first_seq, entries)).ok();
        }
        let threads = self.spawn(&shared, feed);
        let followed = follower.run(&fed);
        if let Err(error) = &followed {
            // What the log says and what the writer holds in memory differ: it must not go on.
            shared.fail(error.to_string());
            shared.applied.end();
        }
        drop(fed);
        for thread in threads {
            if thread.and_then(joined).is_err() {
                shared.fail("a thread of the node could not be started or has panicked".to_owned());
            }
        }
        shared.end()
    }

    fn spawn(
        self,
        shared: &Arc<Shared>,
        feed: mpsc::Sender<Fed>,
    ) -> Vec<Result<JoinHandle<()>, Error>> {
        let Self { log, circle, .. } = self;
        let (files, epoch) = (log.store().files(), log.store().epoch());
        let in_bucket = log.store().place().bucket.is_some();
        let publisher = Publisher::new(Arc::clone(shared), circle, Arc::clone(&files));
        let (intake, store) = log.into_parts();
        let (decided, taken) = mpsc::sync_channel(TURNS);
        let [deciding, storing, publishing] = [(); 3].map(|()| Arc::clone(shared));
        let mut threads = vec![
            spawn("writer", move || writer::run(intake, &deciding, &decided)),
            spawn("committer", move || {
                committer::run(store, &storing, &taken, &feed);
            }),
            spawn("publisher", move || {
                let _alarm = Alarm::of("publisher", &publishing);
                publisher.run();
            }),
        ];
        if in_bucket {
            let own = Arc::clone(shared);
            threads.push(spawn("lease", move || lease(&own, epoch, &*files)));
        }
        if threads.iter().any(Result::is_err) {
            shared.fail("a thread of the node could not be started".to_owned());
        }
        threads
    }
}

/// Puts a sign of life in the bucket for as long as the writer answers.
fn lease(shared: &Shared, epoch: u64, files: &dyn Files) {
    let _alarm = Alarm::of("lease", shared);
    let every = Duration::from_millis(shared.settings.lease_every_ms);
    for beat in 0.. {
        let (reply, attested) = ticket();
        shared.queue.push(Job::Attest(reply));
        let problem = match attested.wait(Duration::MAX) {
            Some(Ok(Ok(()))) => sign_of_life(shared, epoch, beat).write(files).err(),
            Some(Ok(Err(Error::Store(error)))) => Some(error),
            _ => return,
        };
        shared.report("lease", problem.map(|error| error.to_string()));
        if shared.pause(every) {
            return;
        }
    }
}

fn sign_of_life(shared: &Shared, epoch: u64, beat: u64) -> Lease {
    let address = shared.settings.address.clone();
    Lease {
        epoch,
        beat,
        address,
    }
}

fn joined<T>(thread: JoinHandle<T>) -> Result<T, Error> {
    let panicked = |_| Error::Corrupt("a thread of the node has panicked".to_owned());
    thread.join().map_err(panicked)
}

pub(crate) fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    let named = thread::Builder::new().name(name.to_owned());
    named
        .spawn(work)
        .map_err(|source| Error::Corrupt(format!("cannot start the {name}'s thread: {source}")))
}
