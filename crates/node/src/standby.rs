//! Following a log that another node writes, and taking over when that node falls silent.

use crate::documents::StoredDocuments;
use crate::follower::{Follower, step};
use crate::health::Role;
use crate::host::Parts;
use crate::lead::Lead;
use crate::log::not_replayed;
use crate::shared::Shared;
use crate::witness::Circle;
use crate::{Error, Keyring, Log, Node, belonging};
use ledger::State;
use protocol::entry::Entry;
use protocol::{Rejection, codec};
use std::sync::Arc;
use std::time::Duration;
use store::lease::Watch;
use store::snapshot::Snapshots;
use store::{Kind, Place, PublicLog, Stored, Tail};

/// Looks at the lease within the time after which a standby takes over.
const LOOKS: u32 = 10;

pub(crate) struct Standby {
    place: Place,
    role: Role,
    follower: Follower,
    tail: Tail,
    watch: Watch,
    circle: Circle,
}

impl Standby {
    /// Begins with the newest snapshot; the log must have its first entry.
    pub(crate) fn open(place: &Place, role: Role, parts: Parts) -> Result<Self, Error> {
        let refused = |why: &str| {
            let why = store::Error::invalid("follow the log", why);
            Err(Error::from(why))
        };
        match role {
            Role::Reader => {}
            Role::Standby if place.bucket.is_none() => {
                return refused(
                    "only a log in a bucket can have a standby; hint: name one with `--store`",
                );
            }
            Role::Standby if !Node::exists(&place.dir) => {
                return refused(
                    "a standby needs `keys` and `format`; hint: copy both from the writer's \
                     directory",
                );
            }
            // Without its keys it could only stop the writer, and not take its place.
            Role::Standby => belonging::check(place, &Keyring::open(&place.dir)?)?,
            Role::Writer | Role::Halted => {
                return refused("whoever follows is a reader or a standby");
            }
        }
        let files = place.files();
        let found = Snapshots::new(Arc::clone(&files)).load(u64::MAX)?;
        let saved = found.snapshot.and_then(|it| State::from_bytes(&it.bytes));
        let state = match saved {
            Some(state) => state,
            None => first_state(place)?,
        };
        let tail = Tail::open(place, state.size)?;
        let public = PublicLog::new(Arc::clone(&files));
        let shared = Arc::new(Shared::new(
            parts.settings,
            parts.clock,
            public,
            state,
            None,
        ));
        shared.take_role(role);
        let mut follower = Follower::new(shared, files);
        follower.keep_view(place)?;
        Ok(Self {
            place: place.clone(),
            role,
            follower,
            tail,
            watch: Watch::default(),
            circle: Circle::new(parts.witnesses),
        })
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.follower.shared)
    }

    /// Runs until the node is told to stop, as a follower and perhaps as the writer after that.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let shared = self.shared();
        if let Err(error) = self.follow() {
            shared.fail(error.to_string());
        }
        self.follower.end_view();
        shared.end()
    }

    fn follow(&mut self) -> Result<(), Error> {
        let shared = self.shared();
        let every = Duration::from_millis(shared.settings.takeover_after_ms) / LOOKS;
        loop {
            let problem = self.catch_up().or_else(passing)?;
            shared.report("tail", problem);
            if shared.pause(every) {
                return Ok(());
            }
            let looks = self.look();
            let silent = matches!(looks, Ok(LOOKS..));
            shared.report("lease", looks.err().map(|error| error.to_string()));
            if silent && self.role == Role::Standby {
                match self.take_over() {
                    Ok(log) => return self.lead(log),
                    Err(error) => {
                        shared.report("takeover", Some(error.to_string()));
                        self.watch = Watch::default();
                    }
                }
            }
        }
    }

    /// Applies all that has come.
    fn catch_up(&mut self) -> Result<Option<String>, Error> {
        loop {
            let came = self.tail.poll()?;
            if came.is_empty() {
                break;
            }
            self.apply(came)?;
        }
        let shared = &self.follower.shared;
        if let Ok(checkpoint) = shared.public.checkpoint_unverified() {
            shared.publish(checkpoint.head.size);
        }
        Ok(None)
    }

    /// A document that is missing may have been erased since, which a later entry says.
    fn apply(&mut self, came: Vec<Stored>) -> Result<(), Error> {
        let Some(first_seq) = came.first().map(|stored| stored.seq) else {
            return Ok(());
        };
        let entries: Vec<Vec<u8>> = came.into_iter().map(|stored| stored.entry).collect();
        let end = first_seq + entries.len() as u64;
        self.follower.shared.made_durable(end);
        match self.follower.try_apply(first_seq, &entries) {
            Err((seq, Rejection::MissingDocument)) => {
                let later = everything(Tail::open(&self.place, seq)?);
                let documents = self.follower.documents.clone();
                self.follower.documents = documents.without_erased(later)?;
                let left = (seq - first_seq) as usize;
                self.follower.apply(seq, &entries[left..])
            }
            applied => applied.map_err(|(seq, why)| not_replayed(seq, why)),
        }
    }

    /// How many looks in a row have found the same sign of life.
    fn look(&mut self) -> Result<u32, store::Error> {
        let files = &*self.follower.files;
        let looks = self.watch.look(files)?;
        let writer = self.watch.lease().map(|lease| lease.address.clone());
        let writer = writer.filter(|address| !address.is_empty());
        self.follower.shared.note_writer(writer);
        Ok(looks)
    }

    /// Takes the journal: the old writer finds the fence at its next entry and halts.
    fn take_over(&mut self) -> Result<Log, Error> {
        let state = self.follower.shared.read(State::clone);
        let start = state.size;
        let log = Log::take_over(&self.place, state)?.log;
        let missed: Result<Vec<Stored>, store::Error> =
            log.store().entries(start..log.state().size)?.collect();
        self.apply(missed?)?;
        Ok(log)
    }

    fn lead(&mut self, log: Log) -> Result<(), Error> {
        let shared = self.shared();
        let lead = Lead::new(log, std::mem::take(&mut self.circle), &shared)?;
        shared.report("takeover", None);
        lead.run(&mut self.follower)
    }
}

