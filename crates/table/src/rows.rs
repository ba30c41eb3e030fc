//! A table row by row: no more than one row is in memory, and a bad row does not end the rest.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result, quoted};
use crate::read::{Format, broken, open, sniffed};
use crate::{csv_rows, json_array, json_rows, parquet_rows};

/// The longest row unless a caller says otherwise, in bytes.
pub const ROW_BYTES: usize = 1 << 20;

/// A row as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it stands, from 1: its first line where the format has lines, else its number.
    pub place: u64,
    /// Names and values in the order of the file. Cells of CSV are texts; lists and objects are
    /// there as JSON and Parquet have them.
    pub cells: Vec<(String, Value)>,
}

/// Why one row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As [`Row::place`].
    pub place: u64,
    /// The column at fault, where it is one.
    pub column: Option<String>,
    /// What is wrong, in lower case without a final period.
    pub what: String,
    /// What its owner can do about it.
    pub hint: String,
    /// How the row begins, on one line, at most 80 characters; empty where nothing can be shown.
    pub excerpt: String,
}

/// One row or its fault.
pub type Line = std::result::Result<Row, Fault>;

/// Where rows come from.
type Input = Box<dyn BufRead + Send>;

/// A table that is read from the front, in memory that does not grow with its length.
pub struct Rows {
    file: String,
    stream: Stream,
    ended: bool,
}

pub(crate) enum Stream {
    Csv(Box<csv_rows::Stream>),
    Lines(json_rows::Stream),
    Array(json_array::Stream),
    Parquet(Box<parquet_rows::Stream>),
}

impl Rows {
    /// Opens a file, or standard input if the path is `-`; the ending or the first bytes tell the
    /// format, as with [`crate::read`]. JSON is an array of objects or has one object a line.
    /// Parquet files are read by row groups; of a pipe they are kept whole, since their directory
    /// stands at the end.
    ///
    /// # Errors
    /// Files that cannot be opened or are no table at all.
    pub fn open(path: &Path, row_bytes: usize) -> Result<Self> {
        if path.as_os_str() == "-" {
            let input = Box::new(BufReader::new(io::stdin()));
            return Self::read("stdin", input, None, row_bytes);
        }
        let file = path.display().to_string();
        let mut input = open(path, &file)?;
        let format = sniffed(path, &mut input).map_err(|error| broken(&file, &error))?;
        if format == Format::Parquet {
            let stream = parquet_rows::Stream::open(&file, input.into_inner(), row_bytes)?;
            return Ok(Self::over(file, Stream::Parquet(Box::new(stream))));
        }
        Self::read(&file, Box::new(input), Some(format), row_bytes)
    }

    /// Reads from anything that has bytes; `file` is its name in messages.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn read(
        file: &str,
        mut input: Input,
        format: Option<Format>,
        row_bytes: usize,
    ) -> Result<Self> {
        let fault = |error: io::Error| broken(file, &error);
        let format = match format {
            Some(format) => format,
            None => sniffed(Path::new(file), &mut *input).map_err(fault)?,
        };
        let stream = match format {
            Format::Csv(delimiter) => Stream::Csv(Box::new(csv_rows::Stream::new(
                file, input, delimiter, row_bytes,
            )?)),
            Format::Json => match first_byte(&mut input).map_err(fault)? {
                Some(b'[') => Stream::Array(json_array::Stream::new(file, input, row_bytes)),
                Some(b'{') | None => Stream::Lines(json_rows::Stream::new(file, input, row_bytes)),
                Some(_) => {
                    let doing = format!("read {}", quoted(file));
                    let hint = "write one object per line, or an array of objects, as UTF-8";
                    return Err(Error::invalid(doing, "it is not JSON", hint));
                }
            },
            Format::Parquet => {
                let mut bytes = Vec::new();
                input.read_to_end(&mut bytes).map_err(fault)?;
                let bytes = bytes::Bytes::from(bytes);
                Stream::Parquet(Box::new(parquet_rows::Stream::open(
                    file, bytes, row_bytes,
                )?))
            }
        };
        Ok(Self::over(file.to_owned(), stream))
    }

    pub(crate) fn over(file: String, stream: Stream) -> Self {
        Self {
            file,
            stream,
            ended: false,
        }
    }

    pub(crate) fn into_stream(self) -> Stream {
        self.stream
    }

    /// Its name as messages have it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What a place counts: `line`, or `row` where the format has no lines.
    pub fn unit(&self) -> &'static str {
        match self.stream {
            Stream::Csv(_) | Stream::Lines(_) => "line",
            Stream::Array(_) | Stream::Parquet(_) => "row",
        }
    }

    /// The columns in their order, where the format states them before its rows.
    pub fn columns(&self) -> Option<&[String]> {
        match &self.stream {
            Stream::Csv(stream) => Some(stream.header()),
            Stream::Parquet(stream) => Some(stream.header()),
            Stream::Lines(_) | Stream::Array(_) => None,
        }
    }

    /// Leaves out all other columns where that saves reading them; names that are not there are
    /// passed over.
    ///
    /// # Errors
    /// A damaged file.
    pub fn keep(&mut self, names: &[&str]) -> Result<()> {
        match &mut self.stream {
            Stream::Parquet(stream) => stream.keep(names),
            _ => Ok(()),
        }
    }

    /// The next row; none at the end, and none after an error.
    ///
    /// # Errors
    /// Whatever ends the table early: the file system, or bytes after which no row can be found.
    pub fn advance(&mut self) -> Result<Option<Line>> {
        if self.ended {
            return Ok(None);
        }
        let next = match &mut self.stream {
            Stream::Csv(stream) => stream.advance(),
            Stream::Lines(stream) => stream.advance(),
            Stream::Array(stream) => stream.advance(),
            Stream::Parquet(stream) => stream.advance(),
        };
        self.ended = !matches!(next, Ok(Some(_)));
        next
    }

    /// A fault of the table as a whole.
    pub fn refuse(&self, what: &str, hint: &str) -> Error {
        Error::invalid(format!("read {}", quoted(&self.file)), what, hint)
    }
}

/// The first byte that is no blank, past a byte order mark; nothing but blanks is consumed.
fn first_byte(input: &mut Input) -> io::Result<Option<u8>> {
    let start = input.fill_buf()?;
    if start.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    let mut blanks = Vec::new();
    loop {
        let start = input.fill_buf()?;
        if start.is_empty() {
            return Ok(None);
        }
        let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace());
        let blank = blank.count();
        if let Some(&found) = start.get(blank) {
            if blanks.is_empty() {
                return Ok(Some(found));
            }
            // Line numbers count the blank lines in front, so they are put back.
            let rest = std::mem::replace(input, Box::new(io::empty()));
            *input = Box::new(BufReader::new(Cursor::new(blanks).chain(rest)));
            return Ok(Some(found));
        }
        if blanks.len() < ROW_BYTES {
            blanks.extend_from_slice(start);
        }
        input.consume(blank);
    }
}

/// How a row begins, for people: 80 characters on one line.
pub fn excerpt(bytes: &[u8]) -> String {
    const CHARS: usize = 80;
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(CHARS * 4)]);
    let mut shown = String::new();
    for character in start.trim().chars().take(CHARS) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// What is said of a row that is longer than the limit.
pub(crate) fn too_long(limit: usize) -> String {
    match limit >> 20 {
        0 => format!("the row is longer than {limit} bytes"),
        mebibytes => format!("the row is longer than {mebibytes} MiB"),
    }
}
