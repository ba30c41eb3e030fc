//! The writer's thread: takes all that waits, makes it durable with one sync, then answers.

use crate::answer::{Accepted, Answer, Refused, Unanswered};
use crate::follower::Fed;
use crate::log::{BATCH_RECORDS, Log};
use crate::queue::{Checked, Job, Operated};
use crate::shared::Shared;
use crate::signing::Signing;
use crate::ticket::Reply;
use crate::{Error, keyring::Duty};
use proof::merkle::Head;
use protocol::operation::{EraseReason, Erasure};
use protocol::{Command, Rejection};
use sequencer::Admission;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};
use store::Publication;
use store::lease::Lease;

/// How long the follower may take to see a tombstone before what it names is deleted.
const FOLLOWER_PATIENCE: Duration = Duration::from_secs(60);

/// How far the clock may be behind the log before that is reported, in seconds.
const CLOCK_SLACK_S: u64 = 60;

/// Runs until the queue's end. After an error nobody is answered any more: what the disk holds is
/// known only to the next start.
pub(crate) fn run(mut log: Log, shared: &Shared, feed: &Sender<Fed>) {
    let alarm = Alarm(shared);
    let ended = turns(&mut log, shared, feed);
    drop(alarm);
    match ended {
        Ok(()) => {
            let why = "it has shut down".to_owned();
            shared.queue.end(Unanswered::Stopped { why });
        }
        Err(error) => shared.fail(error.to_string()),
    }
}

/// Sees to it that nobody waits for a writer that has panicked.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("the writer's thread has panicked".to_owned());
        }
    }
}

fn turns(log: &mut Log, shared: &Shared, feed: &Sender<Fed>) -> Result<(), Error> {
    // Why this may not be the writer any more: it explains an append that fails after it.
    let mut doubt = None;
    loop {
        let mut turn = Turn::default();
        let jobs = shared.queue.take(BATCH_RECORDS);
        look_at_clock(log, shared);
        for job in jobs {
            turn.take(job, log, shared)?;
        }
        let first_seq = log.sequencer.durable();
        shared
            .erasing
            .fetch_add(turn.erasures.len(), Ordering::AcqRel);
        let began = Instant::now();
        let committed = log.commit();
        let entries = committed.map_err(|error| doubt.take().map_or(error, Error::Stopped))?;
        if !entries.is_empty() {
            shared.commits.note(began.elapsed());
            shared.made_durable(log.sequencer.durable());
            tell(feed, Fed::Entries(first_seq, entries));
            shared.bell.durable();
        }
        for (reply, answers) in turn.answers {
            reply.send(answers);
        }
        for (reply, operated) in turn.operated {
            reply.send(operated);
        }
        for (what, seq, reply) in turn.erasures {
            erase(log, shared, &what, seq)?;
            tell(feed, Fed::Erased);
            reply.send(Ok(seq));
        }
        if let Some(head) = turn.published {
            log.store.published(head);
        }
        for reply in turn.publications {
            let attested = attest(log, &mut doubt)?;
            reply.send(attested.and_then(|()| publication(log)));
        }
        for reply in turn.attests {
            reply.send(attest(log, &mut doubt)?);
        }
        if turn.end {
            return Ok(());
        }
    }
}

/// Neither log time nor promises follow a clock backwards; a person should still know.
fn look_at_clock(log: &Log, shared: &Shared) {
    let now_ms = shared.clock.now_ms();
    let behind_s = |time_ms: u64| time_ms.saturating_sub(now_ms) / 1_000;
    let (log_s, witness_s) = (
        behind_s(log.state().time_ms),
        behind_s(shared.witness_time.now_ms()),
    );
    let problem = if log_s >= CLOCK_SLACK_S {
        Some(format!(
            "the clock is {log_s} s behind the last entry; entries get its time until then; \
             hint: set the clock"
        ))
    } else {
        (witness_s >= CLOCK_SLACK_S).then(|| {
            format!(
                "the clock is {witness_s} s behind a witness's, whose time promises get; \
                 hint: set the clock, or leave out the witness if its clock is wrong"
            )
        })
    };
    shared.report("clock", problem);
}

/// The follower ends after the writer, so that this reaches it; one that has ended before has
/// stopped the node.
fn tell(feed: &Sender<Fed>, fed: Fed) {
    feed.send(fed).ok();
}

/// Whether this is still the writer. One that has been replaced must stop; not to know it for the
/// moment only keeps it from signing.
fn attest(log: &mut Log, doubt: &mut Option<String>) -> Result<Result<(), Error>, Error> {
    let Err(error) = log.store.check_writer() else {
        *doubt = None;
        return Ok(Ok(()));
    };
    if log.store.has_stopped() {
        return Err(error.into());
    }
    *doubt = Some(error.to_string());
    let own = log.store.epoch();
    match Lease::read(&*log.store.files()) {
        Ok(Some(lease)) if lease.epoch > own => Err(error.into()),
        _ => Ok(Err(error.into())),
    }
}

fn publication(log: &mut Log) -> Result<(Publication, Signing), Error> {
    let publication = log.store.publication();
    let signing = log.signing(publication.head().size)?;
    Ok((publication, signing))
}

