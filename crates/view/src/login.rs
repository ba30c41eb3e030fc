//! `login.sqlite`: people, their sessions and API keys, and what may be used once.
//!
//! No fact of the log stands here, and no secret: tokens and keys are known by their SHA-256 alone.

mod apikey;
mod once;
mod passkey;
mod session;

use crate::Error;
use crate::database::{Database, Durability};
use protocol::AccountId;
use rusqlite::{OptionalExtension as _, Row, params};
use std::path::Path;

pub use apikey::{ApiKey, MOST_KEYS, NewKey, Rights};
pub use passkey::{MOST_PASSKEYS, NewPasskey, Passkey};
pub use session::{NewSession, Session};

/// The schema, step by step.
const STEPS: &[&str] = &[
    "CREATE TABLE people (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        subject BLOB NOT NULL,
        account INTEGER UNIQUE,
        binding BLOB,
        created_ms INTEGER NOT NULL,
        UNIQUE (kind, subject)
    ) STRICT;
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        token BLOB NOT NULL UNIQUE,
        person INTEGER NOT NULL REFERENCES people (id),
        agent TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_of ON sessions (person);
    CREATE TABLE api_keys (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        shown TEXT NOT NULL,
        person INTEGER NOT NULL REFERENCES people (id),
        name TEXT NOT NULL,
        roles INTEGER NOT NULL,
        writes INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        used_ms INTEGER,
        revoked_ms INTEGER
    ) STRICT;
    CREATE INDEX api_keys_of ON api_keys (person);
    CREATE TABLE challenges (
        hash BLOB PRIMARY KEY,
        browser BLOB NOT NULL,
        expires_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE used (
        hash BLOB PRIMARY KEY,
        expires_ms INTEGER NOT NULL
    ) STRICT;",
    "CREATE TABLE passkeys (
        id INTEGER PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES people (id),
        credential BLOB NOT NULL UNIQUE,
        party TEXT NOT NULL,
        x BLOB NOT NULL,
        y BLOB NOT NULL,
        counter INTEGER NOT NULL,
        name TEXT NOT NULL,
        backed_up INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        used_ms INTEGER
    ) STRICT;
    CREATE INDEX passkeys_of ON passkeys (person);",
];

/// The open database.
#[derive(Debug)]
pub struct Login {
    database: Database,
}

/// Number of a person in this database; never shown and never in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

/// By what somebody is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The address of a wallet.
    Wallet([u8; 20]),
    /// The user handle that the passkeys of a person carry: 32 random bytes.
    Passkey(Vec<u8>),
}

/// Somebody who has logged in once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their number here.
    pub id: PersonId,
    /// By what they are known.
    pub subject: Subject,
    /// Their account in the log, once it is open.
    pub account: Option<AccountId>,
    /// The private body of the entry that opened the account: it opens the account's commitment.
    pub binding: Option<Vec<u8>>,
    /// First login, milliseconds since 1970.
    pub created_ms: u64,
}

impl Subject {
    fn columns(&self) -> (i64, &[u8]) {
        match self {
            Self::Wallet(address) => (0, address),
            Self::Passkey(id) => (1, id),
        }
    }
}

