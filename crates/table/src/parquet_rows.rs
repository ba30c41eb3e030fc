//! The rows of a Parquet file that somebody else wrote, by row groups.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{ChunkReader, FileReader as _, SerializedFileReader};
use ::parquet::record::Field;
use ::parquet::record::reader::RowIter;
use ::parquet::schema::types::{Type, TypePtr};
use serde_json::{Number, Value};

use crate::error::{Error, Kind, Result, lower, quoted};
use crate::json_rows::shown;
use crate::read::Reader;
use crate::rows::{Fault, Line, Row, too_long};
use crate::sheet::Columns;

pub(crate) fn read(reader: &mut Reader<'_>, mut stream: Stream) -> Result<Columns> {
    let all = stream.header.clone();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let header = reader.match_header(&all)?;
    let chosen = (0..all.len())
        .filter(|place| header.wanted.contains(&Some(*place)) || header.others.contains(place));
    let names: Vec<&str> = chosen.map(|place| all[place]).collect();
    stream.keep(&names)?;
    if let Some(field) = stream.fields.iter().find(|field| !field.is_primitive()) {
        let what = format!("the column {} is nested", quoted(field.name()));
        return Err(reader.refuse(&what, "write lists and objects as JSON text"));
    }
    let header = reader.match_header(&names)?;
    let mut columns = header.columns(&names, "row");
    while let Some(line) = stream.advance()? {
        let row = line.map_err(|fault| reader.faulty("row", &fault))?;
        let texts: Vec<_> = (row.cells.iter())
            .map(|(_, value)| shown(Some(value)))
            .collect();
        reader.keep(&mut columns, &header, row.place, |place| &texts[place])?;
    }
    Ok(columns)
}

/// A file's rows, one page of each column in memory at a time.
pub(crate) struct Stream {
    file: String,
    header: Vec<String>,
    fields: Vec<TypePtr>,
    rows: Option<RowIter<'static>>,
    row_bytes: usize,
    place: u64,
}

impl Stream {
    pub(crate) fn open<B: ChunkReader + 'static>(
        file: &str,
        bytes: B,
        row_bytes: usize,
    ) -> Result<Self> {
        let opened = unharmed(|| {
            let reader = SerializedFileReader::new(bytes)?;
            let schema = reader.metadata().file_metadata().schema().clone();
            Ok((schema, RowIter::from_file_into(Box::new(reader))))
        });
        let (schema, rows) = opened.map_err(|why| damaged(file, &why))?;
        let fields = schema.get_fields().to_vec();
        Ok(Self {
            file: file.to_owned(),
            header: fields.iter().map(|field| field.name().to_owned()).collect(),
            fields,
            rows: Some(rows),
            row_bytes,
            place: 0,
        })
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads these columns only, in the order of the file.
    pub(crate) fn keep(&mut self, names: &[&str]) -> Result<()> {
        self.fields.retain(|field| names.contains(&field.name()));
        self.header.retain(|name| names.contains(&name.as_str()));
        let Some(rows) = self.rows.take() else {
            return Ok(());
        };
        let fields = self.fields.clone();
        let projected = unharmed(|| {
            let projection = Type::group_type_builder("table")
                .with_fields(fields)
                .build()?;
            rows.project(Some(projection))
        });
        self.rows = Some(projected.map_err(|why| damaged(&self.file, &why))?);
        Ok(())
    }

    pub(crate) fn advance(&mut self) -> Result<Option<Line>> {
        let Some(rows) = &mut self.rows else {
            return Ok(None);
        };
        let next = unharmed(|| rows.next().transpose());
        let row = match next {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(None),
            Err(why) => {
                self.rows = None;
                return Err(damaged(&self.file, &why));
            }
        };
        self.place += 1;
        Ok(Some(self.cells(row)))
    }

    fn cells(&self, row: ::parquet::record::Row) -> Line {
        let place = self.place;
        let fault = |column, what, hint: &str| Fault {
            place,
            column,
            what,
            hint: hint.to_owned(),
            excerpt: String::new(),
        };
        let (mut cells, mut bytes) = (Vec::with_capacity(self.fields.len()), 0);
        for (name, field) in row.into_columns() {
            bytes += size(&field);
            if bytes > self.row_bytes {
                let hint = "split the row, or leave out what is not needed";
                return Err(fault(Some(name), too_long(self.row_bytes), hint));
            }
            let Some(value) = value(&field) else {
                let what = format!("the {name} is bytes, not text");
                return Err(fault(Some(name), what, "write the column as UTF-8 text"));
            };
            cells.push((name, value));
        }
        Ok(Row { place, cells })
    }
}

/// How many bytes of text or more a cell has.
fn size(field: &Field) -> usize {
    match field {
        Field::Str(text) => text.len(),
        Field::Bytes(bytes) => bytes.len(),
        Field::Group(row) => row.get_column_iter().map(|(_, field)| size(field)).sum(),
        Field::ListInternal(list) => list.elements().iter().map(size).sum(),
        Field::MapInternal(map) => {
            let entries = map.entries().iter();
            entries.map(|(key, field)| size(key) + size(field)).sum()
        }
        _ => 1,
    }
}

/// What a cell is in JSON; none for bytes that are no text. Dates and decimals are texts.
fn value(field: &Field) -> Option<Value> {
    Some(match field {
        Field::Null => Value::Null,
        Field::Str(text) => text.as_str().into(),
        Field::Bytes(bytes) => bytes.as_utf8().ok()?.into(),
        Field::Bool(value) => (*value).into(),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => (*value).into(),
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float(value) => number(&value.to_string(), f64::from(*value)),
        Field::Double(value) => number(&value.to_string(), *value),
        Field::Group(row) => {
            let members = row.get_column_iter();
            let members = members.map(|(name, field)| Some((name.clone(), self::value(field)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
        Field::ListInternal(list) => {
            let elements = list.elements().iter();
            Value::Array(elements.map(value).collect::<Option<_>>()?)
        }
        Field::MapInternal(map) => {
            let entries = map.entries().iter();
            let entries = entries.map(|(key, field)| {
                let key = shown(Some(&value(key)?)).into_owned();
                Some((key, value(field)?))
            });
            Value::Object(entries.collect::<Option<_>>()?)
        }
        other => other.to_string().into(),
    })
}

/// A float as its shortest digits say it; what is no number in JSON is text.
fn number(digits: &str, value: f64) -> Value {
    let exact = digits.parse().ok().filter(|exact: &f64| exact.is_finite());
    let number = exact.or(Some(value)).and_then(Number::from_f64);
    number.map_or_else(|| digits.into(), Value::Number)
}

/// Runs a step of the format's reader, which panics on some damaged files.
fn unharmed<T>(
    step: impl FnOnce() -> std::result::Result<T, ParquetError>,
) -> std::result::Result<T, String> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("it is damaged".to_owned()),
    }
}

fn damaged(file: &str, why: &str) -> Error {
    let doing = format!("read {}", quoted(file));
    let hint = "write the Parquet file again; columns compressed with Snappy or Zstandard are read";
    Error::new(Kind::Corrupt, doing, &lower(why), hint)
}