/// What may be over at the next try becomes a sentence; anything else ends the node.
fn passing(error: Error) -> Result<Option<String>, Error> {
    match error {
        Error::Store(error) if error.kind == Kind::Unavailable => Ok(Some(error.to_string())),
        error => Err(error),
    }
}

/// The state after the first entry, which names the space and its key.
fn first_state(place: &Place) -> Result<State, Error> {
    let first = Tail::open(place, 0)?.poll()?.into_iter().next();
    let Some(first) = first else {
        let why = "it has no entry yet; hint: start the writer first";
        return Err(store::Error::unavailable("follow the log", why).into());
    };
    let entry: Result<Entry, _> = codec::decode(&first.entry);
    let entry = entry.map_err(|_| not_replayed(first.seq, Rejection::Malformed))?;
    let mut state = State::new(entry.signed.submission.space);
    let documents = StoredDocuments::of(&place.files());
    step(&mut state, &first.entry, &documents).map_err(|why| not_replayed(first.seq, why))?;
    Ok(state)
}

/// All entries that a tail has now, one after the other.
pub(crate) fn everything(mut tail: Tail) -> impl Iterator<Item = Result<Stored, store::Error>> {
    let mut ended = false;
    std::iter::from_fn(move || {
        let polled = (!ended).then(|| tail.poll())?;
        ended = !matches!(&polled, Ok(came) if !came.is_empty());
        match polled {
            Ok(came) if came.is_empty() => None,
            Ok(came) => Some(came.into_iter().map(Ok).collect::<Vec<_>>()),
            Err(error) => Some(vec![Err(error)]),
        }
    })
    .flatten()
}
