//! `replies.sqlite`: what requests with an `Idempotency-Key` were answered, for a day.
//!
//! The answers are sealed by whoever hands them in; what stands here opens without the client's key
//! nothing.

use crate::database::Durability;
use crate::desk::{signed, unsigned};
use crate::{Database, Error};
use protocol::Hash;
use rusqlite::{OptionalExtension as _, params};
use std::path::Path;

const STEPS: &[&str] = &["
    CREATE TABLE replies (
        id BLOB PRIMARY KEY, owner TEXT NOT NULL, request BLOB NOT NULL,
        status INTEGER, kind TEXT, body BLOB, begun_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX replies_begun ON replies (begun_ms);
    CREATE INDEX replies_of ON replies (owner, begun_ms);
"];

/// How long an answer is kept, in milliseconds.
pub const KEPT_MS: u64 = 86_400_000;
/// Most answers that are kept for one owner; one more lets the oldest go.
pub const MOST: u32 = 1_000;
/// Marks a request of which nobody knows whether it has done something.
const LOST: u16 = 0;

/// The replies' database; one writer.
#[derive(Debug)]
pub struct Replies(Database);

/// What is known of a request when it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it is begun now, and must be finished or abandoned.
    Fresh,
    /// Another request has used the key.
    Other,
    /// It is being worked on.
    Working,
    /// It was begun, and nobody knows what came of it: the process ended, or could not tell.
    Lost,
    /// It was answered.
    Done(Reply),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Its `Content-Type`; empty for none.
    pub kind: String,
    /// Its body, as it was handed in.
    pub body: Vec<u8>,
}

impl Replies {
    /// Opens the file, or makes it. What the last process had begun and not finished is lost.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let replies = Self(Database::open(path, Durability::Power, STEPS)?);
        let sql = "UPDATE replies SET status = ?1 WHERE status IS NULL";
        replies.change(sql, [LOST])?;
        Ok(replies)
    }

    /// Begins a request, unless its key was used within a day. `id` stands for owner and key,
    /// `request` for all that is asked.
    pub fn begin(
        &mut self,
        (id, owner): (&Hash, &str),
        request: &Hash,
        now_ms: u64,
    ) -> Result<Begun, Error> {
        let over = now_ms.saturating_sub(KEPT_MS);
        self.change("DELETE FROM replies WHERE begun_ms <= ?1", [signed(over)])?;
        if let Some(begun) = self.find(id, request)? {
            return Ok(begun);
        }
        let sql = "INSERT INTO replies (id, owner, request, begun_ms) VALUES (?1, ?2, ?3, ?4)";
        let values = params![id.0, owner, request.0, signed(now_ms)];
        self.change(sql, values)?;
        let sql = "DELETE FROM replies WHERE id IN (SELECT id FROM replies WHERE owner = ?1
                   ORDER BY begun_ms DESC, rowid DESC LIMIT -1 OFFSET ?2)";
        self.change(sql, params![owner, MOST])?;
        Ok(Begun::Fresh)
    }

    fn find(&self, id: &Hash, request: &Hash) -> Result<Option<Begun>, Error> {
        let sql = "SELECT request, status, kind, body FROM replies WHERE id = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let same = row.get::<_, [u8; 32]>(0)? == request.0;
            Ok(match (same, row.get::<_, Option<u16>>(1)?) {
                (false, _) => Begun::Other,
                (true, None) => Begun::Working,
                (true, Some(LOST)) => Begun::Lost,
                (true, Some(status)) => Begun::Done(Reply {
                    status,
                    kind: row.get(2)?,
                    body: row.get(3)?,
                }),
            })
        };
        let found = self.0.connection.query_row(sql, [id.0], read).optional();
        found.map_err(Error::of("find an earlier request"))
    }

    /// Keeps the answer to a request that was begun.
    pub fn finish(&mut self, id: &Hash, reply: &Reply) -> Result<(), Error> {
        let sql = "UPDATE replies SET status = ?2, kind = ?3, body = ?4 WHERE id = ?1";
        self.change(sql, params![id.0, reply.status, reply.kind, reply.body])?;
        Ok(())
    }

    /// Forgets a request that has done nothing: it may be sent again under its key.
    pub fn abandon(&mut self, id: &Hash) -> Result<(), Error> {
        let sql = "DELETE FROM replies WHERE id = ?1 AND status IS NULL";
        self.change(sql, [id.0])?;
        Ok(())
    }

    /// Notes that nobody knows whether a request that was begun has done something: it is not
    /// worked on again under its key.
    pub fn lose(&mut self, id: &Hash) -> Result<(), Error> {
        let sql = "UPDATE replies SET status = ?2 WHERE id = ?1 AND status IS NULL";
        self.change(sql, params![id.0, LOST])?;
        Ok(())
    }

    /// How many answers are kept.
    pub fn count(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM replies";
        let counted = self.0.connection.query_row(sql, [], |row| row.get(0));
        Ok(unsigned(counted.map_err(Error::of("count replies"))?))
    }

    fn change(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, Error> {
        let changed = self.0.connection.execute(sql, values);
        changed.map_err(Error::of("keep a reply"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = KEPT_MS;

    fn hash(byte: u8) -> Hash {
        Hash([byte; 32])
    }

    fn reply() -> Reply {
        Reply {
            status: 201,
            kind: "application/json".to_owned(),
            body: b"sealed".to_vec(),
        }
    }

    #[test]
    fn an_answer_is_kept_for_a_day_and_over_a_restart() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("replies.sqlite");
        let mut replies = Replies::open(&path).expect("it opens");
        let begin = |replies: &mut Replies, id: u8, request: u8, now_ms: u64| {
            replies
                .begin((&hash(id), "p1"), &hash(request), now_ms)
                .expect("it answers")
        };
        assert_eq!(begin(&mut replies, 1, 9, 5), Begun::Fresh);
        assert_eq!(begin(&mut replies, 1, 9, 6), Begun::Working);
        assert_eq!(begin(&mut replies, 1, 8, 6), Begun::Other);
        replies.finish(&hash(1), &reply()).expect("it is kept");
        assert_eq!(begin(&mut replies, 2, 9, 7), Begun::Fresh);
        assert_eq!(begin(&mut replies, 3, 9, 7), Begun::Fresh);
        replies.abandon(&hash(3)).expect("it is forgotten");
        assert_eq!(begin(&mut replies, 3, 7, 8), Begun::Fresh);
        replies.lose(&hash(3)).expect("it is noted");
        assert_eq!(begin(&mut replies, 3, 7, 8), Begun::Lost);
        drop(replies);
        let mut replies = Replies::open(&path).expect("it opens");
        assert_eq!(begin(&mut replies, 1, 9, 9), Begun::Done(reply()));
        assert_eq!(begin(&mut replies, 2, 9, 9), Begun::Lost);
        assert_eq!(begin(&mut replies, 1, 9, 5 + DAY), Begun::Fresh);
    }

    #[test]
    fn nobody_fills_the_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut replies = Replies::open(&dir.path().join("r.sqlite")).expect("it opens");
        for number in 0..MOST + 5 {
            let mut id = hash(0);
            id.0[..4].copy_from_slice(&number.to_be_bytes());
            let owner = if number == 0 { "p2" } else { "p1" };
            let begun = replies.begin((&id, owner), &hash(1), u64::from(number) + 1);
            assert_eq!(begun.expect("it answers"), Begun::Fresh);
        }
        assert_eq!(replies.count().expect("it counts"), u64::from(MOST) + 1);
    }
}
