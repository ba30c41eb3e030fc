//! `headwater key`: the log's public key, to announce and to check with.

use crate::cli::node::Key;
use anyhow::Result;
use node::Keyring;

/// Prints the verifier key of a node's log.
pub fn run(args: &Key) -> Result<()> {
    super::session::require_existing(&args.data)?;
    println!("{}", Keyring::open(&args.data)?.log_key());
    Ok(())
}
