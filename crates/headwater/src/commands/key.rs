//! `headwater key`: the log's public key, to announce and to check with.

use crate::cli::node::Key;
use anyhow::{Context as _, Result, bail};
use node::Keyring;
use proof::note::VerifierKey;
use proof::receipt::Receipt;
use protocol::{Command, Entry, codec};
use std::path::Path;
use store::PublicLog;

/// Prints the verifier key that signs a node's log now.
pub fn run(args: &Key) -> Result<()> {
    super::session::require_existing(&args.data)?;
    let first = Keyring::open(&args.data)?.log_key();
    let statements = statements(&args.data, &first)?;
    let newest = proof::rotation::newest_key(&first, &statements, None, successor);
    println!("{}", newest.context("cannot follow the log's rotations")?);
    Ok(())
}

/// Every key that may have signed the checkpoint of a directory: the node's own, or without `keys/`
/// the one that the log's first entry names and those that follow it by the published rotations.
pub fn known(dir: &Path) -> Result<Vec<VerifierKey>> {
    if dir.join("keys/master").exists() {
        return Ok(Keyring::open(dir)?.log_keys());
    }
    let log = PublicLog::open(dir);
    let size = log.checkpoint_unverified()?.head.size;
    let entry: Entry = codec::decode(&log.entry(0, size)?).context("entry 0 does not decode")?;
    let Command::Genesis(genesis) = entry.signed.submission.command else {
        bail!("the log does not begin with the entry that names its key");
    };
    let first: VerifierKey = genesis.log_key.parse()?;
    let statements = statements(dir, &first)?;
    let newest = proof::rotation::newest_key(&first, &statements, None, successor);
    let newest = newest.context("cannot follow the log's rotations")?;
    Ok(vec![first, newest])
}

/// The receipts in which each key names the next.
fn statements(dir: &Path, first: &VerifierKey) -> Result<Vec<Receipt>> {
    let mut statements = Vec::new();
    for number in 1.. {
        let path = dir.join(format!("log/rotations/{number}.tlog-proof"));
        if !path.exists() {
            break;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let receipt = Receipt::parse(&text)?;
        // Those from before it are of a name under which the log no longer goes on.
        if !statements.is_empty() || receipt.open(first, None).is_ok() {
            statements.push(receipt);
        }
    }
    Ok(statements)
}

fn successor(entry: &[u8]) -> Option<VerifierKey> {
    let entry: Entry = codec::decode(entry).ok()?;
    match entry.signed.submission.command {
        Command::RotateLogKey(rotation) => rotation.key.parse().ok(),
        _ => None,
    }
}
