//! Writes columns as CSV, JSON Lines or Parquet; the file's ending tells which.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Number, Value};

use crate::column::{Column, Values};
use crate::error::{Error, Kind, Result, lower, quoted};
use crate::parquet;

/// Writes a table in the format of the file's ending: `.csv`, `.jsonl` or `.ndjson`, `.parquet`.
///
/// # Errors
/// Another ending; columns of different lengths; whatever the file system says.
pub fn write(path: &Path, columns: &[Column]) -> Result<()> {
    let doing = || format!("write {}", quoted(&path.display().to_string()));
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let broken = |error: io::Error| {
        let what = lower(&error.to_string());
        Error::new(
            Kind::Unavailable,
            doing(),
            &what,
            "check the folder and the disk",
        )
    };
    let create = || File::create(path).map(BufWriter::new).map_err(broken);
    match ending.as_deref() {
        Some("csv") => csv(create()?, columns).map_err(broken),
        Some("jsonl" | "ndjson") => jsonl(create()?, columns).map_err(broken),
        Some("parquet") => {
            let bytes = parquet::write(columns)?;
            std::fs::write(path, bytes).map_err(broken)
        }
        _ => {
            let hint = "end the name in `.csv`, `.jsonl` or `.parquet`";
            Err(Error::invalid(
                doing(),
                "the name does not tell the format",
                hint,
            ))
        }
    }
}

/// Writes a header and a line per row.
///
/// # Errors
/// Those of `out`.
pub fn csv(out: impl Write, columns: &[Column]) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|column| &column.name))?;
    for row in 0..columns.first().map_or(0, Column::rows) {
        for column in columns {
            match &column.values {
                Values::Integers(values) => writer.write_field(values[row].to_string())?,
                Values::Reals(values) => writer.write_field(values[row].to_string())?,
                Values::Texts(values) => writer.write_field(&values[row])?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

/// Writes one object per line.
///
/// # Errors
/// Those of `out`.
pub fn jsonl(mut out: impl Write, columns: &[Column]) -> io::Result<()> {
    for row in 0..columns.first().map_or(0, Column::rows) {
        serde_json::to_writer(&mut out, &object(columns, row))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// All rows as JSON objects.
pub fn objects(columns: &[Column]) -> Vec<Value> {
    let rows = columns.first().map_or(0, Column::rows);
    (0..rows).map(|row| object(columns, row)).collect()
}

fn object(columns: &[Column], row: usize) -> Value {
    let cell = |column: &Column| match &column.values {
        Values::Integers(values) => Value::from(values[row]),
        Values::Texts(values) => Value::from(values[row].as_str()),
        Values::Reals(values) => Number::from_f64(values[row]).map_or(Value::Null, Value::Number),
    };
    let cells = columns
        .iter()
        .map(|column| (column.name.clone(), cell(column)));
    Value::Object(cells.collect::<Map<_, _>>())
}
