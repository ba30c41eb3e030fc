//! `headwater key`: the log's public key, to announce and to check with.

use super::rotation;
use crate::cli::node::Key;
use anyhow::{Context as _, Result};
use node::Keyring;

/// Prints the verifier key that signs a node's log now.
pub fn run(args: &Key) -> Result<()> {
    super::session::require_existing(&args.data)?;
    let first = Keyring::open(&args.data)?.log_key();
    let folder = args.data.join("log/rotations");
    let statements = match folder.exists() {
        true => rotation::statements(&[folder])?,
        false => Vec::new(),
    };
    let keys = rotation::keys(&first, statements, None);
    let keys = keys.context("cannot follow the log's rotations")?;
    println!("{}", keys.last().unwrap_or(&first));
    Ok(())
}
