//! `gateway.sqlite`: keys by which programs call models, known by their hash and a few letters.

use crate::Error;
use crate::database::{Database, Durability};
use protocol::{AccountId, AllowanceId, AssetId, Hash};
use rusqlite::{OptionalExtension as _, Row, params};
use std::path::Path;

/// Most keys that one account has at a time.
pub const MOST_KEYS: usize = 100;

const STEPS: &[&str] = &["CREATE TABLE keys (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        shown TEXT NOT NULL,
        account INTEGER NOT NULL,
        name TEXT NOT NULL,
        allowances TEXT NOT NULL,
        budget_units TEXT,
        per_minute INTEGER,
        models TEXT NOT NULL,
        purpose TEXT,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        revoked_ms INTEGER
    ) STRICT;
    CREATE INDEX keys_of ON keys (account);"];

/// What a key may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// What it pays from, in this order.
    pub allowances: Vec<AllowanceId>,
    /// Most that it spends, in base units; none, what the allowances hold.
    pub budget_units: Option<u128>,
    /// Most requests in a minute; none, any number.
    pub per_minute: Option<u32>,
    /// Which models it calls; empty, any that its allowances are for.
    pub models: Vec<AssetId>,
    /// What it is used for; none, each request says so.
    pub purpose: Option<String>,
}

/// A key that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelKey {
    /// Its number.
    pub id: i64,
    /// Its first letters.
    pub shown: String,
    /// Who pays.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub limits: Limits,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// From when on it is worth nothing.
    pub expires_ms: u64,
}

/// What becomes a key.
#[derive(Clone, Debug)]
pub struct NewModelKey<'a> {
    /// SHA-256 of the key.
    pub hash: Hash,
    /// Its first letters.
    pub shown: &'a str,
    /// Who pays.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: &'a str,
    /// What it may do.
    pub limits: Limits,
    /// From when on it is worth nothing.
    pub expires_ms: u64,
}

/// The open database.
#[derive(Debug)]
pub struct ModelKeys {
    database: Database,
}

impl ModelKeys {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::open(path, Durability::Power, STEPS)?;
        Ok(Self { database })
    }

    /// Notes a new key.
    ///
    /// # Errors
    /// [`crate::error::Kind::Invalid`] for the key beyond [`MOST_KEYS`].
    pub fn issue(&mut self, new: &NewModelKey<'_>, now_ms: u64) -> Result<i64, Error> {
        if self.of(new.account, now_ms)?.len() >= MOST_KEYS {
            let why = format!("there are {MOST_KEYS} keys\nhint: revoke one that is not used");
            return Err(Error::invalid("make a key", why));
        }
        let doing = "make a key";
        let sql = "INSERT INTO keys
                (hash, shown, account, name, allowances, budget_units, per_minute, models,
                 purpose, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let limits = &new.limits;
        let values = params![
            new.hash.0,
            new.shown,
            new.account.0,
            new.name,
            joined(limits.allowances.iter().map(|id| id.0)),
            limits.budget_units.map(|units| units.to_string()),
            limits.per_minute,
            joined(limits.models.iter().map(|id| id.0)),
            limits.purpose,
            ms(now_ms),
            ms(new.expires_ms),
        ];
        let connection = &self.database.connection;
        connection.execute(sql, values).map_err(Error::of(doing))?;
        Ok(connection.last_insert_rowid())
    }

    /// The key with this hash, if it is neither expired nor revoked.
    pub fn find(&self, hash: Hash, now_ms: u64) -> Result<Option<ModelKey>, Error> {
        let sql = "SELECT * FROM keys
             WHERE hash = ?1 AND expires_ms > ?2 AND revoked_ms IS NULL";
        let prepared = self.database.connection.prepare_cached(sql);
        let mut prepared = prepared.map_err(Error::of("find a key"))?;
        let found = prepared.query_row(params![hash.0, ms(now_ms)], key);
        found.optional().map_err(Error::of("find a key"))
    }

    /// An account's keys that are neither expired nor revoked, the newest first.
    pub fn of(&self, account: AccountId, now_ms: u64) -> Result<Vec<ModelKey>, Error> {
        let sql = "SELECT * FROM keys
             WHERE account = ?1 AND expires_ms > ?2 AND revoked_ms IS NULL ORDER BY id DESC";
        let doing = "list keys";
        let prepared = self.database.connection.prepare_cached(sql);
        let mut prepared = prepared.map_err(Error::of(doing))?;
        let rows = prepared.query_map(params![account.0, ms(now_ms)], key);
        let rows: rusqlite::Result<Vec<_>> = rows.map_err(Error::of(doing))?.collect();
        rows.map_err(Error::of(doing))
    }

    /// Revokes a key of an account; false if it has no such key.
    pub fn revoke(&mut self, account: AccountId, id: i64, now_ms: u64) -> Result<bool, Error> {
        let sql = "UPDATE keys SET revoked_ms = ?3
             WHERE id = ?1 AND account = ?2 AND revoked_ms IS NULL";
        let values = params![id, account.0, ms(now_ms)];
        let changed = self.database.connection.execute(sql, values);
        Ok(changed.map_err(Error::of("revoke a key"))? == 1)
    }
}

fn joined(numbers: impl Iterator<Item = u32>) -> String {
    let words: Vec<String> = numbers.map(|number| number.to_string()).collect();
    words.join(" ")
}

fn parted(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.split_whitespace().filter_map(|word| word.parse().ok())
}

fn ms(time_ms: u64) -> i64 {
    i64::try_from(time_ms).unwrap_or(i64::MAX)
}

fn key(row: &Row<'_>) -> rusqlite::Result<ModelKey> {
    let (allowances, models): (String, String) = (row.get("allowances")?, row.get("models")?);
    let budget: Option<String> = row.get("budget_units")?;
    let time = |name: &str| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(name)?).unwrap_or(0))
    };
    Ok(ModelKey {
        id: row.get("id")?,
        shown: row.get("shown")?,
        account: AccountId(row.get("account")?),
        name: row.get("name")?,
        limits: Limits {
            allowances: parted(&allowances).map(AllowanceId).collect(),
            // What does not read spends nothing.
            budget_units: budget.map(|units| units.parse().unwrap_or(0)),
            per_minute: row.get("per_minute")?,
            models: parted(&models).map(AssetId).collect(),
            purpose: row.get("purpose")?,
        },
        created_ms: time("created_ms")?,
        expires_ms: time("expires_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_hash_until_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let mut keys = ModelKeys::open(&dir.path().join("gateway.sqlite")).unwrap();
        let limits = Limits {
            allowances: vec![AllowanceId(3), AllowanceId(1)],
            budget_units: Some(u128::MAX),
            per_minute: Some(60),
            models: vec![AssetId(2)],
            purpose: Some("research".to_owned()),
        };
        let new = NewModelKey {
            hash: Hash([1; 32]),
            shown: "hw_m_abcd",
            account: AccountId(9),
            name: "mine",
            limits: limits.clone(),
            expires_ms: 100,
        };
        let id = keys.issue(&new, 50).unwrap();
        let found = keys.find(new.hash, 99).unwrap().unwrap();
        assert_eq!((found.id, found.limits.clone()), (id, limits));
        assert_eq!(keys.of(AccountId(9), 99).unwrap(), [found]);
        assert_eq!(keys.find(new.hash, 100).unwrap(), None);
        assert!(!keys.revoke(AccountId(8), id, 60).unwrap());
        assert!(keys.revoke(AccountId(9), id, 60).unwrap());
        assert_eq!(keys.find(new.hash, 60).unwrap(), None);
    }
}
