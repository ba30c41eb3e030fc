//! API keys: what a program shows in place of a session, known by its hash and a few letters.

use super::{Login, PersonId, maybe_time, ms, time};
use crate::Error;
use protocol::{Hash, Roles};
use rusqlite::{Row, params};

/// Most keys that one person has at a time.
pub const MOST_KEYS: usize = 50;

/// How rarely it is written down that a key was used, in milliseconds.
const USED_EVERY_MS: u64 = 60_000;

/// What a key may do of what its owner may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// In which roles of its owner it acts.
    pub roles: Roles,
    /// Whether it may change anything, or only read.
    pub writes: bool,
}

/// A key that is not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number, by which its owner revokes it.
    pub id: i64,
    /// Its first letters.
    pub shown: String,
    /// Whose.
    pub person: PersonId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub rights: Rights,
    /// When it was made.
    pub created_ms: u64,
    /// From when on it is worth nothing.
    pub expires_ms: u64,
    /// When it was last used, to the minute.
    pub used_ms: Option<u64>,
}

/// What becomes a key.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    /// SHA-256 of the key.
    pub hash: Hash,
    /// Its first letters.
    pub shown: &'a str,
    /// Whose.
    pub person: PersonId,
    /// What its owner calls it.
    pub name: &'a str,
    /// What it may do.
    pub rights: Rights,
    /// From when on it is worth nothing.
    pub expires_ms: u64,
}

impl Login {
    /// Notes a new key.
    ///
    /// # Errors
    /// [`crate::error::Kind::Invalid`] for the key beyond [`MOST_KEYS`].
    pub fn issue(&mut self, new: NewKey<'_>, now_ms: u64) -> Result<i64, Error> {
        if self.keys(new.person, now_ms)?.len() >= MOST_KEYS {
            let why = format!("there are {MOST_KEYS} keys\nhint: revoke one that is not used");
            return Err(Error::invalid("make a key", why));
        }
        self.change(
            "make a key",
            "INSERT INTO api_keys
                (hash, shown, person, name, roles, writes, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                new.hash.0,
                new.shown,
                new.person.0,
                new.name,
                new.rights.roles.bits(),
                new.rights.writes,
                ms(now_ms),
                ms(new.expires_ms)
            ],
        )?;
        Ok(self.database.connection.last_insert_rowid())
    }

    /// The key with this hash, if it is neither expired nor revoked; used now.
    pub fn key(&mut self, hash: Hash, now_ms: u64) -> Result<Option<ApiKey>, Error> {
        let found = self.one(
            "find a key",
            "SELECT * FROM api_keys
             WHERE hash = ?1 AND expires_ms > ?2 AND revoked_ms IS NULL",
            params![hash.0, ms(now_ms)],
            key,
        )?;
        if let Some(key) = &found
            && key
                .used_ms
                .is_none_or(|used_ms| now_ms.saturating_sub(used_ms) >= USED_EVERY_MS)
        {
            self.change_unsynced(
                "note that a key was used",
                "UPDATE api_keys SET used_ms = ?2 WHERE id = ?1",
                params![key.id, ms(now_ms)],
            )?;
        }
        Ok(found)
    }

    /// Somebody's keys that are neither expired nor revoked, the newest first.
    pub fn keys(&self, person: PersonId, now_ms: u64) -> Result<Vec<ApiKey>, Error> {
        self.many(
            "list keys",
            "SELECT * FROM api_keys
             WHERE person = ?1 AND expires_ms > ?2 AND revoked_ms IS NULL ORDER BY id DESC",
            params![person.0, ms(now_ms)],
            key,
        )
    }

    /// Revokes a key of somebody; false if they have no such key.
    pub fn revoke(&mut self, person: PersonId, id: i64, now_ms: u64) -> Result<bool, Error> {
        let changed = self.change(
            "revoke a key",
            "UPDATE api_keys SET revoked_ms = ?3
             WHERE id = ?1 AND person = ?2 AND revoked_ms IS NULL",
            params![id, person.0, ms(now_ms)],
        )?;
        Ok(changed == 1)
    }
}

fn key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let roles: u8 = row.get("roles")?;
    Ok(ApiKey {
        id: row.get("id")?,
        shown: row.get("shown")?,
        person: PersonId(row.get("person")?),
        name: row.get("name")?,
        rights: Rights {
            roles: Roles::from_bits(roles).unwrap_or(Roles::NONE),
            writes: row.get("writes")?,
        },
        created_ms: time(row, "created_ms")?,
        expires_ms: time(row, "expires_ms")?,
        used_ms: maybe_time(row, "used_ms")?,
    })
}
