//! Is this the newest log? Asked before anything is signed, of those who would know a newer one.

use crate::shared::Shared;
use crate::witness::{Circle, Opinion, middle};
use crate::{Error, Log};
use proof::merkle::{self, Head};
use proof::{Checkpoint, note};
use std::fs;
use std::time::Duration;

/// Left by a restore in the data directory; it goes when somebody has confirmed the log.
const RESTORED: &str = "restored";

/// What helps where nobody has seen a newer log and not all have answered.
const WAIT: &str = "wait for every witness that is named, or leave out one that is gone for good";

/// Refuses to go on with a log that somebody has seen newer, or that nobody confirms after it was
/// restored from a backup. With `accept_rollback` it goes on under another origin instead, so that
/// nobody is shown two logs of one name. Returns sentences for the operator.
pub(crate) fn check(log: &mut Log, circle: &Circle, shared: &Shared) -> Result<Vec<String>, Error> {
    let settings = &shared.settings;
    let marker = log.store.place().dir.join(RESTORED);
    let restored = marker.exists();
    let timeout = Duration::from_millis(settings.witness_timeout_ms);
    let opinions = match circle.len() {
        0 => Vec::new(),
        _ => {
            let (head, note) = known_checkpoint(log)?;
            shared.witness_time.hear(circle.time_ms(&note));
            circle.opinions(&head, &note, timeout)
        }
    };
    shared.witness_time.hear(cosigned_ms(&opinions));
    let durable = log.store.head().size;
    let names = circle.health().into_iter().map(|witness| witness.name);
    let newer = names
        .zip(&opinions)
        .find_map(|(name, opinion)| newer(&name, opinion, durable));
    let agrees = |opinion: &&Opinion| matches!(opinion, Opinion::Agrees(_) | Opinion::Knows(_));
    let agreeing = opinions.iter().filter(agrees).count();
    // One alone may have been away when the others have seen more.
    let confirmed = agreeing == circle.len() && agreeing > 0;
    // A bucket is the log itself; a directory may be an old copy.
    let unconfirmed = restored && !confirmed && log.store.place().bucket.is_none();
    let mut notices = Vec::new();
    let why = newer
        .clone()
        .or_else(|| unconfirmed.then(|| unconfirmed_by(circle.len(), agreeing)));
    if let Some(why) = why {
        if !settings.accept_rollback {
            let first = match newer {
                Some(_) if restored => "restore the newest journal".to_owned(),
                Some(_) => format!("restore the newest journal{}", others(&opinions, durable)),
                None => WAIT.to_owned(),
            };
            return Err(Error::Corrupt(format!(
                "cannot sign for this log: {why}\n\
                 hint: {first}; if the newest journal is lost, `headwater run --accept-rollback` \
                 goes on under another origin"
            )));
        }
        let keys = &mut log.intake.keys;
        keys.begin_origin(&log.store.place().dir)?;
        notices.push(format!(
            "the log goes on as `{}`, with another key: {why}",
            keys.origin()
        ));
    }
    if restored {
        let removed = fs::remove_file(&marker);
        removed.map_err(|source| {
            Error::Corrupt(format!("cannot remove `{}`: {source}", marker.display()))
        })?;
    }
    Ok(notices)
}

/// When witnesses have cosigned what was shown to them now: evidence, too, so that no promise may
/// be older.
fn cosigned_ms(opinions: &[Opinion]) -> u64 {
    let times = opinions.iter().filter_map(|opinion| match opinion {
        Opinion::Agrees(time_ms) => Some(*time_ms),
        _ => None,
    });
    middle(times.collect())
}

/// That a restored copy may be an old one, when only `agreeing` of `all` witnesses know of nothing
/// newer.
fn unconfirmed_by(all: usize, agreeing: usize) -> String {
    let confirm = match agreeing {
        0 if all == 0 => "no witness is named to confirm".to_owned(),
        0 => format!("no witness confirms ({all} asked)"),
        _ => format!("only {agreeing} of {all} witnesses confirm"),
    };
    format!("it was restored from a backup, and {confirm} that it is the newest")
}

/// What those say who know no newer log, where others do: one witness alone may lie.
fn others(opinions: &[Opinion], durable: u64) -> String {
    let agrees = |opinion: &&Opinion| match opinion {
        Opinion::Agrees(_) => true,
        Opinion::Knows(size) => *size <= durable,
        Opinion::Differs(_) | Opinion::Silent(_) => false,
    };
    match opinions.iter().filter(agrees).count() {
        0 => String::new(),
        count => format!(
            ", or, as {count} of {} witnesses know no newer log, leave the one that is wrong out \
             of --witness if you have lost nothing, and tell its operator",
            opinions.len()
        ),
    }
}

fn newer(name: &str, opinion: &Opinion, durable: u64) -> Option<String> {
    match opinion {
        Opinion::Knows(size) if *size > durable => Some(format!(
            "the witness `{name}` has seen {size} entries, here are {durable}: restored from an \
             old backup?"
        )),
        Opinion::Differs(why) => Some(format!(
            "the witness `{name}` has seen another log of this name and size ({why}): restored \
             from an old backup?"
        )),
        _ => None,
    }
}

/// The published checkpoint, or one over nothing, with which every log begins.
fn known_checkpoint(log: &Log) -> Result<(Head, String), Error> {
    let public = log.store.public();
    let signer = log.keys().log_signer();
    let published = public.checkpoint_note().ok().and_then(|note| {
        let text = note::text_unverified(&note).ok()?;
        let checkpoint = Checkpoint::parse(text).ok()?;
        let own = checkpoint.origin == signer.verifier().name();
        own.then(|| (checkpoint.head, String::from_utf8_lossy(&note).into_owned()))
    });
    match published {
        Some(published) => Ok(published),
        None => {
            let head = Head {
                size: 0,
                root: merkle::empty_root(),
            };
            // The log may not have the name yet that its keys have.
            let origin = signer.verifier().name().to_owned();
            let note = Checkpoint { origin, head }.sign(&signer);
            Ok((head, note.map_err(store::Error::from)?))
        }
    }
}
