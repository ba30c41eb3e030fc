//! Segments at the door: what an audit would call a fault does not enter the log.

use crate::charged::Charged;
use crate::log::digest;
use crate::{Error, Intake, meter};
use ledger::Documents as _;
use protocol::{Command, Rejection};
use sequencer::Offer;

type Answer<T> = Result<Result<T, Rejection>, Error>;

impl Intake {
    /// What the rows of a segment charge; nothing where the rules refuse or repeat the offer
    /// anyway. The rules see only the hash of the rows, so that anybody's asset could otherwise
    /// spoil every later audit with rows that its entry does not fit.
    pub(crate) fn charges(&mut self, now_ms: u64, offer: &Offer) -> Answer<Vec<[u8; 16]>> {
        let submission = &offer.signed.submission;
        let Command::PostSegment(post) = &submission.command else {
            return Ok(Ok(Vec::new()));
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
        let (Some(price), Some(bytes)) = (price, bytes) else {
            return Ok(Ok(Vec::new()));
        };
        let Some(rows) = meter::read(bytes) else {
            return Ok(Err(Rejection::BadDocument));
        };
        let charges: Vec<_> = rows.iter().map(|row| row.charge(post.asset)).collect();
        Ok(
            if meter::fits(post, &rows, &price, time_ms) && self.fresh(&charges)? {
                Ok(charges)
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
