//! Reads a table from a file or standard input; the ending or the first bytes tell the format.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

use crate::error::{Error, Kind, Result, listed, lower, quoted};
use crate::rows::{Fault, Rows, Stream};
use crate::sheet::{Coder, Columns, Sheet};
use crate::{csv_rows, json_rows, parquet_rows};

/// The longest row of a sheet, in bytes: a document with its spans fits.
const ROW_BYTES: usize = 16 << 20;

/// Which columns to read.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Columns by role.
    pub columns: &'a [Want<'a>],
    /// Whether to keep all other columns too.
    pub others: bool,
}

/// A column that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// What the program calls it.
    pub role: &'a str,
    /// What the file calls it, exactly.
    pub column: &'a str,
    /// Whether the table is refused without it, or with a blank in it.
    pub needed: bool,
    /// What it says, for hints.
    pub means: &'static str,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a header; the byte stands between two fields.
    Csv(u8),
    /// One object a line, or one array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}

/// Reads a table; a path of `-` is standard input.
///
/// CSV (`.csv`, tabs in `.tsv`) has a header; JSON (`.jsonl`, `.ndjson`, `.json`) has one object a
/// line or one array of objects, of which lists and objects are taken as their JSON; Parquet
/// (`.parquet`) has flat columns. Other names are judged by their first bytes.
///
/// # Errors
/// The first fault in the order of the rows, with its line and a hint.
pub fn read(path: &Path, request: Request<'_>) -> Result<Sheet> {
    let rows = Rows::open(path, ROW_BYTES)?;
    let mut reader = Reader {
        file: rows.file().to_owned(),
        request,
    };
    let columns = match rows.into_stream() {
        Stream::Csv(stream) => csv_rows::read(&mut reader, *stream)?,
        Stream::Parquet(stream) => parquet_rows::read(&mut reader, *stream)?,
        stream => {
            let rows = Rows::over(reader.file.clone(), stream);
            json_rows::read(&mut reader, rows)?
        }
    };
    if columns.rows == 0 {
        return Err(reader.refuse("there is no row", "give at least one row"));
    }
    let names = request
        .columns
        .iter()
        .map(|want| want.role.to_owned())
        .collect();
    Ok(Sheet::new(reader.file, names, columns))
}

pub(crate) fn open(path: &Path, file: &str) -> Result<BufReader<File>> {
    let refused = |error: &io::Error| match error.kind() {
        ErrorKind::NotFound => {
            let doing = format!("read {}", quoted(file));
            Error::new(
                Kind::Unavailable,
                doing,
                "there is no such file",
                "check the path",
            )
        }
        _ => broken(file, error),
    };
    let opened = File::open(path).map_err(|error| refused(&error))?;
    if opened.metadata().map_err(|error| refused(&error))?.is_dir() {
        let doing = format!("read {}", quoted(file));
        let hint = "name the file within it, such as `answers.csv`";
        return Err(Error::invalid(doing, "it is a directory", hint));
    }
    Ok(BufReader::with_capacity(1 << 16, opened))
}

pub(crate) fn sniffed(path: &Path, input: &mut dyn BufRead) -> io::Result<Format> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    Ok(match ending.as_deref() {
        Some("csv") => Format::Csv(b','),
        Some("tsv" | "tab") => Format::Csv(b'\t'),
        Some("jsonl" | "ndjson" | "json") => Format::Json,
        Some("parquet") => Format::Parquet,
        _ => {
            let start = input.fill_buf()?;
            let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
            if start.starts_with(b"PAR1") {
                Format::Parquet
            } else if first.is_some_and(|byte| matches!(byte, b'{' | b'[')) {
                Format::Json
            } else {
                Format::Csv(b',')
            }
        }
    })
}

pub(crate) fn broken(file: &str, error: &io::Error) -> Error {
    let doing = format!("read {}", quoted(file));
    let what = lower(&error.to_string());
    Error::new(
        Kind::Unavailable,
        doing,
        &what,
        "check the path, its permissions and the disk",
    )
}

