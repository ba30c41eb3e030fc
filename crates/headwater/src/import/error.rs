//! What is wrong with a table, where, and what its owner can do about it.

use std::fmt;

/// The two tables of a crowd data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Who said what about which task.
    Answers,
    /// The known label of some tasks.
    Gold,
}

/// Why a table was refused; `Display` prints the complaint and, on a second line, the hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Which of the two tables was being read.
    pub table: Table,
    /// The path as it was given, or `stdin`.
    pub file: String,
    /// Counted from 1; absent if the fault is not in one line (a missing file).
    pub line: Option<u64>,
    /// In characters from 1, a byte order mark not counted; absent if the whole line is at fault.
    pub column: Option<u64>,
    /// The fault in one line, in lower case, without a final period.
    pub what: String,
    /// What to do next, in one line.
    pub hint: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = match self.table {
            Table::Answers => "answers",
            Table::Gold => "gold",
        };
        write!(f, "cannot read {table}: {}", escaped(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {}\nhint: {}", self.what, self.hint)
    }
}

impl std::error::Error for Error {}

/// The longest value that a message shows whole, in characters.
const SHOWN_CHARS: usize = 60;

/// A value from outside in backticks: on one line, without control characters, cut if long.
pub(super) fn quoted(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN_CHARS).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("`{}`", escaped(&shown))
}

/// The first ten values in backticks, then how many more there are.
pub(super) fn listed<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<&str> = values.into_iter().collect();
    let shown: Vec<String> = values.iter().take(10).map(|value| quoted(value)).collect();
    match values.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}
