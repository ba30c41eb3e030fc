//! Reading entries with their private bodies back from the journal.
use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;

use proof::Hash;

use crate::error::{Error, Result};
use crate::file;
use crate::seal::BodyKey;
use crate::segment::{Batches, Segment};

/// A record as it was appended, with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Place in the log, from zero.
    pub seq: u64,
    /// The public bytes.
    pub entry: Vec<u8>,
    /// The private bytes, decrypted.
    pub body: Vec<u8>,
    /// SHA-256 of each attachment, in the order given at the append.
    pub attachments: Vec<Hash>,
}

/// A reading end of the journal, for any thread. It may read what the writer has made durable.
#[derive(Clone)]
pub struct Reader {
    pub(crate) journal: PathBuf,
    pub(crate) key: BodyKey,
}

impl Reader {
    /// The entries of a range, one segment in memory at a time. The range must end at or below the
    /// durable size; a damaged record ends the walk with an error that names segment and offset.
    pub fn entries(&self, range: Range<u64>) -> Result<Entries> {
        let mut segments = Segment::list(&self.journal)?;
        let start = segments
            .iter()
            .rposition(|segment| segment.first_seq <= range.start);
        segments.drain(..start.unwrap_or(0));
        let (segments, read) = (segments.into(), VecDeque::new());
        Ok(Entries {
            key: self.key.clone(),
            segments,
            read,
            range,
        })
    }
}

/// Walks over stored records in log order.
pub struct Entries {
    key: BodyKey,
    segments: VecDeque<Segment>,
    read: VecDeque<Stored>,
    range: Range<u64>,
}

impl Iterator for Entries {
    type Item = Result<Stored>;

    fn next(&mut self) -> Option<Result<Stored>> {
        while self.range.start < self.range.end {
            if let Some(stored) = self.read.pop_front() {
                self.range.start += 1;
                return Some(Ok(stored));
            }
            if let Err(error) = self.read_segment() {
                self.range.end = self.range.start;
                return Some(Err(error));
            }
        }
        None
    }
}

impl Entries {
    fn read_segment(&mut self) -> Result<()> {
        let Some(segment) = self.segments.pop_front() else {
            let why = "the journal ends before it; hint: restore the directory from a backup";
            return Err(Error::corrupt(
                format!("read entry {}", self.range.start),
                why,
            ));
        };
        let bytes = file::read(&segment.path)?;
        let mut batches = Batches::of(&segment, &bytes)?;
        let mut expected = segment.first_seq;
        while expected < self.range.end {
            let offset = batches.offset;
            let batch = batches
                .advance()
                .map_err(|what| segment.damaged(offset, what))?;
            let Some(batch) = batch else { break };
            if batch.first_seq != expected {
                return Err(segment.damaged(offset, "a batch does not follow the one before it"));
            }
            expected = batch.end_seq();
            for (seq, record) in (batch.first_seq..).zip(&batch.records) {
                if !self.range.contains(&seq) {
                    continue;
                }
                let body = self
                    .key
                    .open_body(seq, batch.salt, record.sealed)
                    .ok_or_else(|| {
                        let why =
                            "`keys/body` is not the key it was sealed with; hint: restore the key";
                        Error::corrupt(format!("open the body of entry {seq}"), why)
                    })?;
                let attachments = record.attachments.to_vec();
                self.read.push_back(Stored {
                    seq,
                    entry: record.entry.to_vec(),
                    body,
                    attachments,
                });
            }
        }
        let next = self
            .segments
            .front()
            .map_or(expected, |next| next.first_seq);
        if expected != next && expected < self.range.end {
            return Err(segment.damaged(batches.offset, "batches are missing at its end"));
        }
        Ok(())
    }
}
