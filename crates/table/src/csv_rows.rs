//! The rows of a CSV table with a header (RFC 4180), or of one with tabs.

use std::io::BufRead;
use std::str::from_utf8;

use csv_core::{ReadRecordResult, ReaderBuilder};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::read::{Reader, broken};
use crate::rows::{Fault, Line, Row, excerpt, too_long};
use crate::sheet::Columns;

/// The most columns of a header: as many as a spreadsheet has.
const FIELDS: usize = 16_384;

pub(crate) fn read(reader: &mut Reader<'_>, mut stream: Stream) -> Result<Columns> {
    let header = stream.header.clone();
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let places = reader.match_header(&names)?;
    let mut columns = places.columns(&names, "line");
    while let Some(record) = stream.next_record()? {
        let fields = stream.texts(record);
        let fields = fields.map_err(|fault| reader.faulty("line", &fault))?;
        reader.keep(&mut columns, &places, record.line, |place| fields[place])?;
    }
    Ok(columns)
}

/// A table below its header. The grammar is `csv_core`'s, which never grows a buffer by itself: a
/// quote that is not closed costs a bounded row, not the rest of the file in memory.
pub(crate) struct Stream {
    file: String,
    input: Box<dyn BufRead + Send>,
    core: csv_core::Reader,
    header: Vec<String>,
    row_bytes: usize,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// A record in the stream's buffers.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    line: u64,
    fields: usize,
    whole: bool,
}

impl Stream {
    pub(crate) fn new(
        file: &str,
        input: Box<dyn BufRead + Send>,
        delimiter: u8,
        row_bytes: usize,
    ) -> Result<Self> {
        let mut stream = Self {
            file: file.to_owned(),
            input,
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            header: Vec::new(),
            row_bytes,
            bytes: vec![0; row_bytes.min(1 << 12)],
            ends: vec![0; 16],
        };
        let refuse = |what: &str, hint: &str| {
            let doing = format!("read {}", crate::error::quoted(file));
            Error::invalid(doing, what, hint)
        };
        let Some(record) = stream.next_record()? else {
            return Err(refuse("the file is empty", "give a table with a header"));
        };
        if !record.whole {
            let hint = "give a CSV table with a header, or end the name as its format does";
            return Err(refuse("the first line is too long for a header", hint));
        }
        let names = stream.fields(record);
        let names: std::result::Result<Vec<&str>, _> = names.map(from_utf8).collect();
        let names = names.map_err(|_| {
            let doing = format!("read {} line {}", crate::error::quoted(file), record.line);
            Error::invalid(doing, "it is not UTF-8", NOT_UTF8)
        })?;
        stream.header = names.iter().map(|name| name.trim().to_owned()).collect();
        Ok(stream)
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    pub(crate) fn advance(&mut self) -> Result<Option<Line>> {
        let Some(record) = self.next_record()? else {
            return Ok(None);
        };
        let row = self.texts(record).map(|texts| Row {
            place: record.line,
            cells: (self.header.iter().zip(texts))
                .map(|(name, text)| (name.clone(), Value::from(text)))
                .collect(),
        });
        Ok(Some(row))
    }

    fn next_record(&mut self) -> Result<Option<Record>> {
        let (mut bytes, mut fields, mut whole) = (0, 0, true);
        let line = self.core.line();
        loop {
            let fault = |error| broken(&self.file, &error);
            let input = self.input.fill_buf().map_err(fault)?;
            let (result, read, written, ended) =
                self.core
                    .read_record(input, &mut self.bytes[bytes..], &mut self.ends[fields..]);
            self.input.consume(read);
            bytes += written;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() < self.row_bytes => {
                    let more = (self.bytes.len() * 2).min(self.row_bytes);
                    self.bytes.resize(more, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < FIELDS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                // The rest of the record is read over what is there: only its end matters.
                ReadRecordResult::OutputFull => (bytes, whole) = (0, false),
                ReadRecordResult::OutputEndsFull => (fields, whole) = (0, false),
                ReadRecordResult::Record => {
                    return Ok(Some(Record {
                        line,
                        fields,
                        whole,
                    }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn fields(&self, record: Record) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends[..record.fields].iter();
        starts
            .zip(ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }

    /// The fields of a record, one for each column.
    fn texts(&self, record: Record) -> std::result::Result<Vec<&str>, Fault> {
        let fault = |what: String, hint: &str, excerpt: String| Fault {
            place: record.line,
            column: None,
            what,
            hint: hint.to_owned(),
            excerpt,
        };
        if !record.whole {
            let hint = "split the row, or close the quote that opens in it";
            return Err(fault(too_long(self.row_bytes), hint, String::new()));
        }
        let expected = self.header.len();
        if record.fields != expected {
            let what = format!(
                "the row has {} fields, the header {expected}",
                record.fields
            );
            let hint = "complete the row; put a value that contains a comma in double quotes";
            return Err(fault(what, hint, self.shown(record)));
        }
        let mut texts = Vec::with_capacity(expected);
        for (field, name) in self.fields(record).zip(&self.header) {
            texts.push(from_utf8(field).map_err(|_| Fault {
                column: Some(name.clone()),
                ..fault("it is not UTF-8".to_owned(), NOT_UTF8, self.shown(record))
            })?);
        }
        Ok(texts)
    }

    fn shown(&self, record: Record) -> String {
        let fields: Vec<&[u8]> = self.fields(record).take(8).collect();
        excerpt(&fields.join(&b", "[..]))
    }
}

const NOT_UTF8: &str = "save the file as UTF-8, uncompressed";
