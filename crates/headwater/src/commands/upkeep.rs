//! `headwater rotate`, `erase` and `witnesses`: what an operator does to a node that is stopped.

use super::run;
use crate::cli::upkeep::{Duty, Erase, Rotate, Stopped, What, Witnesses};
use anyhow::{Context as _, Result, anyhow, bail};
use node::Ticket;
use node::answer::Unanswered;
use node::host::{Host, Operated};
use proof::cosignature::CosignerKey;
use protocol::operation::{Erasure, SetWitnesses};
use protocol::{Command, Hash, Rejection};
use std::time::Duration;

/// How long an operator's entry may take with its checkpoint and witnesses.
const PATIENCE: Duration = Duration::from_secs(120);

/// Puts a fresh key in the place of an old one.
pub fn rotate(args: &Rotate) -> Result<()> {
    let (duty, what) = match args.duty {
        Duty::Log => (node::keyring::Duty::Log, "log key"),
        Duty::Operator => (node::keyring::Duty::Operator, "operator's key"),
    };
    let doing = format!("log the new {what}");
    let (index, log_key) = carry_out(&args.node, (&doing, no_hint), |host| host.rotate(duty))?;
    println!("entry {index} names the new {what}");
    if matches!(args.duty, Duty::Log) {
        println!("log key  {log_key}");
    }
    println!("back up `keys/` now, and copy it to every standby");
    Ok(())
}

/// Logs a tombstone and deletes what it names.
pub fn erase(args: &Erase) -> Result<()> {
    let (what, how) = match &args.what {
        What::Body { index, how } => (Erasure::Body(*index), how),
        What::Openings { hash, how } => (Erasure::Openings(digest(hash)?), how),
    };
    let reason = how.reason.into();
    let hint = |rejection: &Rejection| erase_hint(&what, rejection);
    let asked = ("log the tombstone", hint);
    let (index, _) = carry_out(&how.node, asked, |host| host.erase(what, reason))?;
    println!("entry {index} is the tombstone; what it names is deleted here");
    println!("backups made before still have it, and so may whoever fetched a public file");
    Ok(())
}

/// Logs whose time bounds the log's.
pub fn witnesses(args: &Witnesses) -> Result<()> {
    let mut keys = args.key.clone();
    for key in &keys {
        let parsed: Result<CosignerKey, _> = key.parse();
        parsed.map_err(|fault| anyhow!("cannot use the witness key `{key}`: {fault}"))?;
    }
    keys.sort();
    if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(
            "cannot name the witness key `{}` twice\nhint: each witness counts once",
            twice[0]
        );
    }
    let quorum = args.of;
    if usize::from(quorum) > keys.len() {
        bail!(
            "cannot ask for {quorum} of {} witnesses\n\
             hint: give --of a number up to that of the keys, or more keys with --key",
            keys.len()
        );
    }
    let command = Command::SetWitnesses(SetWitnesses { keys, quorum });
    let asked = ("log the new list of witnesses", no_hint);
    let (index, _) = carry_out(&args.node, asked, |host| host.operate(command))?;
    println!("entry {index} names the witnesses: log time is at most ten minutes ahead of them");
    Ok(())
}

fn no_hint(_: &Rejection) -> Option<String> {
    None
}

/// What to do where a rule has refused an erasure.
fn erase_hint(what: &Erasure, why: &Rejection) -> Option<String> {
    match (what, why) {
        (Erasure::Body(index), Rejection::NothingToErase) => Some(format!(
            "entry {index} has no private body, or is not in the log"
        )),
        (Erasure::Body(_), Rejection::RoundState) => {
            Some("its answers are still sealed: erase it when the round has ended".to_owned())
        }
        (Erasure::Openings(_), Rejection::NothingToErase) => {
            Some("no round has this name: it is that of a file in `openings/`".to_owned())
        }
        (Erasure::Openings(_), Rejection::CampaignState) => {
            Some("settle the campaign first: its openings can be erased then".to_owned())
        }
        _ => None,
    }
}

/// Starts the node without serving anything, asks it once, and ends it with a checkpoint.
fn carry_out(
    args: &Stopped,
    (doing, hint): (&str, impl Fn(&Rejection) -> Option<String>),
    ask: impl FnOnce(&Host) -> Result<Ticket<Operated>, Unanswered>,
) -> Result<(u64, String)> {
    let running = run::start_silent(args)?;
    let host = running.host.clone();
    let asked = ask(&host).map_err(|why| anyhow!("{why}"));
    let answered = asked.and_then(|ticket| match ticket.wait(PATIENCE) {
        Some(Ok(Ok(index))) => Ok(index),
        Some(Ok(Err(rejection))) => Err(match hint(&rejection) {
            Some(hint) => anyhow!("{rejection}\nhint: {hint}"),
            None => anyhow!("{rejection}"),
        }),
        Some(Err(why)) => Err(anyhow!("{why}")),
        None => bail!("there is no answer after {} s", PATIENCE.as_secs()),
    });
    let index = answered.with_context(|| format!("cannot {doing}"));
    host.stop();
    running.wait().context("the node has stopped")?;
    Ok((index?, host.log_key().to_string()))
}

fn digest(text: &str) -> Result<Hash> {
    let bytes = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    bytes.map(Hash).with_context(|| {
        format!(
            "cannot read `{text}` as the name of an opening\n\
             hint: it has 64 hex digits, as the files in `openings/`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_wait_until_their_campaign_is_settled() {
        let openings = Erasure::Openings(Hash([1; 32]));
        let hint = erase_hint(&openings, &Rejection::CampaignState);
        let hint = hint.expect("somebody can act");
        assert_eq!(
            hint,
            "settle the campaign first: its openings can be erased then"
        );
        assert_eq!(erase_hint(&openings, &Rejection::AlreadyErased), None);
    }
}
