//! C2SP tlog-witness without its server: the request, the answers, and the witness's decision.
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::checkpoint::{decimal, decode_hash};
use crate::merkle::{self, Head};
use crate::note::{self, Note, VerifierKey};
use crate::{Checkpoint, Fault, Hash};

/// Most hashes that a request may carry.
pub const MAX_PROOF_HASHES: usize = 63;

/// The body of a POST to `<prefix>/add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old_size: u64,
    proof: Vec<Hash>,
    note: String,
    checkpoint: Checkpoint,
}

impl AddCheckpoint {
    /// Asks to cosign the checkpoint of a note, with the proof that its tree begins with the one
    /// of `old_size` leaves that the witness cosigned last (0: none yet). Refuses a note that is
    /// no checkpoint, and more than 63 hashes.
    pub fn new(old_size: u64, proof: Vec<Hash>, note: String) -> Result<Self, Fault> {
        if proof.len() > MAX_PROOF_HASHES {
            return Err(fault("it must have at most 63 proof lines"));
        }
        let text = note::text_unverified(note.as_bytes())?;
        let (checkpoint, _) = Checkpoint::parse_extended(text)?;
        Ok(Self {
            old_size,
            proof,
            note,
            checkpoint,
        })
    }

    /// Reads a request's body; what is refused here is answered with 400.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let body = str::from_utf8(body).map_err(|_| fault("it must be UTF-8"))?;
        let (head, note) = body
            .split_once("\n\n")
            .ok_or(fault("an empty line must precede the checkpoint"))?;
        let mut lines = head.split('\n');
        let old_size = lines
            .next()
            .and_then(|line| decimal(line.strip_prefix("old ")?));
        let old_size = old_size.ok_or(fault("it must begin with `old` and a decimal number"))?;
        let proof: Option<Vec<Hash>> = lines.take(MAX_PROOF_HASHES + 1).map(decode_hash).collect();
        let proof = proof.ok_or(fault("each proof line must be 32 bytes in base64"))?;
        Self::new(old_size, proof, note.to_owned())
    }

    /// Writes the body.
    pub fn text(&self) -> String {
        let mut text = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            text.push_str(&BASE64.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// The log that the checkpoint claims to be of; nothing is verified yet.
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }
}

/// A checkpoint that may be cosigned once it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What to record as the log's latest tree, atomically with the comparison against the one
    /// that was judged by, and durably before anything is answered.
    pub head: Head,
    /// The checkpoint with the signatures of trusted log keys only, for the record and for
    /// monitors.
    pub note: String,
}

impl Accepted {
    /// What cosigners sign: [`crate::cosignature::Cosigner::cosign`].
    pub fn text(&self) -> &str {
        let blank = self.note.rfind("\n\n");
        &self.note[..=blank.expect("a note has an empty line")]
    }
}

/// Why a witness does not cosign; the words are for people and travel as the answer's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 400: not the form of a request, or the old tree is larger than the new one.
    Malformed(String),
    /// 403: no trusted key of this log signed, or one of its signatures is wrong.
    Unsigned(String),
    /// 404: no key is trusted for this origin.
    UnknownLog,
    /// 409: the request proves from another size than the one cosigned last, which this is.
    OtherSize(u64),
    /// 422: the new tree does not begin with the old one.
    Inconsistent(String),
}

/// Decides about a request in the order of the specification.
///
/// `log_keys` are all keys that the witness trusts; those named as the origin are the log's.
/// `known` is the tree that the witness cosigned last for this origin.
pub fn judge(
    known: Option<&Head>,
    log_keys: &[VerifierKey],
    request: &AddCheckpoint,
) -> Result<Accepted, Refusal> {
    let new = &request.checkpoint.head;
    let of_log = |key: &&VerifierKey| key.name() == request.origin();
    let keys: Vec<VerifierKey> = log_keys.iter().filter(of_log).cloned().collect();
    if keys.is_empty() {
        return Err(Refusal::UnknownLog);
    }
    let note = request.note.as_bytes();
    note::open(note, &keys).map_err(|fault| Refusal::Unsigned(fault.to_string()))?;
    if request.old_size > new.size {
        let why = "the old size must not exceed the size of the checkpoint";
        return Err(Refusal::Malformed(why.to_owned()));
    }
    let root = merkle::empty_root();
    let known = known.copied().unwrap_or(Head { size: 0, root });
    if request.old_size != known.size {
        return Err(Refusal::OtherSize(known.size));
    }
    let inconsistent = |fault: Fault| Refusal::Inconsistent(fault.to_string());
    merkle::verify_consistency(&known, new, &request.proof).map_err(inconsistent)?;
    let parsed = Note::parse(note).map_err(|fault| Refusal::Unsigned(fault.to_string()))?;
    let kept = parsed.keeping(|line| keys.iter().any(|key| line.is_of(key.name(), key.id())));
    Ok(Accepted {
        head: *new,
        note: kept,
    })
}

/// What a witness answers, as it stands in HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: one or more cosignature lines, each with its newline.
    Cosigned(String),
    /// Any of the other codes.
    Refused(Refusal),
}

impl Answer {
    /// The HTTP status code.
    pub fn status(&self) -> u16 {
        match self {
            Answer::Cosigned(_) => 200,
            Answer::Refused(Refusal::Malformed(_)) => 400,
            Answer::Refused(Refusal::Unsigned(_)) => 403,
            Answer::Refused(Refusal::UnknownLog) => 404,
            Answer::Refused(Refusal::OtherSize(_)) => 409,
            Answer::Refused(Refusal::Inconsistent(_)) => 422,
        }
    }

    /// The `Content-Type`; only that of 409 is prescribed.
    pub fn content_type(&self) -> &'static str {
        match self {
            Answer::Refused(Refusal::OtherSize(_)) => "text/x.tlog.size",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// What stands in the body: cosignatures, the known size, or a sentence for people.
    pub fn body(&self) -> String {
        match self {
            Answer::Cosigned(lines) => lines.clone(),
            Answer::Refused(Refusal::OtherSize(size)) => format!("{size}\n"),
            Answer::Refused(Refusal::UnknownLog) => "this log is not known here\n".to_owned(),
            Answer::Refused(
                Refusal::Malformed(why) | Refusal::Unsigned(why) | Refusal::Inconsistent(why),
            ) => format!("{why}\n"),
        }
    }

    /// Reads an answer as a client receives it. Cosignatures are checked for their form only:
    /// [`crate::cosignature::add`] verifies them.
    pub fn read(status: u16, content_type: &str, body: &[u8]) -> Result<Self, Fault> {
        let fault = |rule| Fault::new("witness answer", rule);
        let text = str::from_utf8(body).map_err(|_| fault("it must be UTF-8"))?;
        let why = || text.strip_suffix('\n').unwrap_or(text).to_owned();
        let refusal = match status {
            200 => {
                note::parse_lines(text)?;
                return Ok(Answer::Cosigned(text.to_owned()));
            }
            400 => Refusal::Malformed(why()),
            403 => Refusal::Unsigned(why()),
            404 => Refusal::UnknownLog,
            409 if content_type == "text/x.tlog.size" => {
                let size = text.strip_suffix('\n').and_then(decimal);
                let size = size.ok_or(fault("a conflict must give a decimal size"))?;
                Refusal::OtherSize(size)
            }
            409 => return Err(fault("a conflict must be of type `text/x.tlog.size`")),
            422 => Refusal::Inconsistent(why()),
            _ => return Err(fault("the status must be one of the specification's")),
        };
        Ok(Answer::Refused(refusal))
    }
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("witness request", rule)
}
