//! The whole audit in its order: checkpoint, log, rules, chain; and again when the log has grown.

use crate::ahead;
use crate::bundle::{Bundle, Reading};
use crate::chain::{self, Matched};
use crate::fork;
use crate::log::Log;
use crate::replay::Replay;
use crate::source::ChainFacts;
use crate::trust::{self, Signed};
use crate::word::{Finding, Sent, Word, Words};
use crate::{Fault, Options, Progress, Report, Source, Stage, Trust};
use proof::note::VerifierKey;
use proof::tile;
use protocol::Command;
use std::sync::atomic::{AtomicBool, Ordering};

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
    let mut audit = Audit::new(source, log_key.clone().into(), options);
    audit.advance(progress)?;
    audit.report()
}

/// An audit that goes on with what it knows when the log has grown. After a fault it is over.
pub struct Audit<'a> {
    pub(crate) source: &'a dyn Source,
    trust: Trust,
    options: Options,
    pub(crate) log: Log<'a>,
    pub(crate) replay: Replay<'a>,
    /// The last checkpoint whose log was verified.
    last: Option<Signed>,
    /// What each chain that is at hand bore out, once, after the first pass.
    matched: Vec<Matched>,
}

impl<'a> Audit<'a> {
    /// An audit that has read nothing yet.
    pub fn new(source: &'a dyn Source, trust: Trust, options: Options) -> Self {
        Self {
            source,
            trust,
            options,
            log: Log::new(source),
            replay: Replay::new(source, options),
            last: None,
            matched: Vec::new(),
        }
    }

