//! Units out of a table or of Label Studio tasks, one row at a time.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;
use table::Error;
use table::error::Result;
use table::error::{listed, quoted};
use table::rows::{Fault, ROW_BYTES, Rows};

use crate::cells::{Refused, unit};
use crate::label::{Answer, Label, Prediction};
use crate::mapping::Mapping;
use crate::seen::Seen;
use crate::studio::{Studio, read};
use crate::unit::Unit;

/// How many faults are kept; the rest is counted.
pub const FAULTS: usize = 1_000;

/// The longest id, in bytes.
pub const NAME_BYTES: usize = 1_024;

/// A unit that was taken, with what its source says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its line or number in the file, from 1.
    pub place: u64,
    /// What is to be judged.
    pub unit: Unit,
    /// The known label.
    pub gold: Option<Label>,
    /// What people have said already; of Label Studio tasks only.
    pub answers: Vec<Answer>,
    /// What models have said already; of Label Studio tasks only.
    pub predictions: Vec<Prediction>,
}

/// What the rows of a file are.
#[derive(Clone, Debug)]
pub enum Source {
    /// Columns.
    Table(Mapping),
    /// Label Studio tasks, bare or with annotations and predictions.
    Studio(Studio),
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that were taken.
    pub taken: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Why, for the first 1,000 of them.
    pub faults: Vec<Fault>,
    /// Annotations that their authors had cancelled, passed over.
    pub cancelled: u64,
    /// Annotations that a reviewer had rejected last, passed over where they would be known labels.
    pub rejected: u64,
    /// Annotations and predictions without a region of a type that is read, and predictions that
    /// are there by their number only, passed over.
    pub unread: u64,
}

/// An iterator over the rows of a file: what is taken, and what is refused and why.
///
/// [`Reader::finish`] says how it ended; a file that is no table at all ends early.
#[must_use = "call `finish` to learn whether the file was read to its end"]
pub struct Reader {
    rows: Rows,
    source: Source,
    names: Seen,
    number: u64,
    outcome: Outcome,
    /// Columns of the rows until one is taken, to name them if none fits.
    known: BTreeSet<String>,
    failed: Option<Error>,
}

impl Reader {
    /// Opens a file, or standard input for `-`; rows longer than 1 MiB are refused.
    ///
    /// # Errors
    /// A file that cannot be opened or is no table; a mapped column that its header lacks.
    pub fn open(path: &Path, source: Source) -> Result<Self> {
        Self::over(Rows::open(path, ROW_BYTES)?, source)
    }

    /// Reads rows that are open already, such as an upload.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn over(mut rows: Rows, source: Source) -> Result<Self> {
        if let Source::Table(mapping) = &source {
            check(&mut rows, mapping)?;
        }
        Ok(Self {
            rows,
            source,
            names: Seen::new(),
            number: 0,
            outcome: Outcome::default(),
            known: BTreeSet::new(),
            failed: None,
        })
    }

    /// What became of the rows that were asked for.
    ///
    /// # Errors
    /// Why the file ended before its rows did; a mapped column that no row has.
    pub fn finish(self) -> Result<Outcome> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.outcome.taken == 0 && self.outcome.refused > 0 {
            let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
            // Where no columns are known the faults of the rows say more, such as bad JSON.
            if let (Source::Table(mapping), false) = (&self.source, known.is_empty()) {
                missing(&self.rows, mapping, &known)?;
            }
        }
        Ok(self.outcome)
    }

    fn take(&mut self, row: table::Row) -> std::result::Result<Row, Fault> {
        if self.outcome.taken == 0 && self.known.len() < FAULTS {
            let names = row.cells.iter().map(|(name, _)| name.clone());
            self.known.extend(names);
        }
        let beginning = beginning(&row);
        let place = row.place;
        let taken = match &self.source {
            Source::Table(mapping) => mapped(row, mapping, self.number),
            Source::Studio(studio) => {
                read::task(row, studio, self.number).map(|(row, passed_over)| {
                    self.outcome.cancelled += passed_over.cancelled;
                    self.outcome.rejected += passed_over.rejected;
                    self.outcome.unread += passed_over.unread;
                    row
                })
            }
        };
        let taken = taken.and_then(|row| self.named(row));
        taken.map_err(|refused| refused.at(place, &beginning))
    }

    /// Holds the rules of names.
    fn named(&mut self, row: Row) -> std::result::Result<Row, Refused> {
        let name = &row.unit.name;
        let id = match &self.source {
            Source::Table(mapping) => mapping.id.as_deref(),
            Source::Studio(studio) => Some(studio.mapping.id.as_deref().unwrap_or("id")),
        };
        let Some(id) = id else {
            return Ok(row);
        };
        if name.trim().is_empty() {
            return Err(Refused::column(
                id,
                "the id is missing",
                "give each row an id",
            ));
        }
        if name.len() > NAME_BYTES {
            let what = format!("the id is longer than {NAME_BYTES} bytes");
            return Err(Refused::column(
                id,
                &what,
                "name the column that has the ids",
            ));
        }
        if !self.names.insert(name) {
            let what = format!("the id {} is there twice", quoted(name));
            return Err(Refused::column(id, &what, "give each row an id of its own"));
        }
        Ok(row)
    }
}

