//! The threads of a writer, started together and ended in order.

use crate::Error;
use crate::follower::{Fed, Follower};
use crate::health::Role;
use crate::log::Log;
use crate::publisher::Publisher;
use crate::queue::Job;
use crate::shared::Shared;
use crate::ticket::ticket;
use crate::witness::Circle;
use crate::{rollback, writer};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use store::Files;
use store::lease::Lease;

/// What becomes of a node that writes. The checks are over when this exists.
pub(crate) struct Lead {
    log: Log,
    circle: Circle,
}

impl Lead {
    /// Asks the witnesses whether this is the newest log; see [`rollback::check`].
    pub(crate) fn new(mut log: Log, circle: Circle, shared: &Shared) -> Result<Self, Error> {
        let notices = rollback::check(&mut log, &circle, &shared.settings)?;
        if !notices.is_empty() {
            shared.report("origin", Some(notices.join("; ")));
        }
        shared.note_witnesses(circle.health());
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
        Ok(Self { log, circle })
    }

    /// Runs the threads of a writer until they end; the follower is the thread that calls.
    pub(crate) fn run(self, follower: &mut Follower) -> Result<(), Error> {
        let Self { log, circle } = self;
        let shared = Arc::clone(&follower.shared);
        let (place, epoch) = (log.store().place().clone(), log.store().epoch());
        let files = log.store().files();
        let publisher = Publisher {
            shared: Arc::clone(&shared),
            circle,
            files: Arc::clone(&files),
            noted: None,
        };
        let (feed, fed) = mpsc::channel::<Fed>();
        shared.take_role(Role::Writer);
        let writer = {
            let shared = Arc::clone(&shared);
            spawn("writer", move || writer::run(log, &shared, &feed).map(drop))?
        };
        let publisher = spawn("publisher", move || publisher.run());
        let beating = (place.bucket.is_some()).then(|| {
            let shared = Arc::clone(&shared);
            spawn("lease", move || lease(&shared, epoch, &*files))
        });
        shared.queue.open();
        let publisher = publisher.inspect_err(|error| shared.fail(error.to_string()))?;
        let followed = follower.run(&fed);
        if let Err(error) = &followed {
            shared.report("follower", Some(error.to_string()));
        }
        // The writer goes on without its reader until it is told to stop.
        let written = joined(writer)?;
        joined(publisher)?;
        if let Some(beating) = beating {
            joined(beating?)?;
        }
        shared.take_role(Role::Halted);
        written.and(followed)
    }
}

/// Puts a sign of life in the bucket for as long as the writer answers.
fn lease(shared: &Shared, epoch: u64, files: &dyn Files) {
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
