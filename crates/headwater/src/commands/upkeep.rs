//! `headwater rotate`, `erase` and `witnesses`: what an operator does to a node that is stopped.

use super::run;
use crate::cli::upkeep::{Duty, Erase, Rotate, Stopped, What, Witnesses};
use anyhow::{Context as _, Result, anyhow, bail};
use node::Ticket;
use node::answer::Unanswered;
use node::host::{Host, Operated};
use proof::cosignature::CosignerKey;
use protocol::operation::{Erasure, SetWitnesses};
use protocol::{Command, Hash};
use std::time::Duration;

/// How long an operator's entry may take with its checkpoint and witnesses.
const PATIENCE: Duration = Duration::from_secs(120);

/// Puts a fresh key in the place of an old one.
pub fn rotate(args: &Rotate) -> Result<()> {
    let (duty, what) = match args.duty {
        Duty::Log => (node::keyring::Duty::Log, "log key"),
        Duty::Operator => (node::keyring::Duty::Operator, "operator's key"),
    };
    let (index, log_key) = carry_out(&args.node, what, |host| host.rotate(duty))?;
    println!("entry {index} names the new {what}");
    println!("log key  {log_key}");
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
    let erase = protocol::operation::Erase {
        what,
        reason,
        // The node knows what it must name.
        units: None,
    };
    let (index, _) = carry_out(&how.node, "erasure", |host| host.erase(erase))?;
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
    let quorum = args.of;
    let command = Command::SetWitnesses(SetWitnesses { keys, quorum });
    let (index, _) = carry_out(&args.node, "list of witnesses", |host| {
        host.operate(command)
    })?;
    println!("entry {index} names the witnesses: log time is at most ten minutes ahead of them");
    Ok(())
}

/// Starts the node without serving anything, asks it once, and ends it with a checkpoint.
fn carry_out(
    args: &Stopped,
    what: &str,
    ask: impl FnOnce(&Host) -> Result<Ticket<Operated>, Unanswered>,
) -> Result<(u64, String)> {
    let running = run::start_silent(args)?;
    let host = running.host.clone();
    let asked = ask(&host).map_err(|why| anyhow!("{why}"));
    let answered = asked.and_then(|ticket| match ticket.wait(PATIENCE) {
        Some(Ok(Ok(index))) => Ok(index),
        Some(Ok(Err(rejection))) => Err(anyhow!("{rejection}")),
        Some(Err(why)) => Err(anyhow!("{why}")),
        None => bail!("there is no answer after {} s", PATIENCE.as_secs()),
    });
    let index = answered.with_context(|| format!("cannot log the new {what}"));
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
