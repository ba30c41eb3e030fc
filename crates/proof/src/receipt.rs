//! C2SP tlog-proof: a text with which anyone checks offline that a log holds an entry.
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;

use crate::checkpoint::{decimal, decode_hash};
use crate::hash::Hash;
use crate::note::VerifierKey;
use crate::{Checkpoint, Fault, merkle};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof together with the signed checkpoint it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where the entry stands in the log, from zero.
    pub index: u64,
    /// Audit path from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The checkpoint note, byte for byte as the log published it.
    pub checkpoint: String,
}

impl Receipt {
    /// Writes the `c2sp.org/tlog-proof@v1` form, without extra data.
    pub fn text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nindex {}\n", self.index);
        for hash in &self.path {
            text.push_str(&BASE64.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads the form back. An `extra` line is accepted and dropped: nothing vouches for it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(fault("an empty line must precede the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(fault("it must begin with `c2sp.org/tlog-proof@v1`"));
        }
        if let Some(extra) = lines.next_if(|line| line.starts_with("extra ")) {
            BASE64
                .decode(&extra[6..])
                .map_err(|_| fault("the extra data must be base64"))?;
        }
        let index = lines
            .next()
            .and_then(|line| decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(fault("it must have a line `index` with a decimal number"))?;
        let path: Option<Vec<Hash>> = lines.map(decode_hash).collect();
        let path = path.ok_or(fault("each path line must be 32 bytes in base64"))?;
        Ok(Self {
            index,
            path,
            checkpoint: checkpoint.to_string(),
        })
    }

    /// Checks signature and path for an entry, and gives the checkpoint that includes it.
    pub fn verify(&self, entry: &[u8], log_key: &VerifierKey) -> Result<Checkpoint, Fault> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), log_key)?;
        let head = &checkpoint.head;
        let leaf = merkle::leaf_hash(entry);
        merkle::verify_inclusion(&leaf, self.index, head.size, &self.path, &head.root)?;
        Ok(checkpoint)
    }
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("receipt", rule)
}
