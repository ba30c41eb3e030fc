//! One posted epoch against the log: it agrees, is wrong, lacks its files, or cannot be checked.

use audit::source::ChainFacts;
use audit::{Audit, Fault, ReadError};
use chain::watched::Seen;
use proof::hash::sha256;

/// What comes of comparing an epoch with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Root, totals, parent, file, log, time and debits are the log's.
    Agrees,
    /// The log does not bear it out.
    Wrong(Reason),
    /// What the operator must publish with it is not there: it may still come, within the window.
    Missing(Reason),
    /// The source of the log, or the log before the epoch, could not be read: nothing is known.
    Unchecked(Reason),
}

/// Why, in a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A code of `docs/spec/audit.md`, or `log_behind`.
    pub code: &'static str,
    /// One lower-case sentence without a period.
    pub what: String,
}

impl Reason {
    fn new(code: &'static str, what: impl Into<String>) -> Reason {
        let what = what.into();
        Reason { code, what }
    }
}

impl From<&Fault> for Reason {
    fn from(fault: &Fault) -> Reason {
        Reason::new(fault.code, fault.what.clone())
    }
}

/// Faults of a log that only whoever has its key can cause (`docs/spec/audit.md`): a root that
/// rests on such a log is wrong, whatever it is.
const OF_THE_OPERATOR: &[&str] = &[
    "log_key_differs",
    "fork",
    "malformed_entry",
    "entry_number",
    "bad_signature",
    "refused",
    "unopened",
    "closed_unsure",
    "paused_unproven",
    "evidence_differs",
    "state_root_differs",
    "wrong_scores",
    "segment_malformed",
    "segment_unsorted",
    "segment_price",
    "segment_time",
    "segment_root",
    "segment_totals",
    "receipt_twice",
    "gold_short",
];

/// Faults by which nothing is known: the source does not answer, or is another log's.
const OF_THE_WAY: &[&str] = &[
    "unreadable",
    "checkpoint_missing",
    "checkpoint_malformed",
    "checkpoint_forged",
    "other_log_key",
    "witnesses_missing",
    "cosignature_forged",
];

/// Whether a fault of the log convicts whoever signed it.
pub fn convicts(fault: &Fault) -> bool {
    OF_THE_OPERATOR.contains(&fault.code)
}

/// Judges an epoch, without its debits, by an audit of the log as it is now, or as far as it came
/// before it broke.
pub fn judge(
    audit: &Audit<'_>,
    broken: Option<&Fault>,
    facts: &ChainFacts,
    seen: &Seen,
    file: impl FnOnce() -> Result<Option<Vec<u8>>, ReadError>,
) -> Verdict {
    let (id, size) = (seen.post.id, seen.post.log_size);
    if let Some(fault) = broken {
        let rests_on_it = rests_on(fault, seen);
        return match fault.code {
            _ if convicts(fault) && rests_on_it => {
                let what = format!("the log that epoch {id} rests on is false: {fault}");
                Verdict::Wrong(Reason::new(fault.code, what))
            }
            code if OF_THE_WAY.contains(&code) || !rests_on_it => {
                Verdict::Unchecked(Reason::from(fault))
            }
            // The server answers, and what it must show is not there or is something else.
            _ => Verdict::Missing(Reason::from(fault)),
        };
    }
    let shown = audit.head().size;
    if size > shown {
        let what = format!("epoch {id} rests on {size} entries, the log shows {shown}");
        return Verdict::Missing(Reason::new("log_behind", what));
    }
    match audit.check_epoch(facts, id) {
        Ok(()) => has_file(id, &seen.post.data_hash, file()),
        Err(fault) if fault.code == "unreadable" => Verdict::Unchecked(Reason::from(&fault)),
        Err(fault) => Verdict::Wrong(Reason::from(&fault)),
    }
}

/// What is wrong with an epoch that rests on a note of a redeemed voucher which the chain does not
/// bear out. An honest operator notes what is final, and posts after that: whoever sees the post
/// sees the redemption, however far the server is behind.
pub fn by_redemptions(note: &Fault, seen: &Seen) -> Reason {
    let id = seen.post.id;
    let what = format!("epoch {id} rests on money that did not come in: {note}");
    Reason::new(note.code, what)
}

/// Whether the log under an epoch has the entry of a fault.
pub fn rests_on(fault: &Fault, seen: &Seen) -> bool {
    fault.at.is_none_or(|at| at < seen.post.log_size)
}

/// The file of leaves must be there for everybody who wants to claim.
fn has_file(id: u64, data_hash: &[u8; 32], file: Result<Option<Vec<u8>>, ReadError>) -> Verdict {
    let path = format!("claims/{id}.json");
    match file {
        Ok(Some(bytes)) if sha256(&[&bytes]) == *data_hash => Verdict::Agrees,
        Ok(Some(_)) => {
            let what = format!("`{path}` is not the file whose hash was posted");
            Verdict::Missing(Reason::new("claims_changed", what))
        }
        Ok(None) => {
            let what = format!("the file of leaves `{path}` is missing");
            Verdict::Missing(Reason::new("claims_missing", what))
        }
        Err(error) => {
            let what = format!("`{path}` cannot be read: {error}");
            Verdict::Unchecked(Reason::new("unreadable", what))
        }
    }
}
