//! The log from zero under the rules: every entry is decided again, every document computed again.

use crate::log::unreadable;
use crate::outcome::Ledger;
use crate::segment::Segments;
use crate::{Fault, Options, Source, scores};
use ledger::State;
use proof::hash::sha256;
use protocol::command::{CloseRound, ParentList};
use protocol::document::Openings;
use protocol::{Command, Entry, Hash, codec};

/// The state so far, and what the chain will be held against.
pub(crate) struct Replay<'a> {
    source: &'a dyn Source,
    options: Options,
    ledger: Option<Ledger>,
    segments: Segments<'a>,
    /// The newest final epoch on chain: claims are held against its lines.
    paying: Option<u64>,
}

impl<'a> Replay<'a> {
    pub fn new(source: &'a dyn Source, options: Options, paying: Option<u64>) -> Self {
        let segments = Segments::new(source);
        Self {
            source,
            options,
            ledger: None,
            segments,
            paying,
        }
    }

    /// Replays the entries of a bundle that begins with entry `first`.
    pub fn bundle(&mut self, first: u64, bundle: &[&[u8]]) -> Result<(), Fault> {
        let mut entries = Vec::with_capacity(bundle.len());
        let mut stop = None;
        for (seq, bytes) in (first..).zip(bundle) {
            match decoded(seq, bytes) {
                Ok(entry) => entries.push(entry),
                Err(fault) => {
                    stop = Some(fault);
                    break;
                }
            }
        }
        if self.options.signatures {
            let good = signed(&entries, self.options.threads);
            if let Some(entry) = entries.get(good) {
                let what = format!(
                    "entry {} is not signed by the session key it names",
                    entry.seq
                );
                stop = Some(Fault::new("bad_signature", what).of_entry(entry.seq));
            }
            entries.truncate(good);
        }
        for entry in &entries {
            self.entry(entry)
                .map_err(|fault| fault.of_entry(entry.seq))?;
        }
        stop.map_or(Ok(()), Err)
    }

    /// The ledger after the last entry.
    pub fn finish(self) -> Result<Ledger, Fault> {
        self.ledger.ok_or_else(|| {
            Fault::new(
                "empty_log",
                "the log has no entries: there is nothing to verify",
            )
        })
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), Fault> {
        let submission = &entry.signed.submission;
        let ledger = self
            .ledger
            .get_or_insert_with(|| Ledger::new(State::new(submission.space)));
        let document = named(&submission.command)
            .map(|name| read(self.source, entry.seq, name))
            .transpose()?;
        let documents = Documents(document.as_ref());
        let events = ledger::decide(&ledger.state, entry, &documents).map_err(|rejection| {
            let seq = entry.seq;
            let what = format!(
                "entry {seq} breaks a rule, `{}`: {rejection}",
                rejection.code()
            );
            Fault::new("refused", what)
        })?;
        let bytes = document.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        match &submission.command {
            Command::CloseRound(round) => check_openings(entry.seq, round, bytes)?,
            Command::PostScores(post) => {
                let campaign = ledger.state.campaign(post.campaign);
                let campaign = campaign.expect("`decide` has accepted scores of this campaign");
                scores::check(entry.seq, campaign, post, bytes)?;
                ledger.scores += 1;
            }
            Command::PostSegment(post) => {
                self.segments.check(&ledger.state, entry, post, bytes)?;
            }
            Command::CloseEpoch(close) => {
                ledger.check_claims(self.source, entry.seq, close, self.paying)?
            }
            Command::NoteRefund(refund) => {
                *ledger.refunds.entry(refund.fund.0).or_default() += refund.amount_units.units();
            }
            Command::CreditDeposit(_) => {
                ledger
                    .credited_at
                    .push((entry.seq, ledger.state.accounts.len()));
            }
            Command::RegisterAsset(asset) => check_content(self.source, entry.seq, asset.content)?,
            Command::NoteRelease(_) => ledger.released_at.push(entry.seq),
            _ => {}
        }
        ledger::apply::apply(&mut ledger.state, entry, &events);
        ledger.signatures += u64::from(self.options.signatures);
        match submission.command {
            Command::CloseEpoch(_) => ledger.check_balance(entry.seq),
            _ => Ok(()),
        }
    }
}

