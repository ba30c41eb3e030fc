//! Who has used an asset, what that has paid, and where the money went.

use super::{Questions, amount, natural};
use crate::Error;
use protocol::Amount;
use rusqlite::Row;

/// Something that was paid for an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Number among those of its kind, from 0 in log order.
    pub number: i64,
    /// By whom.
    pub payer: u32,
    /// For what.
    pub purpose: String,
    /// Uses of a segment; of a grant, rows, 0 for all of them.
    pub count: u64,
    /// How much.
    pub amount: Amount,
    /// Log time, milliseconds.
    pub time_ms: u64,
    /// The entry.
    pub seq: u64,
    /// Of a grant: after which it allows nothing more, and when and by whom it was revoked.
    pub ends: (Option<u64>, Option<u64>, Option<u32>),
}

/// A waiver under which a child was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// Its number in the log.
    pub waiver: i64,
    /// Who has registered under it.
    pub account: u32,
    /// The asset that was registered: it owes the other floor from then on.
    pub child: u32,
    /// The floor that the child owes instead, in ppm.
    pub floor_ppm: u32,
    /// What was paid for it.
    pub amount: Amount,
    /// Log time of the child's registration, milliseconds.
    pub time_ms: u64,
    /// The entry with the child.
    pub seq: u64,
}

/// A sum that has moved from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// `calls`, `grants`, `waivers` into an asset; `floor`, `flow`, `pool`, `owner` out of one.
    pub kind: String,
    /// From which asset; for payments, by which account.
    pub from: u32,
    /// To which asset or account; nothing for an asset's own contributors.
    pub to: Option<u32>,
    /// In which currency `amount` is counted, by its number in the log.
    pub token: u16,
    /// How much.
    pub amount: Amount,
    /// False for what still waits for the running epoch to close.
    pub settled: bool,
}

/// A place in a list that comes newest first: time in milliseconds, and number.
pub type Place = (u64, i64);

impl Questions {
    /// Charged calls of an asset, the newest first, those before a place.
    pub fn calls(&self, asset: u32, before: Place, limit: usize) -> Result<Vec<Paid>, Error> {
        self.rows(
            "SELECT use, payer, purpose, uses, amount_units, time_ms, seq, NULL, NULL, NULL
             FROM uses WHERE asset = ?1 AND (time_ms, use) < (?2, ?3)
             ORDER BY time_ms DESC, use DESC LIMIT ?4",
            (asset, whole(before.0), before.1, whole(limit as u64)),
            paid,
        )
    }

    /// Grants of an asset, the newest first, those before a place.
    pub fn grants(&self, asset: u32, before: Place, limit: usize) -> Result<Vec<Paid>, Error> {
        self.rows(
            "SELECT grant_id, buyer, purpose, content_rows, amount_units, bought_ms, bought_seq,
                    expires_ms, revoked_ms, revoked_by
             FROM grants WHERE asset = ?1 AND (bought_ms, grant_id) < (?2, ?3)
             ORDER BY bought_ms DESC, grant_id DESC LIMIT ?4",
            (asset, whole(before.0), before.1, whole(limit as u64)),
            paid,
        )
    }

    /// Waivers of an asset's floor that were used, the newest first, those before a place.
    pub fn waived(&self, asset: u32, before: Place, limit: usize) -> Result<Vec<Waived>, Error> {
        self.rows(
            "SELECT waiver, waivers.account, used_by, floor_ppm, price_units, time_ms, used_seq
             FROM waivers JOIN entries ON seq = used_seq
             WHERE waivers.asset = ?1 AND (time_ms, waiver) < (?2, ?3)
             ORDER BY time_ms DESC, waiver DESC LIMIT ?4",
            (asset, whole(before.0), before.1, whole(limit as u64)),
            waived,
        )
    }

