//! The one writer's state machine: admit, take a batch, confirm it durable.

use alloc::vec::Vec;
use ledger::offer::{Candidate, Judged, judge};
use ledger::{Documents, Offer, State, Verified};
use protocol::Rejection;
use protocol::entry::Entry;

/// Where a submission stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// A new entry with this index, in the next batch.
    New(u64),
    /// The same submission came before and stands at this index.
    Repeated(u64),
}

impl Admission {
    /// The index in the log.
    pub fn seq(self) -> u64 {
        match self {
            Self::New(seq) | Self::Repeated(seq) => seq,
        }
    }
}

/// What must be made durable together for one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The encoded entry: the leaf of the log.
    pub entry: Vec<u8>,
    /// The private body, empty where there is none.
    pub body: Vec<u8>,
    /// Public documents that the entry names.
    pub attachments: Vec<Vec<u8>>,
}

/// Records in log order, to be written with one sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// At least one, unless nothing was admitted since the last batch.
    pub records: Vec<Record>,
    /// Size of the log once the batch is durable.
    pub end: u64,
}

impl Batch {
    /// Adds the batch that was taken next, to share a sync.
    pub fn add(&mut self, next: Self) {
        self.records.extend(next.records);
        self.end = next.end;
    }
}

/// Decides in order. Its state runs ahead of the disk by what is not confirmed yet, so a second
/// spend in the same batch is judged against the first; readers are served [`Sequencer::durable`]
/// entries.
#[derive(Clone, Debug)]
pub struct Sequencer {
    state: State,
    pending: Vec<Record>,
    durable: u64,
}

impl Sequencer {
    /// Goes on from a state whose entries are all durable.
    pub fn new(state: State) -> Self {
        let durable = state.size;
        Self {
            state,
            pending: Vec::new(),
            durable,
        }
    }

    /// The state with everything admitted so far, durable or not.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Entries that are known to be durable; nobody is told of later ones.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Decides an offer. A repetition of an earlier submission is answered with its entry and
    /// changes nothing. Log time never falls and never leaves the witnesses behind, whatever the
    /// clock says.
    pub fn admit(
        &mut self,
        now_ms: u64,
        offer: Verified,
        documents: &dyn Documents,
    ) -> Result<Admission, Rejection> {
        let (offer, bytes) = offer.into_parts();
        let Offer {
            signed,
            body,
            attachments,
        } = offer;
        let entry = self.state.next_entry(now_ms, signed);
        let encoded = entry.encode_around(bytes.submission());
        let candidate = Candidate {
            entry: &entry,
            bytes: encoded.len(),
            digest: bytes.digest(),
            body: &body,
            attachments: &attachments,
        };
        let events = match judge(&self.state, candidate, documents)? {
            Judged::New(events) => events,
            Judged::Repeated(seq) => return Ok(Admission::Repeated(seq)),
        };
        ledger::apply::apply_digested(&mut self.state, &entry, bytes.digest(), &events);
        self.pending.push(Record {
            entry: encoded,
            body,
            attachments,
        });
        Ok(Admission::New(entry.seq))
    }

    /// Takes what has been admitted since the last batch. Until [`Sequencer::confirm`] it counts as
    /// in flight; if it cannot be made durable the process must stop and recover from disk.
    pub fn take_batch(&mut self) -> Batch {
        Batch {
            records: core::mem::take(&mut self.pending),
            end: self.state.size,
        }
    }

    /// The batch that ends at `end` is durable.
    pub fn confirm(&mut self, end: u64) {
        debug_assert!(
            end <= self.state.size,
            "nothing is durable before it is admitted"
        );
        self.durable = self.durable.max(end);
    }

    /// Replays an entry of one's own journal, whose signature was verified when it was admitted.
    pub fn recover(&mut self, bytes: &[u8], documents: &dyn Documents) -> Result<(), Rejection> {
        let entry = Entry::read(bytes).map_err(|_| Rejection::Malformed)?;
        let events = ledger::decide::decide_logged(&self.state, &entry, documents)?;
        let digest = ledger::apply::submission_digest(entry.submission_in(bytes));
        ledger::apply::apply_digested(&mut self.state, &entry, digest, &events);
        self.durable = self.state.size;
        Ok(())
    }
}
