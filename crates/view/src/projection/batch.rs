//! Entries on their way into the tables: what is touched often stays in memory until they end.

use super::Documents;
use super::book::Book;
use super::purpose::Purpose;
use super::tally::Tally;
use crate::Error;
use protocol::entry::Entry;
use protocol::{Hash, codec, document};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use std::collections::BTreeMap;

/// What the rows of a batch are written by.
pub(super) struct Batch<'a> {
    pub connection: &'a Connection,
    pub documents: &'a dyn Documents,
    /// The number that the next row of a table takes.
    pub next: Next,
    pub book: Book,
    pub tally: Tally,
    /// What the holds of this entry are for.
    pub purposes: BTreeMap<u32, Purpose>,
    pub seq: i64,
    pub time_ms: i64,
    /// The space that the newest entry belongs to.
    pub space: Option<String>,
    /// Signature of the newest entry.
    pub last: Option<String>,
}

/// The next number of each table whose rows are numbered by the log or here.
pub(super) struct Next {
    pub account: u32,
    pub campaign: u32,
    pub asset: u32,
    pub allowance: u32,
    pub grant: u32,
    pub waiver: u32,
    pub purse: u32,
    pub hold: u32,
    pub unit_id: i64,
    pub answer: i64,
    pub movement: i64,
    pub usage: i64,
    pub royalty: i64,
    pub fact: i64,
}

impl<'a> Batch<'a> {
    pub fn new(connection: &'a Connection, documents: &'a dyn Documents) -> Result<Self, Error> {
        let next = |column: &str, table: &str| {
            let sql = format!("SELECT coalesce(max({column}), -1) + 1 FROM {table}");
            let mut statement = connection.prepare_cached(&sql).map_err(failed())?;
            statement
                .query_row([], |row| row.get::<_, i64>(0))
                .map_err(failed())
        };
        let narrow = |column, table| {
            let number = next(column, table)?;
            u32::try_from(number).map_err(|_| broken(format!("{table} has {number} rows")))
        };
        let next = Next {
            account: narrow("account", "accounts")?,
            campaign: narrow("campaign", "campaigns")?,
            asset: narrow("asset", "assets")?,
            allowance: narrow("allowance", "allowances")?,
            grant: narrow("grant_id", "grants")?,
            waiver: narrow("waiver", "waivers")?,
            purse: narrow("purse", "purses")?,
            hold: narrow("hold", "holds")?,
            unit_id: next("unit_id", "units")?,
            answer: next("answer", "answers")?,
            movement: next("movement", "movements")?,
            usage: next("use", "uses")?,
            royalty: next("royalty", "royalties")?,
            fact: next("fact", "facts")?,
        };
        Ok(Self {
            connection,
            documents,
            next,
            book: Book::default(),
            tally: Tally::default(),
            purposes: BTreeMap::new(),
            seq: 0,
            time_ms: 0,
            space: None,
            last: None,
        })
    }

    /// Begins with an entry.
    pub fn turn_to(&mut self, entry: &Entry) {
        self.seq = int(entry.seq);
        self.time_ms = int(entry.time_ms);
    }

    /// Writes what is in memory; after that tables may be read and written directly.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.flush_book()?;
        self.flush_tally()
    }

    /// Runs a statement that gives no rows; how many it has changed.
    pub fn run(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed())?;
        statement.execute(params).map_err(failed())
    }

    /// The first row, if there is one.
    pub fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed())?;
        let row = statement.query_row(params, read);
        row.optional().map_err(failed())
    }

    /// All rows.
    pub fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed())?;
        let rows = statement.query_map(params, read).map_err(failed())?;
        rows.collect::<Result<_, _>>().map_err(failed())
    }

    /// The units of a campaign; `None` where the document is not there or is no list of units.
    pub fn units(&self, hash: &Hash) -> Option<document::Units> {
        codec::decode(&self.documents.document(hash)?).ok()
    }

    /// What was scored; `None` as above.
    pub fn scores(&self, hash: &Hash) -> Option<document::Scores> {
        codec::decode(&self.documents.document(hash)?).ok()
    }
}

/// A number of the log in a column. Times beyond 2^63 milliseconds become the last that fits.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time after which something ends; none where it never does.
pub(super) fn end_ms(time_ms: u64) -> Option<i64> {
    i64::try_from(time_ms).ok()
}

pub(super) fn failed() -> impl FnOnce(rusqlite::Error) -> Error {
    Error::of("apply an entry to the view")
}

/// The tables and the log contradict each other.
pub(super) fn broken(why: impl Into<String>) -> Error {
    Error::corrupt("apply an entry to the view", why)
}
