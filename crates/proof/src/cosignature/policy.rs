//! Whose cosignatures a checkpoint needs before it is believed: k of n named witnesses.
use alloc::vec::Vec;

use super::{Cosignature, CosignerKey, verified};
use crate::Fault;

/// Trusted witnesses, and how many of them must have cosigned. A witness is a name: two keys of one
/// name, such as an Ed25519 and an ML-DSA-44 key, count once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    witnesses: Vec<CosignerKey>,
    quorum: usize,
}

impl Policy {
    /// Refuses a quorum that these witnesses could never reach, and a key that stands there twice,
    /// under one name or two: whoever holds it would count twice.
    pub fn new(witnesses: Vec<CosignerKey>, quorum: usize) -> Result<Self, Fault> {
        for (at, witness) in witnesses.iter().enumerate() {
            if witnesses[..at]
                .iter()
                .any(|before| before.public == witness.public)
            {
                return Err(fault("no key may stand in it twice"));
            }
        }
        if quorum > names(witnesses.iter()) {
            return Err(fault("the quorum must not exceed the number of witnesses"));
        }
        Ok(Self { witnesses, quorum })
    }

    /// The keys that count.
    pub fn witnesses(&self) -> &[CosignerKey] {
        &self.witnesses
    }

    /// How many witnesses must have cosigned; with 0 the log is believed alone.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// Checks the cosignatures of a checkpoint note and gives those that count. The log's own
    /// signature is checked elsewhere ([`crate::Checkpoint::open`]), and times are not judged: the
    /// caller may have a clock, this has none.
    pub fn check(&self, note: &[u8]) -> Result<Vec<Cosignature<'_>>, Fault> {
        let verified = verified(note, &self.witnesses)?;
        if names(verified.iter().map(|cosignature| cosignature.witness)) < self.quorum {
            return Err(fault(
                "fewer witnesses have cosigned than the quorum asks for",
            ));
        }
        Ok(verified)
    }
}

/// Number of different names.
fn names<'a>(keys: impl Iterator<Item = &'a CosignerKey>) -> usize {
    let mut names: Vec<&str> = keys.map(CosignerKey::name).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("witness policy", rule)
}
