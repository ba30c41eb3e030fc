//! The rows of a Parquet file that somebody else wrote: flat columns of any plain type.

use std::sync::Arc;

use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::Field;
use ::parquet::schema::types::Type;

use crate::error::{Error, Kind, Result, lower, quoted};
use crate::read::Reader;
use crate::sheet::Columns;

pub(crate) fn read(reader: &mut Reader<'_>, bytes: Vec<u8>) -> Result<Columns> {
    // The format's reader panics on some damaged files.
    let reader = &*reader;
    let rows = std::panic::AssertUnwindSafe(|| rows(reader, bytes));
    std::panic::catch_unwind(rows).unwrap_or_else(|_| Err(damaged(reader, "it is damaged")))
}

fn rows(reader: &Reader<'_>, bytes: Vec<u8>) -> Result<Columns> {
    let damage = |error: ::parquet::errors::ParquetError| damaged(reader, &error.to_string());
    let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(damage)?;
    let schema = file.metadata().file_metadata().schema().clone();
    let all: Vec<&str> = schema
        .get_fields()
        .iter()
        .map(|field| field.name())
        .collect();
    let header = reader.match_header(&all)?;
    let chosen: Vec<usize> = (0..all.len())
        .filter(|place| header.wanted.contains(&Some(*place)) || header.others.contains(place))
        .collect();
    let fields: Vec<_> = chosen
        .iter()
        .map(|place| schema.get_fields()[*place].clone())
        .collect();
    for field in &fields {
        if !field.is_primitive() {
            let what = format!("the column {} is nested", quoted(field.name()));
            return Err(reader.refuse(&what, "write lists and objects as JSON text"));
        }
    }
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let header = reader.match_header(&names)?;
    let mut columns = header.columns(&names, "row");
    let projection = Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build();
    let projection = projection.map_err(damage)?;
    let iterator = file.get_row_iter(Some(projection)).map_err(damage)?;
    for (number, row) in (1..).zip(iterator) {
        let row = row.map_err(damage)?;
        let mut texts: Vec<Arc<str>> = Vec::with_capacity(names.len());
        for (name, field) in row.get_column_iter() {
            texts.push(shown(field).ok_or_else(|| {
                let what = format!("the {name} is bytes, not text");
                reader.fault("row", number, &what, "write the column as UTF-8 text")
            })?);
        }
        reader.keep(&mut columns, &header, number, |place| &texts[place])?;
    }
    Ok(columns)
}

/// The text of a value as the other formats write it; none of bytes that are no text.
fn shown(field: &Field) -> Option<Arc<str>> {
    Some(match field {
        Field::Null => "".into(),
        Field::Str(text) => text.as_str().into(),
        Field::Bytes(bytes) => bytes.as_utf8().ok()?.into(),
        Field::Bool(value) => value.to_string().into(),
        Field::Byte(value) => value.to_string().into(),
        Field::Short(value) => value.to_string().into(),
        Field::Int(value) => value.to_string().into(),
        Field::Long(value) => value.to_string().into(),
        Field::UByte(value) => value.to_string().into(),
        Field::UShort(value) => value.to_string().into(),
        Field::UInt(value) => value.to_string().into(),
        Field::ULong(value) => value.to_string().into(),
        Field::Float(value) => value.to_string().into(),
        Field::Double(value) => value.to_string().into(),
        other => other.to_string().into(),
    })
}

fn damaged(reader: &Reader<'_>, why: &str) -> Error {
    let doing = format!("read {}", quoted(&reader.file));
    let hint = "write the Parquet file again; columns compressed with Snappy or Zstandard are read";
    Error::new(Kind::Corrupt, doing, &lower(why), hint)
}