    /// Checks all that the newest checkpoint has more than the last one, and gives the number of
    /// new entries. The first time that is everything, and the chains are read and compared then.
    ///
    /// A later checkpoint must go on from the last one: a smaller log, or another one, is a fault
    /// that both notes prove ([`Fault::evidence`]).
    pub fn advance(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<u64, Fault> {
        let first = self.last.is_none();
        let mut entries = self.catch_up(progress)?;
        if first {
            entries += self.look_at_chains(progress)?;
        }
        Ok(entries)
    }

    /// Reads and replays all that the newest checkpoint has more.
    fn catch_up(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<u64, Fault> {
        let new = self.trust.checkpoint(self.source)?;
        let before = self.log.head();
        if let Some(last) = &self.last {
            fork::check(self.source, last, &new)?;
        }
        if self.last.is_none() || before != new.checkpoint.head {
            self.grow(&new, progress)?;
        }
        self.last = Some(new);
        Ok(self.log.head().size - before.size)
    }

    /// Holds each chain that is at hand against the log. A log that is being written has gone on
    /// while it was replayed, and what a chain says may stand on what is new: so the log is read up
    /// to its end right before the chains are, and both again where a chain is ahead all the same.
    fn look_at_chains(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<u64, Fault> {
        let (mut entries, mut chains) = (0, Vec::new());
        for _ in 0..MOST_ROUNDS {
            entries += self.catch_up(progress)?;
            chains = self.chains()?;
            let mut posted = chains.iter().flat_map(|facts| &facts.posted);
            if !posted.any(|it| self.is_ahead(it.id)) {
                break;
            }
        }
        let mut matched = Vec::new();
        for facts in &chains {
            matched.push(chain::check(self, facts, progress)?);
        }
        self.matched = matched;
        Ok(entries)
    }

    /// What the chains say that are at hand.
    fn chains(&self) -> Result<Vec<ChainFacts>, Fault> {
        let named = self.replay.ledger()?.named();
        self.source.chains(&named).map_err(|error| {
            let what = format!("the chain cannot be read: {error}");
            Fault::new("chain_unreadable", what)
        })
    }

    /// True for an epoch that the log has not closed yet.
    fn is_ahead(&self, epoch: u64) -> bool {
        let closed = self.replay.ledger().map(|it| it.state.epochs.len() as u64);
        closed.is_ok_and(|closed| epoch > closed)
    }

    /// Holds the log to what it has told somebody, from the first [`Audit::advance`] on. One that
    /// does not read, or a refusal of something that is not among `sent`, is an error with its
    /// place among the words.
    pub fn hold(&mut self, words: Vec<Word>, sent: &[Sent]) -> Result<(), (usize, proof::Fault)> {
        self.replay.words = Words::new(words, sent)?;
        Ok(())
    }

    /// How these words have turned out under the newest checkpoint, in their order. That it was the
    /// newest is vouched for until the time that a quorum of its trusted witnesses has reached, or
    /// else by the caller, whose clock shows `now_ms` (milliseconds since 1970).
    pub fn findings(&self, now_ms: u64) -> Result<Vec<Finding>, Fault> {
        let Some(signed) = &self.last else {
            return Ok(Vec::new());
        };
        let seen_ms = self.trust.seen_ms(&signed.note).unwrap_or(now_ms);
        self.replay.findings(signed, seen_ms)
    }

    /// The counts of what has been checked so far.
    pub fn report(&self) -> Result<Report, Fault> {
        let mut report = self.replay.ledger()?.report();
        let head = self.log.head();
        (report.log_size, report.log_root) = (head.size, head.root);
        if let Some(signed) = &self.last {
            report.witnesses_seen.clone_from(&signed.witnesses);
            report.witnesses_unchecked = signed.unchecked();
        }
        for matched in &self.matched {
            matched.complete(&mut report);
        }
        Ok(report)
    }

    /// Reads and replays everything behind the last checkpoint.
    fn grow(&mut self, signed: &Signed, progress: &mut dyn FnMut(Progress)) -> Result<(), Fault> {
        let (head, before) = (signed.checkpoint.head, self.log.head());
        let first = self.log.grow(head);
        let reading = Reading {
            source: self.source,
            size: head.size,
            from: before.size,
            signatures: self.options.signatures,
            entries: AtomicBool::new(true),
        };
        let mut broken: Option<Fault> = None;
        let (log, replay) = (&mut self.log, &mut self.replay);
        ahead::each(
            first..head.size.div_ceil(tile::WIDTH),
            self.options.threads,
            |index| reading.bundle(index),
            |bundle| {
                let mut bundle = bundle?;
                closings(&bundle).for_each(|size| log.note(size));
                log.append(&bundle.leaves)?;
                if log.is_sound() && broken.is_none() {
                    broken = replay.bundle(&mut bundle).err();
                }
                if broken.is_some() {
                    replay.seek_tombstones(&bundle);
                }
                let wanted = broken.is_none() || replay.needs_tombstones();
                let wanted = wanted && log.is_sound();
                reading.entries.store(wanted, Ordering::Relaxed);
                let tile = bundle.leaves.tile;
                progress(Progress {
                    stage: Stage::Log,
                    done: tile.index * tile::WIDTH + u64::from(tile.width),
                    total: head.size,
                });
                Ok(())
            },
        )?;
        self.log.finish()?;
        self.replay.check_absent()?;
        if let Some(fault) = broken {
            return Err(fault);
        }
        trust::check_key(signed, &self.replay.ledger()?.state)?;
        if self.log.root_at(before.size) != Some(before.root) {
            let last = self.last.as_ref().map_or(&[][..], |last| &last.note);
            return Err(fork::fault(last, &signed.note));
        }
        Ok(())
    }
}

/// How often the chains are read at most, where the log goes on meanwhile.
const MOST_ROUNDS: u32 = 3;

/// The sizes of the log with each entry of a bundle that closes an epoch.
fn closings(bundle: &Bundle) -> impl Iterator<Item = u64> {
    let entries = bundle.entries.iter().map(|ready| &ready.entry);
    let closing =
        entries.filter(|it| matches!(it.signed.submission.command, Command::CloseEpoch(_)));
    closing.map(|entry| entry.seq + 1)
}
