//! Assets and who has used them, when, for what, at what cost.

use super::{Page, Questions, amount, natural, one_more, page};
use crate::Error;
use protocol::Amount;

/// Which assets; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetFilter {
    /// `dataset`, `label_set` or `model`.
    pub kind: Option<String>,
    /// The account that answers for it.
    pub owner: Option<u32>,
    /// Part of the title, in any case of ASCII letters.
    pub text: Option<String>,
}

/// An asset in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetRow {
    /// Number in the log.
    pub asset: u32,
    /// Who answers for it.
    pub owner: u32,
    /// `dataset`, `label_set` or `model`.
    pub kind: String,
    /// Name for people.
    pub title: String,
    /// Uses that are allowed, a JSON list of words.
    pub purposes: String,
    /// In what uses are charged.
    pub token: u16,
    /// Price of one use.
    pub price: Amount,
    /// The campaign that made it.
    pub campaign: Option<u32>,
    /// Log time of its registration, milliseconds.
    pub registered_ms: u64,
    /// Uses charged so far.
    pub uses: u64,
    /// What they cost.
    pub charged: Amount,
}

/// Uses of an asset by one payer for one purpose in one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseRow {
    /// By which pages go on: from 0, in log order.
    pub number: u64,
    /// Who has paid.
    pub payer: u32,
    /// Log time of the segment, milliseconds.
    pub time_ms: u64,
    /// The entry with the segment.
    pub seq: u64,
    /// For what.
    pub purpose: String,
    /// How often.
    pub uses: u64,
    /// What it cost.
    pub amount: Amount,
}

impl Questions {
    /// Assets, the newest first; those before `before`.
    pub fn assets(
        &self,
        filter: &AssetFilter,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Page<AssetRow>, Error> {
        let before = before.map_or(i64::MAX, i64::from);
        let AssetFilter { kind, owner, text } = filter;
        let rows = self.rows(
            "SELECT asset, owner, kind, title, purposes, token, price_units, campaign,
                    registered_ms, uses, charged_units
             FROM assets
             WHERE asset < ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR owner = ?3)
               AND (?4 IS NULL OR instr(lower(title), lower(?4)))
             ORDER BY asset DESC LIMIT ?5",
            (before, kind, owner, text, one_more(limit)),
            |row| {
                Ok(AssetRow {
                    asset: row.get(0)?,
                    owner: row.get(1)?,
                    kind: row.get(2)?,
                    title: row.get(3)?,
                    purposes: row.get(4)?,
                    token: row.get(5)?,
                    price: amount(row, 6)?,
                    campaign: row.get(7)?,
                    registered_ms: natural(row, 8)?,
                    uses: natural(row, 9)?,
                    charged: amount(row, 10)?,
                })
            },
        )?;
        Ok(page(rows, limit))
    }

    /// Uses of an asset, the newest first; those before `before`.
    pub fn uses(
        &self,
        asset: u32,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<UseRow>, Error> {
        let before = before.map_or(i64::MAX, |row| i64::try_from(row).unwrap_or(i64::MAX));
        let rows = self.rows(
            "SELECT use, payer, time_ms, seq, purpose, uses, amount_units FROM uses
             WHERE asset = ?1 AND use < ?2 ORDER BY use DESC LIMIT ?3",
            (asset, before, one_more(limit)),
            |row| {
                Ok(UseRow {
                    number: natural(row, 0)?,
                    payer: row.get(1)?,
                    time_ms: natural(row, 2)?,
                    seq: natural(row, 3)?,
                    purpose: row.get(4)?,
                    uses: natural(row, 5)?,
                    amount: amount(row, 6)?,
                })
            },
        )?;
        Ok(page(rows, limit))
    }
}
