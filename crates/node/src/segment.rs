//! Segments at the door: what an audit would call a fault does not enter the log.

use crate::charged::Charged;
use crate::log::digest;
use crate::{Error, Intake, meter};
use ledger::Documents;
use protocol::{Command, Hash, Rejection};
use sequencer::Offer;

type Answer<T> = Result<Result<T, Rejection>, Error>;

/// What the rows of a segment charge, and the document that was looked at for it.
#[derive(Default)]
pub(crate) struct Looked {
    pub(crate) charges: Vec<[u8; 16]>,
    /// Its hash and what was there, if anything.
    rows: Option<(Hash, Option<Vec<u8>>)>,
}

impl Looked {
    /// The documents as they were at that look: the rules must decide by the same, while another
    /// thread stores what earlier entries have brought.
    pub(crate) fn pin<'a>(&'a self, documents: &'a dyn Documents) -> Pinned<'a> {
        Pinned {
            documents,
            rows: self.rows.as_ref(),
        }
    }
}

pub(crate) struct Pinned<'a> {
    documents: &'a dyn Documents,
    rows: Option<&'a (Hash, Option<Vec<u8>>)>,
}

impl Documents for Pinned<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        match self.rows {
            Some((rows, found)) if rows == hash => found.clone(),
            _ => self.documents.document(hash),
        }
    }
}

impl Intake {
    /// What the rows of a segment charge; nothing where the rules refuse or repeat the offer
    /// anyway. The rules see only the hash of the rows, so that anybody's asset could otherwise
    /// spoil every later audit with rows that its entry does not fit.
    pub(crate) fn look(&mut self, now_ms: u64, offer: &Offer) -> Answer<Looked> {
        let submission = &offer.signed.submission;
        let Command::PostSegment(post) = &submission.command else {
            return Ok(Ok(Looked::default()));
        };
        let key = self.state().key(&submission.key);
        let repeated = key.is_some_and(|key| {
            let mut nonces = key.nonces.iter();
            nonces.any(|used| used.nonce == submission.nonce)
        });
        let time_ms = now_ms.max(self.state().time_ms);
        let poster = self.state().poster(post.asset, time_ms);
        let own = poster.is_some() && poster == submission.account && !repeated;
        let price = self.state().price(post.asset, time_ms).filter(|_| own);
        let mut offered = offer.attachments.iter();
        let bytes = offered.find(|bytes| digest(bytes) == post.rows).cloned();
        let bytes = bytes.or_else(|| self.documents.document(&post.rows));
        let mut looked = Looked {
            charges: Vec::new(),
            rows: Some((post.rows, bytes.clone())),
        };
        let (Some(price), Some(bytes)) = (price, bytes) else {
            return Ok(Ok(looked));
        };
        let Some(rows) = meter::read(bytes) else {
            return Ok(Err(Rejection::BadDocument));
        };
        let charges: Vec<_> = rows.iter().map(|row| row.charge(post.asset)).collect();
        Ok(
            if meter::fits(post, &rows, &price, time_ms) && self.fresh(&charges)? {
                looked.charges = charges;
                Ok(looked)
            } else {
                Err(Rejection::SegmentMismatch)
            },
        )
    }

    /// Whether no segment of the log has made one of these charges, which ascend.
    fn fresh(&mut self, charges: &[[u8; 16]]) -> Result<bool, Error> {
        let mut charged = match self.charged.take() {
            Some(charged) => charged,
            None => {
                let segments = self.state().assets.iter().any(|asset| asset.segments > 0);
                let space = self.keys.space().0;
                Charged::open(space, self.place(), self.durable_log(), segments)?
            }
        };
        // After an error it may lack charges, and is not kept.
        let fresh = charged.fresh(charges, self.durable_log())?;
        self.charged = Some(charged);
        Ok(fresh)
    }
}
