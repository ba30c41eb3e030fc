//! C2SP tlog-checkpoint: a log's name, size and root, as a signed note without extension lines.
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::Fault;
use crate::hash::Hash;
use crate::merkle::Head;
use crate::note::{self, Signer, VerifierKey};

/// What a log says about itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name; its key signs under the same name.
    pub origin: String,
    /// Number of entries and their RFC 6962 root.
    pub head: Head,
}

impl Checkpoint {
    /// The three lines that are signed.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.head.size,
            BASE64.encode(self.head.root)
        )
    }

    /// Reads the three lines back; any other line, sign, leading zero or padding is refused.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match Self::parse_extended(text)? {
            (checkpoint, "") => Ok(checkpoint),
            _ => Err(fault(
                "it must have the lines origin, size and root, and no others",
            )),
        }
    }

    /// Reads a checkpoint as other logs may write it, and gives its extension lines too: what
    /// follows the three, each line not empty and with its newline. Nothing vouches for them.
    pub fn parse_extended(text: &str) -> Result<(Self, &str), Fault> {
        let mut lines = text.splitn(4, '\n');
        let (Some(origin), Some(size), Some(root), Some(extension)) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(fault("it must have the lines origin, size and root"));
        };
        if origin.is_empty() {
            return Err(fault("the origin must not be empty"));
        }
        let size = decimal(size).ok_or(fault("the size must be a plain decimal number"))?;
        let root = decode_hash(root).ok_or(fault("the root must be 32 bytes in base64"))?;
        let whole = extension.is_empty() || extension.ends_with('\n');
        if !whole || extension.starts_with('\n') || extension.contains("\n\n") {
            return Err(fault("an extension line must not be empty"));
        }
        let head = Head { size, root };
        let origin = origin.to_owned();
        Ok((Self { origin, head }, extension))
    }

    /// Signs as the log itself: the signer's name must be the origin.
    pub fn sign(&self, signer: &Signer) -> Result<String, Fault> {
        if signer.verifier().name() != self.origin {
            return Err(fault("the signer's name must be the origin"));
        }
        note::sign(&self.text(), &[signer])
    }

    /// Opens a checkpoint that the log's own key must have signed under its origin.
    pub fn open(note: &[u8], log_key: &VerifierKey) -> Result<Self, Fault> {
        let checkpoint = Self::parse(note::open(note, core::slice::from_ref(log_key))?)?;
        if checkpoint.origin != log_key.name() {
            return Err(fault("the origin must be the name of the log's key"));
        }
        Ok(checkpoint)
    }
}

/// Reads a decimal number without sign or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let minimal = text == "0" || !text.starts_with('0');
    if plain && minimal {
        text.parse().ok()
    } else {
        None
    }
}

/// Reads a hash in standard base64.
pub(crate) fn decode_hash(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("checkpoint", rule)
}
