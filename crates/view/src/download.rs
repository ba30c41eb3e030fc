//! Downloads of contents, each with who, when and what for (`downloads.sqlite`).
//!
//! A download moves no money and is no entry: the grant that allows it is. The node that serves
//! the bytes is the only one to see them go, so this is its word.

use crate::database::Durability;
use crate::desk::{signed, unsigned};
use crate::{Database, Error};
use protocol::{AccountId, AssetId, GrantId};
use rusqlite::params;
use std::path::Path;

const STEPS: &[&str] = &["
    CREATE TABLE downloads (
        id INTEGER PRIMARY KEY, asset INTEGER NOT NULL, account INTEGER, purpose TEXT NOT NULL,
        grant_id INTEGER, bytes INTEGER NOT NULL, time_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX downloads_of ON downloads (asset, time_ms, id);
"];

/// The downloads' database; one writer.
#[derive(Debug)]
pub struct Downloads(Database);

/// One answer with bytes of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Of what.
    pub asset: AssetId,
    /// By whom; nobody's account where the content is free and the reader not logged in.
    pub account: Option<AccountId>,
    /// For what, as the reader has said.
    pub purpose: String,
    /// What allowed it; `None` where nothing had to be bought.
    pub grant: Option<GrantId>,
    /// How many bytes were asked for.
    pub bytes: u64,
    /// When, milliseconds since 1970 by the node's clock.
    pub time_ms: u64,
}

impl Downloads {
    /// Opens the database, made if need be.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Database::open(path, Durability::Power, STEPS).map(Self)
    }

    /// Notes a download before its first byte leaves.
    pub fn note(&self, taken: &Taken) -> Result<(), Error> {
        self.0
            .connection
            .execute(
                "INSERT INTO downloads (asset, account, purpose, grant_id, bytes, time_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    taken.asset.0,
                    taken.account.map(|id| id.0),
                    taken.purpose,
                    taken.grant.map(|id| id.0),
                    signed(taken.bytes),
                    signed(taken.time_ms)
                ],
            )
            .map_err(Error::of("note a download"))?;
        Ok(())
    }

    /// Downloads of an asset, the newest first: those before a place `(time_ms, number)`. Each has
    /// its number.
    pub fn of_asset(
        &self,
        asset: AssetId,
        (time_ms, number): (u64, i64),
        limit: usize,
    ) -> Result<Vec<(i64, Taken)>, Error> {
        let failed = || Error::of("read downloads");
        let sql = "SELECT id, account, purpose, grant_id, bytes, time_ms FROM downloads
                   WHERE asset = ?1 AND (time_ms, id) < (?2, ?3)
                   ORDER BY time_ms DESC, id DESC LIMIT ?4";
        let mut statement = self.0.connection.prepare_cached(sql).map_err(failed())?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let time = i64::try_from(time_ms).unwrap_or(i64::MAX);
        let rows = statement.query_map((asset.0, time, number, limit), |row| {
            let taken = Taken {
                asset,
                account: row.get::<_, Option<u32>>(1)?.map(AccountId),
                purpose: row.get(2)?,
                grant: row.get::<_, Option<u32>>(3)?.map(GrantId),
                bytes: unsigned(row.get(4)?),
                time_ms: unsigned(row.get(5)?),
            };
            Ok((row.get(0)?, taken))
        });
        let rows = rows.map_err(failed())?;
        rows.collect::<Result<_, _>>().map_err(failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_are_kept_and_come_newest_first_by_pages() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("downloads.sqlite");
        let taken = |asset, time_ms| Taken {
            asset: AssetId(asset),
            account: Some(AccountId(3)),
            purpose: "train".to_owned(),
            grant: Some(GrantId(1)),
            bytes: 10,
            time_ms,
        };
        let downloads = Downloads::open(&path).expect("it opens");
        for (asset, time_ms) in [(1, 5), (1, 7), (2, 7), (1, 7), (1, 6)] {
            downloads.note(&taken(asset, time_ms)).expect("it is noted");
        }
        drop(downloads);
        let downloads = Downloads::open(&path).expect("it opens again");
        let page = |place, limit| {
            let rows = downloads.of_asset(AssetId(1), place, limit);
            let rows = rows.expect("it answers").into_iter();
            rows.map(|(id, it)| (id, it.time_ms)).collect::<Vec<_>>()
        };
        assert_eq!(page((u64::MAX, i64::MAX), 2), [(4, 7), (2, 7)]);
        assert_eq!(page((7, 2), 9), [(5, 6), (1, 5)]);
        let whole = downloads.of_asset(AssetId(2), (u64::MAX, i64::MAX), 9);
        assert_eq!(whole.expect("it answers"), [(3, taken(2, 7))]);
    }
}
