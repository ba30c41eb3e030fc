//! The rows of a table in either format, as the values of the columns that are asked for.

use super::csv_rows::CsvRows;
use super::error::{Error, quoted};
use super::json_rows::JsonRows;
use super::lines::Lines;
use std::borrow::Cow;

/// One value of a row and the place where it stands.
pub(super) struct Cell<'a> {
    /// Never blank.
    pub text: Cow<'a, str>,
    /// From 1; values in quotes may put the cells of one row on several lines.
    pub line: u64,
    /// In characters from 1.
    pub column: u64,
    /// The file, for errors about what the value says.
    pub lines: &'a Lines,
}

impl Cell<'_> {
    /// A fault of this value.
    pub(super) fn error(&self, what: String, hint: &str) -> Error {
        self.lines.error_at(self.line, self.column, what, hint)
    }
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// One JSON object per line.
    Json,
}

/// A table that is being read; `N` is the number of columns asked for.
pub(super) enum Rows<const N: usize> {
    /// Rows below a header.
    Csv(CsvRows<N>),
    /// Objects, one per line.
    Json(JsonRows<N>),
}

impl<const N: usize> Rows<N> {
    /// Starts to read a table; without a stated format its first character tells which it is.
    pub(super) fn start(
        mut lines: Lines,
        format: Option<Format>,
        columns: [&'static str; N],
    ) -> Result<Rows<N>, Error> {
        if !lines.advance_past_blank()? {
            let what = "the file is empty".to_owned();
            let hint = format!("give a table with the columns {}", columns.join(", "));
            return Err(lines.error_at(1, 1, what, &hint));
        }
        let json = lines.text().trim_start().starts_with(['{', '[']);
        match format.unwrap_or(if json { Format::Json } else { Format::Csv }) {
            Format::Csv => Ok(Rows::Csv(CsvRows::start(lines, columns)?)),
            Format::Json => Ok(Rows::Json(JsonRows::start(lines, columns))),
        }
    }

    /// The next row, its values in the order in which the columns were asked for; none at the end.
    /// A blank value is an error.
    pub(super) fn advance(&mut self) -> Result<Option<[Cell<'_>; N]>, Error> {
        match self {
            Rows::Csv(rows) => rows.advance(),
            Rows::Json(rows) => rows.advance(),
        }
    }

    /// The file, for errors about the table as a whole.
    pub(super) fn lines(&self) -> &Lines {
        match self {
            Rows::Csv(rows) => rows.lines(),
            Rows::Json(rows) => rows.lines(),
        }
    }
}

/// What a column must say, for hints.
pub(super) fn meaning(column: &str) -> &'static str {
    match column {
        "task" => "what was judged",
        "worker" => "who judged it",
        _ => "what it was judged to be",
    }
}

/// The complaint about a value of nothing but blanks.
pub(super) fn blank(lines: &Lines, line: u64, column: u64, name: &str) -> Error {
    let what = format!("the {name} is empty");
    let hint = format!("fill in {}, or remove the row", meaning(name));
    lines.error_at(line, column, what, &hint)
}

/// The complaint about a value that stands twice in a row or header.
pub(super) fn twice(lines: &Lines, column: u64, name: &str) -> Error {
    let what = format!("{} stands there twice", quoted(name));
    lines.error(
        column,
        what,
        &format!("keep the `{name}` that says {}", meaning(name)),
    )
}
