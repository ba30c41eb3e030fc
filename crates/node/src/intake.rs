//! What decides offers in memory: sequencer and keys, which read the store and never write it.

use crate::charged::{Charged, Durable};
use crate::documents::StoredDocuments;
use crate::{Error, Keyring};
use ledger::State;
use protocol::entry::Submission;
use protocol::{AccountId, Command, Hash, Rejection, SessionKey};
use sequencer::{Admission, Batch, Offer, Sequencer, Verified};
use std::ops::Range;
use store::reader::Entries;
use store::{Place, Reader, Store, Stored};

/// The deciding half of a [`crate::Log`]: what it admits runs ahead of what is durable.
pub struct Intake {
    sequencer: Sequencer,
    pub(crate) keys: Keyring,
    pub(crate) documents: StoredDocuments,
    /// Uses that segments have charged; `None` until the first segment asks for them.
    pub(crate) charged: Option<Charged>,
    nonce: u64,
    place: Place,
    reader: Reader,
}

impl Intake {
    /// Goes on from a state whose entries are all in the store.
    pub(crate) fn over(store: &Store, state: State, keys: Keyring) -> Self {
        Self {
            sequencer: Sequencer::new(state),
            keys,
            documents: StoredDocuments::of(&store.files()),
            charged: None,
            nonce: 0,
            place: store.place().clone(),
            reader: store.reader(),
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

    /// Where the log stands.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Stored entries with their bodies, as far as they are known to be durable.
    pub(crate) fn entries(&self, range: Range<u64>) -> Result<Entries, Error> {
        let end = range.end.min(self.sequencer.durable());
        Ok(self.reader.entries(range.start.min(end)..end)?)
    }

    /// Replays an entry of the journal; see [`Sequencer::recover`].
    pub(crate) fn recover(&mut self, entry: &[u8]) -> Result<(), Rejection> {
        self.sequencer.recover(entry, &self.documents)
    }

    /// Replays on without the sidecars that these later entries have erased.
    pub(crate) fn pass_erased(
        &mut self,
        later: impl Iterator<Item = Result<Stored, store::Error>>,
    ) -> Result<(), Error> {
        self.documents = self.documents.clone().without_erased(later)?;
        Ok(())
    }

    /// Decides an offer when a clock shows so many milliseconds since 1970. What is admitted is in
    /// the log only once its batch is durable. The rules see no more than the hash of a
    /// segment's rows, so its rows are looked at here: an audit would fault them later.
    pub fn admit(
        &mut self,
        now_ms: u64,
        offer: Verified,
    ) -> Result<Result<Admission, Rejection>, Error> {
        if offer.offer().body.len() > store::store::MAX_BODY_BYTES {
            return Ok(Err(Rejection::TooLarge));
        }
        let looked = match self.look(now_ms, offer.offer())? {
            Ok(looked) => looked,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let documents = &looked.pin(&self.documents);
        let admission = self.sequencer.admit(now_ms, offer, documents);
        if let (Ok(Admission::New(seq)), Some(charged)) = (&admission, &mut self.charged) {
            charged.admit(*seq, looked.charges);
        }
        Ok(admission)
    }

    /// What has been admitted since the last batch, to be made durable in this order.
    pub(crate) fn take_batch(&mut self) -> Batch {
        self.sequencer.take_batch()
    }

    /// The log is known to be durable up to this size.
    pub(crate) fn confirm(&mut self, durable: u64) {
        if durable == self.sequencer.durable() {
            return;
        }
        self.sequencer.confirm(durable);
        if let Some(charged) = &mut self.charged {
            charged.settle(durable);
        }
    }

    pub(crate) fn durable_log(&self) -> Durable<'_> {
        Durable {
            reader: &self.reader,
            documents: &self.documents,
            size: self.sequencer.durable(),
        }
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

    /// Counts the operator's nonces on from what the state has of them.
    pub(crate) fn find_nonce(&mut self) {
        self.nonce = self.next_nonce();
    }

    /// The first nonce that the operator's key has not used. Keys that took over from another
    /// begin at 0.
    fn next_nonce(&self) -> u64 {
        let operator = self.state().account(AccountId(0)).map(|it| it.key);
        let key = operator.and_then(|operator| self.state().key(&operator));
        let last = key.and_then(|key| key.nonces.iter().map(|used| used.nonce).max());
        last.map_or(0, |last| last + 1)
    }
}
