//! Following a log behind its writer: what readers and standbys see, durable entries only.
use proof::merkle::Head;
use proof::{Checkpoint, note};

use crate::error::{Error, Result};
use crate::file;
use crate::journal::Walk;
use crate::layout;
use crate::place::Place;
use crate::public::CHECKPOINT;
use crate::reader::{self, Stored};
use crate::seal::BodyKey;

/// A place in somebody else's log, for any process; it takes no lock and writes nothing. In a
/// directory it goes as far as the published checkpoint: what is behind it may not be durable yet.
pub struct Tail {
    place: Place,
    walk: Walk,
    /// `None` where `keys/body` is not there or nobody wants bodies: then only public bytes are
    /// delivered.
    key: Option<BodyKey>,
    next_seq: u64,
    head: Option<Head>,
}

impl Tail {
    /// Starts before an entry, which may not be there yet. A log in a bucket needs no directory
    /// to be followed: each of its objects names its format.
    pub fn open(place: &Place, from_seq: u64) -> Result<Self> {
        let own = file::read_optional(&*place.disk, &place.dir.join("format"))?;
        if place.bucket.is_none() || own.is_some() {
            layout::check_format(place)?;
        }
        Ok(Self {
            place: place.clone(),
            walk: Walk::open(place, from_seq)?,
            key: BodyKey::find(&*place.disk, &place.dir.join("keys/body"))?,
            next_seq: from_seq,
            head: None,
        })
    }

    /// The same for whoever wants public bytes alone, though `keys/body` may be there: no body is
    /// decrypted, which costs more than all the rest.
    pub fn open_public(place: &Place, from_seq: u64) -> Result<Self> {
        let tail = Self::open(place, from_seq)?;
        Ok(Self { key: None, ..tail })
    }

    /// The entries that have come since, as many as are read at once; call again until there are
    /// none. Damage is an error that names its place.
    pub fn poll(&mut self) -> Result<Vec<Stored>> {
        let limit = match self.place.bucket {
            None => published_size(&self.place)?,
            Some(_) => u64::MAX,
        };
        self.poll_to(limit)
    }

    /// The same for whoever knows that so many entries are durable: those below `limit`, and what
    /// has become durable together with the last of them.
    pub fn poll_to(&mut self, limit: u64) -> Result<Vec<Stored>> {
        let Some(chunk) = self.walk.advance(limit)? else {
            return Ok(Vec::new());
        };
        self.head = Some(chunk.head);
        self.next_seq = chunk.head.size;
        let records = chunk.records.into_iter();
        records
            .map(|record| reader::open(self.key.as_ref(), record))
            .collect()
    }

    /// The entry that comes next.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Size and root that the journal states behind the last entry delivered; `None` before the
    /// first. Whoever follows must come to the same root.
    pub fn head(&self) -> Option<Head> {
        self.head
    }
}

fn published_size(place: &Place) -> Result<u64> {
    let Some(note) = place.files().read(CHECKPOINT)? else {
        return Ok(0);
    };
    let text = note::text_unverified(&note);
    let checkpoint = text.and_then(Checkpoint::parse);
    checkpoint
        .map(|checkpoint| checkpoint.head.size)
        .map_err(|fault| Error::corrupt(format!("read `{CHECKPOINT}`"), fault.to_string()))
}
