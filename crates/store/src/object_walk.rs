//! Finding one's way in the objects of a journal: its end, an entry, and from one to the next.
use std::sync::Arc;

use proof::merkle::Head;

use crate::error::{Error, Result};
use crate::files::Files;
use crate::frame::{Batch, Sealed};
use crate::journal::Chunk;
use crate::object::{self, Object, Writer};

/// A reader's place in the journal of a bucket.
#[derive(Debug)]
pub(crate) struct ObjectWalk {
    files: Arc<dyn Files>,
    /// The next entry to read.
    next: u64,
    /// `None` until the first object is looked up.
    objects: Option<Succession>,
}

impl ObjectWalk {
    pub(crate) fn open(files: Arc<dyn Files>, from_seq: u64) -> Self {
        Self {
            files,
            next: from_seq,
            objects: None,
        }
    }

    /// The rest of one object. Without a limit (`u64::MAX`) the end of the journal is no error: a
    /// later call finds what has come since.
    pub(crate) fn advance(&mut self, limit: u64) -> Result<Option<Chunk>> {
        if self.next >= limit {
            return Ok(None);
        }
        let objects = match &mut self.objects {
            Some(objects) => objects,
            none => {
                let start = holding(&*self.files, self.next)?;
                none.insert(Succession::new(self.files.clone(), start.n))
            }
        };
        let from = self.next;
        loop {
            let chunk = objects.advance(|_, batch| {
                let records = Sealed::all(batch).skip_while(|record| record.seq < from);
                Ok(Chunk {
                    records: records.collect(),
                    head: Head {
                        size: batch.end_seq(),
                        root: batch.root,
                    },
                })
            })?;
            match chunk {
                // A fence, or entries before the first one that is wanted.
                Some(chunk) if chunk.records.is_empty() => {}
                Some(chunk) => {
                    self.next = chunk.head.size;
                    return Ok(Some(chunk));
                }
                None if limit == u64::MAX => return Ok(None),
                None => return Err(missing(objects.next)),
            }
        }
    }
}

/// The last object of a journal. Found by reading about twice as
/// many objects as the number of objects has binary digits; one listing shows that none follows
/// behind a gap.
pub(crate) fn tail(files: &dyn Files) -> Result<Object> {
    let mut last = last_where(files, |_| Ok(true))?.ok_or_else(no_log)?;
    loop {
        let after = object::name(last.n);
        let follows = files.list(object::FOLDER, &after, 1)?;
        let Some(stray) = follows.first() else {
            return Ok(last);
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

/// Goes over a journal object by object, also one that is still being written, and checks that each
/// may follow the one before it.
#[derive(Debug)]
pub(crate) struct Succession {
    files: Arc<dyn Files>,
    /// Number of the next object.
    pub next: u64,
    before: Option<(Writer, u64)>,
}

impl Succession {
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

/// An object that must be there and isn't.
pub(crate) fn missing(n: u64) -> Error {
    let name = object::name(n);
    let why = "it is missing; hint: restore it from a backup or an older version";
    Error::corrupt(format!("read the journal object `{name}`"), why)
}
