//! The committer's thread: makes what is decided durable with one sync, then answers.

use crate::Error;
use crate::follower::Fed;
use crate::log::{append, gather};
use crate::shared::{Alarm, Shared};
use crate::turn::Turn;
use crate::upkeep;
use protocol::operation::Erasure;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};
use store::Store;
use store::lease::Lease;

/// How long the follower may take to see a tombstone before what it names is deleted.
const FOLLOWER_PATIENCE: Duration = Duration::from_secs(60);

/// Runs until the writer ends. After an error nobody is answered any more: what the disk holds is
/// known only to the next start.
pub(crate) fn run(store: Store, shared: &Shared, decided: &Receiver<Turn>, feed: &Sender<Fed>) {
    let _alarm = Alarm::of("committer", shared);
    let doubt = None;
    let mut committer = Committer {
        store,
        doubt,
        shared,
        feed,
    };
    if let Err(error) = committer.turns(decided) {
        shared.fail(error.to_string());
    }
}

struct Committer<'a> {
    store: Store,
    /// Why this may not be the writer any more: it explains an append that fails after it.
    doubt: Option<String>,
    shared: &'a Shared,
    feed: &'a Sender<Fed>,
}

impl Committer<'_> {
    fn turns(&mut self, decided: &Receiver<Turn>) -> Result<(), Error> {
        while let Some(turn) = gather(decided, |turn| &turn.batch, Turn::add) {
            // Another thread may have found that this node must not go on.
            if self.shared.has_failed() {
                return Ok(());
            }
            self.shared.queue.left(turn.submissions());
            self.turn(turn)?;
        }
        Ok(())
    }

    fn turn(&mut self, turn: Turn) -> Result<(), Error> {
        let shared = self.shared;
        let first_seq = self.store.head().size;
        let began = Instant::now();
        let entries = append(&mut self.store, turn.batch)
            .map_err(|error| self.doubt.take().map_or(error, Error::Stopped))?;
        if !entries.is_empty() {
            shared.commits.note(began.elapsed());
            shared.made_durable(self.store.head().size);
            self.tell(Fed::Entries(first_seq, entries));
            shared.bell.durable();
        }
        for (reply, answers) in turn.answers {
            reply.send(answers);
        }
        for (reply, operated) in turn.operated {
            reply.send(operated);
        }
        for (what, seq, reply) in turn.erasures {
            if self.erase(&what, seq)? {
                self.tell(Fed::Erased);
                reply.send(Ok(seq));
            }
        }
        if let Some(head) = turn.published {
            self.store.published(head);
        }
        for reply in turn.publications {
            let attested = self.attest()?;
            reply.send(attested.map(|()| self.store.publication()));
        }
        for reply in turn.attests {
            reply.send(self.attest()?);
        }
        Ok(())
    }

    /// The follower ends after this thread, so that this reaches it; one that has ended before has
    /// stopped the node.
    fn tell(&self, fed: Fed) {
        self.feed.send(fed).ok();
    }

    /// Whether this is still the writer. One that has been replaced must stop; not to know it for
    /// the moment only keeps it from signing.
    fn attest(&mut self) -> Result<Result<(), Error>, Error> {
        let Err(error) = self.store.check_writer() else {
            self.doubt = None;
            return Ok(Ok(()));
        };
        if self.store.has_stopped() {
            return Err(error.into());
        }
        self.doubt = Some(error.to_string());
        let own = self.store.epoch();
        match Lease::read(&*self.store.files()) {
            Ok(Some(lease)) if lease.epoch > own => Err(error.into()),
            _ => Ok(Err(error.into())),
        }
    }

    /// The follower must have seen the tombstone, since it may need what is deleted until then.
    /// False if it does not come to it: the next start does it, as long as no snapshot of a later
    /// state is saved.
    fn erase(&mut self, what: &Erasure, seq: u64) -> Result<bool, Error> {
        let shared = self.shared;
        let seen = shared.applied.reaches(seq + 1).wait(FOLLOWER_PATIENCE);
        if !matches!(seen, Some(Ok(_))) {
            let why = "the follower stands still; the next start finishes the erasure";
            shared.report("erasure", Some(why.to_owned()));
            return Ok(false);
        }
        upkeep::erase(&mut self.store, what)?;
        shared.erasing.fetch_sub(1, Ordering::AcqRel);
        Ok(true)
    }
}
