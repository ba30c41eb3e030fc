//! The writer's thread: takes all that waits, makes it durable with one sync, then answers.

use crate::answer::{Accepted, Answer, Refused, Unanswered};
use crate::log::{BATCH_RECORDS, Log};
use crate::queue::{Checked, Job};
use crate::shared::Shared;
use crate::ticket::Reply;
use crate::{Error, follower::Fed};
use proof::Checkpoint;
use protocol::AccountId;
use sequencer::Verified;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

/// Runs until the queue's end, and then gives the log back. After an error nobody is answered any
/// more: what the disk holds is known only to the next start.
pub(crate) fn run(mut log: Log, shared: &Shared, feed: &Sender<Fed>) -> Result<Log, Error> {
    let alarm = Alarm(shared);
    let ended = turns(&mut log, shared, feed);
    drop(alarm);
    match ended {
        Ok(()) => {
            let why = "it has shut down".to_owned();
            shared.queue.end(Unanswered::Stopped { why });
            Ok(log)
        }
        Err(error) => {
            shared.fail(error.to_string());
            Err(error)
        }
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
    loop {
        let mut turn = Turn::default();
        let jobs = shared.queue.take(BATCH_RECORDS);
        for job in jobs {
            turn.take(job, log, shared)?;
        }
        let first_seq = shared.durable();
        let entries = log.commit()?;
        let durable = first_seq + entries.len() as u64;
        if !entries.is_empty() {
            shared.durable.store(durable, Ordering::Release);
            // The follower ends after the writer, so that this reaches it; if it has died, reads
            // stand still and the health tells.
            let fed = feed.send(Fed { first_seq, entries });
            if fed.is_err() {
                shared.report("follower", Some("the follower has stopped".to_owned()));
            }
            shared.bell.durable();
        }
        for (reply, answers) in turn.answers {
            reply.send(answers);
        }
        for reply in turn.publish {
            reply.send(log.publish()?);
        }
        if turn.end {
            return Ok(());
        }
    }
}

/// What one sync decides.
#[derive(Default)]
struct Turn {
    answers: Vec<(Reply<Vec<Answer>>, Vec<Answer>)>,
    publish: Vec<Reply<Checkpoint>>,
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
            Job::Operate { doing, command } => {
                let offer = log.sign_as(Some(AccountId(0)), *command);
                let offer =
                    Verified::check(offer).expect("the operator's key signs what it should");
                let admission = log.admit(shared.clock.now_ms(), offer)?;
                let problem = admission.err().map(|why| format!("cannot {doing}: {why}"));
                shared.report("operator", problem);
            }
            Job::Publish(reply) => self.publish.push(reply),
            Job::End => self.end = true,
        }
        Ok(())
    }
}

fn decide(
    checked: Checked,
    arrived_ms: u64,
    log: &mut Log,
    shared: &Shared,
) -> Result<Answer, Error> {
    let Checked { submission, offer } = checked;
    let now_ms = shared.clock.now_ms();
    let size = log.state().size;
    let time_ms = log.state().next_ms(now_ms);
    let admission = match offer {
        Ok(offer) => log.admit(now_ms, offer)?,
        Err(rejection) => Err(rejection),
    };
    Ok(match admission {
        Ok(admission) => Answer::Accepted(Accepted {
            submission,
            index: admission.seq(),
            repeated: matches!(admission, sequencer::Admission::Repeated(_)),
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
