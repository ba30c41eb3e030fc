//! Rows into Parquet files of half a million each, named as hubs find them.

use std::io::{self, Write};

use table::error::quoted;
use table::{Error, Kind, Schema, Writer};

use crate::layout::Record;

/// The most rows of one file.
pub const SHARD_ROWS: u64 = 500_000;

/// A Parquet file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Relative to the folder.
    pub path: String,
    /// How many rows it has.
    pub rows: u64,
    /// What its values take uncompressed: texts by their bytes, all else by 8.
    pub value_bytes: u64,
}

/// Where the n-th file (from 0) of so many stands: `data/train-00000-of-00001.parquet`.
pub fn shard_path(number: u64, of: u64) -> String {
    format!("data/train-{number:05}-of-{of:05}.parquet")
}

/// Files that are being written, one after the other.
pub struct Shards<W: Write + Send, F: FnMut(&str) -> io::Result<W>> {
    create: F,
    schema: Schema,
    rows: u64,
    shards: Vec<Shard>,
    open: Option<Writer<W>>,
}

impl<W: Write + Send, F: FnMut(&str) -> io::Result<W>> Shards<W, F> {
    /// Begins files for `rows` records, a number that is part of their names; `create` opens each
    /// by its path relative to the folder.
    ///
    /// # Errors
    /// Those of `create`, or of the schema.
    pub fn new(schema: Schema, rows: u64, create: F) -> Result<Self, Error> {
        let mut shards = Self {
            create,
            schema,
            rows,
            shards: Vec::new(),
            open: None,
        };
        shards.begin()?;
        Ok(shards)
    }

    /// Writes one record.
    ///
    /// # Errors
    /// More records than were announced; a record that does not fit; the sink's.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        let done: u64 = self.shards.iter().map(|shard| shard.rows).sum();
        if done == self.rows {
            return Err(self.count(done + 1));
        }
        if self
            .shards
            .last()
            .is_some_and(|shard| shard.rows == SHARD_ROWS)
        {
            self.close()?;
            self.begin()?;
        }
        if let (Some(open), Some(shard)) = (&mut self.open, self.shards.last_mut()) {
            open.write(record)?;
            shard.rows += 1;
            shard.value_bytes += record.iter().map(|(_, value)| size(value)).sum::<u64>();
        }
        Ok(())
    }

    /// Completes the last file and says what was written.
    ///
    /// # Errors
    /// Fewer records than were announced; the sink's.
    pub fn finish(mut self) -> Result<Vec<Shard>, Error> {
        self.close()?;
        let done = self.shards.iter().map(|shard| shard.rows).sum();
        if done != self.rows {
            return Err(self.count(done));
        }
        Ok(self.shards)
    }

    fn begin(&mut self) -> Result<(), Error> {
        let of = self.rows.div_ceil(SHARD_ROWS).max(1);
        let path = shard_path(self.shards.len() as u64, of);
        let out = (self.create)(&path).map_err(|error| Error {
            kind: Kind::Unavailable,
            doing: format!("write {}", quoted(&path)),
            source: error.into(),
        })?;
        self.open = Some(Writer::parquet(out, self.schema.clone())?);
        self.shards.push(Shard {
            path,
            rows: 0,
            value_bytes: 0,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        match self.open.take() {
            Some(open) => open.finish().map(drop),
            None => Ok(()),
        }
    }

    fn count(&self, found: u64) -> Error {
        let what = format!("{} records were announced, there are {found}", self.rows);
        Error::invalid("write the shards", &what, "count the records first")
    }
}

fn size(value: &serde_json::Value) -> u64 {
    match value {
        serde_json::Value::Null => 0,
        serde_json::Value::String(text) => text.len() as u64,
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => 8,
        nested => nested.to_string().len() as u64,
    }
}
