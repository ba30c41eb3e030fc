//! The write-ahead journal: a batch is whole and durable in it, or it never was.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use proof::Hash;

use crate::error::{Error, Result};
use crate::file;
use crate::frame::{self, Framed, Mark};
use crate::recovery::Tail;
use crate::seal;
use crate::segment::{HEADER_BYTES, SEGMENT_BYTES, Segment};

/// The writing end of the journal.
#[derive(Debug)]
pub(crate) struct Journal {
    dir: PathBuf,
    active: Option<Active>,
    /// Set when a sync has failed: what the disk then holds is unknown until the next start.
    stopped: bool,
}

#[derive(Debug)]
struct Active {
    segment: Segment,
    file: File,
    mark: Mark,
    length: u64,
}

/// A batch ready to be written.
pub(crate) struct Draft<'a> {
    pub first_seq: u64,
    pub salt: u32,
    pub root: Hash,
    pub records: &'a [Framed<'a>],
}

impl Journal {
    /// Starts an empty journal in an existing directory.
    pub(crate) fn create(dir: PathBuf) -> Self {
        Self {
            dir,
            active: None,
            stopped: false,
        }
    }

    /// Goes on where recovery ended, and cuts the unfinished batch off.
    pub(crate) fn open(dir: PathBuf, tail: &Tail) -> Result<Self> {
        let mut journal = Self::create(dir);
        let Some((segment, length)) = tail.last.clone() else {
            return Ok(journal);
        };
        let path = segment.path.clone();
        let failed = |source| Error::io(file::named("open", &path), source);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .map_err(failed)?;
        if file.metadata().map_err(failed)?.len() > length {
            file.set_len(length)
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
        }
        let mut header = [0; HEADER_BYTES];
        io::Read::read_exact(&mut file, &mut header).map_err(failed)?;
        let mark = segment.mark(&header)?;
        journal.active = Some(Active {
            segment,
            file,
            mark,
            length,
        });
        Ok(journal)
    }

    /// Returns when the batch is durable. After an error nothing of it is kept, unless the error
    /// says that the process must stop.
    pub(crate) fn append(&mut self, draft: &Draft<'_>) -> Result<()> {
        if self.stopped {
            let why = "a sync has failed before; stop the process and start it again to recover";
            return Err(Error::unavailable("append to the journal", why));
        }
        if self
            .active
            .as_ref()
            .is_none_or(|active| active.length >= SEGMENT_BYTES)
        {
            self.active = Some(begin(Segment::new(&self.dir, draft.first_seq))?);
        }
        let active = self.active.as_mut().expect("a segment was just begun");
        let Draft {
            first_seq,
            salt,
            root,
            records,
        } = draft;
        let bytes = frame::encode(&active.mark, *first_seq, *salt, root, records);
        if let Err(source) = active.file.write_all(&bytes) {
            // Cut the part that was written, so that the next batch follows the last whole one.
            self.stopped = active.file.set_len(active.length).is_err();
            return Err(refused(active, source, self.stopped));
        }
        if let Err(source) = active.file.sync_data() {
            self.stopped = true;
            return Err(refused(active, source, true));
        }
        active.length += bytes.len() as u64;
        Ok(())
    }
}

fn begin(segment: Segment) -> Result<Active> {
    let mark = seal::random();
    let header = segment.header(&mark);
    let begun = (|| {
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&segment.path)?;
        file.write_all(&header)?;
        file.sync_all()?;
        Ok(file)
    })();
    let begun = begun.map_err(|source: io::Error| {
        // An empty segment would be in the way of the next try.
        fs::remove_file(&segment.path).ok();
        Error::io(
            file::named("begin the journal segment", &segment.path),
            source,
        )
    });
    let file = begun?;
    file::sync_dir(
        segment
            .path
            .parent()
            .expect("segments stand in the journal"),
    )?;
    Ok(Active {
        segment,
        file,
        mark,
        length: header.len() as u64,
    })
}

fn refused(active: &Active, source: io::Error, stopped: bool) -> Error {
    let hint = if stopped {
        "stop the process and start it again; it recovers every acknowledged batch"
    } else {
        "nothing of the batch was kept; free space on the disk and send it again"
    };
    let why = format!("{source}; hint: {hint}");
    Error::unavailable(file::named("append to", &active.segment.path), why)
}
