//! Keys of the gateway: what a program shows to call models, and what it may spend.

use protocol::{AccountId, AllowanceId, AssetId};

/// First letters of every key, so that one that leaks is known for what it is.
pub const PREFIX: &str = "hw_m_";

/// A key that is neither expired nor revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub id: i64,
    /// Who pays.
    pub account: AccountId,
    /// What it pays from, in this order; each was signed by its payer.
    pub allowances: Vec<AllowanceId>,
    /// Most that it spends in all, in base units; none, what the allowances hold.
    pub budget_units: Option<u128>,
    /// Most requests in a minute; none, any number.
    pub per_minute: Option<u32>,
    /// Which models it calls; empty, all that its allowances are for.
    pub models: Vec<AssetId>,
    /// What it is used for; none, every request says so.
    pub purpose: Option<String>,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// Where keys are kept, by their SHA-256 alone.
pub trait Keys: Send + Sync {
    /// The key with this hash; none where it is unknown, expired or revoked.
    ///
    /// # Errors
    /// In words, where it could not be looked up.
    fn find(&self, hash: &[u8; 32], now_ms: u64) -> Result<Option<Key>, String>;
}
