//! What a client hands in, and the whole decision on it: the same at the door and in an audit.

use crate::commitment::{self, AnswerPlace, Binding, Statement};
use crate::decide::decide_encoded;
use crate::verify::{verify_binding, verify_passkey};
use crate::{Documents, State};
use alloc::boxed::Box;
use alloc::vec::Vec;
use protocol::document::AnswerOpening;
use protocol::entry::{Entry, RULE_VERSION, SIGNING_DOMAIN, Signed, Submission};
use protocol::passkey::PasskeyBinding;
use protocol::undo::ReplaceAnswer;
use protocol::{Command, Event, Hash, Rejection, codec};

/// A submission with all that must become durable beside it. Nobody has looked at it yet.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The signed submission.
    pub signed: Signed,
    /// The private body: a [`Binding`] or [`PasskeyBinding`] for `OpenAccount`, the openings for
    /// `SealAnswers`, the new and the old opening for `ReplaceAnswer`, a [`Statement`] for an
    /// appeal or a verdict that says something.
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
pub struct Verified {
    offer: Offer,
    signed: SignedBytes,
}

impl Verified {
    /// Checks the signature; needs no state, so that any number of threads can do it.
    pub fn check(offer: Offer) -> Result<Self, Rejection> {
        let signed = SignedBytes::of(&offer.signed.submission);
        signed.verify(&offer.signed)?;
        Ok(Self { offer, signed })
    }

    /// What was verified.
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// What was verified, to be taken apart, and the bytes that were signed.
    pub fn into_parts(self) -> (Offer, SignedBytes) {
        (self.offer, self.signed)
    }
}

/// What a session key has signed, encoded and hashed once: the entry is made of it.
#[derive(Clone, Debug)]
pub struct SignedBytes {
    bytes: Box<[u8]>,
    digest: u64,
}

impl SignedBytes {
    fn of(submission: &Submission) -> Self {
        // Without the room to grow: many may wait for their turn.
        let bytes = submission.signing_bytes().into_boxed_slice();
        let digest = crate::apply::digest(&bytes);
        Self { bytes, digest }
    }

    fn verify(&self, signed: &Signed) -> Result<(), Rejection> {
        proof::signature::verify(&signed.submission.key.0, &self.bytes, &signed.signature.0)
            .map_err(|_| Rejection::BadSignature)
    }

    /// The encoding of the submission alone.
    pub fn submission(&self) -> &[u8] {
        &self.bytes[SIGNING_DOMAIN.len()..]
    }

    /// See [`crate::apply::digest`].
    pub fn digest(&self) -> u64 {
        self.digest
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

/// An offer as the entry that it would make ([`State::next_entry`]).
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The entry, its number and time being the next ones.
    pub entry: &'a Entry,
    /// Length of its encoding in bytes.
    pub bytes: usize,
    /// [`SignedBytes::digest`] of its submission.
    pub digest: u64,
    /// See [`Offer::body`].
    pub body: &'a [u8],
    /// See [`Offer::attachments`].
    pub attachments: &'a [Vec<u8>],
}

/// Decides a candidate: has it come before, does the body open what the submission commits to, and
/// what do the rules say?
pub fn judge(
    state: &State,
    candidate: Candidate<'_>,
    documents: &dyn Documents,
) -> Result<Judged, Rejection> {
    let Candidate {
        entry,
        bytes,
        digest,
        body,
        attachments,
    } = candidate;
    if let Some(seq) = repeated(state, &entry.signed.submission, digest)? {
        return Ok(Judged::Repeated(seq));
    }
    check_body(state, &entry.signed, body)?;
    let documents = WithOffered {
        offered: attachments,
        documents,
    };
    decide_encoded(state, entry, bytes, &documents).map(Judged::New)
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
    let signed = SignedBytes::of(&offer.signed.submission);
    let candidate = Candidate {
        entry: &entry,
        bytes: codec::encoded_bytes(&entry),
        digest: signed.digest,
        body: &offer.body,
        attachments: &offer.attachments,
    };
    let judged = signed
        .verify(&offer.signed)
        .and_then(|()| judge(state, candidate, documents));
    judged.err()
}

/// The entry of an identical earlier submission under the same nonce, so that a client may send
/// again after a lost answer. Another command under a used nonce is refused.
fn repeated(state: &State, submission: &Submission, digest: u64) -> Result<Option<u64>, Rejection> {
    let Some(key) = state.key(&submission.key) else {
        return Ok(None);
    };
    let Some(used) = key.nonces.find(submission.nonce) else {
        return Ok(None);
    };
    if used.digest == digest {
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
            if let Ok(passkey) = codec::decode::<PasskeyBinding>(body) {
                return verify_passkey(signed, &passkey);
            }
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
        Command::ReplaceAnswer(replace) => check_replacement(state, submission, replace, body),
        Command::Appeal(_) | Command::GiveVerdict(_) => check_statement(submission, body),
        _ => Ok(()),
    }
}

/// A body of the new opening and the old one, both for the place of the answer that is replaced.
/// Whether there is such an answer is decided later.
///
/// The unit stays: an early place in the log would else become one for any unit, before answers of
/// others that then no longer count. So does no salt, or whoever sees the new answer opened could
/// try which one the old commitment hides.
fn check_replacement(
    state: &State,
    submission: &Submission,
    replace: &ReplaceAnswer,
    body: &[u8],
) -> Result<(), Rejection> {
    let openings: Vec<AnswerOpening> =
        codec::decode(body).map_err(|_| Rejection::OpeningMismatch)?;
    let campaign = state.campaign(replace.campaign);
    let round = campaign.and_then(|campaign| campaign.open_round());
    let batch = round.and_then(|round| round.batch(replace.entry));
    let Some((batch, sealed)) = batch.and_then(|batch| {
        let sealed = batch.commitments.get(usize::from(replace.field))?;
        Some((batch, *sealed))
    }) else {
        return Ok(());
    };
    let place = AnswerPlace {
        space: submission.space,
        account: batch.account,
        nonce: batch.nonce,
        field: replace.field,
    };
    let opens = |opening, hash| commitment::answer(place, opening) == hash;
    match &openings[..] {
        [new, old]
            if opens(new, replace.commitment)
                && opens(old, sealed)
                && new.unit == old.unit
                && new.salt != old.salt =>
        {
            Ok(())
        }
        _ => Err(Rejection::OpeningMismatch),
    }
}

/// Words come with a commitment to them, and a commitment with its words.
fn check_statement(submission: &Submission, body: &[u8]) -> Result<(), Rejection> {
    let Some(private) = submission.private else {
        return match body {
            [] => Ok(()),
            _ => Err(Rejection::OpeningMismatch),
        };
    };
    let said: Statement = codec::decode(body).map_err(|_| Rejection::OpeningMismatch)?;
    let account = submission.account.ok_or(Rejection::UnknownAccount)?;
    let found = commitment::statement(submission.space, account, submission.nonce, &said);
    if found == private {
        Ok(())
    } else {
        Err(Rejection::OpeningMismatch)
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
