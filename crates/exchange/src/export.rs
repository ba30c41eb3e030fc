//! Labelled units into one file of records, streaming.

use std::io::Write;

use table::{Error, Schema, Writer};

use crate::label::Labelled;
use crate::layout::{Layout, Stamp};

/// How records are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// One JSON array.
    Json,
    /// With a header of these columns; lists are there as their JSON.
    Csv(Schema),
    /// With these columns.
    Parquet(Schema),
}

/// What went where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records in the file.
    pub records: u64,
    /// Comparisons without a winner.
    pub ties: u64,
    /// Units that have no label yet.
    pub unlabelled: u64,
}

/// A file of records that is being written, and beside it one of ties.
pub struct Exporter<W: Write + Send> {
    layout: Layout,
    stamp: Stamp,
    out: Writer<W>,
    ties: Option<Writer<W>>,
    tally: Tally,
}

impl<W: Write + Send> Exporter<W> {
    /// Begins a file. Ties of a preference layout go to `ties` as JSON Lines `prompt`, `a`, `b`;
    /// without it they are counted only.
    ///
    /// # Errors
    /// Those of the sink, or of the schema.
    pub fn new(
        layout: Layout,
        stamp: Stamp,
        format: Format,
        out: W,
        ties: Option<W>,
    ) -> Result<Self, Error> {
        Ok(Self {
            layout,
            stamp,
            out: format.writer(out)?,
            ties: ties.map(Writer::lines),
            tally: Tally::default(),
        })
    }

    /// Writes the records of a unit.
    ///
    /// # Errors
    /// A unit that does not fit the layout ([`Layout::records`]) or the schema; the sink's.
    pub fn write(&mut self, labelled: &Labelled) -> Result<(), Error> {
        let found = self.layout.records(labelled, &self.stamp)?;
        for record in &found.records {
            self.out.write(record)?;
        }
        if let (Some(tie), Some(ties)) = (&found.tie, &mut self.ties) {
            ties.write(tie)?;
        }
        self.tally.records += found.records.len() as u64;
        self.tally.ties += u64::from(found.tie.is_some());
        self.tally.unlabelled += u64::from(found.unlabelled);
        Ok(())
    }

    /// Completes both files: what went where, and their sinks.
    ///
    /// # Errors
    /// Those of the sinks.
    pub fn finish(self) -> Result<(Tally, W, Option<W>), Error> {
        let ties = self.ties.map(Writer::finish).transpose()?;
        Ok((self.tally, self.out.finish()?, ties))
    }
}

impl Format {
    /// A writer of records in this format.
    ///
    /// # Errors
    /// Those of the sink, or of the schema.
    pub fn writer<W: Write + Send>(self, out: W) -> Result<Writer<W>, Error> {
        match self {
            Format::JsonLines => Ok(Writer::lines(out)),
            Format::Json => Ok(Writer::array(out)),
            Format::Csv(schema) => Writer::csv(out, schema),
            Format::Parquet(schema) => Writer::parquet(out, schema),
        }
    }
}