    /// What came into an asset: payments of its users, by payer and kind, and shares of what was
    /// built on it, by child. What was paid in the running epoch has not been passed on yet.
    pub fn came(&self, asset: u32) -> Result<Vec<Moved>, Error> {
        let rows = self.rows(
            "WITH closed AS (SELECT coalesce(max(seq), -1) AS seq FROM epochs),
             paid AS (
                 SELECT 'calls' AS kind, payer, amount_units, seq FROM uses WHERE asset = ?1
                 UNION ALL
                 SELECT 'grants', buyer, amount_units, bought_seq FROM grants WHERE asset = ?1
                 UNION ALL
                 SELECT 'waivers', account, price_units, used_seq FROM waivers
                 WHERE asset = ?1 AND used_seq IS NOT NULL)
             SELECT kind, payer, NULL, (SELECT token FROM assets WHERE asset = ?1),
                    sum_units(amount_units), seq < (SELECT seq FROM closed)
             FROM paid GROUP BY kind, payer, 6
             UNION ALL
             SELECT kind, from_asset, to_asset, token, sum_units(amount_units), 1 FROM royalties
             WHERE to_asset = ?1 AND kind IN ('floor', 'flow')
             GROUP BY kind, from_asset, token",
            [asset],
            moved,
        )?;
        Ok(rows
            .into_iter()
            .filter(|row| !row.amount.is_zero())
            .collect())
    }

    /// What went out of an asset in closed epochs: to ancestors, its contributors, its owner,
    /// the operator.
    pub fn went(&self, asset: u32) -> Result<Vec<Moved>, Error> {
        self.rows(
            "SELECT kind, from_asset,
                    CASE WHEN kind IN ('owner', 'operator') THEN to_account
                         WHEN kind != 'pool' THEN to_asset END AS target,
                    token, sum_units(amount_units), 1
             FROM royalties WHERE from_asset = ?1
             GROUP BY kind, target, token ORDER BY kind, target",
            [asset],
            moved,
        )
    }

    /// Assets whose title, kind or purposes have all words of a search, the newest first.
    pub fn named(&self, text: &str, limit: usize) -> Result<Vec<u32>, Error> {
        // SQLite would read no further than a zero byte.
        let words = text.split(|it: char| it.is_whitespace() || it.is_control());
        let words = words.filter(|word| !word.is_empty());
        let words = words.map(|word| format!("\"{}\"*", word.replace('"', "\"\"")));
        let wanted: Vec<String> = words.collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.rows(
            "SELECT rowid FROM asset_words WHERE asset_words MATCH ?1
             ORDER BY rowid DESC LIMIT ?2",
            (wanted.join(" "), whole(limit as u64)),
            |row| row.get(0),
        )
    }
}

fn paid(row: &Row<'_>) -> rusqlite::Result<Paid> {
    let time = |place: usize| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(place)?.map(i64::unsigned_abs))
    };
    Ok(Paid {
        number: row.get(0)?,
        payer: row.get(1)?,
        purpose: row.get(2)?,
        count: natural(row, 3)?,
        amount: amount(row, 4)?,
        time_ms: natural(row, 5)?,
        seq: natural(row, 6)?,
        ends: (time(7)?, time(8)?, row.get(9)?),
    })
}

fn waived(row: &Row<'_>) -> rusqlite::Result<Waived> {
    Ok(Waived {
        waiver: row.get(0)?,
        account: row.get(1)?,
        child: row.get(2)?,
        floor_ppm: row.get(3)?,
        amount: amount(row, 4)?,
        time_ms: natural(row, 5)?,
        seq: natural(row, 6)?,
    })
}

fn moved(row: &Row<'_>) -> rusqlite::Result<Moved> {
    Ok(Moved {
        kind: row.get(0)?,
        from: row.get(1)?,
        to: row.get(2)?,
        token: row.get(3)?,
        amount: amount(row, 4)?,
        settled: row.get(5)?,
    })
}

/// A number in a parameter; beyond 2^63 the last that fits.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
