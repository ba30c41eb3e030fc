//! Segments at the door: what an audit would call a fault does not enter the log.

use crate::log::{Log, digest};
use crate::{Error, meter};
use ledger::Documents as _;
use protocol::entry::Entry;
use protocol::usage::UsageRow;
use protocol::{Command, Rejection, codec};
use sequencer::Offer;
use std::collections::BTreeSet;

type Answer<T> = Result<Result<T, Rejection>, Error>;

impl Log {
    /// The rows of a segment; none where the rules refuse or repeat the offer anyway. The rules see
    /// only the hash of the rows, so that anybody's asset could otherwise spoil every later audit
    /// with rows that its entry does not fit.
    pub(crate) fn segment_rows(&mut self, now_ms: u64, offer: &Offer) -> Answer<Vec<UsageRow>> {
        let submission = &offer.signed.submission;
        let Command::PostSegment(post) = &submission.command else {
            return Ok(Ok(Vec::new()));
        };
        let key = self.state().keys.get(&submission.key);
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
        let fits = meter::fits(post, &rows, &price, time_ms);
        let receipts = match self.receipts.take() {
            Some(receipts) => receipts,
            None => self.logged_receipts()?,
        };
        let fresh = rows.iter().all(|row| !receipts.contains(&row.receipt));
        self.receipts = Some(receipts);
        Ok(if fits && fresh {
            Ok(rows)
        } else {
            Err(Rejection::SegmentMismatch)
        })
    }

    /// The receipts of all segments in the log; read once, before the first new segment.
    fn logged_receipts(&self) -> Result<BTreeSet<[u8; 32]>, Error> {
        let mut receipts = BTreeSet::new();
        if self.state().assets.iter().all(|asset| asset.segments == 0) {
            return Ok(receipts);
        }
        for stored in self.store.entries(0..self.sequencer.durable())? {
            let corrupt = || Error::Corrupt("a segment of the journal does not read".to_owned());
            let entry: Entry = codec::decode(&stored?.entry).map_err(|_| corrupt())?;
            if let Command::PostSegment(post) = &entry.signed.submission.command {
                let rows = self.documents.document(&post.rows).and_then(meter::read);
                receipts.extend(rows.ok_or_else(corrupt)?.iter().map(|row| row.receipt));
            }
        }
        Ok(receipts)
    }
}
