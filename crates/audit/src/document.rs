//! The documents beside the log that entries name by their hash, and what holds them together.

use crate::files::unreadable;
use crate::{Fault, Source};
use proof::hash::sha256;
use protocol::command::CloseRound;
use protocol::document::Openings;
use protocol::market::ParentList;
use protocol::{Command, Entry, Hash, codec};

/// A document by its hash and what it is.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    kind: Kind,
    hash: Hash,
}

#[derive(Clone, Copy)]
enum Kind {
    Attachment,
    Content,
    Openings,
}

/// A document that an entry cannot be decided without.
pub(crate) struct Document {
    pub hash: Hash,
    /// Its path below the data directory.
    pub path: String,
    /// `None` where it is not there, which only a tombstone excuses.
    pub bytes: Option<Vec<u8>>,
}

/// The document that a command cannot be decided without.
pub(crate) fn named(command: &Command) -> Option<Named> {
    let (kind, hash) = match command {
        Command::OpenCampaign(spec) => (Kind::Attachment, spec.units),
        Command::CloseRound(round) => (Kind::Openings, round.openings),
        Command::PostScores(post) => (Kind::Attachment, post.scores),
        Command::PostSegment(post) => (Kind::Attachment, post.rows),
        Command::Erase(erase) => (Kind::Attachment, erase.gold.as_ref()?.units),
        Command::RegisterAsset(asset) => match asset.parents {
            ParentList::Attached(hash) => (Kind::Attachment, hash),
            ParentList::Inline(_) => return None,
        },
        _ => return None,
    };
    Some(Named { kind, hash })
}

/// The content of an asset need not be public, but where its file is at hand it must be the one
/// that the entry names. This says what is wrong with it, if anything is.
pub(crate) fn content_fault(source: &dyn Source, entry: &Entry) -> Option<Box<Fault>> {
    let Command::RegisterAsset(asset) = &entry.signed.submission.command else {
        return None;
    };
    let (kind, hash) = (Kind::Content, asset.content);
    let outcome = Named { kind, hash }.read(source, entry.seq);
    outcome.err().map(Box::new)
}

impl Named {
    /// Reads the document that entry `seq` names and holds it against its hash.
    pub fn read(self, source: &dyn Source, seq: u64) -> Result<Document, Fault> {
        let Self { kind, hash } = self;
        let (path, bytes) = match kind {
            Kind::Attachment => (attachment(hash), source.document(&hash.0)),
            Kind::Content => (attachment(hash), source.content(&hash.0)),
            Kind::Openings => (format!("openings/{hash}"), source.openings(&hash.0)),
        };
        let bytes = bytes.map_err(|error| unreadable(&error).of_file(&*path))?;
        if bytes
            .as_ref()
            .is_some_and(|bytes| sha256(&[bytes]) != hash.0)
        {
            let what =
                format!("`{path}` is not the document that entry {seq} names: its hash differs");
            return Err(Fault::new("document_changed", what).of_file(path));
        }
        Ok(Document { hash, path, bytes })
    }
}

fn attachment(hash: Hash) -> String {
    format!("attachments/{}/{hash}", &hash.to_string()[..2])
}

impl Document {
    /// That it is not there.
    pub fn missing(&self, seq: u64) -> Fault {
        let path = &self.path;
        let what = format!("entry {seq} names the document `{path}`, which is missing");
        Fault::new("document_missing", what).of_file(&**path)
    }
}

/// At most one document belongs to an entry.
pub(crate) struct Documents<'a>(pub Option<&'a Document>);

impl ledger::Documents for Documents<'_> {
    fn document(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.0
            .filter(|document| document.hash == *hash)
            .and_then(|document| document.bytes.clone())
    }

    /// What is missing is taken for erased; that a tombstone says so is checked when it comes.
    fn erased(&self, hash: &Hash) -> bool {
        self.0
            .is_some_and(|document| document.hash == *hash && document.bytes.is_none())
    }
}

/// Every answer of a round must be opened: what stays sealed can be neither judged nor paid.
pub(crate) fn check_openings(seq: u64, round: &CloseRound, bytes: &[u8]) -> Result<(), Fault> {
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
