//! The whole audit in its order: checkpoint, log, rules, chain.

use crate::chain;
use crate::log::Log;
use crate::replay::Replay;
use crate::{Fault, Options, Progress, Report, Source, Stage};
use proof::Checkpoint;
use proof::note::VerifierKey;
use proof::tile;

/// Checks everything that `docs/spec/audit.md` lists and stops at the first fault.
///
/// Every byte of the log is read and hashed once and replayed from the same memory, so that a
/// source cannot show one log to the hashes and another to the rules. A fault of the files takes
/// precedence over a fault of the rules, wherever it stands.
pub fn audit(
    source: &dyn Source,
    log_key: &VerifierKey,
    options: Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Fault> {
    let head = checkpoint(source, log_key)?.head;
    let facts = source.chain();
    let posted = facts.as_ref().map_or(&[][..], |facts| &facts.posted);
    let mut log = Log::new(source, head, posted.iter().map(|epoch| epoch.log_size));
    let paying = posted
        .iter()
        .filter(|epoch| epoch.final_)
        .map(|epoch| epoch.id)
        .max();
    let mut replay = Replay::new(source, options, paying);
    let mut broken: Option<Fault> = None;
    for index in 0..head.size.div_ceil(tile::WIDTH) {
        let (tile, bundle) = log.bundle(index)?;
        let entries = Log::entries(tile, &bundle)?;
        log.append(&entries)?;
        if log.is_sound() && broken.is_none() {
            broken = replay.bundle(index * tile::WIDTH, &entries).err();
        }
        let done = index * tile::WIDTH + u64::from(tile.width);
        progress(Progress {
            stage: Stage::Log,
            done,
            total: head.size,
        });
    }
    let roots = log.finish()?;
    if let Some(fault) = broken {
        return Err(fault);
    }
    let ledger = replay.finish()?;
    let facts = facts.map_err(|error| {
        Fault::new(
            "chain_unreadable",
            format!("the chain cannot be read: {error}"),
        )
    })?;
    let mut report = ledger.report(&head);
    chain::check(&facts, &ledger, &roots, &mut report, progress)?;
    Ok(report)
}

fn checkpoint(source: &dyn Source, log_key: &VerifierKey) -> Result<Checkpoint, Fault> {
    let fault = |code, what: String| Fault::new(code, what).of_file("log/checkpoint");
    let note = source.checkpoint().map_err(|error| {
        fault(
            "checkpoint_missing",
            format!("there is no signed checkpoint: {error}"),
        )
    })?;
    Checkpoint::open(&note, log_key).map_err(|broken| match broken.rule {
        "no trusted key signed it" => fault(
            "other_log_key",
            format!(
                "the checkpoint is not signed by the log key `{log_key}`: another log, or a \
                 replaced directory"
            ),
        ),
        "the signature of a trusted key does not match the text" => fault(
            "checkpoint_forged",
            "the checkpoint's signature by the log key does not fit its text".to_owned(),
        ),
        _ => fault(
            "checkpoint_malformed",
            format!("the checkpoint does not read: {broken}"),
        ),
    })
}
