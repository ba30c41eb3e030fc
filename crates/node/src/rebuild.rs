//! From nothing to the state again: every entry once more, held against what was saved and posted.

use crate::Error;
use crate::documents::StoredDocuments;
use crate::follower::{state_every, step};
use crate::log::not_replayed;
use crate::standby::everything;
use ledger::Documents as _;
use ledger::State;
use protocol::entry::Entry;
use protocol::operation::{Erasure, PostStateRoot};
use protocol::{Command, Hash, Rejection, codec};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::snapshot::Snapshots;
use store::{Place, Stored, Tail};

/// A state that was made from the entries alone.
#[derive(Debug)]
pub struct Rebuilt {
    /// After all entries that are published, or durable in a bucket.
    pub state: State,
    /// What another build or machine must come to from the same entries.
    pub root: Hash,
    /// State roots in the log that were computed again.
    pub roots: u64,
    /// True if there was a snapshot to hold against it.
    pub snapshot: bool,
    /// A sentence for each snapshot that is not whole and could not be held against it.
    pub damaged: Vec<String>,
    /// A sentence for each root that came out differently; none if all is well.
    pub differences: Vec<String>,
}

/// Replays a log from its first entry, without snapshots. Takes no lock and writes nothing, so that
/// it may run beside the writer.
pub fn rebuild(place: &Place) -> Result<Rebuilt, Error> {
    let files = place.files();
    let documents = StoredDocuments::of(&files);
    let documents = documents.without_erased(everything(Tail::open(place, 0)?))?;
    let snapshots = Snapshots::new(Arc::clone(&files));
    let damaged = snapshots.faults()?;
    let saved = snapshots.load(u64::MAX)?.snapshot;
    let saved = saved.map(|it| (it.log_size, Hash(proof::hash::sha256(&[&it.bytes]))));
    let mut replay = Replay {
        state: None,
        documents,
        seen: BTreeMap::new(),
        missed: BTreeSet::new(),
        roots: 0,
        differences: Vec::new(),
    };
    let mut snapshot = false;
    for stored in everything(Tail::open(place, 0)?) {
        let size = replay.step(&stored?)?;
        if let (Some(state), Some((at, digest))) = (&replay.state, saved)
            && at == size
        {
            snapshot = true;
            if Hash(proof::hash::sha256(&[&state.to_bytes()])) != digest {
                let what = format!("the snapshot after {at} entries is not what they make");
                replay.differences.push(what);
            }
        }
    }
    let Some(state) = replay.state else {
        let why = "it has no entry; hint: name the directory or bucket of a node";
        return Err(store::Error::invalid("rebuild the state", why).into());
    };
    Ok(Rebuilt {
        root: state.root(),
        state,
        roots: replay.roots,
        snapshot,
        damaged,
        differences: replay.differences,
    })
}

struct Replay {
    state: Option<State>,
    documents: StoredDocuments,
    /// Roots at sizes for which one may be posted; `None` where something was in the state that is
    /// erased now.
    seen: BTreeMap<u64, Option<Hash>>,
    /// Sidecars that this replay has missed and whose tombstones it has not reached.
    missed: BTreeSet<Hash>,
    roots: u64,
    differences: Vec<String>,
}

impl Replay {
    /// Applies an entry and gives the size after it.
    fn step(&mut self, stored: &Stored) -> Result<u64, Error> {
        let entry: Result<Entry, _> = codec::decode(&stored.entry);
        let entry = entry.map_err(|_| not_replayed(stored.seq, Rejection::Malformed))?;
        let submission = &entry.signed.submission;
        let state = self
            .state
            .get_or_insert_with(|| State::new(submission.space));
        if let Err(why) = step(state, &stored.entry, &self.documents) {
            return Err(match why {
                Rejection::MissingDocument => self.lacks(stored, &submission.command),
                why => not_replayed(stored.seq, why),
            });
        }
        match &submission.command {
            Command::CloseRound(close) if self.documents.erased(&close.openings) => {
                self.missed.insert(close.openings);
            }
            Command::Erase(erase) => {
                if let Erasure::Openings(hash) = erase.what {
                    self.missed.remove(&hash);
                }
            }
            _ => {}
        }
        let size = state.size;
        if size.is_multiple_of(state_every(state)) {
            let root = self.missed.is_empty().then(|| state.root());
            self.seen.insert(size, root);
        }
        if let Command::PostStateRoot(post) = &submission.command {
            self.compare(stored.seq, post);
        }
        Ok(size)
    }

    /// Names the files beside the log that an entry needs and that are not as they were.
    fn lacks(&self, stored: &Stored, command: &Command) -> Error {
        let attached = stored.attachments.iter().map(|it| Hash(*it));
        let openings = match command {
            Command::CloseRound(close) => Some(close.openings),
            _ => None,
        };
        let lost = attached.chain(openings);
        let lost = lost.filter(|hash| self.documents.document(hash).is_none());
        let lost: Vec<String> = lost.map(|hash| format!("`{hash}`")).collect();
        let why = not_replayed(stored.seq, Rejection::MissingDocument);
        if lost.is_empty() {
            return why;
        }
        Error::Corrupt(format!(
            "{why}: {} is missing or changed in `attachments/` or `openings/`\n\
             hint: bring it back from a backup or a mirror of the public files",
            lost.join(", ")
        ))
    }

    fn compare(&mut self, seq: u64, post: &PostStateRoot) {
        match self.seen.get(&post.size) {
            // Nobody can compute it any more.
            Some(None) => {}
            Some(Some(root)) if *root == post.root => self.roots += 1,
            _ => self.differences.push(format!(
                "entry {seq} posts a root of the state after {} entries that they do not make",
                post.size
            )),
        }
        // Roots are posted in order.
        self.seen = self.seen.split_off(&(post.size + 1));
    }
}
