//! Reading segments batch by batch, from any entry on, also behind a writer that goes on.
use std::path::PathBuf;
use std::sync::Arc;

use proof::merkle::Head;

use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::{Mark, Sealed};
use crate::journal::Chunk;
use crate::place::Place;
use crate::segment::{Batches, HEADER_BYTES, Segment};

/// A place in the segments of a directory.
#[derive(Debug)]
pub(crate) struct SegmentWalk {
    disk: Arc<dyn Disk>,
    journal: PathBuf,
    /// The next entry to read.
    next: u64,
    at: Option<Position>,
}

/// Where the batch with the next entry begins, once that is known.
#[derive(Clone, Debug)]
struct Position {
    segment: Segment,
    mark: Mark,
    offset: u64,
}

impl SegmentWalk {
    pub(crate) fn open(place: &Place, from_seq: u64) -> Self {
        Self {
            disk: Arc::clone(&place.disk),
            journal: place.dir.join("journal"),
            next: from_seq,
            at: None,
        }
    }

    /// The rest of one segment.
    pub(crate) fn advance(&mut self, limit: u64) -> Result<Option<Chunk>> {
        if self.next >= limit {
            return Ok(None);
        }
        if let Some(position) = self.at.take() {
            // It has no more to give, or was written anew because a body was erased: then the
            // position means nothing and is looked up again.
            if let Ok(Some(chunk)) = self.read_on(position, limit) {
                return Ok(Some(chunk));
            }
        }
        let mut segments = Segment::list(&*self.disk, &self.journal)?.into_iter();
        let segment = segments.rfind(|segment| segment.first_seq <= self.next);
        let Some(segment) = segment else {
            let why = "the journal begins behind it; hint: restore the directory from a backup";
            return Err(Error::corrupt(format!("read entry {}", self.next), why));
        };
        let chunk = self.read_segment(&segment, limit)?;
        chunk.map(Some).ok_or_else(|| {
            let what = format!("entry {} and those behind it are missing", self.next);
            let length = file::read(&*self.disk, &segment.path).map_or(0, |bytes| bytes.len());
            segment.damaged(length, &what)
        })
    }

    fn read_segment(&mut self, segment: &Segment, limit: u64) -> Result<Option<Chunk>> {
        let bytes = file::read(&*self.disk, &segment.path)?;
        let batches = Batches::of(segment, &bytes)?;
        let position = Position {
            segment: segment.clone(),
            mark: batches.mark,
            offset: HEADER_BYTES as u64,
        };
        self.collect(position, segment.first_seq, &bytes[HEADER_BYTES..], limit)
    }

    fn read_on(&mut self, position: Position, limit: u64) -> Result<Option<Chunk>> {
        let path = &position.segment.path;
        let bytes = self.disk.read_from(path, position.offset);
        let bytes = bytes.map_err(|source| Error::io(file::named("read", path), source))?;
        self.collect(position, self.next, &bytes, limit)
    }

    /// Takes batches from `expected` on; `None` if none of them holds the next entry.
    fn collect(
        &mut self,
        mut position: Position,
        mut expected: u64,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Option<Chunk>> {
        let segment = &position.segment;
        let damaged =
            |offset: usize, what: &str| segment.damaged(position.offset as usize + offset, what);
        let mut batches = Batches {
            bytes,
            mark: position.mark,
            offset: 0,
        };
        let (mut records, mut head) = (Vec::new(), None);
        while expected < limit {
            let offset = batches.offset;
            let batch = batches.advance().map_err(|what| damaged(offset, what))?;
            let Some(batch) = batch else { break };
            if batch.first_seq != expected {
                return Err(damaged(offset, "a batch does not follow the one before it"));
            }
            expected = batch.end_seq();
            if expected <= self.next {
                continue;
            }
            records.extend(Sealed::all(&batch).skip_while(|record| record.seq < self.next));
            head = Some(Head {
                size: expected,
                root: batch.root,
            });
        }
        position.offset += batches.offset as u64;
        Ok(head.map(|head| {
            self.next = expected;
            self.at = Some(position);
            Chunk { records, head }
        }))
    }
}
