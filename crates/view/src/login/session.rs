//! Sessions: a browser that is logged in, known by the hash of a token in its cookie.

use super::{Login, PersonId, ms, time};
use crate::Error;
use protocol::Hash;
use rusqlite::{Row, params};

/// Most sessions that one person has; a login beyond them ends the one that was not seen for the
/// longest time.
const MOST_SESSIONS: u32 = 50;

/// Most bytes that are kept of what a browser calls itself.
const AGENT_BYTES: usize = 200;

/// How rarely it is written down that a session was seen, in milliseconds.
const SEEN_EVERY_MS: u64 = 60_000;

/// A browser that is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number, by which its owner ends it.
    pub id: i64,
    /// Whose.
    pub person: PersonId,
    /// What the browser called itself, cut short.
    pub agent: String,
    /// Time of the login.
    pub created_ms: u64,
    /// When it last asked for anything, to the minute.
    pub seen_ms: u64,
    /// From when on it is over.
    pub expires_ms: u64,
}

/// What becomes a session.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// SHA-256 of the token.
    pub token: Hash,
    /// Whose.
    pub person: PersonId,
    /// The header `User-Agent`.
    pub agent: &'a str,
    /// From when on it is over.
    pub expires_ms: u64,
}

impl Login {
    /// Logs a browser in; its number, by which its owner ends it.
    pub fn begin(&mut self, new: NewSession<'_>, now_ms: u64) -> Result<i64, Error> {
        let end = new.agent.floor_char_boundary(AGENT_BYTES);
        self.change(
            "begin a session",
            "INSERT INTO sessions (token, person, agent, created_ms, seen_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
            params![
                new.token.0,
                new.person.0,
                &new.agent[..end],
                ms(now_ms),
                ms(new.expires_ms)
            ],
        )?;
        let id = self.database.connection.last_insert_rowid();
        self.change(
            "end an old session",
            "DELETE FROM sessions WHERE id IN (
                SELECT id FROM sessions WHERE person = ?1
                ORDER BY seen_ms DESC, id DESC LIMIT -1 OFFSET ?2)",
            params![new.person.0, MOST_SESSIONS],
        )?;
        Ok(id)
    }

    /// The session of a token, if it is not over; seen now. One that was not seen for `idle_ms` is
    /// over too.
    pub fn session(
        &mut self,
        token: Hash,
        now_ms: u64,
        idle_ms: u64,
    ) -> Result<Option<Session>, Error> {
        let found = self.one(
            "find a session",
            "SELECT * FROM sessions WHERE token = ?1 AND expires_ms > ?2 AND seen_ms > ?3",
            params![token.0, ms(now_ms), ms(now_ms).saturating_sub(ms(idle_ms))],
            session,
        )?;
        if let Some(session) = &found
            && now_ms.saturating_sub(session.seen_ms) >= SEEN_EVERY_MS
        {
            self.change_unsynced(
                "note that a session was seen",
                "UPDATE sessions SET seen_ms = ?2 WHERE id = ?1",
                params![session.id, ms(now_ms)],
            )?;
        }
        Ok(found)
    }

    /// Somebody's sessions that are not over, the newest first.
    pub fn sessions(&self, person: PersonId, now_ms: u64) -> Result<Vec<Session>, Error> {
        self.many(
            "list sessions",
            "SELECT * FROM sessions WHERE person = ?1 AND expires_ms > ?2 ORDER BY id DESC",
            params![person.0, ms(now_ms)],
            session,
        )
    }

    /// Ends a session of somebody; false if they have no such session.
    pub fn end(&mut self, person: PersonId, id: i64) -> Result<bool, Error> {
        let sql = "DELETE FROM sessions WHERE id = ?1 AND person = ?2";
        let changed = self.change("end a session", sql, params![id, person.0])?;
        Ok(changed == 1)
    }

    /// Ends all sessions of somebody; how many there were.
    pub fn end_all(&mut self, person: PersonId) -> Result<usize, Error> {
        let sql = "DELETE FROM sessions WHERE person = ?1";
        self.change("end sessions", sql, [person.0])
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get("id")?,
        person: PersonId(row.get("person")?),
        agent: row.get("agent")?,
        created_ms: time(row, "created_ms")?,
        seen_ms: time(row, "seen_ms")?,
        expires_ms: time(row, "expires_ms")?,
    })
}
