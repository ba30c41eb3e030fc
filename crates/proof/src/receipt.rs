//! C2SP tlog-proof: a text with which anyone checks offline that a log holds an entry.
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::checkpoint::{decimal, decode_hash};
use crate::cosignature::{Cosignature, Policy};
use crate::hash::Hash;
use crate::note::VerifierKey;
use crate::{Checkpoint, Fault, merkle};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof together with the signed checkpoint it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where the entry stands in the log, from zero.
    pub index: u64,
    /// The bytes of the `extra` line: here the entry itself, so that the receipt stands alone.
    /// Nothing vouches for them before [`Receipt::open`] has.
    pub extra: Option<Vec<u8>>,
    /// Audit path from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The checkpoint note, byte for byte as the log published it.
    pub checkpoint: String,
}

/// What a receipt has proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<'a> {
    /// The log and the tree that include the entry.
    pub checkpoint: Checkpoint,
    /// The bytes of the leaf.
    pub entry: &'a [u8],
    /// The cosignatures by witnesses of the policy; none without one.
    pub cosignatures: Vec<Cosignature<'a>>,
}

impl Receipt {
    /// Writes the `c2sp.org/tlog-proof@v1` form.
    pub fn text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", BASE64.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.path {
            text.push_str(&BASE64.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads the form back; the checkpoint is read when it is verified.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(fault("an empty line must precede the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(fault("it must begin with `c2sp.org/tlog-proof@v1`"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = extra.map(|line| BASE64.decode(&line[6..])).transpose();
        let extra = extra.map_err(|_| fault("the extra data must be base64"))?;
        let index = lines
            .next()
            .and_then(|line| decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(fault("it must have a line `index` with a decimal number"))?;
        let path: Option<Vec<Hash>> = lines.map(decode_hash).collect();
        let path = path.ok_or(fault("each path line must be 32 bytes in base64"))?;
        Ok(Self {
            index,
            extra,
            path,
            checkpoint: checkpoint.to_string(),
        })
    }

    /// Checks that the log has the entry of the `extra` line: its signature, the witnesses' if a
    /// policy asks for them, and the path.
    pub fn open<'a>(
        &'a self,
        log_key: &VerifierKey,
        policy: Option<&'a Policy>,
    ) -> Result<Verified<'a>, Fault> {
        let entry = self.extra.as_deref();
        let entry = entry.ok_or(fault(
            "it does not hold the entry's bytes, which must be given",
        ))?;
        self.verify(entry, log_key, policy)
    }

    /// Checks the same for an entry that the caller has from elsewhere; the `extra` line is not
    /// looked at.
    pub fn verify<'a>(
        &self,
        entry: &'a [u8],
        log_key: &VerifierKey,
        policy: Option<&'a Policy>,
    ) -> Result<Verified<'a>, Fault> {
        let note = self.checkpoint.as_bytes();
        let checkpoint = Checkpoint::open(note, log_key)?;
        let cosignatures = policy.map_or(Ok(Vec::new()), |policy| policy.check(note))?;
        let head = &checkpoint.head;
        let leaf = merkle::leaf_hash(entry);
        merkle::verify_inclusion(&leaf, self.index, head.size, &self.path, &head.root)?;
        Ok(Verified {
            checkpoint,
            entry,
            cosignatures,
        })
    }
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("receipt", rule)
}
