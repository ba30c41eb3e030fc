//! `headwater key`: the log's public key, to announce and to check with.

use super::rotation;
use crate::cli::node::Key;
use anyhow::{Context as _, Result, bail};
use node::Keyring;
use proof::note::VerifierKey;
use protocol::{Command, Entry, codec};
use std::path::Path;
use store::PublicLog;

/// Prints the verifier key that signs a node's log now.
pub fn run(args: &Key) -> Result<()> {
    super::session::require_existing(&args.data)?;
    let first = Keyring::open(&args.data)?.log_key();
    let keys = rotated(&args.data, &first)?;
    println!("{}", keys.last().unwrap_or(&first));
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
    rotated(dir, &genesis.log_key.parse()?)
}

/// A key and those that follow it by the rotations that a directory has published.
fn rotated(dir: &Path, first: &VerifierKey) -> Result<Vec<VerifierKey>> {
    let folder = dir.join("log/rotations");
    let statements = match folder.join("1.tlog-proof").exists() {
        true => rotation::statements(&[folder])?,
        false => Vec::new(),
    };
    let keys = rotation::keys(first, statements, None);
    let keys = keys.context("cannot follow the log's rotations")?;
    Ok(keys.into_iter().map(|it| it.key).collect())
}
