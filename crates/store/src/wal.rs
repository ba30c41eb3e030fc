//! The write-ahead journal in a directory: a batch is whole and durable in it, or it never was.
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Append, Disk};
use crate::error::{Error, Result};
use crate::file;
use crate::frame::{self, Batch, Draft, Mark};
use crate::place::Place;
use crate::recovery::Replay;
use crate::seal::ERASED;
use crate::segment::{Batches, DRAFT, HEADER_BYTES, SEGMENT_BYTES, Segment};

/// Room for a batch that is kept for the next one: as much as most ever need.
const KEPT_BYTES: usize = 8 << 20;
/// Why no segment is begun where there is a file.
const STANDS: &str = "a file of that name is there, and this process has not made it; hint: start \
                      the node again, which reads it";

/// The writing end.
#[derive(Debug)]
pub(crate) struct Wal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    active: Option<Active>,
    /// The last batch's bytes, for their room: to ask for as much anew takes as long as a sync.
    room: Vec<u8>,
    /// Set when a sync has failed: what the disk then holds is unknown until the next start.
    stopped: bool,
}

/// The segment that grows.
#[derive(Debug)]
struct Active {
    segment: Segment,
    file: Box<dyn Append>,
    mark: Mark,
    length: u64,
}

/// Where a start found the last whole batch's end.
struct End {
    segment: Segment,
    mark: Mark,
    /// The segment as far as its batches are whole.
    bytes: Vec<u8>,
    next_seq: u64,
}

impl Wal {
    /// Starts an empty journal in an existing directory.
    pub(crate) fn create(place: &Place) -> Self {
        Self {
            disk: Arc::clone(&place.disk),
            dir: place.dir.join("journal"),
            active: None,
            room: Vec::new(),
            stopped: false,
        }
    }

    /// Reads the segments that the tree lacks, cuts an unfinished batch off the last one, and goes
    /// on behind it.
    pub(crate) fn replay(&mut self, replay: &mut Replay<'_>) -> Result<u64> {
        let (end, torn_bytes) = self.read_end(replay)?;
        self.drop_drafts()?;
        if let Some(end) = end {
            let path = &end.segment.path;
            let begun = end.next_seq == end.segment.first_seq;
            if begun || end.next_seq > replay.signed.size {
                // Only what is signed was surely synced: the rest may stand in the system's memory
                // alone, and after a failed sync no later one writes it. A new file is written.
                file::replace(&*self.disk, path, &end.bytes)?;
            }
            let length = end.bytes.len() as u64;
            let opened = (|| {
                let mut file = self.disk.append(path, false)?;
                if file.length()? > length {
                    file.truncate(length)?;
                    file.sync()?;
                }
                Ok(file)
            })();
            let opened =
                opened.map_err(|source: io::Error| Error::io(file::named("open", path), source));
            self.active = Some(Active {
                file: opened?,
                segment: end.segment,
                mark: end.mark,
                length,
            });
        }
        Ok(torn_bytes)
    }

    /// Returns when the batch is durable. After an error nothing of it is kept, unless the error
    /// says that the process must stop.
    pub(crate) fn append(&mut self, draft: &Draft<'_>) -> Result<()> {
        self.check_running()?;
        let full = |active: &Active| active.length >= SEGMENT_BYTES;
        if self.active.as_ref().is_none_or(full) {
            self.active = Some(self.begin(Segment::new(&self.dir, draft.first_seq))?);
        }
        let active = self.active.as_mut().expect("a segment was just begun");
        let bytes = &mut self.room;
        bytes.clear();
        frame::encode(&active.mark, draft, bytes);
        if let Err(source) = active.file.write(bytes) {
            // Cut the part that was written, so that the next batch follows the last whole one.
            self.stopped = active.file.truncate(active.length).is_err();
            return Err(refused(active, source, self.stopped));
        }
        if let Err(source) = active.file.sync() {
            self.stopped = true;
            return Err(refused(active, source, true));
        }
        active.length += bytes.len() as u64;
        bytes.clear();
        bytes.shrink_to(KEPT_BYTES);
        Ok(())
    }

    /// Writes the segment of an entry anew without the entry's body. The segment takes no more
    /// batches, so that nothing is appended to a file that has lost its name.
    pub(crate) fn erase(&mut self, seq: u64) -> Result<bool> {
        self.check_running()?;
        let mut segments = Segment::list(&*self.disk, &self.dir)?.into_iter();
        let segment = segments.rfind(|segment| segment.first_seq <= seq);
        let segment = segment.ok_or_else(|| not_there(seq))?;
        let old = file::read(&*self.disk, &segment.path)?;
        let mut batches = Batches::of(&segment, &old)?;
        let mut new = old[..HEADER_BYTES].to_vec();
        let mut found = None;
        loop {
            let offset = batches.offset;
            let batch = batches
                .advance()
                .map_err(|what| segment.damaged(offset, what))?;
            let Some(batch) = batch else { break };
            if !(batch.first_seq..batch.end_seq()).contains(&seq) {
                new.extend_from_slice(&old[offset..batches.offset]);
                continue;
            }
            let at = (seq - batch.first_seq) as usize;
            found = Some(!matches!(batch.records[at].sealed, [] | ERASED));
            frame::encode(
                &batches.mark,
                &batch.with(&batch.without_body(at)),
                &mut new,
            );
        }
        let held = found.ok_or_else(|| not_there(seq))?;
        if held {
            self.active.take_if(|active| active.segment == segment);
            file::replace(&*self.disk, &segment.path, &new)?;
        }
        Ok(held)
    }

