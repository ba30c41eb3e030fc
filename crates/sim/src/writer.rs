//! The process that writes the log: what a node does between its sequencer and its store.
use std::collections::BTreeSet;
use std::ops::Range;

use ledger::{Documents, State, Verified};
use proof::Checkpoint;
use proof::merkle::Head;
use proof::note::Signer;
use protocol::operation::Erasure;
use protocol::{Command, Entry, Hash, Rejection, codec};
use sequencer::{Admission, Batch, Record, Sequencer};
use store::error::{Error, Result};
use store::snapshot::Snapshot;
use store::{Place, Publication, Store};

use crate::books::Attached;
use crate::client::people::{SPACE, STATE_EVERY};
use crate::planted::rules::Bent;
use crate::planted::{self, Bug};

/// One life of the process.
pub(crate) struct Writer {
    pub store: Store,
    pub sequencer: Sequencer,
    pub publishing: Option<Publishing>,
    pub due_root: Option<DueRoot>,
    /// What stands in the place of the sequencer's state where a rule has a bug.
    bent: Option<Bent>,
    /// What was admitted by it since the last batch.
    admitted: Vec<Record>,
}

/// A state root that can be posted.
#[derive(Clone, Copy)]
pub(crate) struct DueRoot {
    /// Of the state after so many entries.
    pub size: u64,
    /// By which bytes.
    pub layout: &'static str,
    pub root: Hash,
}

/// A checkpoint on its way out.
pub(crate) struct Publishing {
    pub publication: Publication,
    /// True once tiles and bundles are written.
    pub is_written: bool,
    /// Signed, once it is.
    pub note: Option<String>,
    /// True once the witness has cosigned.
    pub is_witnessed: bool,
}

/// The documents of a store; what cannot be read just now is not there.
pub(crate) struct Stored<'a> {
    store: &'a Store,
    /// What has a tombstone behind the entries that are replayed.
    erased: &'a BTreeSet<Hash>,
}

impl Documents for Stored<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        let attached = self.store.attachments().read(&hash.0).ok();
        attached.or_else(|| self.store.openings().read(&hash.0).ok().flatten())
    }

    fn erased(&self, hash: &Hash) -> bool {
        self.erased.contains(hash)
    }
}

/// The files that stand among the attachments for good: all but the sidecar of a round, which may
/// be erased.
pub(crate) fn files_of(record: &Record) -> &[Vec<u8>] {
    let entry: Option<Entry> = codec::decode(&record.entry).ok();
    let command = entry.map(|entry| entry.signed.submission.command);
    match command {
        Some(Command::CloseRound(_)) => &[],
        _ => &record.attachments,
    }
}

/// Why a process did not come up.
pub(crate) enum Failed {
    /// The store could not be opened or read.
    Store(Error),
    /// The journal holds an entry that the rules refuse, or whose documents are not there.
    Entry(u64, Rejection),
}

impl Writer {
    /// Lays a new log out.
    pub fn create(place: &Place, bug: Option<Bug>) -> Result<Self> {
        Ok(Self::of(Store::create(place)?, State::new(SPACE), bug))
    }

    /// Opens the log and comes to its state by the newest snapshot and the entries behind it.
    pub fn open(place: &Place, bug: Option<Bug>) -> std::result::Result<Self, Failed> {
        let (store, recovered) = Store::open(place).map_err(Failed::Store)?;
        let size = recovered.head.size;
        let found = store.snapshots().load(size).map_err(Failed::Store)?;
        let state = found.snapshot.and_then(|it| State::from_bytes(&it.bytes));
        let state = state.map(|state| planted::restored(bug, state));
        let mut writer = Self::of(store, state.unwrap_or(State::new(SPACE)), bug);
        if bug != Some(Bug::SnapshotWithoutTail) || writer.sequencer.state().size == 0 {
            writer.replay(size)?;
        }
        Ok(writer)
    }

    fn of(store: Store, state: State, bug: Option<Bug>) -> Self {
        Self {
            store,
            bent: Bent::of(bug, &state),
            admitted: Vec::new(),
            sequencer: Sequencer::new(state),
            publishing: None,
            due_root: None,
        }
    }