impl Login {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::open(path, Durability::Power, STEPS)?;
        Ok(Self { database })
    }

    /// Who is known by a subject, made now if nobody is.
    pub fn arrive(&mut self, subject: &Subject, now_ms: u64) -> Result<Person, Error> {
        let (kind, bytes) = subject.columns();
        self.change(
            "note a person",
            "INSERT INTO people (kind, subject, created_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
            params![kind, bytes, ms(now_ms)],
        )?;
        let found = self.one(
            "find a person",
            "SELECT * FROM people WHERE kind = ?1 AND subject = ?2",
            params![kind, bytes],
            person,
        )?;
        found.ok_or_else(|| Error::corrupt("find a person", "who was just noted is not there"))
    }

    /// Whether anybody is known by a subject.
    pub fn knows(&self, subject: &Subject) -> Result<bool, Error> {
        let (kind, bytes) = subject.columns();
        let sql = "SELECT id FROM people WHERE kind = ?1 AND subject = ?2";
        let found = self.one("find a person", sql, params![kind, bytes], |_| Ok(()));
        Ok(found?.is_some())
    }

    /// Somebody by their number.
    pub fn person(&self, id: PersonId) -> Result<Option<Person>, Error> {
        let sql = "SELECT * FROM people WHERE id = ?1";
        self.one("find a person", sql, [id.0], person)
    }

    /// Who has an account of the log.
    pub fn holder(&self, account: AccountId) -> Result<Option<Person>, Error> {
        let sql = "SELECT * FROM people WHERE account = ?1";
        self.one("find a person", sql, [account.0], person)
    }

    /// Remembers somebody's account. False, and nothing changes, if they have one already or if it
    /// is somebody else's.
    pub fn settle(
        &mut self,
        id: PersonId,
        account: AccountId,
        binding: Option<&[u8]>,
    ) -> Result<bool, Error> {
        let changed = self.change(
            "remember an account",
            "UPDATE OR IGNORE people SET account = ?2, binding = ?3
             WHERE id = ?1 AND account IS NULL",
            params![id.0, account.0, binding],
        )?;
        Ok(changed == 1)
    }

    /// How many people have ever logged in.
    pub fn people_count(&self) -> Result<u64, Error> {
        let read = |row: &Row<'_>| row.get::<_, i64>(0);
        let count = self.one("count people", "SELECT count(*) FROM people", [], read)?;
        Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
    }

    /// How many sessions there are.
    pub fn session_count(&self, now_ms: u64) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM sessions WHERE expires_ms > ?1";
        let read = |row: &Row<'_>| row.get::<_, i64>(0);
        let count = self.one("count sessions", sql, [ms(now_ms)], read)?;
        Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
    }

    /// Deletes what has expired.
    pub fn sweep(&mut self, now_ms: u64) -> Result<(), Error> {
        for sql in [
            "DELETE FROM sessions WHERE expires_ms <= ?1",
            "DELETE FROM challenges WHERE expires_ms <= ?1",
            "DELETE FROM used WHERE expires_ms <= ?1",
        ] {
            self.change("delete what has expired", sql, [ms(now_ms)])?;
        }
        Ok(())
    }

    fn change(
        &mut self,
        doing: &str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, Error> {
        let statement = self.database.connection.prepare_cached(sql);
        let mut statement = statement.map_err(Error::of(doing))?;
        statement.execute(values).map_err(Error::of(doing))
    }

    /// The same for what may be lost with the machine's power: a request asks only who somebody
    /// is, and a sync would hold up all that ask meanwhile.
    fn change_unsynced(
        &mut self,
        doing: &str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, Error> {
        self.database.rely_on(Durability::Process, doing)?;
        let changed = self.change(doing, sql, values);
        self.database.rely_on(Durability::Power, doing)?;
        changed
    }

    fn one<T>(
        &self,
        doing: &str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let statement = self.database.connection.prepare_cached(sql);
        let mut statement = statement.map_err(Error::of(doing))?;
        let found = statement.query_row(values, read).optional();
        found.map_err(Error::of(doing))
    }

    fn many<T>(
        &self,
        doing: &str,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let statement = self.database.connection.prepare_cached(sql);
        let mut statement = statement.map_err(Error::of(doing))?;
        let rows = statement
            .query_map(values, read)
            .map_err(Error::of(doing))?;
        let rows: rusqlite::Result<Vec<T>> = rows.collect();
        rows.map_err(Error::of(doing))
    }
}

/// SQLite's integers have a sign; times beyond its largest never come.
fn ms(time_ms: u64) -> i64 {
    i64::try_from(time_ms).unwrap_or(i64::MAX)
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let time: i64 = row.get(column)?;
    Ok(u64::try_from(time).unwrap_or(0))
}

fn maybe_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<u64>> {
    let time: Option<i64> = row.get(column)?;
    Ok(time.map(|time| u64::try_from(time).unwrap_or(0)))
}

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let kind: i64 = row.get("kind")?;
    let subject = match kind {
        0 => Subject::Wallet(row.get("subject")?),
        _ => Subject::Passkey(row.get("subject")?),
    };
    let account: Option<u32> = row.get("account")?;
    Ok(Person {
        id: PersonId(row.get("id")?),
        subject,
        account: account.map(AccountId),
        binding: row.get("binding")?,
        created_ms: time(row, "created_ms")?,
    })
}

#[cfg(test)]
mod tests;
