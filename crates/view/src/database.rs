//! A SQLite file with a schema that grows by numbered steps.

use crate::Error;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// An open database; one connection, for one thread at a time.
#[derive(Debug)]
pub struct Database {
    pub(crate) connection: Connection,
}

/// Pages of 4 KiB that make 64 MiB.
pub(crate) const CHECKPOINT_PAGES: u32 = 16_384;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What is committed survives a loss of power: one sync for each commit.
    Power,
    /// What is committed survives the end of the process alone; the file stays whole either way.
    Process,
}

impl Database {
    /// Opens a file, makes it if it is not there, and brings its schema up to the last of `steps`,
    /// each of which is SQL that runs once.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] for a file that more steps have made than these.
    pub fn open(path: &Path, durability: Durability, steps: &[&str]) -> Result<Self, Error> {
        let doing = || format!("open `{}`", path.display());
        let connection = Connection::open(path).map_err(Error::of(doing()))?;
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;
                       PRAGMA busy_timeout = 5000;";
        connection
            .execute_batch(pragmas)
            .map_err(Error::of(doing()))?;
        let mut database = Self { connection };
        database.rely_on(durability, &doing())?;
        database.grow(steps, &doing())?;
        Ok(database)
    }

    /// How the commits from here on are written. What is committed for [`Durability::Power`] later
    /// takes all before it along: both stand in one write-ahead log.
    pub(crate) fn rely_on(&self, durability: Durability, doing: &str) -> Result<(), Error> {
        let synchronous = match durability {
            Durability::Power => "FULL",
            Durability::Process => "NORMAL",
        };
        let set = self
            .connection
            .pragma_update(None, "synchronous", synchronous);
        set.map_err(Error::of(doing))
    }

    /// Moves pages from the write-ahead log into the file after 64 MiB of them instead of 4: each
    /// time syncs the disk, and whoever waits for that commit waits for it.
    pub(crate) fn checkpoint_rarely(&self, doing: &str) -> Result<(), Error> {
        let every = self
            .connection
            .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES);
        every.map_err(Error::of(doing))
    }

    /// A database that no statement can change.
    pub fn read_only(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(Error::of(format!("open `{}`", path.display())))?;
        Ok(Self { connection })
    }

    /// Copies a database as of one moment, also while another process writes it. The new file is
    /// whole and synced when this returns; it must not be there before.
    pub fn copy(from: &Path, to: &Path) -> Result<(), Error> {
        let doing = || format!("copy `{}`", from.display());
        let database = Self::read_only(from)?;
        let connection = &database.connection;
        connection
            .execute_batch("PRAGMA busy_timeout = 5000")
            .map_err(Error::of(doing()))?;
        connection
            .execute("VACUUM INTO ?1", [to.to_string_lossy()])
            .map_err(Error::of(doing()))?;
        let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
        synced.map_err(|error| Error {
            kind: crate::error::Kind::Unavailable,
            ..Error::invalid(doing(), error.to_string())
        })
    }

    fn grow(&mut self, steps: &[&str], doing: &str) -> Result<(), Error> {
        let version: u32 = self
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(Error::of(doing))?;
        let version = version as usize;
        if version > steps.len() {
            let why = format!(
                "its schema has {version} steps and this program knows {}\n\
                 hint: a newer version has written it; use that one",
                steps.len()
            );
            return Err(Error::corrupt(doing, why));
        }
        for (number, step) in (1_u32..).zip(steps).skip(version) {
            let transaction = self.connection.transaction().map_err(Error::of(doing))?;
            transaction.execute_batch(step).map_err(Error::of(doing))?;
            transaction
                .pragma_update(None, "user_version", number)
                .map_err(Error::of(doing))?;
            transaction.commit().map_err(Error::of(doing))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_schema_grows_step_by_step_and_never_shrinks() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("some.sqlite");
        let one = ["CREATE TABLE a (x INTEGER)"];
        let two = [one[0], "ALTER TABLE a ADD COLUMN y TEXT"];
        for steps in [&one[..], &two[..], &two[..]] {
            Database::open(&path, Durability::Process, steps).expect("it opens");
        }
        let database = Database::read_only(&path).expect("it opens");
        let columns: i64 = database
            .connection
            .query_row("SELECT count(*) FROM pragma_table_info('a')", [], |row| {
                row.get(0)
            })
            .expect("it answers");
        assert_eq!(columns, 2);
        let newer = Database::open(&path, Durability::Process, &one).expect_err("it is newer");
        assert_eq!(newer.kind, Kind::Corrupt);
    }

    #[test]
    fn a_copy_is_of_one_moment_and_opens_like_the_original() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, to) = (
            dir.path().join("some.sqlite"),
            dir.path().join("copy.sqlite"),
        );
        let steps = ["CREATE TABLE a (x INTEGER)"];
        let mut writer = Database::open(&path, Durability::Power, &steps).expect("it opens");
        let insert = "INSERT INTO a VALUES (1)";
        writer.connection.execute(insert, []).expect("it is kept");
        let open = writer.connection.transaction().expect("it begins");
        open.execute(insert, []).expect("it is not kept yet");
        Database::copy(&path, &to).expect("it is copied while it is written");
        open.commit().expect("it is kept");
        assert!(
            Database::copy(&path, &to).is_err(),
            "a copy is not overwritten"
        );
        let copy = Database::open(&to, Durability::Power, &steps).expect("it opens");
        let count = |database: &Database| -> i64 {
            let sql = "SELECT count(*) FROM a";
            let row = database.connection.query_row(sql, [], |row| row.get(0));
            row.expect("it answers")
        };
        assert_eq!((count(&copy), count(&writer)), (1, 2));
    }

    #[test]
    fn what_is_no_database_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("some.sqlite");
        std::fs::write(&path, vec![7; 4_096]).expect("it is written");
        let error = Database::open(&path, Durability::Power, &[]).expect_err("it is none");
        assert_eq!(error.kind, Kind::Corrupt);
        assert!(error.to_string().contains("some.sqlite"), "{error}");
    }
}
