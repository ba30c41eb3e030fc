//! The rows of a table of JSON objects, one per line.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{BufRead, Read as _};

use serde_json::{Map, Value};

use crate::error::{Kind, Result, lower};
use crate::read::Reader;
use crate::sheet::Columns;

/// The longest line, in bytes: a document with its spans fits.
const LINE_BYTES: u64 = 16 << 20;

pub(crate) fn read(reader: &mut Reader<'_>, mut input: Box<dyn BufRead>) -> Result<Columns> {
    let mut line = 0;
    let mut text = String::new();
    let mut rows: Vec<(u64, Map<String, Value>)> = Vec::new();
    let mut keys = Keys::default();
    // Objects may leave out what they have nothing to say about, so the columns are known last.
    while next_line(reader, &mut *input, &mut text, &mut line)? {
        if text.trim().is_empty() {
            continue;
        }
        let object: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| not_a_row(reader, line, &error.to_string(), &text))?;
        let Value::Object(mut object) = object else {
            return Err(not_a_row(reader, line, "it is not an object", &text));
        };
        if !reader.request.others {
            object.retain(|key, _| reader.request.columns.iter().any(|want| want.column == key));
        }
        keys.add(&object);
        rows.push((line, object));
    }
    let names: Vec<&str> = keys.order.iter().map(String::as_str).collect();
    if rows.is_empty() {
        return Err(reader.refuse("the file is empty", "give one JSON object per line"));
    }
    let places = reader.match_header(&names)?;
    let mut columns = places.columns(&names, "line");
    for (line, object) in rows {
        let texts: Vec<Cow<'_, str>> = names.iter().map(|name| shown(object.get(*name))).collect();
        reader.keep(&mut columns, &places, line, |place| &texts[place])?;
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
    fn add(&mut self, object: &Map<String, Value>) {
        for key in object.keys() {
            if !self.seen.contains(key) {
                self.seen.insert(key.clone());
                self.order.push(key.clone());
            }
        }
    }
}

/// The text of a value: of a string itself, of nothing nothing, else its JSON.
fn shown(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

fn next_line(
    reader: &Reader<'_>,
    input: &mut dyn BufRead,
    text: &mut String,
    line: &mut u64,
) -> Result<bool> {
    *line += 1;
    let mut bytes = std::mem::take(text).into_bytes();
    bytes.clear();
    let read = input.take(LINE_BYTES + 1).read_until(b'\n', &mut bytes);
    if let Err(error) = read {
        let mut fault = reader.fault("line", *line, &lower(&error.to_string()), "check the disk");
        fault.kind = Kind::Unavailable;
        return Err(fault);
    }
    if bytes.len() as u64 > LINE_BYTES {
        let hint = "write one object per line";
        return Err(reader.fault("line", *line, "the line is longer than 16 MiB", hint));
    }
    *text = String::from_utf8(bytes).map_err(|_| {
        let hint = "save the file as UTF-8, uncompressed";
        reader.fault("line", *line, "it is not UTF-8", hint)
    })?;
    Ok(!text.is_empty())
}

fn not_a_row(reader: &Reader<'_>, line: u64, why: &str, text: &str) -> crate::Error {
    let why: String = why.chars().take(120).collect();
    let hint = if text.trim_start().starts_with('[') {
        "write one object per line, for instance with jq -c '.[]'"
    } else {
        "write one object per line, such as {\"task\":\"t1\",\"worker\":\"w1\",\"label\":\"yes\"}"
    };
    reader.fault("line", line, &format!("not a row: {}", lower(&why)), hint)
}
