//! What a log says of one submission: a promise that it is in the log soon, or a signed refusal.
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::checkpoint::decimal;
use crate::hash::{Hash, sha256};
use crate::note::{self, Signer, VerifierKey};
use crate::{Checkpoint, Fault};

const PROMISE: &str = "headwater/promise/v1";
const REFUSAL: &str = "headwater/refusal/v1";

/// What promises and refusals call a submission: SHA-256 over the bytes that its key signs and the
/// signature itself.
pub fn submission(signing_bytes: &[u8], signature: &[u8; 64]) -> Hash {
    sha256(&[signing_bytes, signature])
}

/// The log's word, given once the entry is durable, that it will be under a public checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The log's name.
    pub origin: String,
    /// See [`submission`].
    pub submission: Hash,
    /// Where the entry will stand in the log, from zero.
    pub index: u64,
    /// Milliseconds since 1970 in log time.
    pub arrived_ms: u64,
    /// From this time on every new checkpoint must include the entry; milliseconds since 1970.
    pub merged_by_ms: u64,
}

/// How a log has broken its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// The time is over and the log is still not larger than the promised index.
    Missing,
    /// Another entry stands at the promised index, whatever the time.
    OtherEntry,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Breach::Missing => "the promised time is over and the log ends before the entry",
            Breach::OtherEntry => "another entry stands where this one was promised",
        })
    }
}

impl Promise {
    /// The six lines that are signed.
    pub fn text(&self) -> String {
        format!(
            "{PROMISE}\n{}\nsubmission {}\nindex {}\narrived {}\nmerged by {}\n",
            self.origin,
            hex::encode(self.submission),
            self.index,
            self.arrived_ms,
            self.merged_by_ms
        )
    }

    /// Reads the six lines back, and nothing else.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut lines = Lines::of("promise", text, PROMISE)?;
        let promise = Self {
            origin: lines.origin()?,
            submission: lines.submission()?,
            index: lines.number("index ")?,
            arrived_ms: lines.number("arrived ")?,
            merged_by_ms: lines.number("merged by ")?,
        };
        lines.end()?;
        if promise.merged_by_ms < promise.arrived_ms {
            return Err(lines.fault("it must not end before it was given"));
        }
        Ok(promise)
    }

    /// Signs as the log itself: the signer's name must be the origin.
    pub fn sign(&self, signer: &Signer) -> Result<String, Fault> {
        sign("promise", &self.origin, &self.text(), signer)
    }

    /// Opens a promise that the log's own key must have signed under its origin.
    pub fn open(note: &[u8], log_key: &VerifierKey) -> Result<Self, Fault> {
        let promise = Self::parse(note::open(note, core::slice::from_ref(log_key))?)?;
        check_origin("promise", &promise.origin, log_key)?;
        Ok(promise)
    }

    /// Whether a checkpoint of the log breaks the promise. The caller has verified the checkpoint,
    /// was shown it as the newest one at `seen_ms` (its witnesses' times say that best), and gives
    /// the submission of the entry at the promised index if the tree reaches that far.
    ///
    /// A checkpoint of another log, an entry beyond the tree, and a missing one within it are
    /// faults: with them nothing can be said.
    pub fn broken_by(
        &self,
        checkpoint: &Checkpoint,
        seen_ms: u64,
        found: Option<&Hash>,
    ) -> Result<Option<Breach>, Fault> {
        let fault = |rule| Fault::new("promise", rule);
        if checkpoint.origin != self.origin {
            return Err(fault("the checkpoint must be of the log that made it"));
        }
        match found {
            _ if checkpoint.head.size <= self.index => match found {
                Some(_) => Err(fault("no entry can stand beyond the checkpoint's tree")),
                None if seen_ms > self.merged_by_ms => Ok(Some(Breach::Missing)),
                None => Ok(None),
            },
            None => Err(fault("the entry at the promised index must be given")),
            Some(found) if *found != self.submission => Ok(Some(Breach::OtherEntry)),
            Some(_) => Ok(None),
        }
    }
}

