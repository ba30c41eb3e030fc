//! The follower: a second state, of durable entries only, that reads are answered from.

use crate::Error;
use crate::documents::StoredDocuments;
use crate::health::Role;
use crate::log::not_replayed;
use crate::projection::Decided;
use crate::queue::Job;
use crate::shared::Shared;
use crate::viewer::Viewer;
use ledger::State;
use protocol::entry::{Entry, MAX_ENTRY_BYTES};
use protocol::operation::PostStateRoot;
use protocol::{Command, Rejection};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use store::Files;
use store::snapshot::{Snapshot, Snapshots};

/// Entries that are applied before readers get a turn.
const STRIDE: usize = 256;

/// What the committer tells its follower.
#[derive(Debug)]
pub(crate) enum Fed {
    /// Entries have become durable, the first at this index.
    Entries(u64, Vec<Vec<u8>>),
    /// Something was erased: no older snapshot may keep it.
    Erased,
}

pub(crate) struct Follower {
    pub(crate) shared: Arc<Shared>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) documents: StoredDocuments,
    /// Size of the log at the last snapshot.
    pub(crate) saved: u64,
    /// Keeps the view; `None` where nobody wants one.
    pub(crate) viewer: Option<Viewer>,
}

impl Follower {
    pub(crate) fn new(shared: Arc<Shared>, files: Arc<dyn Files>) -> Self {
        Self {
            documents: StoredDocuments::of(&files),
            saved: shared.applied.through(),
            files,
            shared,
            viewer: None,
        }
    }

    /// Applies what the committer feeds it until that ends, then saves a snapshot.
    pub(crate) fn run(&mut self, feed: &Receiver<Fed>) -> Result<(), Error> {
        while let Ok(fed) = feed.recv() {
            match fed {
                Fed::Entries(first_seq, entries) => self.apply(first_seq, &entries)?,
                Fed::Erased => self.forget()?,
            }
        }
        self.save();
        Ok(())
    }

    /// Applies durable entries in log order.
    pub(crate) fn apply(&mut self, first_seq: u64, entries: &[Vec<u8>]) -> Result<(), Error> {
        self.try_apply(first_seq, entries)
            .map_err(|(seq, why)| not_replayed(seq, why))
    }

    /// The same; an entry that does not apply is named with its reason, and those before it stay.
    pub(crate) fn try_apply(
        &mut self,
        first_seq: u64,
        entries: &[Vec<u8>],
    ) -> Result<(), (u64, Rejection)> {
        let mut seq = first_seq;
        let mut left = entries;
        while !left.is_empty() {
            let every = self.shared.read(state_every);
            let until_root = (every - seq % every).min(STRIDE as u64) as usize;
            let (part, rest) = left.split_at(until_root.min(left.len()));
            // It needs no state, and whoever looks at the state waits while this one changes it.
            let came: Vec<_> = part.iter().map(|bytes| read(bytes)).collect();
            let mut state = self.shared.state_mut();
            let mut decided = Vec::with_capacity(part.len());
            let stepped = part.iter().zip(came).try_for_each(|(bytes, entry)| {
                let whole = entry.map(|entry| (entry, bytes.as_slice()));
                let taken = whole.and_then(|it| take(&mut state, it, &self.documents));
                decided.push(taken.map_err(|why| (seq, why))?);
                seq += 1;
                Ok(())
            });
            self.shared
                .board
                .post(seq - decided.len() as u64, &decided, &state);
            drop(state);
            self.shared.applied.advance(seq);
            if let Some(viewer) = &self.viewer {
                viewer.feed(seq, decided);
            }
            stepped?;
            if seq.is_multiple_of(every) {
                self.post_root(seq);
            }
            left = rest;
        }
        if seq - self.saved >= self.shared.settings.snapshot_every {
            self.save();
        }
        Ok(())
    }

    fn post_root(&self, size: u64) {
        if self.shared.role() != Role::Writer {
            return;
        }
        let read = |state: &State| (state.root(), state.layout().to_owned());
        let (root, layout) = self.shared.read(read);
        let post = PostStateRoot { size, layout, root };
        let job = Job::Operate {
            doing: "post a state root",
            order: Box::new(Command::PostStateRoot(post).into()),
            reply: None,
        };
        // A node that is ending has asked for its last checkpoint: nothing may come behind it.
        self.shared.queue.ask(job).ok();
    }

    /// Saves the state if it has changed and is this node's to save. The next start replays more if
    /// that fails, which is all that is lost. While something is being erased nothing is saved, so
    /// that the next start meets its tombstone again.
    pub(crate) fn save(&mut self) {
        let through = self.shared.applied.through();
        let erasing = self.shared.erasing.load(Ordering::Acquire) > 0;
        if through == self.saved || erasing || self.shared.role() != Role::Writer {
            return;
        }
        let saved = self.write_snapshot();
        if saved.is_ok() {
            self.saved = through;
        }
        let problem = saved.err().map(|error| error.to_string());
        self.shared.report("snapshot", problem);
    }

    fn write_snapshot(&self) -> Result<(), store::Error> {
        let (log_size, bytes) = self.shared.read(|state| (state.size, state.to_bytes()));
        Snapshots::new(Arc::clone(&self.files)).save(&Snapshot { log_size, bytes })
    }

    /// Replaces all snapshots by one of now.
    fn forget(&mut self) -> Result<(), Error> {
        self.write_snapshot()?;
        self.saved = self.shared.applied.through();
        let newest = format!("{:020}.snap", self.saved);
        for name in self.files.list("snapshot/", "", usize::MAX)? {
            if !name.ends_with(&newest) {
                self.files.remove(&name)?;
            }
        }
        Ok(())
    }
}

/// Sizes between two state roots; no log reaches the last one where there are none.
pub(crate) fn state_every(state: &State) -> u64 {
    let every = state.genesis.as_ref().map_or(0, |it| it.state_every);
    match u64::from(every) {
        0 => u64::MAX,
        every => every,
    }
}

/// Decides an entry again and applies it; what it was and what it has changed.
pub(crate) fn step(
    state: &mut State,
    bytes: &[u8],
    documents: &StoredDocuments,
) -> Result<Decided, Rejection> {
    take(state, (read(bytes)?, bytes), documents)
}

fn read(bytes: &[u8]) -> Result<Entry, Rejection> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Rejection::TooLarge);
    }
    Entry::read(bytes).map_err(|_| Rejection::Malformed)
}

/// An entry and its bytes, which need not be made again.
fn take(
    state: &mut State,
    (entry, bytes): (Entry, &[u8]),
    documents: &StoredDocuments,
) -> Result<Decided, Rejection> {
    let events = ledger::decide::decide_logged(state, &entry, documents)?;
    let digest = ledger::apply::submission_digest(entry.submission_in(bytes));
    ledger::apply::apply_digested(state, &entry, digest, &events);
    Ok(Decided {
        entry,
        events,
        bytes: bytes.len(),
    })
}
