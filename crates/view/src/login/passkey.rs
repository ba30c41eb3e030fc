//! Passkeys by which somebody logs in: known by the id that their authenticator has given them.

use super::{Login, PersonId, maybe_time, ms, time};
use crate::Error;
use rusqlite::{Row, params};

/// Most passkeys of one person.
pub const MOST_PASSKEYS: usize = 20;

/// A passkey of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its number, by which its owner names it.
    pub id: i64,
    /// Whose.
    pub person: PersonId,
    /// The id that its authenticator knows it by.
    pub credential: Vec<u8>,
    /// The host's name that it was made for.
    pub party: String,
    /// First coordinate of its public key.
    pub x: [u8; 32],
    /// Second coordinate.
    pub y: [u8; 32],
    /// Signatures when it was last used, 0 where it does not count.
    pub counter: u32,
    /// What its owner calls it.
    pub name: String,
    /// Whether a copy exists elsewhere, by the authenticator's word.
    pub backed_up: bool,
    /// When it was added.
    pub created_ms: u64,
    /// When somebody last logged in with it.
    pub used_ms: Option<u64>,
}

/// What becomes a passkey.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// Whose.
    pub person: PersonId,
    /// The id that its authenticator knows it by.
    pub credential: Vec<u8>,
    /// The host's name that it was made for.
    pub party: String,
    /// The point of its public key.
    pub point: ([u8; 32], [u8; 32]),
    /// Signatures so far.
    pub counter: u32,
    /// What its owner calls it.
    pub name: String,
    /// Whether a copy exists elsewhere.
    pub backed_up: bool,
}

impl Login {
    /// Adds a passkey; its number, or `None` if one of this id is known or the person has as many
    /// as one may.
    pub fn add_passkey(&mut self, new: &NewPasskey, now_ms: u64) -> Result<Option<i64>, Error> {
        if self.passkeys(new.person)?.len() >= MOST_PASSKEYS {
            return Ok(None);
        }
        let changed = self.change(
            "add a passkey",
            "INSERT INTO passkeys
                 (person, credential, party, x, y, counter, name, backed_up, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
            params![
                new.person.0,
                new.credential,
                new.party,
                new.point.0,
                new.point.1,
                new.counter,
                new.name,
                new.backed_up,
                ms(now_ms)
            ],
        )?;
        let id = self.database.connection.last_insert_rowid();
        Ok((changed == 1).then_some(id))
    }

    /// The passkey of an authenticator's id.
    pub fn passkey(&self, credential: &[u8]) -> Result<Option<Passkey>, Error> {
        let sql = "SELECT * FROM passkeys WHERE credential = ?1";
        self.one("find a passkey", sql, [credential], passkey)
    }

    /// Somebody's passkeys, the oldest first.
    pub fn passkeys(&self, person: PersonId) -> Result<Vec<Passkey>, Error> {
        let sql = "SELECT * FROM passkeys WHERE person = ?1 ORDER BY id";
        self.many("list passkeys", sql, [person.0], passkey)
    }

    /// Notes a login. False, and nothing changes, if the passkey counts and has not counted on: two
    /// authenticators then have the same key.
    pub fn use_passkey(&mut self, id: i64, counter: u32, now_ms: u64) -> Result<bool, Error> {
        let changed = self.change(
            "note a login",
            "UPDATE passkeys SET counter = ?2, used_ms = ?3
             WHERE id = ?1 AND (counter < ?2 OR counter = 0 AND ?2 = 0)",
            params![id, counter, ms(now_ms)],
        )?;
        Ok(changed == 1)
    }

    /// Gives a passkey of somebody another name; false if they have no such passkey.
    pub fn rename_passkey(&mut self, person: PersonId, id: i64, name: &str) -> Result<bool, Error> {
        let sql = "UPDATE passkeys SET name = ?3 WHERE id = ?1 AND person = ?2";
        let changed = self.change("rename a passkey", sql, params![id, person.0, name])?;
        Ok(changed == 1)
    }

    /// Removes a passkey of somebody; false if they have no such passkey. Whether it may go is for
    /// who asks.
    pub fn remove_passkey(&mut self, person: PersonId, id: i64) -> Result<bool, Error> {
        let sql = "DELETE FROM passkeys WHERE id = ?1 AND person = ?2";
        let changed = self.change("remove a passkey", sql, params![id, person.0])?;
        Ok(changed == 1)
    }
}

fn passkey(row: &Row<'_>) -> rusqlite::Result<Passkey> {
    Ok(Passkey {
        id: row.get("id")?,
        person: PersonId(row.get("person")?),
        credential: row.get("credential")?,
        party: row.get("party")?,
        x: row.get("x")?,
        y: row.get("y")?,
        counter: row.get("counter")?,
        name: row.get("name")?,
        backed_up: row.get("backed_up")?,
        created_ms: time(row, "created_ms")?,
        used_ms: maybe_time(row, "used_ms")?,
    })
}
