//! The log with its one writer: offers are admitted, made durable together, and published.

use crate::intake::Intake;
use crate::{Error, Keyring, belonging};
use ledger::State;
use proof::Checkpoint;
use protocol::{AccountId, Command, Hash, Rejection};
use sequencer::{Admission, Batch, Offer, Record, Verified};
use std::sync::mpsc::Receiver;
use store::{Place, Store};

/// Most submissions that a running node decides in one go: what they touch stays in the processor's
/// cache, and the disk need not wait for more.
pub const TURN_SUBMISSIONS: usize = 1_024;
/// Turns that wait for the sync before theirs; it takes all of them at once.
pub const TURNS: usize = 16;
/// Records for which no further turn is added to a batch.
const BATCH_RECORDS: usize = 16_384;
/// Most bytes of entries and bodies that are made durable with one sync; a quarter of what the
/// journal takes, so that nobody's large bodies ever make a batch that it refuses.
const BATCH_BYTES: usize = 16 << 20;

// An audit that decides a refusal again has the same limit.
const _: () = assert!(store::store::MAX_BODY_BYTES == protocol::document::MAX_BODY_BYTES);

/// Sequencer, store and keys of one space: all that a writer needs, without threads, chain or
/// clock.
pub struct Log {
    pub(crate) intake: Intake,
    pub(crate) store: Store,
    /// Set when a batch could not be made durable: the state in memory is then ahead of the disk.
    broken: bool,
}

/// A log and what its start has found.
pub struct Opened {
    /// Ready for offers.
    pub log: Log,
    /// Entries that were replayed on top of the snapshot.
    pub replayed: u64,
    /// Sentences about what was repaired.
    pub notices: Vec<String>,
}

impl Log {
    /// Lays out an empty log beside keys that are saved already.
    pub fn create(place: &Place, keys: Keyring) -> Result<Self, Error> {
        let store = Store::create(place)?;
        Ok(Self::over(store, State::new(keys.space()), keys))
    }

    /// Opens a log after whatever end: the newest whole snapshot, then the rest of the journal.
    pub fn open(place: &Place) -> Result<Opened, Error> {
        place.check_format()?;
        let keys = Keyring::open(&place.dir)?;
        belonging::check(place, &keys)?;
        let (store, recovered) = Store::open(place)?;
        let found = store.snapshots().load(recovered.head.size)?;
        let snapshot = found
            .snapshot
            .and_then(|found| State::from_bytes(&found.bytes));
        let state = snapshot.unwrap_or_else(|| State::new(keys.space()));
        let mut notices = recovered.notices;
        notices.extend(found.notices);
        Self::over(store, state, keys).replay(notices)
    }

    /// Opens a log with the state that a follower has of its first entries already.
    pub fn take_over(place: &Place, state: State) -> Result<Opened, Error> {
        let keys = Keyring::open(&place.dir)?;
        belonging::check(place, &keys)?;
        let (store, recovered) = Store::open(place)?;
        if state.size > recovered.head.size {
            return Err(Error::Corrupt(format!(
                "the journal ends at entry {}, but its follower has seen {} entries",
                recovered.head.size, state.size
            )));
        }
        Self::over(store, state, keys).replay(recovered.notices)
    }

    fn replay(mut self, notices: Vec<String>) -> Result<Opened, Error> {
        let (start, end) = (self.state().size, self.store.head().size);
        for stored in self.store.entries(start..end)? {
            let stored = stored?;
            let replayed = match self.intake.recover(&stored.entry) {
                Err(Rejection::MissingDocument) => {
                    let later = self.store.entries(stored.seq..end)?;
                    self.intake.pass_erased(later)?;
                    self.intake.recover(&stored.entry)
                }
                replayed => replayed,
            };
            replayed.map_err(|rejection| not_replayed(stored.seq, rejection))?;
        }
        self.intake.find_nonce();
        self.erase_again(start)?;
        Ok(Opened {
            log: self,
            replayed: end - start,
            notices,
        })
    }

    fn over(store: Store, state: State, keys: Keyring) -> Self {
        Self {
            intake: Intake::over(&store, state, keys),
            store,
            broken: false,
        }
    }

    /// What decides and what makes durable, for a thread each.
    pub fn into_parts(self) -> (Intake, Store) {
        (self.intake, self.store)
    }

    /// The state with everything admitted so far, durable or not.
    pub fn state(&self) -> &State {
        self.intake.state()
    }

    /// The operator's keys.
    pub fn keys(&self) -> &Keyring {
        self.intake.keys()
    }

