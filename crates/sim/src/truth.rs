//! What outsiders have been promised: the notebook that every claim of the log is held against.
use std::collections::BTreeMap;
use std::fmt;

use ledger::State;
use proof::merkle::{self, Frontier, Head};
use protocol::{Entry, Hash, codec};
use sequencer::Record;

use crate::books::Books;
use crate::client;
use crate::planted::Bug;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Short name of the promise.
    pub promise: &'static str,
    /// What was seen.
    pub what: String,
}

impl Violation {
    pub(crate) fn new(promise: &'static str, what: impl fmt::Display) -> Self {
        let what = what.to_string();
        Self { promise, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.what)
    }
}

/// Fails with a broken promise unless a condition holds.
pub(crate) fn hold(
    condition: bool,
    promise: &'static str,
    what: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if condition {
        Ok(())
    } else {
        Err(Violation::new(promise, what()))
    }
}

const PROMISED_ONCE: &str = "each index is promised once";

/// An entry that must never be lost or changed.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub record: Record,
    pub erased: bool,
}

/// The log as it has been promised so far.
pub(crate) struct Truth {
    pub kept: Vec<Kept>,
    /// What follows from them.
    pub books: Books,
    /// Batches that were sent since the last start and whose outcome nobody knows.
    pub limbo: Vec<Vec<Record>>,
    frontier: Frontier,
    /// Root after so many entries.
    roots: Vec<proof::Hash>,
    /// Where each submission stands.
    places: BTreeMap<Hash, u64>,
    /// State root after so many entries, where anybody has computed it.
    state_roots: BTreeMap<u64, Hash>,
    time_ms: u64,
}

impl Truth {
    pub fn new(bug: Option<Bug>) -> Self {
        Self {
            kept: Vec::new(),
            books: Books::new(bug),
            limbo: Vec::new(),
            frontier: Frontier::default(),
            roots: Vec::new(),
            places: BTreeMap::new(),
            state_roots: BTreeMap::new(),
            time_ms: 0,
        }
    }

    pub fn size(&self) -> u64 {
        self.kept.len() as u64
    }

    /// Root of the first `size` entries, `None` beyond what is promised.
    pub fn root(&self, size: u64) -> Option<proof::Hash> {
        match size.checked_sub(1) {
            None => Some(merkle::empty_root()),
            Some(at) => self.roots.get(at as usize).copied(),
        }
    }

    /// Where a submission stands, `None` before it is in the log.
    pub fn place(&self, digest: &Hash) -> Option<u64> {
        self.places.get(digest).copied()
    }

    /// One more entry is promised.
    pub fn extend(&mut self, record: Record) -> Result<(), Violation> {
        let seq = self.size();
        let entry: Entry = codec::decode(&record.entry)
            .map_err(|_| Violation::new("entries", format!("entry {seq} does not decode")))?;
        hold(entry.seq == seq, PROMISED_ONCE, || {
            format!("the entry at {seq} says that it is number {}", entry.seq)
        })?;
        hold(entry.time_ms >= self.time_ms, "log time", || {
            format!("entry {seq} goes back to {} ms", entry.time_ms)
        })?;
        self.time_ms = entry.time_ms;
        let digest = client::digest(&entry.signed.submission);
        if let Some(first) = self.places.insert(digest, seq) {
            let what = format!("a submission stands at {first} and again at {seq}");
            return Err(Violation::new("nonces", what));
        }
        self.books.enter(&entry, &record)?;
        self.frontier.append(merkle::leaf_hash(&record.entry));
        self.roots.push(self.frontier.root());
        let erased = false;
        self.kept.push(Kept { record, erased });
        Ok(())
    }

    /// A checkpoint has been signed over this head.
    pub fn sign(&mut self, head: &Head) -> Result<(), Violation> {
        let Some(root) = self.root(head.size) else {
            let what = format!(
                "{} entries are signed, {} are durable",
                head.size,
                self.size()
            );
            return Err(Violation::new("nothing signed beyond durable", what));
        };
        hold(root == head.root, "no fork", || {
            format!(
                "the signed root of {} entries is not that of the log",
                head.size
            )
        })?;
        Ok(())
    }

    /// A state after all entries that are promised, or after some of them.
    pub fn check_state(&mut self, state: &State) -> Result<(), Violation> {
        let root = state.root();
        let known = *self.state_roots.entry(state.size).or_insert(root);
        hold(known == root, "replay equals live", || {
            format!("two states after {} entries differ", state.size)
        })?;
        self.check_books(state)
    }

    /// A state after all entries that are promised is the one that the books have.
    pub fn check_books(&self, state: &State) -> Result<(), Violation> {
        let books = &self.books.state;
        let same = state.size != books.size || state == books;
        hold(same, "replay equals live", || {
            format!(
                "the state after {} entries is not that of the books",
                state.size
            )
        })
    }
}
