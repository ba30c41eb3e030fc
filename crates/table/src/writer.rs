//! Writes a table row by row, to anything that takes bytes.

use std::io::{self, Write};

use serde_json::Value;

use crate::error::{Error, Kind, Result, lower, quoted};
use crate::json_rows::shown;
use crate::parquet_groups::Groups;
use crate::schema::Schema;

/// A table that is being written; what is in memory does not grow with its length.
pub struct Writer<W: Write + Send> {
    sink: Sink<W>,
    rows: u64,
}

enum Sink<W: Write + Send> {
    Csv(Box<::csv::Writer<W>>, Schema),
    Lines(W),
    Array(W),
    Parquet(Box<Groups<W>>),
}

impl<W: Write + Send> Writer<W> {
    /// A header and a line for each row (RFC 4180); what is missing is the empty text.
    ///
    /// # Errors
    /// Those of `out`, as for all that follows.
    pub fn csv(out: W, schema: Schema) -> Result<Self> {
        let mut writer = ::csv::Writer::from_writer(out);
        let names = schema.fields().iter().map(|(name, _)| name);
        writer
            .write_record(names)
            .map_err(|error| broken(error.into()))?;
        Ok(Self::over(Sink::Csv(Box::new(writer), schema)))
    }

    /// One object a line; any cells fit.
    pub fn lines(out: W) -> Self {
        Self::over(Sink::Lines(out))
    }

    /// One array of objects, one a line; any cells fit.
    pub fn array(out: W) -> Self {
        Self::over(Sink::Array(out))
    }

    /// Row groups of at most 65,536 rows or 16 MiB of text, compressed with Zstandard.
    ///
    /// # Errors
    /// A schema without columns, or with two of one name.
    pub fn parquet(out: W, schema: Schema) -> Result<Self> {
        Ok(Self::over(Sink::Parquet(Box::new(Groups::new(
            out, schema,
        )?))))
    }

    fn over(sink: Sink<W>) -> Self {
        Self { sink, rows: 0 }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes one row; columns that it does not name are missing in it.
    ///
    /// # Errors
    /// A column that the schema lacks, or a value that its column cannot hold.
    pub fn write(&mut self, cells: &[(String, Value)]) -> Result<()> {
        match &mut self.sink {
            Sink::Csv(writer, schema) => csv_row(writer, schema, cells)?,
            Sink::Lines(out) => {
                object(out, cells).map_err(broken)?;
                out.write_all(b"\n").map_err(broken)?;
            }
            Sink::Array(out) => {
                let before: &[u8] = if self.rows == 0 { b"[\n" } else { b",\n" };
                out.write_all(before).map_err(broken)?;
                object(out, cells).map_err(broken)?;
            }
            Sink::Parquet(groups) => groups.write(cells)?,
        }
        self.rows += 1;
        Ok(())
    }

    /// Writes what is still held back and gives the sink, flushed.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(self) -> Result<W> {
        let mut out = match self.sink {
            Sink::Csv(writer, _) => writer
                .into_inner()
                .map_err(|error| broken(error.into_error()))?,
            Sink::Lines(out) => out,
            Sink::Array(mut out) => {
                let end: &[u8] = if self.rows == 0 { b"[]\n" } else { b"\n]\n" };
                out.write_all(end).map_err(broken)?;
                out
            }
            Sink::Parquet(groups) => groups.finish()?,
        };
        out.flush().map_err(broken)?;
        Ok(out)
    }
}

fn csv_row<W: Write>(
    writer: &mut ::csv::Writer<W>,
    schema: &Schema,
    cells: &[(String, Value)],
) -> Result<()> {
    let mut row: Vec<Option<&Value>> = vec![None; schema.fields().len()];
    for (at, (name, value)) in cells.iter().enumerate() {
        match schema.place(at, name) {
            Some(place) => row[place] = Some(value),
            None if value.is_null() => {}
            None => return Err(unknown(name)),
        }
    }
    let texts = row.into_iter().map(shown);
    let mut fields = texts.map(|text| writer.write_field(text.as_bytes()));
    let written = fields.try_for_each(|field| field);
    let written = written.and_then(|()| writer.write_record(None::<&[u8]>));
    written.map_err(|error| broken(error.into()))
}

/// Writes the members of an object in their order.
fn object(out: &mut impl Write, cells: &[(String, Value)]) -> io::Result<()> {
    out.write_all(b"{")?;
    for (at, (name, value)) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, name)?;
        out.write_all(b":")?;
        serde_json::to_writer(&mut *out, value)?;
    }
    out.write_all(b"}")
}

pub(crate) fn unknown(name: &str) -> Error {
    let what = format!("a row has the column {}, the table has not", quoted(name));
    Error::invalid("write a table", &what, "")
}

pub(crate) fn broken(error: io::Error) -> Error {
    let what = lower(&error.to_string());
    let hint = "check the folder and the disk";
    Error::new(Kind::Unavailable, "write a table", &what, hint)
}
