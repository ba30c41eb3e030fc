//! The journal in a bucket: one object for each batch, created only if absent, by one writer.
use std::sync::Arc;

use proof::{Hash, merkle};

use crate::error::{Error, Kind, Result};
use crate::files::{Created, Files};
use crate::frame::{Draft, Mark};
use crate::object::{self, Object, Writer};
use crate::object_walk::{self, Succession};
use crate::recovery::Replay;
use crate::seal::ERASED;

/// How often an object is sent before its outcome counts as unknown.
const MAX_TRIES: u32 = 9;
/// Objects that a writer may put in the way of a fence before it is asked to stop.
const MAX_RACES: u32 = 8;
/// At every so many objects a writer looks whether it is asked to stop.
const LOOK_EVERY: u64 = 64;

/// The writing end. It owns the numbers from its fence on until it finds an object there that it
/// did not write.
#[derive(Debug)]
pub(crate) struct ObjectJournal {
    files: Arc<dyn Files>,
    writer: Writer,
    /// Number of the next object.
    next: u64,
    /// Set when another writer has taken over or an outcome stayed unknown.
    stopped: bool,
}

/// What became of an object whose outcome is known.
enum Settled {
    /// It stands, as this writer wrote it.
    Ours,
    /// Another one stands in its place.
    Taken(Object),
}

impl ObjectJournal {
    /// Begins the journal of a new log with the fence of its first writer, whose random nonce tells
    /// its objects from everybody else's. A log without entries, as a creation leaves it that was
    /// cut off, is begun again.
    pub(crate) fn create(files: Arc<dyn Files>, nonce: Mark) -> Result<Self> {
        let mut end = End {
            n: None,
            epoch: 0,
            size: 0,
            root: merkle::root(&[]),
        };
        loop {
            match fence(files.clone(), nonce, &end)? {
                (journal, Settled::Ours) => return Ok(journal),
                (_, Settled::Taken(object)) => end = end.followed_by(&object)?,
            }
            if end.size > 0 {
                let why = "a log is there already; hint: open it, or choose another prefix";
                return Err(Error::invalid("begin a log in the bucket", why));
            }
        }
    }

    /// Takes the journal over from whoever wrote it before. From then on nobody else's batch can
    /// enter it, so what a reader now finds is all there is.
    pub(crate) fn open(files: Arc<dyn Files>, nonce: Mark) -> Result<Self> {
        let mut end = End::of(&object_walk::tail(&*files)?)?;
        let mut races = 0;
        loop {
            match fence(files.clone(), nonce, &end)? {
                (journal, Settled::Ours) => return Ok(journal),
                (_, Settled::Taken(object)) => end = end.followed_by(&object)?,
            }
            races += 1;
            if races == MAX_RACES {
                // Whoever writes one object after the other is always ahead of who must read each.
                files.put(&request(end.epoch), b"")?;
                races = 0;
            }
        }
    }

    /// Reads what the tree lacks, up to this writer's fence.
    pub(crate) fn replay(&self, replay: &mut Replay<'_>) -> Result<()> {
        let start = object_walk::holding(&*self.files, replay.tree.size())?;
        let mut objects = Succession::new(self.files.clone(), start.n);
        let mut next_seq = 0;
        while objects.next < self.next {
            let taken = objects.advance(|object, batch| {
                next_seq = batch.end_seq();
                replay.take(batch, |what| object.damaged(what))
            })?;
            taken.ok_or_else(|| object_walk::missing(objects.next))?;
        }
        replay.finish(next_seq)
    }

    /// Place of this writer in the succession, from 1.
    pub(crate) fn epoch(&self) -> u64 {
        self.writer.epoch
    }

    /// Returns when the batch is durable. After any error the process must stop: the batch may
    /// still come to be there, and its number must not be used for other bytes.
    pub(crate) fn append(&mut self, draft: &Draft<'_>) -> Result<()> {
        self.check_running()?;
        self.check_requests()?;
        // Whatever interrupts this, too, leaves the number in doubt.
        self.stopped = true;
        let bytes = Object::encode(self.next, &self.writer, draft);
        match settle(&*self.files, self.next, &bytes)? {
            Settled::Ours => {
                self.next += 1;
                self.stopped = false;
                Ok(())
            }
            Settled::Taken(object) => Err(self.replaced(&object)),
        }
    }

