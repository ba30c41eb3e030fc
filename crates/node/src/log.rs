//! The log with its one writer: offers are admitted, made durable together, and published.

use crate::charged::Charged;
use crate::documents::StoredDocuments;
use crate::{Error, Keyring, belonging};
use ledger::State;
use proof::Checkpoint;
use protocol::entry::Submission;
use protocol::{AccountId, Command, Hash, Rejection, SessionKey};
use sequencer::{Admission, Offer, Sequencer, Verified};
use store::{Place, Store};

/// Most records that are made durable with one sync.
pub const BATCH_RECORDS: usize = 4_096;
/// Most bytes of entries and bodies that are made durable with one sync; a quarter of what the
/// journal takes, so that nobody's large bodies ever make a batch that it refuses.
const BATCH_BYTES: usize = 16 << 20;

// An audit that decides a refusal again has the same limit.
const _: () = assert!(store::store::MAX_BODY_BYTES == protocol::document::MAX_BODY_BYTES);

/// Sequencer, store and keys of one space: all that a writer needs, without threads, chain or
/// clock.
pub struct Log {
    pub(crate) sequencer: Sequencer,
    pub(crate) store: Store,
    pub(crate) keys: Keyring,
    pub(crate) documents: StoredDocuments,
    /// Uses that segments have charged; `None` until the first segment asks for them.
    pub(crate) charged: Option<Charged>,
    pub(crate) nonce: u64,
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
            let replayed = match self.sequencer.recover(&stored.entry, &self.documents) {
                Err(Rejection::MissingDocument) => {
                    let later = self.store.entries(stored.seq..end)?;
                    self.documents = self.documents.clone().without_erased(later)?;
                    self.sequencer.recover(&stored.entry, &self.documents)
                }
                replayed => replayed,
            };
            replayed.map_err(|rejection| not_replayed(stored.seq, rejection))?;
        }
        self.nonce = self.next_nonce();
        self.erase_again(start)?;
        Ok(Opened {
            log: self,
            replayed: end - start,
            notices,
        })
    }

    fn over(store: Store, state: State, keys: Keyring) -> Self {
        let documents = StoredDocuments::of(&store.files());
        Self {
            sequencer: Sequencer::new(state),
            store,
            keys,
            documents,
            charged: None,
            nonce: 0,
            broken: false,
        }
    }

    /// The state with everything admitted so far, durable or not.
    pub fn state(&self) -> &State {
        self.sequencer.state()
    }

    /// The operator's keys.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// The files behind the log.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Decides an offer when a clock shows so many milliseconds since 1970. What is admitted is in
    /// the log only after [`Log::commit`]. The rules see no more than the hash of a
    /// segment's rows, so its rows are looked at here: an audit would fault them later.
    pub fn admit(
        &mut self,
        now_ms: u64,
        offer: Verified,
    ) -> Result<Result<Admission, Rejection>, Error> {
        if self.broken {
            let why = "an earlier batch could not be made durable; open the directory again";
            return Err(store::Error::unavailable("take submissions", why).into());
        }
        if offer.offer().body.len() > store::store::MAX_BODY_BYTES {
            return Ok(Err(Rejection::TooLarge));
        }
        let charges = match self.charges(now_ms, offer.offer())? {
            Ok(charges) => charges,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let admission = self.sequencer.admit(now_ms, offer, &self.documents);
        if let (Ok(Admission::New(seq)), Some(charged)) = (&admission, &mut self.charged) {
            charged.admit(*seq, charges);
        }
        Ok(admission)
    }

    /// Makes everything admitted durable, up to 4,096 entries or 16 MiB with one sync, and returns
    /// the entries' bytes. After an error nothing more is taken: memory is ahead of the disk.
    pub fn commit(&mut self) -> Result<Vec<Vec<u8>>, Error> {
        let batch = self.sequencer.take_batch();
        let records: Vec<store::Record> = batch
            .records
            .into_iter()
            .map(|record| store::Record {
                entry: record.entry,
                body: record.body,
                attachments: record.attachments,
            })
            .collect();
        let mut rest = &records[..];
        while !rest.is_empty() {
            let (part, later) = rest.split_at(fitting(rest));
            if let Err(error) = self.store.append(part) {
                self.broken = true;
                return Err(error.into());
            }
            rest = later;
        }
        self.sequencer.confirm(batch.end);
        if let Some(charged) = &mut self.charged {
            charged.settle(batch.end);
        }
        Ok(records.into_iter().map(|record| record.entry).collect())
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

    /// Signs a command with the operator's key under its next nonce; `account` is `None` for the
    /// first entry only. An error if the operator's key is not here.
    pub fn sign_as(
        &mut self,
        account: Option<AccountId>,
        command: Command,
    ) -> Result<Offer, Error> {
        let key = self.operator()?;
        let nonce = self.nonce;
        self.nonce += 1;
        let submission = Submission {
            space: self.keys.space(),
            account,
            key: SessionKey(key.public()),
            nonce,
            command,
            private: None,
        };
        Ok(ledger::verify::sign(submission, &key).into())
    }

    /// The key that runs the log now.
    pub(crate) fn operator(&self) -> Result<proof::signature::SessionKey, Error> {
        let Some(operator) = self.state().account(AccountId(0)) else {
            return Ok(self.keys.operator());
        };
        self.keys.operator_for(&operator.key).ok_or_else(|| {
            let key = Hash(operator.key.0);
            Error::Corrupt(format!(
                "the secret of the operator's key `{key}` is not in `keys`\n\
                 hint: copy the directory `keys` from the node that rotated the key"
            ))
        })
    }

    /// The first nonce that the operator's key has not used. Keys that took over from another
    /// begin at 0.
    pub(crate) fn next_nonce(&self) -> u64 {
        let operator = self.state().account(AccountId(0)).map(|it| it.key);
        let key = operator.and_then(|operator| self.state().key(&operator));
        let last = key.and_then(|key| key.nonces.iter().map(|used| used.nonce).max());
        last.map_or(0, |last| last + 1)
    }
}

/// How many of the records, at least one, go into the next batch.
fn fitting(records: &[store::Record]) -> usize {
    let mut bytes = 0;
    let fit = records.iter().take(BATCH_RECORDS).take_while(|record| {
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
