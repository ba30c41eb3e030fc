//! The keys of a log, each named by an entry under the one before it.

use anyhow::{Context as _, Result, bail};
use proof::cosignature::Policy;
use proof::note::VerifierKey;
use proof::receipt::Receipt;
use proof::rotation::newest_key;
use proof::{Checkpoint, note};
use protocol::{Command, Entry, codec};
use std::path::{Path, PathBuf};

/// A key of a log, and from which size on it signs.
pub struct LogKey {
    pub key: VerifierKey,
    /// The smallest size whose checkpoint it signs; 0 for the one that is trusted, whatever came
    /// before it.
    pub since: u64,
}

/// A trusted key and all that follow it, the newest last, as rotation statements lead from one to
/// the next. Statements from before the trusted key are passed over, and those of another name,
/// under which the log may have gone on.
pub fn keys(
    trusted: &VerifierKey,
    statements: Vec<Receipt>,
    policy: Option<&Policy>,
) -> Result<Vec<LogKey>> {
    let mut led: Vec<Receipt> = Vec::new();
    let of_name = |it: &Receipt| origin(it).as_deref() == Some(trusted.name());
    for statement in statements.into_iter().filter(of_name) {
        if !led.is_empty() || statement.open(trusted, None).is_ok() {
            led.push(statement);
        }
    }
    let keys = (0..=led.len()).map(|count| {
        let named = &led[..count];
        let key = newest_key(trusted, named, policy, successor)?;
        let since = named.last().map_or(0, |statement| statement.index + 1);
        Ok(LogKey { key, since })
    });
    keys.collect()
}

/// The name of the log whose checkpoint a receipt has.
fn origin(receipt: &Receipt) -> Option<String> {
    let text = note::text_unverified(receipt.checkpoint.as_bytes()).ok()?;
    Some(Checkpoint::parse_extended(text).ok()?.0.origin)
}

/// Reads rotation statements, and those in directories such as `log/rotations`, in the log's order.
pub fn statements(named: &[PathBuf]) -> Result<Vec<Receipt>> {
    let mut statements = Vec::new();
    for path in named {
        for path in files(path)? {
            let shown = path.display();
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read `{shown}`"))?;
            let receipt = Receipt::parse(&text);
            let receipt = receipt.with_context(|| format!("cannot read `{shown}`"))?;
            if receipt.extra.as_deref().and_then(successor).is_none() {
                bail!(
                    "`{shown}` is no rotation statement: its entry names no new log key\n\
                     hint: the log publishes them as `log/rotations/1.tlog-proof`, `2`, .."
                );
            }
            statements.push(receipt);
        }
    }
    statements.sort_by_key(|receipt| receipt.index);
    statements.dedup();
    Ok(statements)
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = || format!("cannot list `{}`", path.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.extension().is_some_and(|end| end == "tlog-proof") {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!(
            "there is no rotation statement in `{}`\n\
             hint: name files such as `log/rotations/1.tlog-proof`, or their directory",
            path.display()
        );
    }
    Ok(files)
}

/// The key that an entry names.
fn successor(entry: &[u8]) -> Option<VerifierKey> {
    let entry: Entry = codec::decode(entry).ok()?;
    match entry.signed.submission.command {
        Command::RotateLogKey(rotation) => rotation.key.parse().ok(),
        _ => None,
    }
}