/// The log's word that it did not accept a submission, and by which rule; anyone can decide again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The log's name.
    pub origin: String,
    /// See [`submission`].
    pub submission: Hash,
    /// The rejection's stable code: lower-case letters, digits and `_`.
    pub code: String,
    /// How many entries had made the state that it was decided by.
    pub size: u64,
    /// Milliseconds since 1970 in log time.
    pub time_ms: u64,
}

impl Refusal {
    /// The six lines that are signed.
    pub fn text(&self) -> String {
        format!(
            "{REFUSAL}\n{}\nsubmission {}\ncode {}\nsize {}\ntime {}\n",
            self.origin,
            hex::encode(self.submission),
            self.code,
            self.size,
            self.time_ms
        )
    }

    /// Reads the six lines back, and nothing else.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut lines = Lines::of("refusal", text, REFUSAL)?;
        let refusal = Self {
            origin: lines.origin()?,
            submission: lines.submission()?,
            code: lines.after("code ")?.to_owned(),
            size: lines.number("size ")?,
            time_ms: lines.number("time ")?,
        };
        lines.end()?;
        let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if refusal.code.is_empty() || !refusal.code.bytes().all(plain) {
            return Err(lines.fault("the code must be of lower-case letters, digits and `_`"));
        }
        Ok(refusal)
    }

    /// Signs as the log itself: the signer's name must be the origin.
    pub fn sign(&self, signer: &Signer) -> Result<String, Fault> {
        sign("refusal", &self.origin, &self.text(), signer)
    }

    /// Opens a refusal that the log's own key must have signed under its origin.
    pub fn open(note: &[u8], log_key: &VerifierKey) -> Result<Self, Fault> {
        let refusal = Self::parse(note::open(note, core::slice::from_ref(log_key))?)?;
        check_origin("refusal", &refusal.origin, log_key)?;
        Ok(refusal)
    }
}

fn sign(form: &'static str, origin: &str, text: &str, signer: &Signer) -> Result<String, Fault> {
    check_origin(form, origin, signer.verifier())?;
    note::sign(text, &[signer])
}

fn check_origin(form: &'static str, origin: &str, key: &VerifierKey) -> Result<(), Fault> {
    if origin == key.name() {
        Ok(())
    } else {
        Err(Fault::new(
            form,
            "the origin must be the name of the log's key",
        ))
    }
}

/// The lines of a statement, read one after the other.
struct Lines<'a> {
    form: &'static str,
    rest: &'a str,
}

impl<'a> Lines<'a> {
    fn of(form: &'static str, text: &'a str, first: &str) -> Result<Self, Fault> {
        let mut lines = Self { form, rest: text };
        if lines.next()? != first {
            return Err(lines.fault("it must begin with the line of its kind and version"));
        }
        Ok(lines)
    }

    fn next(&mut self) -> Result<&'a str, Fault> {
        let parted = self.rest.split_once('\n');
        let (line, rest) = parted.ok_or(self.fault("it must have its six lines"))?;
        self.rest = rest;
        Ok(line)
    }

    fn after(&mut self, word: &str) -> Result<&'a str, Fault> {
        let value = self.next()?.strip_prefix(word);
        value.ok_or(self.fault("each line must begin with its word, in their order"))
    }

    fn origin(&mut self) -> Result<String, Fault> {
        match self.next()? {
            "" => Err(self.fault("the origin must not be empty")),
            origin => Ok(origin.to_owned()),
        }
    }

    fn submission(&mut self) -> Result<Hash, Fault> {
        let fault = self.fault("the submission must be 32 bytes in lower-case hex");
        let digits = self.after("submission ")?;
        let mut hash = [0; 32];
        hex::decode_to_slice(digits, &mut hash).map_err(|_| fault)?;
        if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(fault);
        }
        Ok(hash)
    }

    fn number(&mut self, word: &str) -> Result<u64, Fault> {
        let digits = self.after(word)?;
        decimal(digits).ok_or(self.fault("numbers must be plain decimal"))
    }

    fn end(&self) -> Result<(), Fault> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault("it must have its six lines and no others"))
        }
    }

    fn fault(&self, rule: &'static str) -> Fault {
        Fault::new(self.form, rule)
    }
}
