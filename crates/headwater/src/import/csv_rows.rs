//! The rows of a CSV table with a header (RFC 4180), with the place of every value.

use super::error::{Error, listed, quoted};
use super::lines::{LINE_BYTES, Lines, characters};
use super::rows::{Cell, blank, meaning, twice};
use std::borrow::Cow;
use std::ops::Range;

/// The most columns that a header may have: as many as a spreadsheet.
const HEADER_FIELDS: usize = 16_384;

/// A table below its header; one row at a time in one buffer.
pub(super) struct CsvRows<const N: usize> {
    lines: Lines,
    columns: [&'static str; N],
    places: [usize; N],
    width: usize,
    row: Row,
}

#[derive(Default)]
struct Row {
    text: String,
    fields: Vec<Field>,
}

struct Field {
    range: Range<usize>,
    line: u64,
    column: u64,
}

/// Where reading stands in a line: the same place in bytes from 0 and in characters from 1.
#[derive(Clone, Copy)]
struct Cursor {
    byte: usize,
    column: u64,
}

impl Cursor {
    const START: Cursor = Cursor { byte: 0, column: 1 };

    fn past(self, read: &str) -> Cursor {
        let column = self.column + characters(read.as_bytes());
        Cursor {
            byte: self.byte + read.len(),
            column,
        }
    }
}

impl<const N: usize> CsvRows<N> {
    /// Reads the header, which is the current line.
    pub(super) fn start(mut lines: Lines, columns: [&'static str; N]) -> Result<Self, Error> {
        let mut row = Row::default();
        row.read(&mut lines, HEADER_FIELDS)?;
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(columns) {
            let mut found = (0..row.fields.len()).filter(|&field| row.value(field) == name);
            *place = found.next().ok_or_else(|| missing(&lines, &row, name))?;
            if let Some(second) = found.next() {
                return Err(twice(&lines, row.fields[second].column, name));
            }
        }
        Ok(CsvRows {
            width: row.fields.len(),
            lines,
            columns,
            places,
            row,
        })
    }

    /// See [`super::rows::Rows::advance`].
    pub(super) fn advance(&mut self) -> Result<Option<[Cell<'_>; N]>, Error> {
        if !self.lines.advance_past_blank()? {
            return Ok(None);
        }
        self.row.read(&mut self.lines, self.width)?;
        let found = self.row.fields.len();
        if found < self.width {
            let what = format!(
                "the row has {found} of the {} fields of the header",
                self.width
            );
            let column = 1 + characters(self.lines.text().as_bytes());
            return Err(self
                .lines
                .error(column, what, "complete the row or remove it"));
        }
        for (&place, name) in self.places.iter().zip(self.columns) {
            if self.row.value(place).trim().is_empty() {
                let Field { line, column, .. } = self.row.fields[place];
                return Err(blank(&self.lines, line, column, name));
            }
        }
        Ok(Some(
            self.places.map(|place| self.row.cell(place, &self.lines)),
        ))
    }

    /// The file below.
    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }
}

impl Row {
    fn value(&self, field: usize) -> &str {
        &self.text[self.fields[field].range.clone()]
    }

    fn cell<'a>(&'a self, field: usize, lines: &'a Lines) -> Cell<'a> {
        let Field { line, column, .. } = self.fields[field];
        Cell {
            text: Cow::Borrowed(self.value(field)),
            line,
            column,
            lines,
        }
    }

    /// Reads one row, from the start of the current line to the end of this or a later one.
    fn read(&mut self, lines: &mut Lines, most_fields: usize) -> Result<(), Error> {
        self.text.clear();
        self.fields.clear();
        let mut cursor = Cursor::START;
        loop {
            if self.fields.len() == most_fields {
                let what = format!("the row has more than {most_fields} fields");
                let hint = "match the header; put a value that contains a comma in double quotes";
                return Err(lines.error(cursor.column, what, hint));
            }
            cursor = self.read_field(lines, cursor)?;
            match lines.text()[cursor.byte..].chars().next() {
                None => return Ok(()),
                Some(_comma) => cursor = cursor.past(","),
            }
        }
    }

    /// Reads one field and returns the place of the comma or line end behind it.
    fn read_field(&mut self, lines: &mut Lines, cursor: Cursor) -> Result<Cursor, Error> {
        let rest = &lines.text()[cursor.byte..];
        let start = cursor.past(blanks(rest));
        if rest[start.byte - cursor.byte..].starts_with('"') {
            return self.read_quoted(lines, start);
        }
        let raw = &rest[..rest.find(',').unwrap_or(rest.len())];
        if let Some(before) = raw.find('\r') {
            let what = "a carriage return stands within the line".to_owned();
            let hint = "save the file with the line ends LF or CRLF";
            return Err(lines.error(cursor.past(&raw[..before]).column, what, hint));
        }
        let from = self.text.len();
        self.text.push_str(raw.trim());
        let column = if raw.trim().is_empty() {
            cursor.column
        } else {
            start.column
        };
        self.fields.push(Field {
            range: from..self.text.len(),
            line: lines.number(),
            column,
        });
        Ok(cursor.past(raw))
    }

    /// Reads a field whose opening quote stands at `open`.
    fn read_quoted(&mut self, lines: &mut Lines, open: Cursor) -> Result<Cursor, Error> {
        let (from, first_line) = (self.text.len(), lines.number());
        let mut cursor = open.past("\"");
        loop {
            let rest = &lines.text()[cursor.byte..];
            if let Some(quote) = rest.find('"') {
                self.text.push_str(&rest[..quote]);
                cursor = cursor.past(&rest[..=quote]);
                if !rest[quote + 1..].starts_with('"') {
                    break;
                }
                self.text.push('"');
                cursor = cursor.past("\"");
                continue;
            }
            self.text.push_str(rest);
            self.text.push_str(lines.end());
            cursor = Cursor::START;
            let what = if self.text.len() > LINE_BYTES {
                "with the quote that opens here the row is longer than 1 MiB"
            } else if !lines.advance()? {
                "the quote that opens here is not closed"
            } else {
                continue;
            };
            let hint = "close it, or write a quote within a value as two quotes";
            return Err(lines.error_at(first_line, open.column, what.to_owned(), hint));
        }
        let range = from..self.text.len();
        self.fields.push(Field {
            range,
            line: first_line,
            column: open.column,
        });
        let rest = &lines.text()[cursor.byte..];
        let end = cursor.past(blanks(rest));
        match rest[end.byte - cursor.byte..].chars().next() {
            None | Some(',') => Ok(end),
            Some(other) => {
                let what = format!("{} follows a closing quote", quoted(&other.to_string()));
                let hint = "write a quote within a value as two quotes";
                Err(lines.error(end.column, what, hint))
            }
        }
    }
}

/// The blanks that a piece of a line begins with.
fn blanks(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches([' ', '\t']).len()]
}

fn missing(lines: &Lines, header: &Row, name: &str) -> Error {
    let columns = (0..header.fields.len()).map(|field| header.value(field));
    let what = format!(
        "the column `{name}` is missing: there are {}",
        listed(columns)
    );
    let hint = if header.fields.len() == 1 && header.text.contains(['\t', ';']) {
        "separate the columns with commas".to_owned()
    } else {
        format!("call the column `{name}` that says {}", meaning(name))
    };
    lines.error(1, what, &hint)
}