    fn replay(&mut self, size: u64) -> std::result::Result<(), Failed> {
        let from = self.sequencer.state().size;
        let erased = self.erased(from..size).map_err(Failed::Store)?;
        for stored in self.store.entries(from..size).map_err(Failed::Store)? {
            let stored = stored.map_err(Failed::Store)?;
            let documents = Stored {
                store: &self.store,
                erased: &erased,
            };
            let recovered = match &mut self.bent {
                None => self.sequencer.recover(&stored.entry, &documents),
                Some(bent) => enter(bent, &stored.entry, &documents),
            };
            if let Some(bent) = &self.bent {
                self.sequencer = Sequencer::new(bent.state.clone());
            }
            recovered.map_err(|rejection| Failed::Entry(stored.seq, rejection))?;
            // A state that lacks what is erased later is not the one that others have hashed.
            if erased.is_empty() {
                self.note_root();
            }
        }
        Ok(())
    }

    /// The sidecars of which these entries say that they are erased.
    fn erased(&self, entries: Range<u64>) -> Result<BTreeSet<Hash>> {
        let mut erased = BTreeSet::new();
        for stored in self.store.entries(entries)? {
            let entry: Option<Entry> = codec::decode(&stored?.entry).ok();
            let command = entry.map(|entry| entry.signed.submission.command);
            if let Some(Command::Erase(erase)) = command
                && let Erasure::Openings(hash) = erase.what
            {
                erased.insert(hash);
            }
        }
        Ok(erased)
    }

    /// Admits an offer; a sidecar is durable among the openings before its entry.
    pub fn admit(
        &mut self,
        now_ms: u64,
        offer: Verified,
    ) -> Result<std::result::Result<Admission, Rejection>> {
        let command = &offer.offer().signed.submission.command;
        if matches!(command, Command::CloseRound(_)) {
            for sidecar in &offer.offer().attachments {
                self.store.openings().put(sidecar)?;
            }
        }
        let documents = Stored {
            store: &self.store,
            erased: &BTreeSet::new(),
        };
        let admission = self.sequencer.admit(now_ms, offer, &documents);
        self.bend();
        Ok(admission)
    }

    /// Makes a batch durable; after an error the process must end.
    pub fn append(&mut self, batch: &Batch) -> Result<Head> {
        let records: Vec<store::Record> = batch.records.iter().map(stored).collect();
        let head = self.store.append(&records)?;
        self.sequencer.confirm(batch.end);
        Ok(head)
    }

    /// Takes what was admitted since the last batch.
    pub fn take_batch(&mut self) -> Batch {
        let batch = self.sequencer.take_batch();
        let mut records = std::mem::take(&mut self.admitted);
        records.extend(batch.records);
        Batch { records, ..batch }
    }

    /// Where a rule has a bug, its state takes the place of the sequencer's after every entry.
    fn bend(&mut self) {
        let Some(bent) = &mut self.bent else { return };
        for record in self.sequencer.take_batch().records {
            let entered = enter(bent, &record.entry, &Attached(&record.attachments));
            entered.expect("the sequencer has decided upon this state");
            self.admitted.push(record);
        }
        self.sequencer = Sequencer::new(bent.state.clone());
    }

    /// Whether the batch in hand should end here, so that a state root falls due.
    pub fn is_root_due(&self) -> bool {
        self.sequencer
            .state()
            .size
            .is_multiple_of(u64::from(STATE_EVERY))
    }

    /// Keeps the state's root where one is due; all of the state must be durable.
    pub fn note_root(&mut self) {
        let state = self.sequencer.state();
        if self.is_root_due() && state.size > 0 {
            self.due_root = Some(DueRoot {
                size: state.size,
                layout: state.layout(),
                root: state.root(),
            });
        }
    }

    /// Saves the state, all of which must be durable.
    pub fn save_snapshot(&self) -> Result<()> {
        let state = self.sequencer.state();
        self.store.snapshots().save(&Snapshot {
            log_size: state.size,
            bytes: state.to_bytes(),
        })
    }
}

impl Publishing {
    /// Signs what is written.
    pub fn sign(&mut self, signer: &Signer) -> String {
        let checkpoint = Checkpoint {
            origin: signer.verifier().name().to_owned(),
            head: self.publication.head(),
        };
        let note = checkpoint.sign(signer).expect("the log's own key and name");
        self.note = Some(note.clone());
        note
    }
}

fn enter(
    bent: &mut Bent,
    bytes: &[u8],
    documents: &dyn Documents,
) -> std::result::Result<(), Rejection> {
    let entry: Entry = codec::decode(bytes).map_err(|_| Rejection::Malformed)?;
    bent.enter(&entry, documents)
}

fn stored(record: &Record) -> store::Record {
    store::Record {
        entry: record.entry.clone(),
        body: record.body.clone(),
        attachments: files_of(record).to_vec(),
    }
}
