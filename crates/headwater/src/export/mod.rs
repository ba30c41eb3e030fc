//! Writes a closed campaign's labels, and the answers behind them, as CSV or JSON Lines.

use serde::Serialize;
use std::io::{self, Write};

#[cfg(test)]
mod tests;

/// A table's row: its fields are the columns, in the order in which they are declared.
pub trait Row: Serialize {
    /// The names of the fields.
    const COLUMNS: &'static [&'static str];
}

/// A unit of a closed campaign and its consensus label.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ExportRow<'a> {
    /// The requester's name of the unit.
    pub unit: &'a str,
    /// The class that the accepted answers make the likeliest.
    pub label: &'a str,
    /// How likely, in parts per million.
    pub probability_ppm: u32,
    /// How many accepted answers the unit has.
    pub answers: u32,
}

impl Row for ExportRow<'_> {
    const COLUMNS: &'static [&'static str] = &["unit", "label", "probability_ppm", "answers"];
}

/// An accepted answer.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AnswerRow<'a> {
    /// The requester's name of the unit.
    pub unit: &'a str,
    /// The pseudonym of who answered.
    pub contributor: &'a str,
    /// The class that was chosen.
    pub label: &'a str,
    /// Which of the contributor's blocks the answer was judged in, from 0.
    pub block: u32,
}

impl Row for AnswerRow<'_> {
    const COLUMNS: &'static [&'static str] = &["unit", "contributor", "label", "block"];
}

/// Writes a header and the rows, with line feeds (RFC 4180 otherwise).
///
/// # Errors
/// Those of `out`.
pub fn write_csv<R: Row>(out: impl Write, rows: impl IntoIterator<Item = R>) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(out);
    table.write_record(R::COLUMNS)?;
    for row in rows {
        table.serialize(row)?;
    }
    table.flush()
}

/// Writes one object per row, its keys in the order of the columns.
///
/// # Errors
/// Those of `out`.
pub fn write_jsonl<R: Row>(
    mut out: impl Write,
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