/// The follower must have seen the tombstone, since it may need what is deleted until then.
fn erase(log: &mut Log, shared: &Shared, what: &Erasure, seq: u64) -> Result<(), Error> {
    let seen = shared.applied.reaches(seq + 1).wait(FOLLOWER_PATIENCE);
    if !matches!(seen, Some(Ok(_))) {
        let why = "the follower stands still; the next start finishes the erasure";
        shared.report("erasure", Some(why.to_owned()));
        return Ok(());
    }
    log.erase(what)?;
    shared.erasing.fetch_sub(1, Ordering::AcqRel);
    Ok(())
}

/// What one sync decides.
#[derive(Default)]
struct Turn {
    answers: Vec<(Reply<Vec<Answer>>, Vec<Answer>)>,
    operated: Vec<(Reply<Operated>, Operated)>,
    erasures: Vec<(Erasure, u64, Reply<Operated>)>,
    publications: Vec<Reply<Result<(Publication, Signing), Error>>>,
    published: Option<Head>,
    attests: Vec<Reply<Result<(), Error>>>,
    end: bool,
}

impl Turn {
    fn take(&mut self, job: Job, log: &mut Log, shared: &Shared) -> Result<(), Error> {
        match job {
            Job::Decide {
                offers,
                arrived_ms,
                reply,
            } => {
                let answers: Result<Vec<Answer>, Error> = offers
                    .into_iter()
                    .map(|checked| decide(checked, arrived_ms, log, shared))
                    .collect();
                self.answers.push((reply, answers?));
            }
            Job::Operate {
                doing,
                order,
                reply,
            } => {
                let admitted = log.operate(shared.clock.now_ms(), *order)?;
                let operated = admitted.map(Admission::seq);
                match reply {
                    Some(reply) => self.operated.push((reply, operated)),
                    None => {
                        let problem = operated.err().map(|why| format!("cannot {doing}: {why}"));
                        shared.report(doing, problem);
                    }
                }
            }
            Job::Rotate(duty, reply) => {
                let rotated = rotate(duty, log, shared)?;
                self.operated.push((reply, rotated));
            }
            Job::Erase(what, reason, reply) => match bury(what, reason, log, shared)? {
                Ok(seq) => self.erasures.push((what, seq, reply)),
                Err(rejection) => self.operated.push((reply, Err(rejection))),
            },
            Job::Publication(reply) => self.publications.push(reply),
            Job::Published(head) => self.published = Some(head),
            Job::Attest(reply) => self.attests.push(reply),
            Job::End => self.end = true,
        }
        Ok(())
    }
}

fn rotate(duty: Duty, log: &mut Log, shared: &Shared) -> Result<Operated, Error> {
    let rotated = log.rotate(shared.clock.now_ms(), duty)?;
    Ok(rotated.map(Admission::seq))
}

/// Admits a tombstone. One that stands already is found again, so that an erasure that a crash has
/// cut short can be asked for once more.
fn bury(
    what: Erasure,
    reason: EraseReason,
    log: &mut Log,
    shared: &Shared,
) -> Result<Operated, Error> {
    if let Some(tombstone) = log.state().erased.get(&what) {
        return Ok(Ok(tombstone.seq));
    }
    if let Erasure::Body(seq) = what
        && is_bare(log, seq)?
    {
        return Ok(Err(Rejection::NothingToErase));
    }
    let erase = log.state().tombstone(what, reason);
    let admitted = log.operate(shared.clock.now_ms(), Command::Erase(erase).into())?;
    Ok(admitted.map(Admission::seq))
}

/// Whether an entry has no private body, which no rule can know: only the journal has bodies. One
/// that is not durable yet is left to the rules, and one that the key does not open may go.
fn is_bare(log: &Log, seq: u64) -> Result<bool, Error> {
    let stored = log.store().entries(seq..seq.saturating_add(1))?.next();
    let body = stored.and_then(Result::ok).and_then(|stored| stored.body);
    Ok(body.is_some_and(|body| body.is_empty()))
}

fn decide(
    checked: Checked,
    arrived_ms: u64,
    log: &mut Log,
    shared: &Shared,
) -> Result<Answer, Error> {
    let Checked { submission, offer } = checked;
    let now_ms = shared.clock.now_ms();
    // By a clock that has jumped back the promised time would be over before the entry came.
    let arrived_ms = arrived_ms
        .max(log.state().time_ms)
        .max(shared.witness_time.now_ms());
    let size = log.state().size;
    let time_ms = log.state().next_ms(now_ms);
    let admission: Result<Admission, Rejection> = match offer {
        Ok(offer) => log.admit(now_ms, offer)?,
        Err(rejection) => Err(rejection),
    };
    Ok(match admission {
        Ok(admission) => Answer::Accepted(Accepted {
            submission,
            index: admission.seq(),
            repeated: matches!(admission, Admission::Repeated(_)),
            arrived_ms,
            merged_by_ms: arrived_ms.saturating_add(shared.settings.merge_delay_ms),
        }),
        Err(rejection) => Answer::Refused(Refused {
            submission,
            rejection,
            size,
            time_ms,
        }),
    })
}
