//! `headwater model-key`: a key that calls models, made where the node's directory is at hand.

use crate::cli::models::ModelKey;
use anyhow::{Context as _, Result};
use gateway::key::PREFIX;
use node::clock::{Clock as _, SystemClock};
use proof::hash::sha256;
use protocol::{AccountId, AllowanceId, AssetId, Hash};
use store::{Disk as _, SystemDisk};
use view::models::{Limits, ModelKeys, NewModelKey};

const DAY_MS: u64 = 24 * 3_600_000;
/// Letters of a key that are kept and shown.
const SHOWN: usize = 11;

/// Makes the key and prints it, once.
pub fn run(args: &ModelKey) -> Result<()> {
    super::session::require_existing(&args.data)?;
    let path = args.data.join("gateway.sqlite");
    let failed = || format!("cannot make a key in `{}`", path.display());
    let mut keys = ModelKeys::open(&path).with_context(failed)?;
    let mut random = [0; 32];
    SystemDisk.random(&mut random);
    let key = format!("{PREFIX}{}", hex::encode(random));
    let now_ms = SystemClock.now_ms();
    let new = NewModelKey {
        hash: Hash(sha256(&[key.as_bytes()])),
        shown: &key[..SHOWN],
        account: AccountId(args.account),
        name: &args.name,
        limits: Limits {
            allowances: args.allowance.iter().copied().map(AllowanceId).collect(),
            budget_units: args.budget,
            per_minute: args.per_minute,
            models: args.model.iter().copied().map(AssetId).collect(),
            purpose: args.purpose.clone(),
        },
        expires_ms: now_ms.saturating_add(args.days * DAY_MS),
    };
    keys.issue(&new, now_ms).with_context(failed)?;
    println!("{key}");
    Ok(())
}
