//! Uses that segments have charged: none is charged twice, however long ago.

use crate::Error;
use crate::documents::StoredDocuments;
use crate::meter;
use ledger::Documents as _;
use protocol::{Command, Entry, codec};
use store::{Ids, Place, Reader, ids::Shape};

/// Where the index is kept in a node's directory; it may be deleted while the node stands still.
const INDEX: &str = "receipts";

/// The charges (`UsageRow::charge`) of the log's segments, and of those that are not durable yet.
pub(crate) struct Charged {
    logged: Ids,
    admitted: Vec<(u64, Vec<[u8; 16]>)>,
}

/// The log as far as it is durable, from which the index can be made again.
#[derive(Clone, Copy)]
pub(crate) struct Durable<'a> {
    pub reader: &'a Reader,
    pub documents: &'a StoredDocuments,
    pub size: u64,
}

impl Charged {
    /// Reads what the index in a directory lacks from the log, which has segments or not.
    pub fn open(
        space: [u8; 16],
        place: &Place,
        log: Durable<'_>,
        segments: bool,
    ) -> Result<Self, Error> {
        let at = (&place.disk, &*place.dir.join(INDEX));
        let logged = Ids::open(at, space, log.size, Shape::default())?;
        let mut charged = Self {
            logged,
            admitted: Vec::new(),
        };
        if segments {
            charged.read(log)?;
        }
        Ok(charged)
    }

    fn read(&mut self, log: Durable<'_>) -> Result<(), Error> {
        for stored in log.reader.entries(self.logged.end()..log.size)? {
            let stored = stored?;
            let corrupt = || {
                let seq = stored.seq;
                Error::Corrupt(format!(
                    "the segment of entry {seq} of the journal does not read"
                ))
            };
            let entry: Entry = codec::decode(&stored.entry).map_err(|_| corrupt())?;
            if let Command::PostSegment(post) = &entry.signed.submission.command {
                let rows = log.documents.document(&post.rows).and_then(meter::read);
                let rows = rows.ok_or_else(corrupt)?;
                let charges: Vec<_> = rows.iter().map(|row| row.charge(post.asset)).collect();
                self.logged.add(stored.seq, charges.iter());
                self.logged.settle(stored.seq + 1);
            }
        }
        Ok(())
    }

    /// Whether none of these charges, which ascend, was made before. Where the index is damaged it
    /// is made again from the log.
    pub fn fresh(&mut self, charges: &[[u8; 16]], log: Durable<'_>) -> Result<bool, Error> {
        let admitted = |charge: &[u8; 16]| {
            let mut waiting = self.admitted.iter();
            waiting.any(|(_, charges)| charges.binary_search(charge).is_ok())
        };
        if charges.iter().any(admitted) {
            return Ok(false);
        }
        if let Ok(found) = self.logged.find(charges.iter()) {
            return Ok(found.is_none());
        }
        self.logged.clear()?;
        self.read(log)?;
        Ok(self.logged.find(charges.iter())?.is_none())
    }

    /// Notes the charges, which ascend, of a segment that was admitted.
    pub fn admit(&mut self, entry: u64, charges: Vec<[u8; 16]>) {
        if !charges.is_empty() {
            self.admitted.push((entry, charges));
        }
    }

    /// All entries before this one have become durable.
    pub fn settle(&mut self, durable: u64) {
        let logged = &mut self.logged;
        self.admitted.retain(|(entry, charges)| {
            let waits = *entry >= durable;
            if !waits {
                logged.add(*entry, charges.iter());
            }
            waits
        });
        logged.settle(durable);
    }
}
