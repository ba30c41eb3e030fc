//! Units of a campaign: by position, without a label, unsure, by their words, or disputed first.

use super::{Page, Questions, one_more, page};
use crate::Error;
use rusqlite::Row;

/// A choice among the units of one campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitFilter {
    /// All of them.
    All,
    /// Those without a label.
    Unlabelled,
    /// Those whose label is less probable than this, in parts per million.
    Below(u32),
    /// Those whose name or text has all of these words; the last one may be the beginning of a
    /// word.
    Matching(String),
}

/// A unit with its newest label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// Position in the campaign.
    pub unit: u32,
    /// The requester's id for it.
    pub name: Option<String>,
    /// What is judged, where it is a text.
    pub text: Option<String>,
    /// Position of the label, and its probability in parts per million.
    pub label: Option<(u16, u32)>,
    /// The known label, once that is opened.
    pub gold: Option<u16>,
    /// Opened answers that count, and of these accepted ones.
    pub answers: (u32, u32),
    /// Part of the answers that is not the most frequent one, in parts per million.
    pub disagreement_ppm: Option<u32>,
}

const COLUMNS: &str = "u.unit, u.name, u.text, u.label, u.probability_ppm, u.gold, u.answers,
    u.accepted, u.disagreement_ppm";

impl Questions {
    /// Units of a campaign by position, those behind `after`.
    pub fn units(
        &self,
        campaign: u32,
        filter: &UnitFilter,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Page<UnitRow>, Error> {
        let sql = "SELECT first_unit_id, unit_count FROM campaigns WHERE campaign = ?1";
        let bounds = self.row(sql, [campaign], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        let Some((first, count)) = bounds else {
            return Ok(page(Vec::new(), limit));
        };
        let from = first + after.map_or(0, |after| i64::from(after) + 1);
        let (from, to, most) = (from, first + count, one_more(limit));
        let rows = |condition: &str| {
            let sql = format!(
                "SELECT {COLUMNS} FROM units AS u
                 WHERE u.unit_id >= ?1 AND u.unit_id < ?2 AND {condition}
                 ORDER BY u.unit_id LIMIT ?3"
            );
            self.rows(&sql, (from, to, most), unit)
        };
        let rows = match filter {
            UnitFilter::All => rows("true"),
            UnitFilter::Unlabelled => rows(&format!("u.campaign = {campaign} AND u.label IS NULL")),
            UnitFilter::Below(ppm) => rows(&format!("u.probability_ppm < {ppm}")),
            UnitFilter::Matching(text) => self.matching(text, (from, to), most),
        }?;
        Ok(page(rows, limit))
    }

    fn matching(
        &self,
        text: &str,
        (from, to): (i64, i64),
        most: i64,
    ) -> Result<Vec<UnitRow>, Error> {
        // Each word in quotes, so that nothing in it is syntax of the full-text search.
        let words = text
            .split(|it: char| it.is_whitespace() || it.is_control())
            .filter(|word| !word.is_empty())
            .map(|word| word.replace('"', "\"\""));
        let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM unit_words AS w JOIN units AS u ON u.unit_id = w.rowid
             WHERE unit_words MATCH ?1 AND w.rowid >= ?2 AND w.rowid < ?3
             ORDER BY w.rowid LIMIT ?4"
        );
        self.rows(&sql, (words.join(" ") + "*", from, to, most), unit)
    }

    /// Units whose answers differ most, first; those behind a disagreement and position.
    pub fn disputed(
        &self,
        campaign: u32,
        after: Option<(u32, u32)>,
        limit: usize,
    ) -> Result<Page<UnitRow>, Error> {
        let (ppm, behind) = after.unwrap_or((u32::MAX, 0));
        let sql = format!(
            "SELECT {COLUMNS} FROM units AS u
             WHERE u.campaign = ?1 AND u.disagreement_ppm <= ?2
               AND (u.disagreement_ppm < ?2 OR u.unit > ?3)
             ORDER BY u.disagreement_ppm DESC, u.unit LIMIT ?4"
        );
        let rows = self.rows(&sql, (campaign, ppm, behind, one_more(limit)), unit)?;
        Ok(page(rows, limit))
    }

    /// Units whose labels are least probable, first; those behind a probability and position.
    pub fn unsure(
        &self,
        campaign: u32,
        after: Option<(u32, u32)>,
        limit: usize,
    ) -> Result<Page<UnitRow>, Error> {
        let (ppm, behind) = after.map_or((0, -1), |(ppm, unit)| (ppm, i64::from(unit)));
        let sql = format!(
            "SELECT {COLUMNS} FROM units AS u
             WHERE u.campaign = ?1 AND u.probability_ppm >= ?2
               AND (u.probability_ppm > ?2 OR u.unit > ?3)
             ORDER BY u.probability_ppm, u.unit LIMIT ?4"
        );
        let rows = self.rows(&sql, (campaign, ppm, behind, one_more(limit)), unit)?;
        Ok(page(rows, limit))
    }
}

fn unit(row: &Row<'_>) -> rusqlite::Result<UnitRow> {
    let label: Option<u16> = row.get(3)?;
    let probability: Option<u32> = row.get(4)?;
    Ok(UnitRow {
        unit: row.get(0)?,
        name: row.get(1)?,
        text: row.get(2)?,
        label: label.zip(probability),
        gold: row.get(5)?,
        answers: (row.get(6)?, row.get(7)?),
        disagreement_ppm: row.get(8)?,
    })
}
