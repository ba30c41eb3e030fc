//! Filling `view.sqlite` from the entries of a log, from wherever it stands.

use crate::Error;
use crate::documents::StoredDocuments;
use crate::follower::step;
use crate::log::not_replayed;
use crate::standby::everything;
use ledger::State;
use protocol::entry::Entry;
use protocol::{Event, Rejection, codec};
use std::path::{Path, PathBuf};
use store::snapshot::Snapshots;
use store::{Place, Stored, Tail};
use view::Projection;
use view::error::Kind;
use view::projection::Applied;

/// Most entries that the view takes in one transaction.
pub(crate) const BATCH: usize = 4_096;

/// Where the view of a data directory stands.
pub fn path(dir: &Path) -> PathBuf {
    dir.join("view.sqlite")
}

/// An entry with what it has changed.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) entry: Entry,
    pub(crate) events: Vec<Event>,
    /// Length of its encoding.
    pub(crate) bytes: usize,
}

/// A view that was brought up to its log.
#[derive(Debug)]
pub struct Filled {
    /// Entries that it holds.
    pub through: u64,
    /// Sentences about files that could not be gone on with.
    pub notices: Vec<String>,
}

/// Brings the view in `path` up to what is published of a log, or durable in a bucket. Takes no
/// lock on the log, so that it may run beside the writer; `None` where another process keeps the
/// view.
pub fn fill(place: &Place, path: &Path) -> Result<Option<Filled>, Error> {
    let mut filler = match Filler::open(place, path) {
        Err(Error::View(error)) if error.kind == Kind::Unavailable => return Ok(None),
        opened => opened?,
    };
    filler.fill(None, &|| false)?;
    Ok(Some(Filled {
        through: filler.projection.through(),
        notices: filler.notices,
    }))
}

/// A view and the log that it follows.
pub(crate) struct Filler {
    place: Place,
    path: PathBuf,
    documents: StoredDocuments,
    pub(crate) projection: Projection,
    pub(crate) notices: Vec<String>,
}

impl Filler {
    /// Opens the view. One that was not made from this log is moved aside.
    pub(crate) fn open(place: &Place, path: &Path) -> Result<Self, Error> {
        let opened = Projection::open(path)?;
        let mut filler = Self {
            place: place.clone(),
            path: path.to_owned(),
            documents: StoredDocuments::of(&place.files()),
            projection: opened.projection,
            notices: opened.notice.into_iter().collect(),
        };
        if !filler.follows()? {
            filler.begin_again("it was made from another log, or from entries that are lost")?;
        }
        Ok(filler)
    }

    /// Moves the view aside, so that it is filled from the first entry.
    pub(crate) fn begin_again(&mut self, why: &str) -> Result<(), Error> {
        let notice = self.projection.begin_again(&self.path, why)?;
        self.notices.push(notice);
        Ok(())
    }

    fn follows(&self) -> Result<bool, Error> {
        let Some(last) = self.projection.through().checked_sub(1) else {
            return Ok(true);
        };
        let came = Tail::open(&self.place, last)?.poll_to(last + 1);
        let Some(stored) = came.ok().and_then(|came| came.into_iter().next()) else {
            return Ok(false);
        };
        Ok(codec::decode(&stored.entry).is_ok_and(|entry| self.projection.follows(&entry)))
    }

    /// Applies the entries below `limit`, or all that are published, until `stop` says so.
    pub(crate) fn fill(
        &mut self,
        limit: Option<u64>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), Error> {
        let Some((mut state, mut tail)) = self.begin(limit)? else {
            return Ok(());
        };
        while limit.is_none_or(|limit| self.projection.through() < limit) && !stop() {
            let came = match limit {
                Some(limit) => tail.poll_to(limit)?,
                None => tail.poll()?,
            };
            if came.is_empty() {
                break;
            }
            for part in came.chunks(BATCH) {
                let decided = self.decide(&mut state, part)?;
                self.apply(&decided)?;
            }
        }
        Ok(())
    }

    /// The newest saved state that the view has not passed, and the entries after it; `None` where
    /// there is no entry yet.
    fn begin(&self, limit: Option<u64>) -> Result<Option<(State, Tail)>, Error> {
        let through = self.projection.through();
        let found = Snapshots::new(self.place.files()).load(through)?;
        let saved = found.snapshot.and_then(|it| State::from_bytes(&it.bytes));
        if let Some(state) = saved {
            let tail = Tail::open(&self.place, state.size)?;
            return Ok(Some((state, tail)));
        }
        let mut first = Tail::open(&self.place, 0)?;
        let came = match limit {
            Some(_) => first.poll_to(1)?,
            None => first.poll()?,
        };
        let Some(first) = came.into_iter().next() else {
            return Ok(None);
        };
        let entry: Result<Entry, _> = codec::decode(&first.entry);
        let entry = entry.map_err(|_| not_replayed(0, Rejection::Malformed))?;
        let state = State::new(entry.signed.submission.space);
        Ok(Some((state, Tail::open(&self.place, 0)?)))
    }

    /// Decides entries again; those that the view has already only move the state.
    fn decide(&mut self, state: &mut State, part: &[Stored]) -> Result<Vec<Decided>, Error> {
        let mut decided = Vec::new();
        for stored in part {
            let stepped = match step(state, &stored.entry, &self.documents) {
                Err(Rejection::MissingDocument) => {
                    let later = everything(Tail::open(&self.place, stored.seq)?);
                    self.documents = self.documents.clone().without_erased(later)?;
                    step(state, &stored.entry, &self.documents)
                }
                stepped => stepped,
            };
            let stepped = stepped.map_err(|why| not_replayed(stored.seq, why))?;
            if stored.seq >= self.projection.through() {
                decided.push(stepped);
            }
        }
        Ok(decided)
    }

    pub(crate) fn apply(&mut self, decided: &[Decided]) -> Result<(), Error> {
        let applied: Vec<Applied<'_>> = decided
            .iter()
            .map(|it| Applied {
                entry: &it.entry,
                events: &it.events,
                bytes: it.bytes,
            })
            .collect();
        Ok(self.projection.apply(&applied, &self.documents)?)
    }
}
