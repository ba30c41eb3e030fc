//! The log from zero under the rules: every entry is decided again, every document computed again.

use crate::bundle::{Bundle, Ready};
use crate::document::{self, Document, Documents};
use crate::files::logged;
use crate::outcome::Ledger;
use crate::segment::Segments;
use crate::trust::{self, Signed};
use crate::word::{Finding, Words};
use crate::{Fault, Options, Source, facts, scores};
use ledger::State;
use proof::note::VerifierKey;
use protocol::operation::{Erasure, PostStateRoot};
use protocol::{Command, Entry, Event, Hash};

/// The state so far, and what the chain will be held against.
pub(crate) struct Replay<'a> {
    source: &'a dyn Source,
    options: Options,
    ledger: Option<Ledger>,
    segments: Segments<'a>,
    /// Openings that are not there, whose tombstone is yet to come.
    absent: Vec<Absent>,
    /// What the log is held to.
    pub words: Words,
    /// Whether leaves are computed and kept, and their public files left alone.
    pub computes_claims: bool,
}

struct Absent {
    seq: u64,
    document: Document,
}

impl<'a> Replay<'a> {
    pub fn new(source: &'a dyn Source, options: Options) -> Self {
        Self {
            source,
            options,
            ledger: None,
            segments: Segments::new(source),
            absent: Vec::new(),
            words: Words::default(),
            computes_claims: false,
        }
    }

    /// Replays the entries of a bundle.
    pub fn bundle(&mut self, bundle: &mut Bundle) -> Result<(), Fault> {
        assert_eq!(bundle.entries.len(), bundle.digests.len(), "one for each");
        for (ready, digest) in bundle.entries.iter_mut().zip(&bundle.digests) {
            self.entry(ready, *digest)
                .map_err(|fault| fault.of_entry(ready.entry.seq))?;
        }
        bundle.stop.clone().map_or(Ok(()), Err)
    }

    /// True while something is missing that only a later tombstone can excuse.
    pub fn needs_tombstones(&self) -> bool {
        !self.absent.is_empty()
    }

    /// After a fault has ended the replay, in its bundle and behind it: looks for tombstones of
    /// what was missing before.
    pub fn seek_tombstones(&mut self, bundle: &Bundle) {
        let commands = bundle
            .entries
            .iter()
            .map(|it| &it.entry.signed.submission.command);
        let erased = commands.filter_map(|command| match command {
            Command::Erase(erase) => Some(&erase.what),
            _ => None,
        });
        for what in erased.chain(&bundle.later) {
            self.absent.retain(|absent| !absent.is(*what));
        }
    }

    /// What is missing under the last checkpoint and has no tombstone: a fault of the first entry
    /// that names it.
    pub fn check_absent(&self) -> Result<(), Fault> {
        self.absent.first().map_or(Ok(()), |absent| {
            Err(absent.document.missing(absent.seq).of_entry(absent.seq))
        })
    }

    /// The ledger after the last entry.
    pub fn ledger(&self) -> Result<&Ledger, Fault> {
        self.ledger.as_ref().ok_or_else(|| {
            Fault::new(
                "empty_log",
                "the log has no entries: there is nothing to verify",
            )
        })
    }

    /// Lets go of the leaves that were computed for epochs before this one.
    pub fn forget_claims(&mut self, before: u64) {
        if let Some(ledger) = &mut self.ledger {
            ledger.computed = ledger.computed.split_off(&before);
        }
    }

    /// How the words that the log is held to have turned out under a checkpoint.
    pub fn findings(&self, signed: &Signed, seen_ms: u64) -> Result<Vec<Finding>, Fault> {
        let (state, segments) = (&self.ledger()?.state, &self.segments);
        self.words.findings(signed, seen_ms, state, segments)
    }

    fn entry(&mut self, ready: &mut Ready, digest: u64) -> Result<(), Fault> {
        let (entry, document) = (&ready.entry, ready.document.take());
        let submission = &entry.signed.submission;
        let ledger = self
            .ledger
            .get_or_insert_with(|| Ledger::new(State::new(submission.space)));
        if self.words.wait_for(entry.seq) {
            self.words.look(&ledger.state, entry, &self.segments)?;
        }
        let document = document
            .or_else(|| Some(document::named(&submission.command)?.read(self.source, entry.seq)))
            .transpose()?;
        if let Some(absent) = document.as_ref().filter(|it| it.bytes.is_none())
            && !matches!(submission.command, Command::CloseRound(_))
        {
            return Err(absent.missing(entry.seq));
        }
        let documents = Documents(document.as_ref());
        let events = ledger::decide::decide_logged(&ledger.state, entry, &documents).map_err(
            |rejection| {
                let seq = entry.seq;
                let what = format!(
                    "entry {seq} breaks a rule, `{}`: {rejection}",
                    rejection.code()
                );
                Fault::new("refused", what)
            },
        )?;
        self.check(entry, document)?;
        if let Some(fault) = ready.content.take() {
            return Err(*fault);
        }
        self.apply(entry, digest, &events)
    }