    fn read_end(&self, replay: &mut Replay<'_>) -> Result<(Option<End>, u64)> {
        let segments = Segment::list(&*self.disk, &self.dir)?;
        let (mut end, mut torn_bytes) = (None, 0);
        let size = replay.tree.size();
        let start = segments
            .iter()
            .rposition(|segment| segment.first_seq <= size)
            .unwrap_or(0);
        let mut next_seq = segments
            .get(start)
            .map_or(0, |segment| segment.first_seq.min(size));
        for (at, segment) in segments.iter().enumerate().skip(start) {
            if segment.first_seq != next_seq {
                let what = format!("it must begin with entry {next_seq}; a segment is missing");
                return Err(segment.damaged(0, &what));
            }
            let bytes = file::read(&*self.disk, &segment.path)?;
            let last = at + 1 == segments.len();
            if last && bytes.len() <= HEADER_BYTES && segment.mark(&bytes).is_err() {
                // It was being created when the process died; nothing can have been written to it.
                torn_bytes = bytes.len() as u64;
                let removed = self.disk.remove(&segment.path);
                removed
                    .map_err(|source| Error::io(file::named("remove", &segment.path), source))?;
                break;
            }
            let mut batches = Batches::of(segment, &bytes)?;
            while let Some(batch) = advance(segment, &mut batches, last)? {
                let offset = batches.offset - batch.length;
                if batch.first_seq != next_seq {
                    let what = "the batch does not follow the one before it";
                    return Err(segment.damaged(offset, what));
                }
                next_seq = batch.end_seq();
                replay.take(&batch, |what| segment.damaged(offset, what))?;
            }
            torn_bytes = (bytes.len() - batches.offset) as u64;
            let (mark, length) = (batches.mark, batches.offset);
            let (segment, mut bytes) = (segment.clone(), bytes);
            bytes.truncate(length);
            end = Some(End {
                segment,
                mark,
                bytes,
                next_seq,
            });
        }
        replay.finish(next_seq)?;
        Ok((end, torn_bytes))
    }

    /// Removes what an erasure left half written when the process died.
    fn drop_drafts(&self) -> Result<()> {
        for name in file::names(&*self.disk, &self.dir)? {
            if name.ends_with(DRAFT) {
                let path = self.dir.join(name);
                let removed = self.disk.remove(&path);
                removed.map_err(|source| Error::io(file::named("remove", &path), source))?;
            }
        }
        Ok(())
    }

    fn begin(&self, segment: Segment) -> Result<Active> {
        let mut mark = Mark::default();
        self.disk.random(&mut mark);
        let header = segment.header(&mark);
        let doing = || file::named("begin the journal segment", &segment.path);
        let made = self.disk.append(&segment.path, true);
        let mut file = made.map_err(|source| match source.kind() {
            // Somebody's entries may be in it: it is left as it is.
            io::ErrorKind::AlreadyExists => Error::corrupt(doing(), STANDS),
            _ => Error::io(doing(), source),
        })?;
        let headed = file
            .write(&header)
            .and_then(|()| file.sync())
            .and_then(|()| self.disk.sync_dir(&self.dir));
        if let Err(source) = headed {
            // An empty segment would be in the way of the next try.
            self.disk.remove(&segment.path).ok();
            return Err(Error::io(doing(), source));
        }
        Ok(Active {
            length: header.len() as u64,
            segment,
            file,
            mark,
        })
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped
    }

    fn check_running(&self) -> Result<()> {
        if !self.stopped {
            return Ok(());
        }
        let why = "a sync has failed before; stop the process and start it again to recover";
        Err(Error::unavailable("append to the journal", why))
    }
}

/// The next whole batch; a damaged end of the last segment counts as its end.
fn advance<'a>(
    segment: &Segment,
    batches: &mut Batches<'a>,
    last: bool,
) -> Result<Option<Batch<'a>>> {
    match batches.advance() {
        Ok(batch) => Ok(batch),
        Err(_) if last && !batches.more_follow() => Ok(None),
        Err(what) => Err(segment.damaged(batches.offset, what)),
    }
}

fn not_there(seq: u64) -> Error {
    let why = "the journal does not hold it";
    Error::invalid(format!("erase the body of entry {seq}"), why)
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
