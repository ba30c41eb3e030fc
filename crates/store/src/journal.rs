//! The journal, in which all is durable: files of a directory, or objects of a bucket.
use proof::merkle::Head;

use crate::error::Result;
use crate::frame::{Draft, Sealed};
use crate::object_journal::ObjectJournal;
use crate::object_walk::ObjectWalk;
use crate::place::Place;
use crate::recovery::Replay;
use crate::segment_walk::SegmentWalk;
use crate::wal::Wal;

/// The one writing end.
#[derive(Debug)]
pub(crate) enum Journal {
    Wal(Wal),
    Objects(ObjectJournal),
}

impl Journal {
    /// Starts the empty journal of a new store.
    pub(crate) fn create(place: &Place) -> Result<Self> {
        match &place.bucket {
            None => Ok(Self::Wal(Wal::create(place))),
            Some(bucket) => {
                let journal = ObjectJournal::create(bucket.clone(), place.random())?;
                Ok(Self::Objects(journal))
            }
        }
    }

    /// Takes the journal over, so that nobody else can write it any more. [`Self::replay`] must
    /// follow.
    pub(crate) fn open(place: &Place) -> Result<Self> {
        match &place.bucket {
            None => Ok(Self::Wal(Wal::create(place))),
            Some(bucket) => {
                let journal = ObjectJournal::open(bucket.clone(), place.random())?;
                Ok(Self::Objects(journal))
            }
        }
    }

    /// Reads its end into the replay and goes on behind it. Gives the bytes of an unfinished batch
    /// that were cut off.
    pub(crate) fn replay(&mut self, replay: &mut Replay<'_>) -> Result<u64> {
        match self {
            Self::Wal(wal) => wal.replay(replay),
            Self::Objects(objects) => objects.replay(replay).map(|()| 0),
        }
    }

    /// Returns when the batch is durable. After an error nothing of it is kept, unless the error
    /// says that the process must stop.
    pub(crate) fn append(&mut self, draft: &Draft<'_>) -> Result<()> {
        match self {
            Self::Wal(wal) => wal.append(draft),
            Self::Objects(objects) => objects.append(draft),
        }
    }

    /// Puts [`crate::seal::ERASED`] in the place of the sealed body of a durable entry; `false`
    /// where it has none any more. A crash leaves the old bytes or the new ones.
    pub(crate) fn erase(&mut self, seq: u64) -> Result<bool> {
        match self {
            Self::Wal(wal) => wal.erase(seq),
            Self::Objects(objects) => objects.erase(seq),
        }
    }

    /// Place of this writer in the succession of a bucket's writers; 0 in a directory, which has
    /// one.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Wal(_) => 0,
            Self::Objects(objects) => objects.epoch(),
        }
    }

    /// An error if another writer is known to have taken over. In a directory the lock keeps
    /// others out.
    pub(crate) fn check_writer(&mut self) -> Result<()> {
        match self {
            Self::Wal(_) => Ok(()),
            Self::Objects(objects) => objects.check_writer(),
        }
    }

    /// True once nothing is appended any more before the next start.
    pub(crate) fn has_stopped(&self) -> bool {
        match self {
            Self::Wal(wal) => wal.has_stopped(),
            Self::Objects(objects) => objects.has_stopped(),
        }
    }
}

/// Durable records that were read at once, and the log they lead to.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub records: Vec<Sealed>,
    /// Size and root after the last batch that was read.
    pub head: Head,
}

/// Reads a journal from one entry on, also while it is being written.
#[derive(Debug)]
pub(crate) enum Walk {
    Wal(SegmentWalk),
    Objects(ObjectWalk),
}

impl Walk {
    /// Points at an entry; nothing is read yet.
    pub(crate) fn open(place: &Place, from_seq: u64) -> Result<Self> {
        match &place.bucket {
            None => Ok(Self::Wal(SegmentWalk::open(place, from_seq))),
            Some(bucket) => Ok(Self::Objects(ObjectWalk::open(bucket.clone(), from_seq))),
        }
    }

    /// The next records, as many as are read at once; those from `limit` on may be among them if
    /// they share a batch with one before. `None` once `limit` is reached; in a bucket also at the
    /// journal's end, where there is no limit (`u64::MAX`). Another entry below it that is not
    /// there, or is damaged, is an error that names its place.
    pub(crate) fn advance(&mut self, limit: u64) -> Result<Option<Chunk>> {
        match self {
            Self::Wal(walk) => walk.advance(limit),
            Self::Objects(walk) => walk.advance(limit),
        }
    }
}
