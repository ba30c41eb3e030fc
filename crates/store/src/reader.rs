//! Reading entries with their private bodies back from the journal.
use std::collections::VecDeque;
use std::ops::Range;

use proof::Hash;

use crate::error::{Error, Result};
use crate::frame::Sealed;
use crate::journal::Walk;
use crate::place::Place;
use crate::seal::{BodyKey, ERASED};

/// A record as it was appended, with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Place in the log, from zero.
    pub seq: u64,
    /// The public bytes.
    pub entry: Vec<u8>,
    /// The private bytes, decrypted; `None` once they are erased, or to a reader without the key or
    /// the wish for them.
    pub body: Option<Vec<u8>>,
    /// SHA-256 of each attachment, in the order given at the append.
    pub attachments: Vec<Hash>,
}

/// Opens the body of a record, as far as the key is there.
pub(crate) fn open(key: Option<&BodyKey>, record: Sealed) -> Result<Stored> {
    let body = match key {
        _ if record.sealed.is_empty() => Some(Vec::new()),
        _ if record.sealed == ERASED => None,
        None => None,
        Some(key) => Some(
            key.open_body(record.seq, record.salt, &record.sealed)
                .ok_or_else(|| {
                    let why =
                        "`keys/body` is not the key it was sealed with; hint: restore the key";
                    Error::corrupt(format!("open the body of entry {}", record.seq), why)
                })?,
        ),
    };
    Ok(Stored {
        seq: record.seq,
        entry: record.entry,
        body,
        attachments: record.attachments,
    })
}

/// A reading end of the journal, for any thread. It may read what the writer has made durable.
#[derive(Clone)]
pub struct Reader {
    pub(crate) place: Place,
    pub(crate) key: BodyKey,
}

impl Reader {
    /// The entries of a range, one segment or object in memory at a time. The range must end at or
    /// below the durable size; a damaged record ends the walk with an error that names its place.
    pub fn entries(&self, range: Range<u64>) -> Result<Entries> {
        Ok(Entries {
            key: self.key.clone(),
            walk: Walk::open(&self.place, range.start)?,
            read: VecDeque::new(),
            range,
        })
    }
}

/// Walks over stored records in log order.
pub struct Entries {
    key: BodyKey,
    walk: Walk,
    read: VecDeque<Sealed>,
    range: Range<u64>,
}

impl Iterator for Entries {
    type Item = Result<Stored>;

    fn next(&mut self) -> Option<Result<Stored>> {
        while self.range.start < self.range.end {
            let stored = match self.read.pop_front() {
                Some(record) => open(Some(&self.key), record),
                None => match self.walk.advance(self.range.end) {
                    Ok(chunk) => {
                        self.read = chunk?.records.into();
                        continue;
                    }
                    Err(error) => Err(error),
                },
            };
            match stored {
                Ok(_) => self.range.start += 1,
                Err(_) => self.range.end = self.range.start,
            }
            return Some(stored);
        }
        None
    }
}
