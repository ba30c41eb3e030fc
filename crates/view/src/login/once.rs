//! What may be used once: challenges of a login, and nonces of signed requests.

use super::{Login, ms};
use crate::Error;
use protocol::Hash;
use rusqlite::params;

/// Most challenges that are open at a time; one beyond them closes the one that ends first.
const MOST_CHALLENGES: u32 = 100_000;

impl Login {
    /// Opens a challenge for one browser.
    pub fn challenge(&mut self, hash: Hash, browser: Hash, expires_ms: u64) -> Result<(), Error> {
        self.change(
            "open a challenge",
            "INSERT INTO challenges (hash, browser, expires_ms) VALUES (?1, ?2, ?3)",
            params![hash.0, browser.0, ms(expires_ms)],
        )?;
        self.change(
            "close old challenges",
            "DELETE FROM challenges WHERE rowid IN (
                SELECT rowid FROM challenges ORDER BY rowid DESC LIMIT -1 OFFSET ?1)",
            [MOST_CHALLENGES],
        )?;
        Ok(())
    }

    /// Takes a challenge away; true if this browser had it and its time is not over. Whatever the
    /// answer, the challenge is gone.
    pub fn answer(&mut self, hash: Hash, browser: Hash, now_ms: u64) -> Result<bool, Error> {
        let taken = self.one(
            "take a challenge",
            "DELETE FROM challenges WHERE hash = ?1 RETURNING browser, expires_ms",
            [hash.0],
            |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, i64>(1)?)),
        )?;
        Ok(taken.is_some_and(|(own, expires_ms)| own == browser.0 && expires_ms > ms(now_ms)))
    }

    /// Notes that something was used, for as long as it could be used again; false if it was
    /// before.
    pub fn use_once(&mut self, hash: Hash, expires_ms: u64) -> Result<bool, Error> {
        let changed = self.change(
            "note a use",
            "INSERT INTO used (hash, expires_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![hash.0, ms(expires_ms)],
        )?;
        Ok(changed == 1)
    }
}
