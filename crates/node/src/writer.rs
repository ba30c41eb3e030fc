//! The writer's thread: decides all that waits, in order, while the batch before is made durable.

use crate::Error;
use crate::answer::{Accepted, Answer, Refused, Unanswered};
use crate::intake::Intake;
use crate::keyring::Duty;
use crate::log::TURN_SUBMISSIONS;
use crate::queue::{Checked, Job, Operated};
use crate::shared::{Alarm, Shared};
use crate::turn::Turn;
use protocol::operation::{EraseReason, Erasure};
use protocol::{Command, Rejection};
use sequencer::Admission;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

/// How far the clock may be behind the log before that is reported, in seconds.
const CLOCK_SLACK_S: u64 = 60;

/// Runs until the queue's end, or until nobody makes durable any more what it decides.
pub(crate) fn run(mut intake: Intake, shared: &Shared, decided: &SyncSender<Turn>) {
    let _alarm = Alarm::of("writer", shared);
    match turns(&mut intake, shared, decided) {
        Ok(()) => {
            let why = "it has shut down".to_owned();
            shared.queue.end(Unanswered::Stopped { why });
        }
        Err(error) => shared.fail(error.to_string()),
    }
}

fn turns(intake: &mut Intake, shared: &Shared, decided: &SyncSender<Turn>) -> Result<(), Error> {
    loop {
        let mut turn = Turn::default();
        let mut goes_on = true;
        let jobs = shared.queue.take(TURN_SUBMISSIONS);
        look_at_clock(intake, shared);
        intake.confirm(shared.durable());
        for job in jobs {
            goes_on &= take(job, &mut turn, intake, shared)?;
        }
        turn.batch = intake.take_batch();
        shared
            .erasing
            .fetch_add(turn.erasures.len(), Ordering::AcqRel);
        // Nobody takes it after a failure: it is dropped unanswered.
        if decided.send(turn).is_err() || !goes_on {
            return Ok(());
        }
    }
}

/// Neither log time nor promises follow a clock backwards; a person should still know.
fn look_at_clock(intake: &Intake, shared: &Shared) {
    let now_ms = shared.clock.now_ms();
    let behind_s = |time_ms: u64| time_ms.saturating_sub(now_ms) / 1_000;
    let (log_s, witness_s) = (
        behind_s(intake.state().time_ms),
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

/// Does what a job asks of memory, and puts the rest in the turn; false if no job follows it.
fn take(job: Job, turn: &mut Turn, intake: &mut Intake, shared: &Shared) -> Result<bool, Error> {
    match job {
        Job::Decide {
            offers,
            arrived_ms,
            reply,
        } => {
            let answers: Result<Vec<Answer>, Error> = offers
                .into_iter()
                .map(|checked| decide(checked, arrived_ms, intake, shared))
                .collect();
            turn.answers.push((reply, answers?));
        }
        Job::Operate {
            doing,
            order,
            reply,
        } => {
            let admitted = intake.operate(shared.clock.now_ms(), *order)?;
            let operated = admitted.map(Admission::seq);
            match reply {
                Some(reply) => turn.operated.push((reply, operated)),
                None => {
                    let problem = operated.err().map(|why| format!("cannot {doing}: {why}"));
                    shared.report(doing, problem);
                }
            }
        }
        Job::Rotate(duty, reply) => {
            let rotated = rotate(duty, intake, shared)?;
            turn.operated.push((reply, rotated));
        }
        Job::Erase(what, reason, reply) => match bury(what, reason, intake, shared)? {
            Ok(seq) => turn.erasures.push((what, seq, reply)),
            Err(rejection) => turn.operated.push((reply, Err(rejection))),
        },
        Job::Signing(size, reply) => reply.send(intake.signing(size)),
        Job::Publication(reply) => turn.publications.push(reply),
        Job::Published(head) => turn.published = Some(head),
        Job::Attest(reply) => turn.attests.push(reply),
        Job::End => return Ok(false),
    }
    Ok(true)
}

fn rotate(duty: Duty, intake: &mut Intake, shared: &Shared) -> Result<Operated, Error> {
    let rotated = intake.rotate(shared.clock.now_ms(), duty)?;
    Ok(rotated.map(Admission::seq))
}

/// Admits a tombstone. One that stands already is found again, so that an erasure that a crash has
/// cut short can be asked for once more.
fn bury(
    what: Erasure,
    reason: EraseReason,
    intake: &mut Intake,
    shared: &Shared,
) -> Result<Operated, Error> {
    if let Some(tombstone) = intake.state().erased.get(&what) {
        return Ok(Ok(tombstone.seq));
    }
    if let Erasure::Body(seq) = what
        && is_bare(intake, seq)?
    {
        return Ok(Err(Rejection::NothingToErase));
    }
    let erase = intake.state().tombstone(what, reason);
    let admitted = intake.operate(shared.clock.now_ms(), Command::Erase(erase).into())?;
    Ok(admitted.map(Admission::seq))
}

/// Whether an entry has no private body, which no rule can know: only the journal has bodies. One
/// that is not durable yet is left to the rules, and one that the key does not open may go.
fn is_bare(intake: &Intake, seq: u64) -> Result<bool, Error> {
    let stored = intake.entries(seq..seq.saturating_add(1))?.next();
    let body = stored.and_then(Result::ok).and_then(|stored| stored.body);
    Ok(body.is_some_and(|body| body.is_empty()))
}

fn decide(
    checked: Checked,
    arrived_ms: u64,
    intake: &mut Intake,
    shared: &Shared,
) -> Result<Answer, Error> {
    let Checked { submission, offer } = checked;
    let now_ms = shared.clock.now_ms();
    // By a clock that has jumped back the promised time would be over before the entry came.
    let arrived_ms = arrived_ms
        .max(intake.state().time_ms)
        .max(shared.witness_time.now_ms());
    let size = intake.state().size;
    let time_ms = intake.state().next_ms(now_ms);
    let admission: Result<Admission, Rejection> = match offer {
        Ok(offer) => intake.admit(now_ms, offer)?,
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
