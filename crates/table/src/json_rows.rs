//! The rows of a table of JSON objects, one per line.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{BufRead, Read as _};

use serde_json::Value;

use crate::error::Result;
use crate::json_object::row;
use crate::read::{Reader, broken};
use crate::rows::{Fault, Line, Row, Rows, too_long};
use crate::sheet::Columns;

/// Keeps all rows of an array or of lines: objects may leave out what they have nothing to say
/// about, so the columns are known last.
pub(crate) fn read(reader: &mut Reader<'_>, mut stream: Rows) -> Result<Columns> {
    let mut rows: Vec<Row> = Vec::new();
    let mut keys = Keys::default();
    let unit = stream.unit();
    while let Some(line) = stream.advance()? {
        let mut row = line.map_err(|fault| reader.faulty(unit, &fault))?;
        if !reader.request.others {
            let wanted = |name: &str| reader.request.columns.iter().any(|it| it.column == name);
            row.cells.retain(|(name, _)| wanted(name));
        }
        keys.add(&row);
        rows.push(row);
    }
    let names: Vec<&str> = keys.order.iter().map(String::as_str).collect();
    if rows.is_empty() {
        return Err(reader.refuse("the file is empty", "give one JSON object per line"));
    }
    let places = reader.match_header(&names)?;
    let mut columns = places.columns(&names, unit);
    for Row { place, cells } in rows {
        let cell = |name: &&str| cells.iter().find(|(own, _)| own == name);
        let texts: Vec<Cow<'_, str>> = (names.iter())
            .map(|name| shown(cell(name).map(|(_, value)| value)))
            .collect();
        reader.keep(&mut columns, &places, place, |place| &texts[place])?;
    }
    Ok(columns)
}

/// The keys of all objects in the order in which they come.
#[derive(Default)]
struct Keys {
    seen: BTreeSet<String>,
    order: Vec<String>,
}

impl Keys {
    fn add(&mut self, row: &Row) {
        for (key, _) in &row.cells {
            if !self.seen.contains(key) {
                self.seen.insert(key.clone());
                self.order.push(key.clone());
            }
        }
    }
}

/// The text of a value: of a string itself, of nothing nothing, else its JSON.
pub(crate) fn shown(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

/// Lines of one object each; blank ones are passed over.
pub(crate) struct Stream {
    file: String,
    input: Box<dyn BufRead + Send>,
    row_bytes: usize,
    line: u64,
    bytes: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(file: &str, input: Box<dyn BufRead + Send>, row_bytes: usize) -> Self {
        Self {
            file: file.to_owned(),
            input,
            row_bytes,
            line: 0,
            bytes: Vec::new(),
        }
    }

    pub(crate) fn advance(&mut self) -> Result<Option<Line>> {
        loop {
            self.line += 1;
            self.bytes.clear();
            let fault = |error| broken(&self.file, &error);
            let most = self.row_bytes as u64 + 2;
            let mut limited = (&mut self.input).take(most);
            limited.read_until(b'\n', &mut self.bytes).map_err(fault)?;
            if self.bytes.is_empty() {
                return Ok(None);
            }
            let ended = self.bytes.ends_with(b"\n");
            if self.bytes.trim_ascii_end().len() > self.row_bytes
                || !ended && self.bytes.len() as u64 == most
            {
                if !ended {
                    self.input.skip_until(b'\n').map_err(fault)?;
                }
                return Ok(Some(Err(self.too_long())));
            }
            let mut text = self.bytes.trim_ascii();
            if self.line == 1 {
                text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
            }
            if !text.is_empty() {
                return Ok(Some(row(self.line, text, ONE_PER_LINE)));
            }
        }
    }

    fn too_long(&self) -> Fault {
        Fault {
            place: self.line,
            column: None,
            what: too_long(self.row_bytes),
            hint: "write one object per line".to_owned(),
            excerpt: crate::rows::excerpt(&self.bytes),
        }
    }
}

const ONE_PER_LINE: &str =
    "write one object per line, such as {\"task\":\"t1\",\"worker\":\"w1\",\"label\":\"yes\"}";
