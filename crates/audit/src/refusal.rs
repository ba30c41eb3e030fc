//! A signed refusal, decided again on the state that it was decided by.

use crate::Fault;
use crate::document::{self, Document};
use crate::segment::Segments;
use crate::word::Sent;
use ledger::State;
use ledger::offer::{Offer, refused};
use proof::hash::sha256;
use proof::promise::{Refusal, submission};
use protocol::document::MAX_BODY_BYTES;
use protocol::entry::{MAX_ENTRY_BYTES, Signed};
use protocol::{Hash, Rejection, codec};

/// What was refused.
pub(crate) enum Refused {
    /// A submission.
    Offer(Box<Offer>),
    /// Bytes that the refusal names by their own hash, as if no submission could be read from them:
    /// the reason, or `None` where one can.
    Bytes(Option<Rejection>),
}

/// What comes out when it is decided again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    /// The rules refuse it, by this rule.
    Refused(Rejection),
    /// They accept it, or know it already.
    Accepted,
    /// A document was missing that may have come since.
    Unknown,
}

impl Refused {
    /// What was sent, if the refusal is of it.
    pub fn of(refusal: &Refusal, sent: &Sent) -> Option<Self> {
        let signed: Result<Signed, _> = codec::decode(&sent.signed);
        let named = signed.as_ref().map(named).ok();
        if named == Some(refusal.submission) {
            let (body, attachments) = (sent.body.clone(), sent.attachments.clone());
            return Some(Self::Offer(Box::new(Offer {
                signed: signed.ok()?,
                body,
                attachments,
            })));
        }
        let long = sent.signed.len() > MAX_ENTRY_BYTES;
        let reason = match (long, named) {
            (true, _) => Some(Rejection::TooLarge),
            (false, None) => Some(Rejection::Malformed),
            (false, Some(_)) => None,
        };
        (sha256(&[&sent.signed]) == refusal.submission).then_some(Self::Bytes(reason))
    }
}

/// What promises and refusals call a submission.
pub(crate) fn named(signed: &Signed) -> proof::Hash {
    submission(&signed.submission.signing_bytes(), &signed.signature.0)
}

/// Decides as the node must have decided, in its order: sizes, rows of a segment, all other rules.
pub(crate) fn decide_again(
    state: &State,
    refusal: &Refusal,
    what: &Refused,
    segments: &Segments<'_>,
) -> Result<Decided, Fault> {
    let offer = match what {
        Refused::Offer(offer) => offer,
        Refused::Bytes(reason) => return Ok(reason.map_or(Decided::Accepted, Decided::Refused)),
    };
    if offer.body.len() > MAX_BODY_BYTES {
        return Ok(Decided::Refused(Rejection::TooLarge));
    }
    let command = &offer.signed.submission.command;
    let stored = document::named(command).map(|named| named.read(segments.source(), state.size));
    let stored = stored.transpose()?;
    let came_later = stored.as_ref().is_some_and(|document| {
        let mut offered = offer.attachments.iter();
        let offered = offered.any(|bytes| sha256(&[bytes]) == document.hash.0);
        !offered && document.bytes.is_some()
    });
    if came_later && refusal.code == Rejection::MissingDocument.code() {
        return Ok(Decided::Unknown);
    }
    if let Some(rejection) = segments.refuse(state, refusal.time_ms, offer, stored.as_ref()) {
        return Ok(Decided::Refused(rejection));
    }
    let again = refused(state, refusal.time_ms, offer, &AtHand(stored.as_ref()));
    Ok(again.map_or(Decided::Accepted, Decided::Refused))
}

/// The document that stands beside the log; one that is missing is missing, not erased.
struct AtHand<'a>(Option<&'a Document>);

impl ledger::Documents for AtHand<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        let held = self.0.filter(|document| document.hash == *hash);
        held.and_then(|document| document.bytes.clone())
    }
}
