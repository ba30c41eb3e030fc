//! Segments at the door: what an audit would call a fault does not enter the log.

use crate::documents::StoredDocuments;
use crate::node::digest;
use crate::{Error, Node, meter};
use ledger::Documents as _;
use protocol::entry::Entry;
use protocol::usage::UsageRow;
use protocol::{Command, Rejection, codec};
use sequencer::{Admission, Offer};
use std::collections::BTreeSet;

type Answer<T> = Result<Result<T, Rejection>, Error>;

impl Node {
    /// Decides an offer. The rules see only the hash of a segment's rows, so that anybody's asset
    /// could otherwise spoil every later audit with rows that its entry does not fit.
    pub(crate) fn admit(&mut self, offer: Offer, documents: &StoredDocuments) -> Answer<Admission> {
        let rows = match self.segment_rows(&offer, documents)? {
            Ok(rows) => rows,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let now_ms = self.now_ms();
        let admission = self.sequencer.admit(now_ms, offer, documents);
        if let (Ok(Admission::New(_)), Some(receipts)) = (&admission, &mut self.receipts) {
            receipts.extend(rows.iter().map(|row| row.receipt));
        }
        Ok(admission)
    }

    /// The rows of a segment; none where the rules refuse or repeat the offer anyway.
    fn segment_rows(
        &mut self,
        offer: &Offer,
        documents: &StoredDocuments,
    ) -> Answer<Vec<UsageRow>> {
        let submission = &offer.signed.submission;
        let Command::PostSegment(post) = &submission.command else {
            return Ok(Ok(Vec::new()));
        };
        let key = self.state().keys.get(&submission.key);
        let repeated = key.is_some_and(|key| {
            let mut nonces = key.nonces.iter();
            nonces.any(|used| used.nonce == submission.nonce)
        });
        let asset = self
            .state()
            .asset(post.asset)
            .map(|asset| &asset.registered);
        let own = asset.filter(|asset| Some(asset.owner) == submission.account && !repeated);
        let mut offered = offer.attachments.iter();
        let bytes = offered.find(|bytes| digest(bytes) == post.rows).cloned();
        let bytes = bytes.or_else(|| documents.document(&post.rows));
        let (Some(asset), Some(bytes)) = (own, bytes) else {
            return Ok(Ok(Vec::new()));
        };
        let Some(rows) = meter::read(bytes) else {
            return Ok(Err(Rejection::BadDocument));
        };
        let time_ms = self.now_ms().max(self.state().time_ms);
        let fits = meter::fits(post, &rows, asset.terms.price_units, time_ms);
        let receipts = match self.receipts.take() {
            Some(receipts) => receipts,
            None => self.logged_receipts(documents)?,
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
    fn logged_receipts(&self, documents: &StoredDocuments) -> Result<BTreeSet<[u8; 32]>, Error> {
        let mut receipts = BTreeSet::new();
        if self.state().assets.iter().all(|asset| asset.segments == 0) {
            return Ok(receipts);
        }
        for stored in self.store.entries(0..self.sequencer.durable())? {
            let corrupt = || Error::Corrupt("a segment of the journal does not read".to_owned());
            let entry: Entry = codec::decode(&stored?.entry).map_err(|_| corrupt())?;
            if let Command::PostSegment(post) = &entry.signed.submission.command {
                let rows = documents.document(&post.rows).and_then(meter::read);
                receipts.extend(rows.ok_or_else(corrupt)?.iter().map(|row| row.receipt));
            }
        }
        Ok(receipts)
    }
}