fn decoded(seq: u64, bytes: &[u8]) -> Result<Entry, Fault> {
    let fault = |code, what| Err(Fault::new(code, what).of_entry(seq));
    match codec::decode::<Entry>(bytes) {
        Err(error) => fault(
            "malformed_entry",
            format!("entry {seq} is no entry: its {error}"),
        ),
        Ok(entry) if entry.seq != seq => fault(
            "entry_number",
            format!("entry {seq} calls itself entry {}", entry.seq),
        ),
        Ok(entry) => Ok(entry),
    }
}

/// How many entries precede the first one with a bad signature.
fn signed(entries: &[Entry], threads: usize) -> usize {
    let good = |part: &[Entry]| {
        part.iter()
            .take_while(|entry| ledger::verify::verify_signed(&entry.signed).is_ok())
            .count()
    };
    if threads < 2 {
        return good(entries);
    }
    let length = entries.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = entries
            .chunks(length)
            .map(|part| (part.len(), scope.spawn(move || good(part))))
            .collect();
        let mut before = 0;
        for (length, part) in parts {
            let count = part.join().expect("checking a signature does not panic");
            before += count;
            if count < length {
                break;
            }
        }
        before
    })
}

/// The document that a command cannot be decided without, with the folder it stands in.
fn named(command: &Command) -> Option<(&'static str, Hash)> {
    match command {
        Command::OpenCampaign(spec) => Some(("attachments", spec.units)),
        Command::CloseRound(round) => Some(("openings", round.openings)),
        Command::PostScores(post) => Some(("attachments", post.scores)),
        Command::PostSegment(post) => Some(("attachments", post.rows)),
        Command::RegisterAsset(asset) => match asset.parents {
            ParentList::Attached(hash) => Some(("attachments", hash)),
            ParentList::Inline(_) => None,
        },
        _ => None,
    }
}

fn read(
    source: &dyn Source,
    seq: u64,
    (folder, hash): (&'static str, Hash),
) -> Result<(Hash, Vec<u8>), Fault> {
    let path = match folder {
        "attachments" => format!("attachments/{}/{hash}", &hash.to_string()[..2]),
        _ => format!("{folder}/{hash}"),
    };
    let fault = |code, what: String| Fault::new(code, what).of_file(&*path);
    let bytes = source
        .document(&hash.0)
        .map_err(|error| unreadable(&error).of_file(&*path))?;
    let bytes = bytes.ok_or_else(|| {
        fault(
            "document_missing",
            format!("entry {seq} names the document `{path}`, which is missing"),
        )
    })?;
    if sha256(&[&bytes]) == hash.0 {
        Ok((hash, bytes))
    } else {
        let what = format!("`{path}` is not the document that entry {seq} names: its hash differs");
        Err(fault("document_changed", what))
    }
}

/// The content of an asset need not be public, but where its file is at hand it must be the one
/// that the entry names.
fn check_content(source: &dyn Source, seq: u64, content: Hash) -> Result<(), Fault> {
    match source.document(&content.0) {
        Ok(None) => Ok(()),
        _ => read(source, seq, ("attachments", content)).map(drop),
    }
}

/// At most one document belongs to an entry.
struct Documents<'a>(Option<&'a (Hash, Vec<u8>)>);

impl ledger::Documents for Documents<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.0
            .filter(|(named, _)| named == hash)
            .map(|(_, bytes)| bytes.clone())
    }
}

/// Every answer of a round must be opened: what stays sealed can be neither judged nor paid.
fn check_openings(seq: u64, round: &CloseRound, bytes: &[u8]) -> Result<(), Fault> {
    let openings: Openings = codec::decode(bytes).expect("`decide` has read it");
    match openings
        .answers
        .iter()
        .filter(|answer| answer.is_none())
        .count()
    {
        0 => Ok(()),
        count => {
            let what = format!(
                "entry {seq} closes a round of campaign {} and leaves {count} of {} answers sealed",
                round.campaign,
                openings.answers.len()
            );
            let path = format!("openings/{}", round.openings);
            Err(Fault::new("unopened", what).of_file(path))
        }
    }
}
