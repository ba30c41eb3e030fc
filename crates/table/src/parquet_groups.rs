//! Rows into Parquet, one row group in memory at a time.

use std::io::Write;
use std::mem::take;
use std::sync::Arc;

use ::parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::Type;
use serde_json::Value;

use crate::error::{self, Error, Result, lower, quoted};
use crate::json_rows::shown;
use crate::schema::{Kind, Schema};
use crate::writer::unknown;

/// Bounds of a row group: whichever is reached first.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 16 << 20;

type Encoded<T> = std::result::Result<T, ParquetError>;

/// A file that is being written.
pub(crate) struct Groups<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    schema: Schema,
    columns: Vec<Column>,
    rows: usize,
    text_bytes: usize,
}

/// The values of a column that are there, and for every row whether one is.
struct Column {
    present: Vec<i16>,
    values: Values,
}

enum Values {
    Booleans(Vec<bool>),
    Integers(Vec<i64>),
    Reals(Vec<f64>),
    Texts(Vec<ByteArray>),
}

impl<W: Write + Send> Groups<W> {
    pub(crate) fn new(out: W, schema: Schema) -> Result<Self> {
        let names = schema.fields().iter().map(|(name, _)| name.as_str());
        let mut sorted: Vec<&str> = names.collect();
        sorted.sort_unstable();
        let twice = sorted.windows(2).find(|pair| pair[0] == pair[1]);
        let refuse = |what: &str| Error::invalid("write a table", what, "");
        if let Some(pair) = twice {
            return Err(refuse(&format!(
                "two columns are called {}",
                quoted(pair[0])
            )));
        }
        if sorted.is_empty() {
            return Err(refuse("it has no column"));
        }
        let columns = (schema.fields().iter())
            .map(|(_, kind)| Column::new(*kind))
            .collect();
        Ok(Self {
            writer: opened(out, &schema).map_err(failed)?,
            schema,
            columns,
            rows: 0,
            text_bytes: 0,
        })
    }

    pub(crate) fn write(&mut self, cells: &[(String, Value)]) -> Result<()> {
        // A row that is refused must leave no half of itself behind.
        for (at, (name, value)) in cells.iter().enumerate() {
            match self.schema.place(at, name) {
                Some(place) => self.columns[place].admit(name, value)?,
                None if value.is_null() => {}
                None => return Err(unknown(name)),
            }
        }
        self.rows += 1;
        for (at, (name, value)) in cells.iter().enumerate() {
            if let Some(place) = self.schema.place(at, name) {
                self.text_bytes += self.columns[place].push(self.rows, value);
            }
        }
        for column in &mut self.columns {
            column.present.resize(self.rows, 0);
        }
        if self.rows == GROUP_ROWS || self.text_bytes >= GROUP_BYTES {
            self.close_group().map_err(failed)?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<W> {
        if self.rows > 0 {
            self.close_group().map_err(failed)?;
        }
        self.writer.into_inner().map_err(failed)
    }

    fn close_group(&mut self) -> Encoded<()> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let mut chunk = group.next_column()?.expect("the schema has these columns");
            column.encode(&mut chunk)?;
            chunk.close()?;
        }
        group.close()?;
        (self.rows, self.text_bytes) = (0, 0);
        Ok(())
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Boolean => Values::Booleans(Vec::new()),
            Kind::Integer => Values::Integers(Vec::new()),
            Kind::Real => Values::Reals(Vec::new()),
            Kind::Text => Values::Texts(Vec::new()),
        };
        let present = Vec::new();
        Self { present, values }
    }

    fn admit(&self, name: &str, value: &Value) -> Result<()> {
        let (fits, holds) = match (&self.values, Kind::of(value)) {
            (Values::Texts(_), _) | (_, None) => (true, "texts"),
            (Values::Booleans(_), Some(kind)) => (kind == Kind::Boolean, "true or false"),
            (Values::Integers(_), Some(kind)) => (kind == Kind::Integer, "integers"),
            (Values::Reals(_), Some(kind)) => {
                (matches!(kind, Kind::Integer | Kind::Real), "numbers")
            }
        };
        if fits {
            return Ok(());
        }
        let what = format!(
            "the column {} holds {holds}, not {}",
            quoted(name),
            quoted(&value.to_string())
        );
        Err(Error::invalid("write a table", &what, ""))
    }

    /// Takes the value of a row, counted from 1, and says how many bytes of text it has.
    fn push(&mut self, row: usize, value: &Value) -> usize {
        if value.is_null() || self.present.len() == row {
            return 0;
        }
        match &mut self.values {
            Values::Booleans(values) => values.push(value.as_bool().unwrap_or_default()),
            Values::Integers(values) => values.push(value.as_i64().unwrap_or_default()),
            Values::Reals(values) => values.push(value.as_f64().unwrap_or_default()),
            Values::Texts(values) => values.push(ByteArray::from(&*shown(Some(value)))),
        }
        self.present.push(1);
        match &self.values {
            Values::Texts(values) => values.last().map_or(0, ByteArray::len),
            _ => 0,
        }
    }

    fn encode(&mut self, chunk: &mut SerializedColumnWriter<'_>) -> Encoded<()> {
        let present = take(&mut self.present);
        let present = Some(present.as_slice());
        match &mut self.values {
            Values::Booleans(values) => {
                chunk
                    .typed::<BoolType>()
                    .write_batch(&take(values), present, None)?
            }
            Values::Integers(values) => {
                chunk
                    .typed::<Int64Type>()
                    .write_batch(&take(values), present, None)?
            }
            Values::Reals(values) => {
                chunk
                    .typed::<DoubleType>()
                    .write_batch(&take(values), present, None)?
            }
            Values::Texts(values) => {
                chunk
                    .typed::<ByteArrayType>()
                    .write_batch(&take(values), present, None)?
            }
        };
        Ok(())
    }
}

fn opened<W: Write + Send>(out: W, schema: &Schema) -> Encoded<SerializedFileWriter<W>> {
    let properties = WriterProperties::builder()
        .set_created_by("headwater".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .build();
    let mut fields = Vec::new();
    for (name, kind) in schema.fields() {
        let (physical, converted) = match kind {
            Kind::Boolean => (Physical::BOOLEAN, ConvertedType::NONE),
            Kind::Integer => (Physical::INT64, ConvertedType::NONE),
            Kind::Real => (Physical::DOUBLE, ConvertedType::NONE),
            Kind::Text => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
        };
        let field = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(converted)
            .build()?;
        fields.push(Arc::new(field));
    }
    let schema = Type::group_type_builder("table")
        .with_fields(fields)
        .build()?;
    SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
}

fn failed(source: ParquetError) -> Error {
    let what = lower(&source.to_string());
    Error::new(error::Kind::Unavailable, "write a table", &what, "")
}
