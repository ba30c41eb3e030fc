//! The journal in a bucket: one object for each batch, created only if absent, by one writer.
use std::sync::Arc;

use proof::{Hash, merkle};

use crate::error::{Error, Kind, Result};
use crate::files::{Created, Files};
use crate::frame::Batch;
use crate::object::{self, Draft, Object, Writer};
use crate::seal;

/// How often an object is sent before its outcome counts as unknown.
const MAX_TRIES: u32 = 9;

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
    /// Begins the journal of a new log with the fence of its first writer.
    pub(crate) fn create(files: Arc<dyn Files>) -> Result<Self> {
        let start = End {
            n: None,
            epoch: 0,
            size: 0,
            root: merkle::root(&[]),
        };
        match fence(files, &start)? {
            (journal, Settled::Ours) => Ok(journal),
            (_, Settled::Taken(_)) => {
                let why = "a log is there already; hint: open it, or choose another prefix";
                Err(Error::invalid("begin a log in the bucket", why))
            }
        }
    }

    /// Takes the journal over from whoever wrote it before. From then on nobody else's batch can
    /// enter it, so what a reader now finds is all there is.
    pub(crate) fn open(files: Arc<dyn Files>) -> Result<Self> {
        let mut end = End::of(&tail(files.as_ref())?.ok_or_else(no_log)?)?;
        loop {
            match fence(files.clone(), &end)? {
                (journal, Settled::Ours) => return Ok(journal),
                (_, Settled::Taken(object)) => end = end.followed_by(&object)?,
            }
        }
    }

    /// Place of this writer in the succession.
    pub(crate) fn epoch(&self) -> u64 {
        self.writer.epoch
    }

    /// Returns when the batch is durable. After any error the process must stop: the batch may
    /// still come to be there, and its number must not be used for other bytes.
    pub(crate) fn append(&mut self, draft: &Draft<'_>) -> Result<()> {
        if self.stopped {
            let why = "it has stopped before; stop the process and start it again to recover";
            return Err(Error::unavailable("append to the journal", why));
        }
        // Whatever interrupts this, too, leaves the number in doubt.
        self.stopped = true;
        let bytes = Object::encode(self.next, &self.writer, draft);
        match settle(self.files.as_ref(), self.next, &bytes)? {
            Settled::Ours => {
                self.next += 1;
                self.stopped = false;
                Ok(())
            }
            Settled::Taken(object) => Err(self.replaced(&object)),
        }
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
fn fence(files: Arc<dyn Files>, end: &End) -> Result<(ObjectJournal, Settled)> {
    let n = end.n.map_or(0, |n| n + 1);
    let writer = Writer {
        epoch: end.epoch + 1,
        nonce: seal::random(),
    };
    let draft = Draft {
        first_seq: end.size,
        salt: 0,
        root: end.root,
        records: &[],
    };
    let settled = settle(files.as_ref(), n, &Object::encode(n, &writer, &draft))?;
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

/// The last object of a journal, `None` in a bucket without one. Found by reading about twice as
/// many objects as the number of objects has binary digits; one listing shows that none follows
/// behind a gap.
pub(crate) fn tail(files: &dyn Files) -> Result<Option<Object>> {
    let Some(mut last) = last_where(files, |_| Ok(true))? else {
        return Ok(None);
    };
    loop {
        let after = object::name(last.n);
        let follows = files.list(object::FOLDER, &after, 1)?;
        let Some(stray) = follows.first() else {
            return Ok(Some(last));
        };
        // A writer may have been at work since.
        last = Object::read(files, last.n + 1)?.ok_or_else(|| {
            let why = format!(
                "`{}` is missing, but `{stray}` is there; hint: restore what is missing from a \
                 backup or an older version, and move away what is not a numbered object",
                object::name(last.n + 1)
            );
            Error::corrupt("find the end of the journal", why)
        })?;
    }
}

/// The object that holds entry `seq`, or the last one if the entry is not there yet.
pub(crate) fn holding(files: &dyn Files, seq: u64) -> Result<Object> {
    let found = last_where(files, |object| Ok(object.batch()?.first_seq <= seq))?;
    found.ok_or_else(no_log)
}

/// The last object for which `holds` is true, which must be so from object 0 to it: doubling
/// steps until one fails, then halving.
fn last_where(
    files: &dyn Files,
    holds: impl Fn(&Object) -> Result<bool>,
) -> Result<Option<Object>> {
    let look = |n: u64| -> Result<Option<Object>> {
        Ok(match Object::read(files, n)? {
            Some(object) if holds(&object)? => Some(object),
            _ => None,
        })
    };
    let Some(mut low) = look(0)? else {
        return Ok(None);
    };
    let mut step = 1;
    while let Some(object) = look(low.n + step)? {
        low = object;
        step *= 2;
    }
    let mut high = low.n + step;
    while high - low.n > 1 {
        let middle = low.n + (high - low.n) / 2;
        match look(middle)? {
            Some(object) => low = object,
            None => high = middle,
        }
    }
    Ok(Some(low))
}

/// Walks over a journal object by object, also one that is still being written, and checks that
/// each may follow the one before it.
#[derive(Debug)]
pub(crate) struct Walk {
    files: Arc<dyn Files>,
    /// Number of the next object.
    next: u64,
    before: Option<(Writer, u64)>,
}

impl Walk {
    /// Starts at object `n`.
    pub(crate) fn new(files: Arc<dyn Files>, n: u64) -> Self {
        Self {
            files,
            next: n,
            before: None,
        }
    }

    /// Shows the next object and its batch to `look`; `None` if it is not there yet.
    pub(crate) fn advance<T>(
        &mut self,
        look: impl FnOnce(&Object, &Batch<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(object) = Object::read(self.files.as_ref(), self.next)? else {
            return Ok(None);
        };
        let batch = object.batch()?;
        let (is_fence, epoch) = (batch.records.is_empty(), object.writer.epoch);
        let follows = match self.before {
            Some((writer, size)) if is_fence => {
                epoch == writer.epoch + 1 && batch.first_seq == size
            }
            Some((writer, size)) => object.writer == writer && batch.first_seq == size,
            None => object.n > 0 || (is_fence && epoch == 1 && batch.first_seq == 0),
        };
        if !follows {
            return Err(object.damaged("it does not follow the object before it"));
        }
        let seen = look(&object, &batch)?;
        self.before = Some((object.writer, batch.end_seq()));
        self.next += 1;
        Ok(Some(seen))
    }
}

fn no_log() -> Error {
    let why = "there is no log; hint: correct the prefix, or create a log there first";
    Error::invalid("open the log in the bucket", why)
}

#[cfg(test)]
mod tests;
