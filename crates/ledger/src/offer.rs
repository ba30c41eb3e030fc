//! What a client hands in, and the whole decision on it: the same at the door and in an audit.

use crate::commitment::{self, AnswerPlace, Binding};
use crate::verify::{verify_binding, verify_signed};
use crate::{Documents, State, decide};
use alloc::vec::Vec;
use protocol::document::AnswerOpening;
use protocol::entry::{Entry, RULE_VERSION, Signed, Submission};
use protocol::{Command, Event, Hash, Rejection, codec};

/// A submission with all that must become durable beside it. Nobody has looked at it yet.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The signed submission.
    pub signed: Signed,
    /// The private body: a [`Binding`] for `OpenAccount`, the openings for `SealAnswers`.
    pub body: Vec<u8>,
    /// Documents that the command names.
    pub attachments: Vec<Vec<u8>>,
}

impl From<Signed> for Offer {
    /// With nothing beside it, which is enough for most commands.
    fn from(signed: Signed) -> Self {
        let (body, attachments) = (Vec::new(), Vec::new());
        Self {
            signed,
            body,
            attachments,
        }
    }
}

/// An offer whose signature is good. There is no other way to make one, so that whoever takes it
/// need not ask who has checked.
#[derive(Clone, Debug)]
pub struct Verified(Offer);

impl Verified {
    /// Checks the signature; needs no state, so that any number of threads can do it.
    pub fn check(offer: Offer) -> Result<Self, Rejection> {
        verify_signed(&offer.signed)?;
        Ok(Self(offer))
    }

    /// What was verified.
    pub fn offer(&self) -> &Offer {
        &self.0
    }

    /// What was verified, to be taken apart.
    pub fn into_offer(self) -> Offer {
        self.0
    }
}

/// What becomes of an offer that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is the next entry, which changes this.
    New(Vec<Event>),
    /// It stands in the log already, at this index.
    Repeated(u64),
}

/// Decides the entry that an offer would make ([`State::next_entry`]): has it come before, does the
/// body open what the submission commits to, and what do the rules say?
pub fn judge(
    state: &State,
    entry: &Entry,
    body: &[u8],
    attachments: &[Vec<u8>],
    documents: &dyn Documents,
) -> Result<Judged, Rejection> {
    if let Some(seq) = repeated(state, &entry.signed.submission)? {
        return Ok(Judged::Repeated(seq));
    }
    check_body(state, &entry.signed, body)?;
    let documents = WithOffered {
        offered: attachments,
        documents,
    };
    decide(state, entry, &documents).map(Judged::New)
}

impl State {
    /// The entry that a submission would make now, when a clock shows `now_ms`.
    pub fn next_entry(&self, now_ms: u64, signed: Signed) -> Entry {
        Entry {
            seq: self.size,
            time_ms: self.next_ms(now_ms),
            rule: RULE_VERSION,
            signed,
        }
    }
}

/// The reason for which an offer is refused at a state and a time, or `None` if it is not. A signed
/// refusal names the size of the log and the time, so that whoever has replayed the log to that
/// size can ask again.
pub fn refused(
    state: &State,
    now_ms: u64,
    offer: &Offer,
    documents: &dyn Documents,
) -> Option<Rejection> {
    let entry = state.next_entry(now_ms, offer.signed.clone());
    let judged = verify_signed(&offer.signed)
        .and_then(|()| judge(state, &entry, &offer.body, &offer.attachments, documents));
    judged.err()
}

/// The entry of an identical earlier submission under the same nonce, so that a client may send
/// again after a lost answer. Another command under a used nonce is refused.
fn repeated(state: &State, submission: &Submission) -> Result<Option<u64>, Rejection> {
    let Some(key) = state.keys.get(&submission.key) else {
        return Ok(None);
    };
    let Some(used) = key.nonces.find(submission.nonce) else {
        return Ok(None);
    };
    if used.digest == crate::apply::digest(&submission.signing_bytes()) {
        Ok(Some(used.seq))
    } else {
        Err(Rejection::NonceReused)
    }
}

/// A commitment is worth nothing if the node cannot open it when the round ends, so the private
/// body must open every commitment of the submission before it is accepted.
fn check_body(state: &State, signed: &Signed, body: &[u8]) -> Result<(), Rejection> {
    let submission = &signed.submission;
    match &submission.command {
        Command::OpenAccount(_) => {
            let binding: Binding = codec::decode(body).map_err(|_| Rejection::BindingMismatch)?;
            let chain_id = state.genesis.as_ref().map_or(0, |genesis| genesis.chain_id);
            verify_binding(signed, &binding, chain_id)
        }
        Command::SealAnswers(answers) => {
            let openings: Vec<AnswerOpening> =
                codec::decode(body).map_err(|_| Rejection::OpeningMismatch)?;
            if openings.len() != answers.commitments.len() {
                return Err(Rejection::OpeningMismatch);
            }
            let account = submission.account.ok_or(Rejection::UnknownAccount)?;
            let place = |field| AnswerPlace {
                space: submission.space,
                account,
                nonce: submission.nonce,
                field,
            };
            let opens = (0u16..)
                .zip(&openings)
                .zip(&answers.commitments)
                .all(|((field, opening), hash)| commitment::answer(place(field), opening) == *hash);
            if opens {
                Ok(())
            } else {
                Err(Rejection::OpeningMismatch)
            }
        }
        _ => Ok(()),
    }
}

/// Documents that come with the offer, then those that are durable already.
struct WithOffered<'a> {
    offered: &'a [Vec<u8>],
    documents: &'a dyn Documents,
}

impl Documents for WithOffered<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        let offered = self
            .offered
            .iter()
            .find(|bytes| proof::hash::sha256(&[bytes]) == hash.0);
        offered.cloned().or_else(|| self.documents.document(hash))
    }
}