    /// The files behind the log.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Decides an offer ([`Intake::admit`]). What is admitted is in the log only after
    /// [`Log::commit`].
    pub fn admit(
        &mut self,
        now_ms: u64,
        offer: Verified,
    ) -> Result<Result<Admission, Rejection>, Error> {
        self.check_whole()?;
        self.intake.admit(now_ms, offer)
    }

    /// An error once the state in memory is ahead of the disk for good.
    pub(crate) fn check_whole(&self) -> Result<(), Error> {
        if !self.broken {
            return Ok(());
        }
        let why = "an earlier batch could not be made durable; open the directory again";
        Err(store::Error::unavailable("take submissions", why).into())
    }

    /// Makes everything admitted durable and returns the entries' bytes; see [`append`]. After an
    /// error nothing more is taken: memory is ahead of the disk.
    pub fn commit(&mut self) -> Result<Vec<Vec<u8>>, Error> {
        let appended = append(&mut self.store, self.intake.take_batch());
        self.broken |= appended.is_err();
        let entries = appended?;
        self.intake.confirm(self.store.head().size);
        Ok(entries)
    }

    /// Writes tiles and signs a checkpoint over everything durable, without asking witnesses.
    pub fn publish(&mut self) -> Result<Checkpoint, Error> {
        let head = self.store.head();
        let signing = self.signing(head.size)?;
        if !signing.carries_over() {
            return Ok(self.store.publish(signing.signer())?);
        }
        let files = self.store.files();
        let publication = self.store.publication();
        publication.write(&*files)?;
        let checkpoint = publication.put_checkpoint(&*files, &signing.sign(head)?)?;
        self.store.published(head);
        signing.publish(&self.store.public(), &*files)?;
        Ok(checkpoint)
    }

    /// [`Intake::sign_as`].
    pub fn sign_as(
        &mut self,
        account: Option<AccountId>,
        command: Command,
    ) -> Result<Offer, Error> {
        self.intake.sign_as(account, command)
    }
}

/// Takes the next batch that was decided, with those that gathered behind it while the last sync
/// ran: a lonely entry waits for nobody, and a slow disk has larger batches. `batch` is the part of
/// it that is to be appended; `None` once no more comes.
pub fn gather<T>(
    decided: &Receiver<T>,
    batch: impl Fn(&T) -> &Batch,
    add: impl Fn(&mut T, T),
) -> Option<T> {
    let mut gathered = decided.recv().ok()?;
    while !is_full(batch(&gathered))
        && let Ok(next) = decided.try_recv()
    {
        add(&mut gathered, next);
    }
    Some(gathered)
}

fn is_full(batch: &Batch) -> bool {
    let records = &batch.records;
    records.len() >= BATCH_RECORDS
        || records.iter().map(payload_bytes).sum::<usize>() >= BATCH_BYTES
}

fn payload_bytes(record: &Record) -> usize {
    record.entry.len() + record.body.len()
}

/// Makes a batch durable, up to 16 MiB with one sync, and returns the entries' bytes. It must
/// follow what the store has: nobody may hear of an index that stands elsewhere.
pub fn append(store: &mut Store, batch: Batch) -> Result<Vec<Vec<u8>>, Error> {
    let begin = batch.end - batch.records.len() as u64;
    if begin != store.head().size {
        let size = store.head().size;
        return Err(Error::Corrupt(format!(
            "a batch begins with entry {begin}, but the journal ends at entry {size}\n\
             hint: start the node again; it recovers every acknowledged entry"
        )));
    }
    let records: Vec<store::Record> = (batch.records.into_iter())
        .map(|record| store::Record {
            entry: record.entry,
            body: record.body,
            attachments: record.attachments,
        })
        .collect();
    let mut rest = &records[..];
    while !rest.is_empty() {
        let (part, later) = rest.split_at(fitting(rest));
        store.append(part)?;
        rest = later;
    }
    Ok(records.into_iter().map(|record| record.entry).collect())
}

/// How many of the records, at least one, go into the next batch.
fn fitting(records: &[store::Record]) -> usize {
    let mut bytes = 0;
    let fit = records.iter().take_while(|record| {
        bytes += record.entry.len() + record.body.len();
        bytes <= BATCH_BYTES
    });
    fit.count().max(1)
}

pub(crate) fn not_replayed(seq: u64, rejection: Rejection) -> Error {
    Error::Corrupt(format!(
        "cannot replay entry {seq} of the journal: {rejection}"
    ))
}

/// SHA-256 of a document, as commands name it.
pub(crate) fn digest(bytes: &[u8]) -> Hash {
    Hash(proof::hash::sha256(&[bytes]))
}
