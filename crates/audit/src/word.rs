//! What the log has told somebody: promises and refusals, held against the log itself.

use crate::files;
use crate::refusal::{Decided, Refused, decide_again, named};
use crate::segment::Segments;
use crate::trust::Signed;
use crate::{Fault, Source};
use ledger::State;
use proof::note::{self, VerifierKey};
use proof::promise::{Breach, Promise, Refusal};
use proof::receipt::Receipt;
use proof::{Checkpoint, merkle, tile};
use protocol::codec;
use protocol::entry::Entry;
use std::collections::BTreeMap;

/// A signed word of the log that the audit holds it to.
#[derive(Clone, Debug)]
pub enum Word {
    /// A promise, as its note.
    Promise(String),
    /// A signed refusal, as its note.
    Refusal(String),
}

/// What was handed in, byte for byte: without it no refusal can be decided again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The encoded [`protocol::entry::Signed`].
    pub signed: Vec<u8>,
    /// The private body.
    pub body: Vec<u8>,
    /// Documents that the command names.
    pub attachments: Vec<Vec<u8>>,
}

/// How a word has turned out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it comes to.
    pub verdict: Verdict,
    /// One lower-case sentence without a period.
    pub what: String,
    /// Where a word is broken: the signed texts that prove it, the word itself first.
    pub evidence: Vec<String>,
}

/// What a word comes to under one checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The log has kept to it.
    Kept,
    /// Nothing can be said, now or for good.
    Open,
    /// The log has signed what is not so.
    Broken,
}

/// All words of one audit, and what the replay has seen of them.
#[derive(Default)]
pub(crate) struct Words {
    held: Vec<Held>,
    /// Words to look at before the entry with this number is decided.
    due: BTreeMap<u64, Vec<usize>>,
}

struct Held {
    note: String,
    about: About,
    /// Of a refusal that was decided again.
    decided: Option<Decided>,
    /// Of a promise: bytes of the entry at its index.
    entry: Option<Vec<u8>>,
}

enum About {
    Promise(Promise),
    Refusal(Refusal, Refused),
}

impl Words {
    /// Takes words before anything is replayed. One that does not read, or a refusal of something
    /// that is not among what was sent, is an error with its place among them.
    pub fn new(words: Vec<Word>, sent: &[Sent]) -> Result<Self, (usize, proof::Fault)> {
        let mut taken = Self::default();
        for (at, word) in words.into_iter().enumerate() {
            let (note, about) = About::read(word, sent).map_err(|fault| (at, fault))?;
            let due = match &about {
                About::Promise(promise) => promise.index,
                About::Refusal(refusal, _) => refusal.size,
            };
            taken.due.entry(due).or_default().push(at);
            taken.held.push(Held {
                note,
                about,
                decided: None,
                entry: None,
            });
        }
        Ok(taken)
    }

    /// True if some word is about the state or the entry of this number.
    pub fn wait_for(&self, seq: u64) -> bool {
        self.due
            .first_key_value()
            .is_some_and(|(due, _)| *due <= seq)
    }

    /// Looks at the state before an entry is decided on it, and at the entry.
    pub fn look(
        &mut self,
        state: &State,
        entry: &Entry,
        segments: &Segments<'_>,
    ) -> Result<(), Fault> {
        let later = self.due.split_off(&(entry.seq + 1));
        for at in std::mem::replace(&mut self.due, later)
            .into_values()
            .flatten()
        {
            let held = &mut self.held[at];
            match &held.about {
                About::Promise(_) => held.entry = Some(codec::encode(entry)),
                About::Refusal(refusal, what) => {
                    held.decided = Some(decide_again(state, refusal, what, segments)?);
                }
            }
        }
        Ok(())
    }

    /// How each word has turned out, in their order, if the checkpoint was the newest one at
    /// `seen_ms`.
    pub fn findings(
        &self,
        signed: &Signed,
        seen_ms: u64,
        state: &State,
        segments: &Segments<'_>,
    ) -> Result<Vec<Finding>, Fault> {
        let source = segments.source();
        let keys: Vec<VerifierKey> = (state.log_keys.iter())
            .filter_map(|key| key.key.parse().ok())
            .collect();
        let held = self.held.iter();
        held.map(|held| {
            let own = |key: &VerifierKey| held.about.is_signed(&held.note, key);
            if !keys.iter().any(own) {
                let what = "no key of this log has signed it";
                return Ok(finding(Verdict::Open, what.to_owned()));
            }
            match &held.about {
                About::Promise(promise) => held.promise(promise, source, signed, seen_ms),
                About::Refusal(refusal, what) => {
                    let decided = match held.decided {
                        None if refusal.size == state.size => {
                            Some(decide_again(state, refusal, what, segments)?)
                        }
                        decided => decided,
                    };
                    Ok(held.refusal(refusal, decided, signed))
                }
            }
        })
        .collect()
    }
}