    /// Looks whether another writer has taken over, which this one would otherwise only find out at
    /// its next batch. That none has says nothing about the next moment.
    pub(crate) fn check_writer(&mut self) -> Result<()> {
        match Object::read(&*self.files, self.next)? {
            Some(object) => {
                self.stopped = true;
                Err(self.replaced(&object))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Puts the object of an entry anew without the entry's body, under the name and nonce it had.
    pub(crate) fn erase(&mut self, seq: u64) -> Result<bool> {
        self.check_running()?;
        self.check_writer()?;
        let object = object_walk::holding(&*self.files, seq)?;
        let batch = object.batch()?;
        let at = seq.checked_sub(batch.first_seq).map(|at| at as usize);
        let Some((at, record)) = at.and_then(|at| Some((at, batch.records.get(at)?))) else {
            let why = "the journal does not hold it";
            return Err(Error::invalid(
                format!("erase the body of entry {seq}"),
                why,
            ));
        };
        if matches!(record.sealed, [] | ERASED) {
            return Ok(false);
        }
        let records = batch.without_body(at);
        let bytes = Object::encode(object.n, &object.writer, &batch.with(&records));
        self.files.put(&object::name(object.n), &bytes)?;
        Ok(true)
    }

    fn check_running(&self) -> Result<()> {
        if !self.stopped {
            return Ok(());
        }
        let why = "it has stopped before; stop the process and start it again to recover";
        Err(Error::unavailable("append to the journal", why))
    }

    /// Stops for a writer that has asked to take over. Not to know it for the moment costs nothing:
    /// the fence alone decides.
    fn check_requests(&mut self) -> Result<()> {
        let name = request(self.writer.epoch);
        let due = self.next.is_multiple_of(LOOK_EVERY);
        if !due || !matches!(self.files.read(&name), Ok(Some(_))) {
            return Ok(());
        }
        self.stopped = true;
        let why = "another writer asks to take over; hint: let this process end, the log goes on \
                   there; nothing of this batch was kept";
        Err(Error::unavailable(
            format!("write `{}`", object::name(self.next)),
            why,
        ))
    }

    fn replaced(&self, object: &Object) -> Error {
        let own = self.writer.epoch;
        if object.writer.epoch <= own {
            let what = format!("it is not by the writer of epoch {own}, which alone may write it");
            return object.damaged(&what);
        }
        let why = format!(
            "another writer has taken over: the object is of epoch {}, this process writes epoch \
             {own}; hint: let this process end, the log goes on there; nothing of this batch was \
             kept",
            object.writer.epoch
        );
        Error::unavailable(format!("write `{}`", object::name(self.next)), why)
    }
}

/// Where the writer of an epoch is asked to stop.
fn request(epoch: u64) -> String {
    format!("takeover/{epoch:020}")
}

/// Where a journal ends.
#[derive(Clone, Copy, Debug)]
struct End {
    /// Number of its last object.
    n: Option<u64>,
    epoch: u64,
    size: u64,
    root: Hash,
}

impl End {
    fn of(object: &Object) -> Result<Self> {
        let batch = object.batch()?;
        Ok(Self {
            n: Some(object.n),
            epoch: object.writer.epoch,
            size: batch.end_seq(),
            root: batch.root,
        })
    }

    fn followed_by(&self, object: &Object) -> Result<Self> {
        let next = Self::of(object)?;
        if next.epoch < self.epoch || object.batch()?.first_seq != self.size {
            return Err(object.damaged("it does not follow the object before it"));
        }
        Ok(next)
    }
}

/// Tries to put a new writer's fence behind the end of a journal. It carries the size and root
/// that it found, so that an auditor sees what was taken over.
fn fence(files: Arc<dyn Files>, nonce: Mark, end: &End) -> Result<(ObjectJournal, Settled)> {
    let n = end.n.map_or(0, |n| n + 1);
    let writer = Writer {
        epoch: end.epoch + 1,
        nonce,
    };
    let draft = Draft {
        first_seq: end.size,
        salt: 0,
        root: end.root,
        records: &[],
    };
    let settled = settle(&*files, n, &Object::encode(n, &writer, &draft))?;
    let journal = ObjectJournal {
        files,
        writer,
        next: n + 1,
        stopped: false,
    };
    Ok((journal, settled))
}

/// Creates object `n` and makes sure of what became of it: after an unknown outcome the object is
/// read back and, if absent, the same bytes are sent again.
fn settle(files: &dyn Files, n: u64, bytes: &[u8]) -> Result<Settled> {
    let name = object::name(n);
    let mut last = String::new();
    for tries in 0..MAX_TRIES {
        if tries > 0 {
            files.pause(tries);
        }
        match files.create(&name, bytes) {
            Ok(Created::New) => return Ok(Settled::Ours),
            Ok(Created::Exists) => {}
            Err(error) if error.kind == Kind::Unavailable => last = error.to_string(),
            // Nothing came of this try; an earlier one, whose outcome is unknown, still may.
            Err(error) if tries == 0 => return Err(error),
            Err(error) => last = error.to_string(),
        }
        match files.read(&name) {
            // The nonce in it makes equal bytes ours: nobody else can have written them.
            Ok(Some(held)) if held == bytes => return Ok(Settled::Ours),
            Ok(Some(held)) => return Object::decode(n, held).map(Settled::Taken),
            Ok(None) => {}
            Err(error) => last = error.to_string(),
        }
    }
    let why = format!(
        "after {MAX_TRIES} tries nobody knows whether it is there ({last}); hint: stop the \
         process and start it again, it finds out what the log holds"
    );
    Err(Error::unavailable(format!("write `{name}`"), why))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod racing;
