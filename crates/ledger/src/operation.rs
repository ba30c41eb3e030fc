//! What the operator's entries about the log itself have made: keys, roots, witnesses, tombstones.

use crate::State;
use alloc::string::String;
use alloc::vec::Vec;
use protocol::Hash;
use protocol::operation::EraseReason;
use serde::{Deserialize, Serialize};

/// How far log time may be ahead of what witnesses have seen, in milliseconds.
pub const LEAD_MS: u64 = 600_000;

/// A key that signs checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogKey {
    /// The C2SP verifier key, `name+id+base64`.
    pub key: String,
    /// The smallest size of the log whose checkpoint it signs.
    pub since: u64,
}

impl LogKey {
    /// Name of the log in the checkpoints that it signs.
    pub fn name(&self) -> &str {
        self.key.split('+').next().unwrap_or_default()
    }
}

/// Which beginning of a log a name is of: 0 the one that its first entry names, n that name and
/// `/n`, under which it goes on after its newest entries were lost. `None` for other names.
pub fn beginning(first: &str, name: &str) -> Option<u32> {
    let digits = match name.strip_prefix(first)? {
        "" => return Some(0),
        rest => rest.strip_prefix('/')?,
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

/// What an earlier state was, by the operator's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRoot {
    /// After how many entries.
    pub size: u64,
    /// See [`State::root`].
    pub root: Hash,
}

/// The time as witnesses have seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessedTime {
    /// Cosigners whose word counts, as C2SP verifier keys.
    pub keys: Vec<String>,
    /// How many of them must say so.
    pub quorum: u16,
    /// Size of the newest checkpoint that was noted; 0 before the first.
    pub size: u64,
    /// What a quorum has seen to be over, milliseconds since 1970; never falls. Before the first
    /// checkpoint, the log time at which the first witnesses were set.
    pub time_ms: u64,
}

/// What the log says of something that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The entry that says so.
    pub seq: u64,
    /// Why it was erased.
    pub reason: EraseReason,
}

impl State {
    /// The latest log time that the next entry may have; all times while there are no witnesses.
    pub fn latest_ms(&self) -> u64 {
        self.witnessed.as_ref().map_or(u64::MAX, |witnessed| {
            witnessed.time_ms.saturating_add(LEAD_MS)
        })
    }

    /// The log time of an entry that is made when a clock shows `now_ms`: never before the last
    /// entry's, never beyond [`State::latest_ms`].
    pub fn next_ms(&self, now_ms: u64) -> u64 {
        now_ms.min(self.latest_ms()).max(self.time_ms)
    }

    /// The key that signs checkpoints of a size, as a C2SP verifier key; `None` before the first
    /// entry.
    pub fn log_key(&self, size: u64) -> Option<&str> {
        let signs = |key: &&LogKey| key.since <= size;
        self.log_keys
            .iter()
            .rev()
            .find(signs)
            .map(|key| key.key.as_str())
    }

    /// Number of the receipt that leads to a key of [`State::log_keys`] from the one before it,
    /// from 1. `None` for the first key of each name: nothing under another name leads there.
    pub fn rotation(&self, at: usize) -> Option<usize> {
        let keys = self.log_keys.get(..=at)?;
        let led = |pair: &&[LogKey]| pair[0].name() == pair[1].name();
        keys.windows(2).last().filter(led)?;
        Some(keys.windows(2).filter(led).count())
    }

    /// The same for a verifier key that is yet to come.
    pub fn next_rotation(&self, key: &str) -> Option<usize> {
        let name = key.split('+').next();
        let last = self.log_keys.last()?;
        let before = (0..self.log_keys.len()).filter_map(|at| self.rotation(at));
        (name == Some(last.name())).then(|| before.count() + 1)
    }
}