impl About {
    fn read(word: Word, sent: &[Sent]) -> Result<(String, Self), proof::Fault> {
        match word {
            Word::Promise(text) => {
                let promise = Promise::parse(note::text_unverified(text.as_bytes())?)?;
                Ok((text, Self::Promise(promise)))
            }
            Word::Refusal(text) => {
                let refusal = Refusal::parse(note::text_unverified(text.as_bytes())?)?;
                let what = sent.iter().find_map(|sent| Refused::of(&refusal, sent));
                let what = what.ok_or_else(|| {
                    let rule = "what it refuses must be among what was sent";
                    proof::Fault::new("refusal", rule)
                })?;
                Ok((text, Self::Refusal(refusal, what)))
            }
        }
    }

    /// Whether this key of the log has signed it.
    fn is_signed(&self, note: &str, key: &VerifierKey) -> bool {
        match self {
            Self::Promise(_) => Promise::open(note.as_bytes(), key).is_ok(),
            Self::Refusal(..) => Refusal::open(note.as_bytes(), key).is_ok(),
        }
    }
}

impl Held {
    /// A promise that was given under an earlier name counts too: the log itself says that it goes
    /// on under another one.
    fn promise(
        &self,
        promise: &Promise,
        source: &dyn Source,
        signed: &Signed,
        seen_ms: u64,
    ) -> Result<Finding, Fault> {
        let head = signed.checkpoint.head;
        let origin = promise.origin.clone();
        let found = self.entry.as_ref().map(|bytes| {
            let entry: Entry = codec::decode(bytes).expect("it was encoded here");
            named(&entry.signed)
        });
        let breach = promise.broken_by(&Checkpoint { origin, head }, seen_ms, found.as_ref());
        let breach = breach.expect("the entry is at hand wherever the checkpoint reaches it");
        let index = promise.index;
        let Some(breach) = breach else {
            return Ok(match found {
                Some(_) => finding(Verdict::Kept, format!("entry {index} is what was promised")),
                None => {
                    let size = head.size;
                    let what = format!("the log has {size} entries, its time is not over");
                    finding(Verdict::Open, what)
                }
            });
        };
        let note = String::from_utf8_lossy(&signed.note).into_owned();
        let against = match (breach, &self.entry) {
            (Breach::OtherEntry, Some(bytes)) => receipt(source, index, bytes, head.size, note)?,
            _ => note,
        };
        Ok(Finding {
            verdict: Verdict::Broken,
            what: format!(
                "{breach} ({} entries, promised was entry {index})",
                head.size
            ),
            evidence: vec![self.note.clone(), against],
        })
    }

    fn refusal(&self, refusal: &Refusal, decided: Option<Decided>, signed: &Signed) -> Finding {
        let (code, size) = (&refusal.code, refusal.size);
        let instead = match decided {
            None => {
                let what = format!("the log does not have the {size} entries it was decided by");
                return finding(Verdict::Open, what);
            }
            Some(Decided::Unknown) => {
                let what = "whether the document was there then cannot be told";
                return finding(Verdict::Open, what.to_owned());
            }
            Some(Decided::Refused(again)) if again.code() == code => {
                let what = format!("after {size} entries the rules refuse it, `{code}`");
                return finding(Verdict::Kept, what);
            }
            Some(Decided::Refused(again)) => format!("refuse it by `{}`", again.code()),
            Some(Decided::Accepted) => "accept it".to_owned(),
        };
        Finding {
            verdict: Verdict::Broken,
            what: format!("refused by `{code}`, but after {size} entries the rules {instead}"),
            evidence: vec![
                self.note.clone(),
                String::from_utf8_lossy(&signed.note).into_owned(),
            ],
        }
    }
}

fn receipt(
    source: &dyn Source,
    index: u64,
    entry: &[u8],
    size: u64,
    checkpoint: String,
) -> Result<String, Fault> {
    let node = |level, index| -> Result<proof::Hash, Unproven> {
        let (level, at, hashes) = tile::locate(level, index);
        let held = tile::holding(level, at * tile::WIDTH + hashes.start as u64, size);
        let bytes = files::tile(source, held.ok_or(Unproven(None))?);
        let bytes = bytes.map_err(|fault| Unproven(Some(fault)))?;
        tile::node_in(&bytes, hashes).ok_or(Unproven(None))
    };
    let path = merkle::prove_inclusion(index, size, node).map_err(|unproven| {
        let fault = || Fault::new("tile_missing", "a tile that was there is not any more");
        unproven.0.unwrap_or_else(fault)
    })?;
    let receipt = Receipt {
        index,
        extra: Some(entry.to_vec()),
        path,
        checkpoint,
    };
    Ok(receipt.text())
}

/// Why a path could not be given: the tiles were whole a moment ago.
struct Unproven(Option<Fault>);

impl From<proof::Fault> for Unproven {
    fn from(_: proof::Fault) -> Self {
        Self(None)
    }
}

fn finding(verdict: Verdict, what: String) -> Finding {
    let evidence = Vec::new();
    Finding {
        verdict,
        what,
        evidence,
    }
}