impl Iterator for Reader {
    type Item = std::result::Result<Row, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.rows.advance() {
            Ok(line) => line?,
            Err(error) => {
                self.failed = Some(error);
                return None;
            }
        };
        self.number += 1;
        let taken = line.and_then(|row| self.take(row));
        match &taken {
            Ok(_) => self.outcome.taken += 1,
            Err(fault) => {
                self.outcome.refused += 1;
                if self.outcome.faults.len() < FAULTS {
                    self.outcome.faults.push(fault.clone());
                }
            }
        }
        Some(taken)
    }
}

/// A row of columns as a unit.
fn mapped(row: table::Row, mapping: &Mapping, number: u64) -> std::result::Result<Row, Refused> {
    let place = row.place;
    let (unit, gold) = unit(row.cells, mapping, &number.to_string())?;
    Ok(Row {
        place,
        unit,
        gold,
        answers: Vec::new(),
        predictions: Vec::new(),
    })
}

/// How a row begins, for people: its first cells, of which a fault shows 80 characters.
fn beginning(row: &table::Row) -> String {
    const BYTES: usize = 320;
    let mut shown = String::new();
    for (name, value) in row.cells.iter().take(4) {
        if !shown.is_empty() {
            shown.push_str(", ");
        }
        shown.push_str(&name[..name.floor_char_boundary(BYTES)]);
        shown.push_str(": ");
        match value {
            Json::String(text) => shown.push_str(&text[..text.floor_char_boundary(BYTES)]),
            Json::Array(_) => shown.push_str("[…]"),
            Json::Object(_) => shown.push_str("{…}"),
            other => shown.push_str(&other.to_string()),
        }
        if shown.len() >= BYTES {
            break;
        }
    }
    shown
}

/// Whether a table states columns that the mapping lacks; reads no others than needed.
fn check(rows: &mut Rows, mapping: &Mapping) -> Result<()> {
    let Some(columns) = rows.columns() else {
        return Ok(());
    };
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    for (at, column) in columns.iter().enumerate() {
        if columns[..at].contains(column) {
            let what = format!("two columns are called {}", quoted(column));
            return Err(rows.refuse(&what, "rename one of them"));
        }
    }
    missing(rows, mapping, &columns)?;
    if !mapping.fields.is_empty() {
        rows.keep(&mapping.columns())?;
    }
    Ok(())
}

/// Refuses a mapping that names a column which is not among those known.
fn missing(rows: &Rows, mapping: &Mapping, known: &[&str]) -> Result<()> {
    let mut columns = mapping.columns().into_iter();
    let Some(absent) = columns.find(|column| !known.contains(column)) else {
        return Ok(());
    };
    let what = format!(
        "the column {} is missing: there are {}",
        quoted(absent),
        listed(known.iter().copied())
    );
    Err(rows.refuse(&what, "map one of these columns"))
}
