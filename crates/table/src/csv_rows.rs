//! The rows of a CSV table with a header (RFC 4180), or of one with tabs.

use std::io::BufRead;

use ::csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use crate::error::{Error, Result, lower};
use crate::read::Reader;
use crate::sheet::Columns;

pub(crate) fn read(
    reader: &mut Reader<'_>,
    input: Box<dyn BufRead>,
    delimiter: u8,
) -> Result<Columns> {
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(Trim::Headers)
        .from_reader(input);
    let header = rows
        .headers()
        .map_err(|error| fault(reader, &error))?
        .clone();
    let names: Vec<&str> = header.iter().collect();
    if names.is_empty() {
        return Err(reader.refuse("the file is empty", "give a table with a header"));
    }
    let places = reader.match_header(&names)?;
    let mut columns = places.columns(&names, "line");
    let mut row = StringRecord::new();
    while rows
        .read_record(&mut row)
        .map_err(|error| fault(reader, &error))?
    {
        let line = row.position().map_or(0, ::csv::Position::line);
        reader.keep(&mut columns, &places, line, |place| &row[place])?;
    }
    Ok(columns)
}

fn fault(reader: &Reader<'_>, error: &::csv::Error) -> Error {
    let line = error.position().map_or(1, ::csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let what = format!("the row has {len} fields, the header {expected_len}");
            let hint = "complete the row; put a value that contains a comma in double quotes";
            reader.fault("line", line, &what, hint)
        }
        ErrorKind::Utf8 { .. } => {
            let hint = "save the file as UTF-8, uncompressed";
            reader.fault("line", line, "it is not UTF-8", hint)
        }
        _ => {
            let hint = "copy the file to a local disk and try again";
            reader.fault("line", line, &lower(&error.to_string()), hint)
        }
    }
}
