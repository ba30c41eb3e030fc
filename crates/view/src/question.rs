//! Questions that a node is asked often, as functions with pages; every list goes by an index.

mod account;
mod asset;
mod campaign;
mod market;
mod money;
mod unit;

pub use account::{Balance, EntryRow, StatementLine, WorkRow};
pub use asset::{AssetFilter, AssetRow, UseRow};
pub use campaign::{CampaignFilter, CampaignRow, Contributor, Dashboard, Mistake};
pub use market::{Moved, Paid, Place, Waived};
pub use money::{EpochRow, PoolRevenue, PoolShare, TokenTotals};
pub use unit::{UnitFilter, UnitRow};

use crate::projection::units::{self, Units};
use crate::{Database, Error};
use protocol::Amount;
use rusqlite::{Params, Row};
use std::path::Path;

/// Most rows of one page.
const LONGEST_PAGE: usize = 1_000;

/// A view that is read; one for each thread.
#[derive(Debug)]
pub struct Questions {
    database: Database,
}

/// Part of a list. Whoever wants more names the last row of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// At most as many as were wanted, and never more than 1,000.
    pub rows: Vec<T>,
    /// True if there are more behind them.
    pub more: bool,
}

impl Questions {
    /// Opens a view that is there, beside whoever writes it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::read_only(path)?;
        units::add_functions(&database.connection)?;
        Ok(Self { database })
    }

    /// Entries that the answers of now rest on.
    pub fn through(&self) -> Result<u64, Error> {
        let through = self.row("SELECT through FROM position", [], |row| {
            row.get::<_, i64>(0)
        })?;
        Ok(through.unwrap_or(0).unsigned_abs())
    }

    fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        Ok(self.rows(sql, params, read)?.into_iter().next())
    }

    fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let failed = || Error::of("ask the view");
        let connection = &self.database.connection;
        let mut statement = connection.prepare_cached(sql).map_err(failed())?;
        let rows = statement.query_map(params, read).map_err(failed())?;
        rows.collect::<Result<_, _>>().map_err(failed())
    }
}

/// What a query must be limited to, so that a page knows whether there is more.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit.clamp(1, LONGEST_PAGE) + 1).unwrap_or(i64::MAX)
}

fn page<T>(mut rows: Vec<T>, limit: usize) -> Page<T> {
    let limit = limit.clamp(1, LONGEST_PAGE);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Page { rows, more }
}

/// An amount in a column; what no amount of a token can be is a damaged view.
fn amount(row: &Row<'_>, column: usize) -> rusqlite::Result<Amount> {
    let Units(units) = row.get(column)?;
    Amount::new(units).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, i64::MAX))
}

/// A time or a count, of which none is negative.
fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}
