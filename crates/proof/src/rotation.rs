//! From a log key that one trusts to the newest one, through receipts that each name the next.
use crate::Fault;
use crate::cosignature::Policy;
use crate::note::VerifierKey;
use crate::receipt::Receipt;

/// Walks from a trusted log key through rotation statements to the newest key. A statement is a
/// receipt, under the key before it, of the entry that names the key after it; the entry stands in
/// the receipt's `extra` line.
///
/// `successor` reads an entry and gives the key it names, or `None` if it names none. The new key
/// must have the log's name, and statements must follow one another in the log. A quorum of
/// witnesses keeps a stolen old key from leading anybody to a forged log.
pub fn newest_key(
    trusted: &VerifierKey,
    statements: &[Receipt],
    policy: Option<&Policy>,
    mut successor: impl FnMut(&[u8]) -> Option<VerifierKey>,
) -> Result<VerifierKey, Fault> {
    let mut key = trusted.clone();
    let mut last = None;
    for statement in statements {
        if last.is_some_and(|last| statement.index <= last) {
            return Err(fault("statements must stand in the order of the log"));
        }
        let opened = statement.open(&key, policy)?;
        let next = successor(opened.entry).ok_or(fault("the entry must name a new log key"))?;
        if next.name() != trusted.name() {
            return Err(fault("the new key must have the log's name"));
        }
        last = Some(statement.index);
        key = next;
    }
    Ok(key)
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("rotation statement", rule)
}
