//! What is checked before the rules: repetitions, and private bodies that auditors see only later.

use alloc::vec::Vec;
use ledger::commitment::{self, AnswerPlace, Binding};
use ledger::{Documents, State};
use protocol::document::AnswerOpening;
use protocol::entry::{Signed, Submission};
use protocol::{Command, Hash, Rejection, codec};

/// A verified submission with all that must become durable beside it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The signed submission; [`ledger::verify`] has checked its signature.
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

/// The entry of an identical earlier submission under the same nonce, so that a client may send
/// again after a lost answer. Another command under a used nonce is refused.
pub(crate) fn repeated(state: &State, submission: &Submission) -> Result<Option<u64>, Rejection> {
    let Some(key) = state.keys.get(&submission.key) else {
        return Ok(None);
    };
    let Some(used) = key
        .nonces
        .iter()
        .find(|used| used.nonce == submission.nonce)
    else {
        return Ok(None);
    };
    if used.digest == ledger::apply::digest(submission) {
        Ok(Some(used.seq))
    } else {
        Err(Rejection::NonceReused)
    }
}

/// A commitment is worth nothing if the node cannot open it when the round ends, so the private
/// body must open every commitment of the submission before it is accepted.
pub(crate) fn check_body(state: &State, offer: &Offer) -> Result<(), Rejection> {
    let submission = &offer.signed.submission;
    match &submission.command {
        Command::OpenAccount(_) => {
            let binding: Binding =
                codec::decode(&offer.body).map_err(|_| Rejection::BindingMismatch)?;
            let chain_id = state.genesis.as_ref().map_or(0, |genesis| genesis.chain_id);
            ledger::verify::verify_binding(&offer.signed, &binding, chain_id)
        }
        Command::SealAnswers(answers) => {
            let openings: Vec<AnswerOpening> =
                codec::decode(&offer.body).map_err(|_| Rejection::OpeningMismatch)?;
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
pub(crate) struct WithOffered<'a> {
    pub(crate) offered: &'a [Vec<u8>],
    pub(crate) documents: &'a dyn Documents,
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
