//! Opens the file or standard input that a table stands in.

use super::error::{Error, Table};
use super::lines::{Lines, lower};
use super::rows::Format;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::Path;

const STDIN: &str = "stdin";

/// A table before its first line.
pub(super) struct Source {
    /// Its text.
    pub lines: Lines,
    /// What the file's ending says; none if the first character must tell.
    pub format: Option<Format>,
}

/// Whether a path means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Opens a table; a path of `-` is standard input.
pub(super) fn open(table: Table, path: &Path) -> Result<Source, Error> {
    let input: Box<dyn BufRead> = if is_stdin(path) {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(open_file(table, path)?)
    };
    let format = match path.extension().and_then(OsStr::to_str) {
        Some("csv") => Some(Format::Csv),
        Some("jsonl" | "ndjson") => Some(Format::Json),
        _ => None,
    };
    Ok(Source {
        lines: Lines::new(input, table, shown(path)),
        format,
    })
}

fn open_file(table: Table, path: &Path) -> Result<BufReader<File>, Error> {
    let refused = |error: io::Error| {
        let (what, hint) = match error.kind() {
            ErrorKind::NotFound => ("there is no such file".into(), "check the path"),
            ErrorKind::PermissionDenied => (
                "permission denied".into(),
                "allow your user to read the file",
            ),
            _ => (lower(&error.to_string()), "check the path and the disk"),
        };
        file_error(table, path, what, hint)
    };
    let file = File::open(path).map_err(refused)?;
    if file.metadata().map_err(refused)?.is_dir() {
        let hint = match table {
            Table::Answers => "name the file within it, such as `answers.csv`",
            Table::Gold => "name the file within it, such as `gold.csv`",
        };
        return Err(file_error(table, path, "it is a directory".into(), hint));
    }
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// A fault of a file as a whole.
pub(super) fn file_error(table: Table, path: &Path, what: String, hint: &str) -> Error {
    let hint = hint.to_owned();
    Error {
        table,
        file: shown(path),
        line: None,
        column: None,
        what,
        hint,
    }
}

/// The name of the data set whose answers stand at a path: see [`super::Dataset::name`].
pub(super) fn dataset_name(path: &Path) -> String {
    if is_stdin(path) {
        return STDIN.to_owned();
    }
    let stem = path
        .file_stem()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    if stem != "answers" {
        return stem;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute.parent().and_then(Path::file_name);
    folder.map_or(stem, |folder| folder.to_string_lossy().into_owned())
}

fn shown(path: &Path) -> String {
    if is_stdin(path) {
        STDIN.to_owned()
    } else {
        path.display().to_string()
    }
}
