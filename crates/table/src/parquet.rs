//! Parquet tables of our own, written so that equal columns give equal bytes.

use std::sync::Arc;

use ::parquet::basic::{ConvertedType, Repetition, Type as Physical};
use ::parquet::column::reader::ColumnReader;
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;

use crate::column::{Column, Values};
use crate::error::{Error, Kind, Result, lower};

/// Rows that are written, and held in memory by readers, at once.
const GROUP_ROWS: usize = 1 << 20;

/// Writes a table as one Parquet file, uncompressed and without statistics or dates.
pub fn write(columns: &[Column]) -> Result<Vec<u8>> {
    let rows = columns.first().map_or(0, Column::rows);
    if let Some(odd) = columns.iter().find(|column| column.rows() != rows) {
        let why = format!(
            "column `{}` has {} rows instead of {rows}",
            odd.name,
            odd.rows()
        );
        return Err(Error::invalid("write a table", &why, ""));
    }
    encode(columns, rows).map_err(|source| failed(Kind::Invalid, "write a table", source))
}

/// Reads a table of required columns back, as [`write`] makes them.
pub fn read(bytes: Vec<u8>) -> Result<Vec<Column>> {
    // The format's reader panics on some damaged files, and whoever meters may have made this one.
    let table = std::panic::catch_unwind(|| decode(bytes)).unwrap_or_else(|_| {
        let why = "the file is damaged where its reader does not expect it";
        Err(ParquetError::General(why.to_owned()))
    });
    table.map_err(|source| failed(Kind::Corrupt, "read a table", source))
}

fn encode(columns: &[Column], rows: usize) -> std::result::Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_created_by("headwater".to_owned())
        .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .build();
    let fields: std::result::Result<Vec<_>, _> = columns.iter().map(field).collect();
    let schema = Type::group_type_builder("table")
        .with_fields(fields?)
        .build()?;
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(properties))?;
    for start in (0..rows).step_by(GROUP_ROWS) {
        let end = rows.min(start + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        for column in columns {
            let mut chunk = group.next_column()?.expect("the schema has these columns");
            match &column.values {
                Values::Integers(values) => {
                    chunk
                        .typed::<Int64Type>()
                        .write_batch(&values[start..end], None, None)?;
                }
                Values::Reals(values) => {
                    chunk
                        .typed::<DoubleType>()
                        .write_batch(&values[start..end], None, None)?;
                }
                Values::Texts(values) => {
                    let texts: Vec<ByteArray> = values[start..end]
                        .iter()
                        .map(|text| text.as_str().into())
                        .collect();
                    chunk
                        .typed::<ByteArrayType>()
                        .write_batch(&texts, None, None)?;
                }
            }
            chunk.close()?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(out)
}

fn field(column: &Column) -> std::result::Result<Arc<Type>, ParquetError> {
    let (physical, converted) = match column.values {
        Values::Integers(_) => (Physical::INT64, ConvertedType::NONE),
        Values::Texts(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
        Values::Reals(_) => (Physical::DOUBLE, ConvertedType::NONE),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::REQUIRED)
        .with_converted_type(converted)
        .build()?;
    Ok(Arc::new(field))
}

fn decode(bytes: Vec<u8>) -> std::result::Result<Vec<Column>, ParquetError> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let mut columns = Vec::new();
    for column in schema.columns() {
        let plain = column.max_def_level() == 0 && column.max_rep_level() == 0;
        columns.push(match (column.physical_type(), plain) {
            (Physical::INT64, true) => Column::integers(column.name(), Vec::new()),
            (Physical::BYTE_ARRAY, true) => Column::texts(column.name(), Vec::new()),
            (Physical::DOUBLE, true) => Column::reals(column.name(), Vec::new()),
            _ => {
                let why = format!("column `{}` is neither numbers nor texts", column.name());
                return Err(ParquetError::General(why));
            }
        });
    }
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        for (at, column) in columns.iter_mut().enumerate() {
            append(column, group.get_column_reader(at)?)?;
        }
    }
    Ok(columns)
}

fn append(column: &mut Column, reader: ColumnReader) -> std::result::Result<(), ParquetError> {
    match (&mut column.values, reader) {
        (Values::Integers(values), ColumnReader::Int64ColumnReader(mut reader)) => {
            while reader.read_records(GROUP_ROWS, None, None, values)?.1 > 0 {}
        }
        (Values::Reals(values), ColumnReader::DoubleColumnReader(mut reader)) => {
            while reader.read_records(GROUP_ROWS, None, None, values)?.1 > 0 {}
        }
        (Values::Texts(values), ColumnReader::ByteArrayColumnReader(mut reader)) => {
            let mut texts: Vec<ByteArray> = Vec::new();
            while reader.read_records(GROUP_ROWS, None, None, &mut texts)?.1 > 0 {}
            for text in texts {
                values.push(text.as_utf8()?.to_owned());
            }
        }
        _ => {
            return Err(ParquetError::General(
                "a column changes its type".to_owned(),
            ));
        }
    }
    Ok(())
}

fn failed(kind: Kind, doing: &str, source: ParquetError) -> Error {
    Error::new(kind, doing, &lower(&source.to_string()), "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tables_come_back_and_have_one_form(rows: Vec<(i64, String, i32)>) {
            let table = [
                Column::integers("seq", rows.iter().map(|row| row.0).collect()),
                Column::texts("label", rows.iter().map(|row| row.1.clone()).collect()),
                Column::reals("share", rows.iter().map(|row| f64::from(row.2) / 3.0).collect()),
            ];
            let bytes = write(&table).unwrap();
            prop_assert_eq!(&bytes, &write(&table).unwrap());
            prop_assert_eq!(read(bytes).unwrap(), table);
        }
    }

    #[test]
    fn uneven_columns_and_foreign_bytes_are_refused() {
        let uneven = [
            Column::integers("a", vec![1]),
            Column::integers("b", vec![]),
        ];
        assert_eq!(write(&uneven).unwrap_err().kind, Kind::Invalid);
        let good = write(&[Column::integers("a", vec![1, 2, 3])]).unwrap();
        for end in 0..good.len() {
            assert_eq!(read(good[..end].to_vec()).unwrap_err().kind, Kind::Corrupt);
        }
        for (at, value) in (0..good.len()).flat_map(|at| [1, 2, 8, 128, 255].map(|v| (at, v))) {
            let mut bent = good.clone();
            bent[at] = value;
            let _no_panic = read(bent);
        }
    }
}
