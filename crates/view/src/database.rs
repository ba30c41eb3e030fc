//! A SQLite file with a schema that grows by numbered steps.

use crate::Error;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// An open database; one connection, for one thread at a time.
#[derive(Debug)]
pub struct Database {
    pub(crate) connection: Connection,
}

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
        let synchronous = match durability {
            Durability::Power => "FULL",
            Durability::Process => "NORMAL",
        };
        let pragmas = format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
             PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;"
        );
        connection
            .execute_batch(&pragmas)
            .map_err(Error::of(doing()))?;
        let mut database = Self { connection };
        database.grow(steps, &doing())?;
        Ok(database)
    }

    /// A database that no statement can change.
    pub fn read_only(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(Error::of(format!("open `{}`", path.display())))?;
        Ok(Self { connection })
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
    fn what_is_no_database_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("some.sqlite");
        std::fs::write(&path, vec![7; 4_096]).expect("it is written");
        let error = Database::open(&path, Durability::Power, &[]).expect_err("it is none");
        assert_eq!(error.kind, Kind::Corrupt);
        assert!(error.to_string().contains("some.sqlite"), "{error}");
    }
}
