//! One file of the journal: its name, its header, and the batches in it.
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::{self, Batch, Mark};

/// A segment that has reached this size is closed, and the next one begun.
pub(crate) const SEGMENT_BYTES: u64 = 32 << 20;
pub(crate) const HEADER_BYTES: usize = 44;
/// Ending of the name of a segment's draft.
pub(crate) const DRAFT: &str = ".wal.new";
const MAGIC: &[u8; 16] = b"headwater wal 1\n";

/// A segment on disk, named by its first entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub first_seq: u64,
    pub path: PathBuf,
}

impl Segment {
    pub(crate) fn new(journal: &Path, first_seq: u64) -> Self {
        Self {
            first_seq,
            path: journal.join(format!("{first_seq:020}.wal")),
        }
    }

    /// All segments of a journal in order. A draft beside a segment that is being written anew is
    /// passed over.
    pub(crate) fn list(disk: &dyn Disk, journal: &Path) -> Result<Vec<Self>> {
        let mut segments = Vec::new();
        for name in file::names(disk, journal)? {
            if name.ends_with(DRAFT) {
                continue;
            }
            let number = name
                .strip_suffix(".wal")
                .filter(|number| number.len() == 20);
            let Some(first_seq) = number.and_then(|number| number.parse().ok()) else {
                let why = "only segments belong here; move it away";
                return Err(Error::corrupt(file::named("use", &journal.join(name)), why));
            };
            segments.push(Self::new(journal, first_seq));
        }
        Ok(segments)
    }

    /// The bytes that a new segment begins with: magic, mark, first seq, checksum.
    pub(crate) fn header(&self, mark: &Mark) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..16].copy_from_slice(MAGIC);
        header[16..32].copy_from_slice(mark);
        header[32..40].copy_from_slice(&self.first_seq.to_le_bytes());
        let crc = crate::crc::crc32c(&header[..40]);
        header[40..].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// Reads the mark out of a segment's bytes.
    pub(crate) fn mark(&self, bytes: &[u8]) -> Result<Mark> {
        let mark = bytes.get(16..32).and_then(|mark| mark.try_into().ok());
        match mark {
            Some(mark) if bytes.starts_with(&self.header(&mark)) => Ok(mark),
            _ => Err(self.damaged(0, "the segment header is damaged")),
        }
    }

    /// The segment's damage at an offset, as an error that says what to do.
    pub(crate) fn damaged(&self, offset: usize, what: &str) -> Error {
        let why = format!(
            "{what} at byte {offset}; hint: restore this file from a backup, \
             nothing behind it can be trusted"
        );
        Error::corrupt(file::named("read the journal segment", &self.path), why)
    }
}

/// Walks over the batches of a segment's bytes, which begin with its header.
pub(crate) struct Batches<'a> {
    pub bytes: &'a [u8],
    pub mark: Mark,
    /// Where the next batch begins.
    pub offset: usize,
}

impl<'a> Batches<'a> {
    /// Starts behind the header, which must be whole.
    pub(crate) fn of(segment: &Segment, bytes: &'a [u8]) -> Result<Self> {
        Ok(Self {
            bytes,
            mark: segment.mark(bytes)?,
            offset: HEADER_BYTES,
        })
    }

    /// The next batch; `None` at the end, an error that names the damaged part otherwise.
    pub(crate) fn advance(&mut self) -> std::result::Result<Option<Batch<'a>>, &'static str> {
        let rest = &self.bytes[self.offset..];
        if rest.is_empty() {
            return Ok(None);
        }
        let batch = frame::decode(&self.mark, rest)?;
        self.offset += batch.length;
        Ok(Some(batch))
    }

    /// Whether a whole batch stands anywhere behind the current offset.
    pub(crate) fn more_follow(&self) -> bool {
        let rest = &self.bytes[self.offset..];
        let starts = rest.windows(self.mark.len()).enumerate().skip(1);
        let mut marked = starts.filter(|(_, window)| *window == self.mark);
        marked.any(|(at, _)| frame::decode(&self.mark, &rest[at..]).is_ok())
    }
}