/// What the readers of all formats share: the request, and the words of its faults.
pub(crate) struct Reader<'a> {
    pub file: String,
    pub request: Request<'a>,
}

impl Reader<'_> {
    /// Places of the wanted columns among those of a header, and of the others.
    pub(crate) fn match_header(&self, header: &[&str]) -> Result<Header> {
        let mut taken = vec![false; header.len()];
        let mut wanted = Vec::new();
        for want in self.request.columns {
            let mut found = (0..header.len()).filter(|place| header[*place] == want.column);
            let place = found.next();
            if place.is_none() && want.needed {
                return Err(self.missing(want, header));
            }
            if found.next().is_some() {
                let what = format!("two columns are called {}", quoted(want.column));
                return Err(self.refuse(&what, "rename one of them"));
            }
            if let Some(place) = place {
                taken[place] = true;
            }
            wanted.push(place);
        }
        let others = if self.request.others {
            (0..header.len()).filter(|place| !taken[*place]).collect()
        } else {
            Vec::new()
        };
        Ok(Header { wanted, others })
    }

    fn missing(&self, want: &Want<'_>, header: &[&str]) -> Error {
        let what = format!(
            "the column {} is missing: there are {}",
            quoted(want.column),
            listed(header.iter().copied())
        );
        let hint = if header.len() == 1 && header[0].contains([';', '\t']) {
            "separate the columns with commas".to_owned()
        } else {
            format!(
                "name the column that says {}, as in `--column {}=NAME`",
                want.means, want.role
            )
        };
        self.refuse(&what, &hint)
    }

    pub(crate) fn refuse(&self, what: &str, hint: &str) -> Error {
        Error::invalid(format!("read {}", quoted(&self.file)), what, hint)
    }

    /// A fault at a line, counted from 1.
    pub(crate) fn fault(&self, unit: &str, line: u64, what: &str, hint: &str) -> Error {
        Error::invalid(
            format!("read {} {unit} {line}", quoted(&self.file)),
            what,
            hint,
        )
    }

    /// A bad row of a stream, which ends a sheet.
    pub(crate) fn faulty(&self, unit: &str, fault: &Fault) -> Error {
        self.fault(unit, fault.place, &fault.what, &fault.hint)
    }

    /// Keeps one row: `value` gives the text at a place of the header.
    pub(crate) fn keep<'v>(
        &self,
        columns: &mut Columns,
        header: &Header,
        line: u64,
        value: impl Fn(usize) -> &'v str,
    ) -> Result<()> {
        let wants = self.request.columns.iter();
        for ((want, place), coder) in wants.zip(&header.wanted).zip(&mut columns.wanted) {
            let (Some(place), Some(coder)) = (place, coder) else {
                continue;
            };
            let text = value(*place);
            let blank = text.trim().is_empty();
            if blank && want.needed {
                let what = format!("the {} is empty", want.role);
                let hint = format!("fill in {}, or remove the row", want.means);
                return Err(self.fault(columns.unit, line, &what, &hint));
            }
            coder.push(if blank { "" } else { text });
        }
        for (place, coder) in header.others.iter().zip(&mut columns.others) {
            coder.push(value(*place).trim());
        }
        if columns.rows == u32::MAX {
            return Err(self.refuse("there are more than 4,294,967,295 rows", "split the table"));
        }
        columns.rows += 1;
        if columns.unit == "line" {
            columns.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
        }
        Ok(())
    }
}

/// Where in a row the columns stand.
pub(crate) struct Header {
    /// Per want its place; none where the file lacks it.
    pub wanted: Vec<Option<usize>>,
    pub others: Vec<usize>,
}

impl Header {
    /// Empty columns for these places.
    pub(crate) fn columns(&self, names: &[&str], unit: &'static str) -> Columns {
        let coder = |place: &usize| Coder::new(names[*place]);
        Columns {
            unit,
            lines: Vec::new(),
            rows: 0,
            wanted: self
                .wanted
                .iter()
                .map(|place| place.as_ref().map(coder))
                .collect(),
            others: self.others.iter().map(coder).collect(),
        }
    }
}