    /// What `decide` takes as a fact is computed again, on the state before the entry.
    fn check(&mut self, entry: &Entry, document: Option<Document>) -> Result<(), Fault> {
        let ledger = self.ledger.as_mut().expect("the entry was decided on it");
        let (seq, source) = (entry.seq, self.source);
        let bytes = document.as_ref().and_then(|it| it.bytes.as_deref());
        match &entry.signed.submission.command {
            Command::CloseRound(round) => match bytes {
                Some(bytes) => {
                    document::check_openings(seq, round, bytes)?;
                    facts::check(seq, &ledger.state, round, bytes)?;
                }
                None => self
                    .absent
                    .extend(document.map(|document| Absent { seq, document })),
            },
            Command::PostScores(post) => {
                let campaign = ledger.state.campaign(post.campaign);
                let campaign = campaign.expect("`decide` has accepted scores of this campaign");
                if campaign.forgotten() {
                    ledger.scores_erased += 1;
                } else {
                    scores::check(seq, campaign, post, bytes.unwrap_or_default())?;
                    ledger.scores += 1;
                }
            }
            Command::PostSegment(post) => {
                let rows = bytes.unwrap_or_default();
                self.segments.check(&ledger.state, entry, post, rows)?;
            }
            Command::CloseEpoch(close) if self.computes_claims => ledger.compute_claims(close),
            Command::CloseEpoch(close) => {
                ledger.check_claims(source, seq, close)?;
            }
            Command::PostStateRoot(post) => check_state_root(ledger, seq, post)?,
            Command::RotateLogKey(rotate) => check_rotation(source, ledger, entry, &rotate.key)?,
            Command::Erase(erase) => {
                let before = self.absent.len();
                self.absent.retain(|absent| !absent.is(erase.what));
                ledger.erased += (before - self.absent.len()) as u64;
            }
            _ => ledger.remember(entry),
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry, digest: u64, events: &[Event]) -> Result<(), Fault> {
        let ledger = self.ledger.as_mut().expect("the entry was decided on it");
        ledger::apply::apply_digested(&mut ledger.state, entry, digest, events);
        ledger.signatures += u64::from(self.options.signatures);
        let state = &ledger.state;
        let every = state
            .genesis
            .as_ref()
            .map_or(0, |genesis| genesis.state_every);
        if every > 0 && state.size.is_multiple_of(u64::from(every)) {
            // What lacks openings that are erased later is not the state that was hashed then.
            let whole = self.absent.is_empty();
            let root = whole.then(|| (state.layout(), state.root()));
            ledger.state_roots.insert(state.size, root);
        }
        match entry.signed.submission.command {
            Command::CloseEpoch(_) => ledger.check_balance(entry.seq),
            _ => Ok(()),
        }
    }
}

impl Absent {
    fn is(&self, erased: Erasure) -> bool {
        erased == Erasure::Openings(self.document.hash)
    }
}

/// A posted root must be that of the state after so many entries.
fn check_state_root(ledger: &mut Ledger, seq: u64, post: &PostStateRoot) -> Result<(), Fault> {
    // `decide` lets sizes rise only, so nothing up to this one is asked for again.
    let later = ledger.state_roots.split_off(&(post.size + 1));
    let root = ledger.state_roots.remove(&post.size).flatten();
    ledger.state_roots = later;
    match root {
        None => {
            ledger.state_roots_erased += 1;
            Ok(())
        }
        Some((layout, root)) if root == post.root && layout == post.layout => {
            ledger.state_roots_matched += 1;
            Ok(())
        }
        Some((layout, root)) => {
            let (size, posted): (u64, Hash) = (post.size, post.root);
            let what = format!(
                "entry {seq} posts {posted} as the root of the state after {size} entries, \
                 replay gives {root} by `{layout}`"
            );
            Err(Fault::new("state_root_differs", what))
        }
    }
}

/// A new log key must come with the receipt that leads there from the one before it.
fn check_rotation(
    source: &dyn Source,
    ledger: &Ledger,
    entry: &Entry,
    key: &str,
) -> Result<(), Fault> {
    let (seq, keys) = (entry.seq, &ledger.state.log_keys);
    let Some(number) = ledger.state.next_rotation(key) else {
        // It goes on under another name, to which nothing may lead from the one before.
        return Ok(());
    };
    let path = trust::rotation_path(number);
    let fault = |code, what: String| Fault::new(code, what).of_file(logged(&path));
    let receipt = trust::rotation(source, number)?.ok_or_else(|| {
        let what = format!("entry {seq} changes the log's key, its receipt `{path}` is missing");
        fault("rotation_missing", what)
    })?;
    let before = keys.last().expect("the genesis names a log key");
    let before: VerifierKey = before.key.parse().expect("`decide` has read it");
    let opened = receipt.open(&before, None).map_err(|broken| {
        let what = format!("the receipt of entry {seq}, which changes the log's key: {broken}");
        fault("rotation_malformed", what)
    })?;
    if opened.entry != protocol::codec::encode(entry) {
        let what = format!("the receipt `{path}` is not that of entry {seq}");
        return Err(fault("rotation_malformed", what));
    }
    Ok(())
}
